//! The token that an empty installation begins with (decision 33): of the nodes that start on an empty
//! store one wins, and it makes an administrator and keeps the hash of the token. Whatever is
//! interrupted, the next start with the token goes on where that one was.

use super::ApiTokenError;
use super::api_token::bootstrap_row;
use crate::random::Random;
use crate::store::{BatchOutcome, Op, Row, Store, StoreError};

/// Of one row, whose generation is 1 while the token is not kept yet.
const KIND: &str = "bootstrap";
const KEY: &str = "token";
const BEGUN: i64 = 1;

/// Whether there is still a token to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bootstrap {
    /// The installation began with one, which is not kept yet.
    Begun,
    /// One was kept already, or the installation began without one.
    Over,
}

/// Notes that the installation begins with a token. To be called while nothing is kept yet.
///
/// # Errors
/// The store's failure.
pub async fn begin(store: &Store) -> Result<(), StoreError> {
    // Whichever node is first, they all go on with the same.
    store.batch(vec![Op::Insert(Row::new(KIND, KEY, Vec::new()))]).await?;
    Ok(())
}

/// How that stands.
///
/// # Errors
/// The store's failure.
pub async fn stands(store: &Store) -> Result<Bootstrap, StoreError> {
    let row = store.find(KIND, KEY).await?.value;
    let is_begun = row.is_some_and(|row| row.generation == BEGUN);
    Ok(if is_begun { Bootstrap::Begun } else { Bootstrap::Over })
}

/// Keeps `secret` as a token of this user with every scope; answers whether it was this node that did.
///
/// # Errors
/// That the token is too short, or the store's failure.
pub async fn finish(
    store: &Store,
    random: &Random,
    secret: &str,
    user_id: &str,
) -> Result<bool, ApiTokenError> {
    let now = store.time().await?.seconds();
    let over = Op::Replace { row: Row::new(KIND, KEY, Vec::new()), expected: BEGUN };
    let token = Op::Insert(bootstrap_row(random, secret, user_id, now)?);
    Ok(store.batch(vec![over, token]).await?.value == BatchOutcome::Applied)
}
