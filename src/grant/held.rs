//! Refresh tokens as those who administer see them: whose they are, what for and until when. The
//! tokens themselves are kept nowhere (decision 17); each goes by the id of its family.

use super::family::{FAMILY, Family};
use crate::store::{Op, Row, Store, StoreError};

/// What the id begins with; the id of the family follows.
const PREFIX: &str = "oar";

/// A refresh token that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldToken {
    /// `oar…`
    pub id: String,
    /// The id of the server.
    pub server: String,
    pub client_id: String,
    pub user_id: String,
    pub scopes: Vec<String>,
    /// In seconds since 1970, as all times here.
    pub created_at: i64,
    /// When it was last used.
    pub renewed_at: i64,
    pub expires_at: i64,
    key: String,
}

impl HeldToken {
    fn of_row(row: &Row, now: i64) -> Result<Option<Self>, StoreError> {
        let family: Family = serde_json::from_slice(&row.bytes)
            .map_err(|error| StoreError::Database(format!("a family cannot be read: {error}")))?;
        let Some(expires_at) = family.refresh_ends_at().filter(|end| now < *end) else {
            return Ok(None);
        };
        let renewed_at = family.renewed_at().unwrap_or(family.begun_at);
        let Family { grant, begun_at: created_at, .. } = family;
        Ok(Some(Self {
            id: format!("{PREFIX}{}", row.key),
            server: grant.server,
            client_id: grant.client,
            user_id: grant.user,
            scopes: grant.scopes,
            created_at,
            renewed_at,
            expires_at,
            key: row.key.clone(),
        }))
    }
}

/// The refresh tokens with this tag (`user:00u1`, `client:0oa1`, `server:aus1`, [`super::grant_tag`])
/// among so many families after that of `after`, and behind what the next part begins.
///
/// # Errors
/// The store's failure.
pub async fn list_held(
    store: &Store,
    tag: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<(Vec<HeldToken>, Option<String>), StoreError> {
    let answer = store.list_by_tag(FAMILY, tag, after, limit).await?;
    let (now, rows) = (answer.seconds(), answer.value);
    let next = rows.last().filter(|_| rows.len() >= limit as usize).map(|row| row.key.clone());
    let mut held = Vec::new();
    for row in &rows {
        held.extend(HeldToken::of_row(row, now)?);
    }
    Ok((held, next))
}

/// The refresh token of this id, if it may be used.
///
/// # Errors
/// The store's failure.
pub async fn find_held(store: &Store, id: &str) -> Result<Option<HeldToken>, StoreError> {
    let Some(key) = id.strip_prefix(PREFIX) else { return Ok(None) };
    let answer = store.find(FAMILY, key).await?;
    let now = answer.seconds();
    answer.value.map_or(Ok(None), |row| HeldToken::of_row(&row, now))
}

/// Ends a refresh token, and with it every token that came of the same grant.
///
/// # Errors
/// The store's failure.
pub async fn end_held(store: &Store, held: &HeldToken) -> Result<(), StoreError> {
    let (kind, key) = (FAMILY.to_owned(), held.key.clone());
    store.batch(vec![Op::Delete { kind, key, expected: None }]).await.map(|_| ())
}
