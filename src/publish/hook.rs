//! A hook that may be asked, with what proves to it who asks.

use crate::server::OnFailure;
use crate::token::{KeyError, KeySet, TokenType, digest};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, Weak};
use tokio::sync::{Mutex, MutexGuard};

/// A hook that may be asked. Its `Debug` shows no header and no secret.
pub struct RunningHook {
    pub id: String,
    /// `https://…`
    pub uri: String,
    pub on_failure: OnFailure,
    pub(super) headers: Vec<(String, String)>,
    pub(super) client: Option<HookCredentials>,
}

/// As which client an access token for a hook is asked for, and the one that it was last given.
pub struct HookCredentials {
    pub client_id: String,
    /// `https://…`
    pub token_url: String,
    pub scope: String,
    pub(super) proof: HookProof,
    pub(super) kept: Arc<KeptToken>,
}

type KeptToken = Mutex<Option<HookToken>>;

/// The access tokens of hooks by what they are asked for with: a version whose hook asks with the same
/// as the one before goes on with its token.
#[derive(Debug, Default)]
pub struct HookTokens(std::sync::Mutex<BTreeMap<[u8; 32], Weak<KeptToken>>>);

impl HookTokens {
    /// The token of the hook `id`, as long as some version has it.
    pub(super) fn of(&self, id: &str, asked_with: [&str; 4]) -> Arc<KeptToken> {
        let parts = std::iter::once(id).chain(asked_with);
        // Each with its length, so that no two lists look alike.
        let told: String = parts.map(|part| format!("{} {part}", part.len())).collect();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, kept| kept.strong_count() > 0);
        let key = digest(told.as_bytes());
        if let Some(kept) = known.get(&key).and_then(Weak::upgrade) {
            return kept;
        }
        let kept = Arc::default();
        known.insert(key, Arc::downgrade(&kept));
        kept
    }
}

/// What proves the client.
pub(super) enum HookProof {
    Secret(String),
    /// The keys of the organization's own server, which publishes them.
    Keys(Arc<KeySet>),
}

/// An access token for a hook.
pub struct HookToken {
    pub text: String,
    /// When it is to be used no more, in seconds since 1970.
    pub ends_at: i64,
}

impl RunningHook {
    /// The headers that it is asked with, one of which may be a secret.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// As which client an access token for it is asked for, if it wants one.
    #[must_use]
    pub fn client(&self) -> Option<&HookCredentials> {
        self.client.as_ref()
    }
}

impl HookCredentials {
    /// The token that was last given, if one is kept. Who asks for another holds this, so that many
    /// who need one ask once.
    pub async fn token(&self) -> MutexGuard<'_, Option<HookToken>> {
        self.kept.lock().await
    }

    /// The secret, unless assertions take its place.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        match &self.proof {
            HookProof::Secret(secret) => Some(secret),
            HookProof::Keys(_) => None,
        }
    }

    /// The assertion of these claims, a JSON text (RFC 7523 §2.2).
    ///
    /// # Errors
    /// That there is no key, or that the library refuses to sign.
    pub fn assert(&self, claims: &str) -> Result<String, KeyError> {
        let mut assertion = String::new();
        match &self.proof {
            HookProof::Secret(_) => Err(KeyError::Sign),
            HookProof::Keys(keys) => keys
                .active()
                .sign(TokenType::ClientAssertion, claims.as_bytes(), &mut assertion)
                .map(|()| assertion),
        }
    }
}

impl std::fmt::Debug for HookCredentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("HookCredentials")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for HookToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("HookToken").field("ends_at", &self.ends_at).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for RunningHook {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RunningHook").field("id", &self.id).finish_non_exhaustive()
    }
}
