//! The key that everything secret is kept under, itself kept closed under the master key (envelope
//! encryption): who changes the master key closes one row anew, and nothing that was derived, hashed
//! or encrypted before becomes unreadable.

use super::Store;
use super::key_store::SIGNING_KEY;
use super::row::{BatchOutcome, Op, Row, StoreError};
use crate::random::Random;
use crate::token::{CLOSED_KEY_BYTES, MasterKey, VaultError};

/// Kind and key of the row: the key closed under one master key, or under two while one takes the
/// place of the other.
const KIND: &str = "data-key";
const KEY: &str = "current";

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataKeyError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It could not be closed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What is kept is closed under another.
    #[error("the master key is not the one that the database is kept under")]
    WrongMasterKey,
    /// Nothing is kept yet that another master key could be for.
    #[error("nothing is kept yet, so that there is nothing to close anew")]
    Nothing,
    /// Somebody else changed the master key at the same time.
    #[error("somebody else changed the master key meanwhile")]
    Overtaken,
}

/// The data key of the store, made if there is none. A store that is older than data keys has what is
/// in it under the master key itself, which goes on.
///
/// # Errors
/// [`DataKeyError`]; nothing is changed then.
pub async fn load_or_make(
    store: &Store,
    master: &MasterKey,
    random: &Random,
) -> Result<MasterKey, DataKeyError> {
    if let Some(row) = store.find(KIND, KEY).await?.value {
        return open(master, &row.bytes);
    }
    let is_older = !store.list(SIGNING_KEY).await?.value.is_empty();
    let made = if is_older { master.clone() } else { MasterKey::generate(random) };
    let row = Row::new(KIND, KEY, made.close_under(master, random)?);
    if store.batch(vec![Op::Insert(row)]).await?.value == BatchOutcome::Applied {
        return Ok(made);
    }
    // Another process was first: its key is the key.
    let row = store.find(KIND, KEY).await?.value.ok_or(DataKeyError::Overtaken)?;
    open(master, &row.bytes)
}

/// Lets the data key be opened by another master key, too: from now on either will do, so that
/// whatever is interrupted, one that is at hand does.
///
/// # Errors
/// [`DataKeyError`]; nothing is changed then.
pub async fn add(
    store: &Store,
    master: &MasterKey,
    other: &MasterKey,
    random: &Random,
) -> Result<(), DataKeyError> {
    let row = store.find(KIND, KEY).await?.value.ok_or(DataKeyError::Nothing)?;
    let key = open(master, &row.bytes)?;
    let closed = [key.close_under(master, random)?, key.close_under(other, random)?].concat();
    replace(store, &row, closed).await
}

/// Lets the data key be opened by this master key alone.
///
/// # Errors
/// [`DataKeyError`]; nothing is changed then.
pub async fn keep_only(
    store: &Store,
    master: &MasterKey,
    random: &Random,
) -> Result<(), DataKeyError> {
    let row = store.find(KIND, KEY).await?.value.ok_or(DataKeyError::Nothing)?;
    let closed = open(master, &row.bytes)?.close_under(master, random)?;
    replace(store, &row, closed).await
}

async fn replace(store: &Store, before: &Row, closed: Vec<u8>) -> Result<(), DataKeyError> {
    let op = Op::Replace { row: Row::new(KIND, KEY, closed), expected: before.generation };
    match store.batch(vec![op]).await?.value {
        BatchOutcome::Applied => Ok(()),
        BatchOutcome::Failed(_) => Err(DataKeyError::Overtaken),
    }
}

fn open(master: &MasterKey, closed: &[u8]) -> Result<MasterKey, DataKeyError> {
    let mut all = closed.chunks(CLOSED_KEY_BYTES);
    all.find_map(|closed| MasterKey::open_under(master, closed).ok())
        .ok_or(DataKeyError::WrongMasterKey)
}

#[cfg(test)]
mod tests;
