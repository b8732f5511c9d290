//! Whether a node may still believe what it serves: it asks often whether that was changed, and
//! after a second without an answer, or with an answer that it does not serve yet, it may not
//! (decision 40).

use std::sync::atomic::{AtomicI64, Ordering};

/// How long an answer is believed, in microseconds.
const BELIEVED: i64 = 1_000_000;

/// Where nobody else can change what is served, nothing is ever heard, and nothing is stale.
const NEVER: i64 = i64::MIN;

/// Where others can, and nothing was heard yet.
const NOT_YET: i64 = i64::MIN + 1;

/// When it was last known that what is served is what is kept. Times are of a clock that never runs
/// backwards, in microseconds.
#[derive(Debug)]
pub struct Freshness {
    known: AtomicI64,
}

impl Default for Freshness {
    fn default() -> Self {
        Self { known: AtomicI64::new(NEVER) }
    }
}

impl Freshness {
    /// From now on others may change what is kept: nothing is believed before something is heard.
    pub fn depend_on_others(&self) {
        self.known.fetch_max(NOT_YET, Ordering::SeqCst);
    }

    /// What is served was what is kept at `asked`: when that was asked, not when it was answered.
    pub fn hear(&self, asked: i64) {
        self.known.fetch_max(asked, Ordering::SeqCst);
    }

    /// Whether that is too long ago.
    #[must_use]
    pub fn is_stale(&self, now: i64) -> bool {
        match self.known.load(Ordering::SeqCst) {
            NEVER => false,
            known => now.saturating_sub(known) > BELIEVED,
        }
    }
}
