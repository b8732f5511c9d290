//! Whether a node may still believe what it serves: it asks often whether that was changed, and
//! after a second without an answer it does not know (decision 40).

use std::sync::atomic::{AtomicI64, Ordering};

/// How long an answer is believed, in microseconds.
const BELIEVED: i64 = 1_000_000;

/// Where nobody else can change what is served, nothing is ever heard, and nothing is stale.
const NEVER: i64 = i64::MIN;

/// When it was last heard how the organization stands.
#[derive(Debug)]
pub struct Freshness {
    heard: AtomicI64,
}

impl Default for Freshness {
    fn default() -> Self {
        Self { heard: AtomicI64::new(NEVER) }
    }
}

impl Freshness {
    /// At `now`, in microseconds since 1970, it was heard how the organization stands.
    pub fn hear(&self, now: i64) {
        self.heard.store(now, Ordering::SeqCst);
    }

    /// Whether that is too long ago.
    #[must_use]
    pub fn is_stale(&self, now: i64) -> bool {
        let heard = self.heard.load(Ordering::SeqCst);
        heard != NEVER && now.saturating_sub(heard) > BELIEVED
    }
}
