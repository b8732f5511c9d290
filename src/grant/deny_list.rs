//! Access tokens that were revoked one by one, until they would have ended anyway. Written only when
//! one is revoked, and kept in memory, so that asking about a token costs nothing (decision 16).

use super::Refusal;
use crate::store::{Op, Row, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// The kind of the rows; their key is the `jti`.
const REVOKED: &str = "revoked-token";

/// The ids of revoked access tokens, each with when it ends, in seconds since 1970.
#[derive(Debug, Default)]
pub struct DenyList(RwLock<BTreeMap<String, i64>>);

impl DenyList {
    /// Adds what is kept, which other nodes may have revoked, and drops what has ended.
    ///
    /// # Errors
    /// That the store cannot be read; the list is then as it was.
    pub async fn read(&self, store: &Store) -> Result<(), StoreError> {
        let rows = store.list(REVOKED).await?;
        let at = rows.seconds();
        let listed = rows.value.into_iter().map(|row| {
            let end = row.expires_at.unwrap_or(i64::MAX);
            (row.key, end)
        });
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        list.extend(listed);
        list.retain(|_, end| at < *end);
        Ok(())
    }

    /// Whether the token of this id was revoked.
    pub(super) fn contains(&self, jti: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains_key(jti)
    }

    /// Revokes the token of this id, which ends at this time in any case.
    pub(super) async fn add(
        &self,
        store: &Store,
        jti: &str,
        expires_at: i64,
    ) -> Result<(), Refusal> {
        let row = Row::new(REVOKED, jti, Vec::new()).expiring_at(expires_at);
        // One that is listed already stays listed: whether the row was new does not matter.
        store.batch(vec![Op::Insert(row)]).await?;
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        list.insert(jti.to_owned(), expires_at);
        Ok(())
    }
}
