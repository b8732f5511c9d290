//! Access tokens that count no more although nothing in them says so, kept in memory so that asking
//! about a token costs nothing (decision 16): those that were revoked one by one, until they would
//! have ended anyway, and those of before a moment from which on nothing of before counts.

use super::Refusal;
use super::assertion::{APART, SKEW};
use crate::store::organization::not_before;
use crate::store::{Op, Row, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// The kind of the rows; their key is the `jti`.
const REVOKED: &str = "revoked-token";

/// What counts no more. Clones of what is kept, as it was when it was read last.
#[derive(Debug, Default)]
pub struct DenyList(RwLock<Denied>);

#[derive(Debug, Default)]
struct Denied {
    /// The ids of revoked access tokens, each with when it has ended for every node, in seconds since
    /// 1970.
    tokens: BTreeMap<String, i64>,
    /// Since when tokens of clients and servers count that were inactive lately, by their tags.
    not_before: BTreeMap<String, i64>,
    /// When a backup was restored: what was revoked and used since it was made is forgotten
    /// (decisions 20 and 21).
    restored_at: Option<i64>,
}

impl DenyList {
    /// Adds what is kept, which other nodes may have revoked, and drops what has ended.
    ///
    /// # Errors
    /// That the store cannot be read; the list is then as it was.
    pub async fn read(&self, store: &Store) -> Result<(), StoreError> {
        let rows = store.list(REVOKED).await?;
        let at = rows.seconds();
        let not_before = not_before(store).await?;
        let restored_at = store.restored_at().await?;
        let listed = rows.value.into_iter().map(|row| {
            let end = row.expires_at.unwrap_or(i64::MAX);
            (row.key, end)
        });
        let mut denied = self.0.write().unwrap_or_else(PoisonError::into_inner);
        denied.tokens.extend(listed);
        denied.tokens.retain(|_, end| at < *end);
        denied.not_before = not_before;
        denied.restored_at = restored_at;
        Ok(())
    }

    fn denied(&self) -> RwLockReadGuard<'_, Denied> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the token of this id was revoked.
    pub(super) fn contains(&self, jti: &str) -> bool {
        self.denied().tokens.contains_key(jti)
    }

    /// Whether a token that no family ends, signed at this time in seconds since 1970 for this
    /// client by this server, is of before one of them was inactive, or of before a restore.
    pub(super) fn is_of_before(&self, signed_at: i64, client_id: &str, server_id: &str) -> bool {
        let denied = self.denied();
        if denied.restored_at.is_some_and(|restored_at| signed_at <= restored_at) {
            return true;
        }
        if denied.not_before.is_empty() {
            return false;
        }
        [format!("client:{client_id}"), format!("server:{server_id}")]
            .iter()
            .any(|tag| denied.not_before.get(tag).is_some_and(|since| signed_at < *since))
    }

    /// Whether a proof or an assertion that was made by this time, in seconds since 1970, may have
    /// been used before a restore, which is forgotten then (decision 20).
    pub(super) fn may_have_been_used(&self, made_at: i64) -> bool {
        let restored_at = self.denied().restored_at;
        restored_at.is_some_and(|restored_at| made_at <= restored_at.saturating_add(SKEW))
    }

    /// Revokes the token of this id, which ends at this time in any case.
    pub(super) async fn add(
        &self,
        store: &Store,
        jti: &str,
        expires_at: i64,
    ) -> Result<(), Refusal> {
        // It ends for a node by that node's clock, and is forgotten by the store's.
        let forgotten_at = expires_at.saturating_add(APART);
        let row = Row::new(REVOKED, jti, Vec::new()).expiring_at(forgotten_at);
        // One that is listed already stays listed: whether the row was new does not matter.
        store.batch(vec![Op::Insert(row)]).await?;
        let mut denied = self.0.write().unwrap_or_else(PoisonError::into_inner);
        denied.tokens.insert(jti.to_owned(), forgotten_at);
        Ok(())
    }
}
