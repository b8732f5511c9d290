//! The keys of clients that publish them themselves (`jwks_uri`): fetched when they are first needed,
//! kept for a while, and fetched again, seldom, when a client signs with one that is not known.

use super::{Ask, FetchError, Fetcher, Limits};
use crate::token::ForeignKey;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Of a document with keys: fifty of them are far smaller.
const LIMITS: Limits = Limits { bytes: 256 * 1024, time: Duration::from_secs(3) };

/// How long keys are believed, in seconds.
const FRESH: i64 = 3600;
/// How long they are while their owner cannot be asked.
const STALE: i64 = 24 * 3600;
/// How often one document is asked for at most, in seconds: anybody may name a key that is not
/// there.
const SELDOM: i64 = 30;

/// Documents that are kept at most.
const DOCUMENTS: usize = 10_000;

/// The keys that clients publish.
#[derive(Debug)]
pub struct ClientKeys {
    fetcher: Fetcher,
    known: std::sync::Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Document>>>>,
}

/// One document, locked while it is fetched, so that many who need it fetch it once.
#[derive(Debug, Default)]
struct Document {
    keys: Arc<Vec<ForeignKey>>,
    fetched_at: Option<i64>,
    tried_at: Option<i64>,
}

impl ClientKeys {
    #[must_use]
    pub fn new(fetcher: Fetcher) -> Self {
        Self { fetcher, known: std::sync::Mutex::default() }
    }

    /// What fetches them, and whatever else is asked of others.
    #[must_use]
    pub fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    /// The keys at `url`, among them the one called `kid` if its owner has it. `now` is in seconds
    /// since 1970.
    ///
    /// # Errors
    /// That they cannot be had, and no older ones are known that may still be believed.
    pub async fn find(
        &self,
        url: &str,
        kid: Option<&str>,
        now: i64,
    ) -> Result<Arc<Vec<ForeignKey>>, FetchError> {
        let document = self.document(url);
        let mut document = document.lock().await;
        let age = document.fetched_at.map(|at| now.saturating_sub(at));
        let is_known = document.keys.iter().any(|key| kid.is_none() || key.kid() == kid);
        if is_known && age.is_some_and(|age| age < FRESH) {
            return Ok(Arc::clone(&document.keys));
        }
        if document.tried_at.is_some_and(|at| now.saturating_sub(at) < SELDOM) {
            return document.believed(now, FetchError::TooSlow(LIMITS.time));
        }
        document.tried_at = Some(now);
        match self.fetch(url).await {
            Ok(keys) => {
                document.keys = Arc::new(keys);
                document.fetched_at = Some(now);
                Ok(Arc::clone(&document.keys))
            }
            Err(error) => {
                tracing::warn!(url, %error, "the keys of a client cannot be fetched");
                document.believed(now, error)
            }
        }
    }

    fn document(&self, url: &str) -> Arc<tokio::sync::Mutex<Document>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= DOCUMENTS && !known.contains_key(url) {
            known.pop_first();
        }
        Arc::clone(known.entry(url.to_owned()).or_default())
    }

    async fn fetch(&self, url: &str) -> Result<Vec<ForeignKey>, FetchError> {
        let fetched = self.fetcher.ask(url, Ask::Get, LIMITS).await?;
        if fetched.status != 200 {
            return Err(FetchError::Unreachable(format!("it answers {}", fetched.status)));
        }
        let keys = ForeignKey::set(&fetched.body);
        keys.ok_or_else(|| FetchError::Unreachable("it answers no JWK Set".to_owned()))
    }
}

impl Document {
    fn believed(&self, now: i64, error: FetchError) -> Result<Arc<Vec<ForeignKey>>, FetchError> {
        match self.fetched_at {
            Some(at) if now.saturating_sub(at) < STALE => Ok(Arc::clone(&self.keys)),
            _ => Err(error),
        }
    }
}
