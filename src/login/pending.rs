//! What a person signs in for: an authorization request, or a page of ours. It travels with the
//! browser, closed up so that nobody reads or changes it, and works only in the browser it began in:
//! strangers cost the store nothing.

use super::Authenticator;
use super::request::AuthorizationRequest;
use super::session::{Session, SessionSecret};
use crate::random::Random;
use base64_simd::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The name under which it is closed up.
const NAME: &str = "pending authorization 1";

/// How long, in seconds, a person may take.
const PATIENCE: i64 = 3600;

/// How long, in seconds, a password that was proven waits for the second factor.
const FACTOR_PATIENCE: i64 = 600;

/// By how much, in seconds, the clocks of nodes that serve one sign-in may differ.
const SKEW: i64 = 10;

const ID_BYTES: usize = 16;

/// What somebody signs in for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Random: by this it is known that it was answered.
    pub(super) id: String,
    purpose: Purpose,
    /// When it came, in seconds since 1970: a sign-in since then is one for it.
    pub began_at: i64,
    /// The hash of the secret of the browser it came from.
    browser: String,
    /// The id of the session that the browser had then: it is none for this.
    before: Option<String>,
    /// Whose password was proven, and when: they have a second factor to prove yet.
    proven: Option<(String, i64)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Purpose {
    Authorization(Box<AuthorizationRequest>),
    /// Path and query of a page of ours.
    Page(String),
}

impl Pending {
    /// A request that came from this browser now.
    #[must_use]
    pub fn begin(
        request: AuthorizationRequest,
        browser: &SessionSecret,
        session: Option<&Session>,
        (random, now): (&Random, i64),
    ) -> Self {
        let before = session.map(|session| session.id.clone());
        let id = random.base64url(ID_BYTES);
        let pending = Self::of(Purpose::Authorization(Box::new(request)), browser, now);
        Self { before, id, ..pending }
    }

    /// A visit of this browser to a page of ours that only somebody who is signed in may see.
    #[must_use]
    pub fn visit(page: String, browser: &SessionSecret, now: i64) -> Self {
        Self::of(Purpose::Page(page), browser, now)
    }

    fn of(purpose: Purpose, browser: &SessionSecret, now: i64) -> Self {
        let browser = browser.hash("browser");
        Self { id: String::new(), purpose, began_at: now, browser, before: None, proven: None }
    }

    /// The authorization request, if it is one.
    #[must_use]
    pub fn request(&self) -> Option<&AuthorizationRequest> {
        match &self.purpose {
            Purpose::Authorization(request) => Some(request),
            Purpose::Page(_) => None,
        }
    }

    /// The page of ours, if it is one.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        match &self.purpose {
            Purpose::Authorization(_) => None,
            Purpose::Page(page) => Some(page),
        }
    }

    /// Whether this session was opened for it.
    #[must_use]
    pub fn is_for(&self, session: &Session) -> bool {
        let is_later = session.auth_time.saturating_add(SKEW) >= self.began_at;
        is_later && self.before.as_ref() != Some(&session.id)
    }

    /// The same, once this person's password was proven.
    #[must_use]
    pub fn with_proven(mut self, user_id: &str, now: i64) -> Self {
        self.proven = Some((user_id.to_owned(), now));
        self
    }

    /// Whose password was proven a moment ago.
    #[must_use]
    pub fn proven(&self, now: i64) -> Option<&str> {
        let (user_id, at) = self.proven.as_ref()?;
        let is_fresh = during(*at, FACTOR_PATIENCE).contains(&now);
        is_fresh.then_some(user_id)
    }

    /// When it is given up, in seconds since 1970.
    pub(super) fn ends_at(&self) -> i64 {
        self.began_at.saturating_add(PATIENCE)
    }
}

/// So many seconds from a time on, by whichever clock.
fn during(from: i64, seconds: i64) -> Range<i64> {
    from.saturating_sub(SKEW)..from.saturating_add(seconds)
}

impl Authenticator {
    /// The request closed up, as text for addresses and forms.
    ///
    /// # Errors
    /// Why it cannot be closed.
    pub fn close(&self, pending: &Pending) -> Result<String, super::AuthorizationError> {
        let failed = |error: &dyn std::fmt::Display| {
            super::AuthorizationError::unavailable(&error.to_string())
        };
        let plain = serde_json::to_vec(pending).map_err(|error| failed(&error))?;
        let closed = self.vault.seal(&self.random, NAME, &plain).map_err(|error| failed(&error))?;
        Ok(URL_SAFE_NO_PAD.encode_to_string(closed))
    }

    /// What [`Authenticator::close`] closed, if it is not too old and of the browser that has these
    /// secrets.
    #[must_use]
    pub fn open(&self, text: &str, browsers: &[SessionSecret], now: i64) -> Option<Pending> {
        let closed = URL_SAFE_NO_PAD.decode_to_vec(text).ok()?;
        let plain = self.vault.open(NAME, &closed).ok()?;
        let pending: Pending = serde_json::from_slice(&plain).ok()?;
        let is_of = |browser: &SessionSecret| pending.browser == browser.hash("browser");
        let is_fresh = during(pending.began_at, PATIENCE).contains(&now);
        (is_fresh && browsers.iter().any(is_of)).then_some(pending)
    }
}
