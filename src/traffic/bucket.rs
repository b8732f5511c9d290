//! Buckets of requests, as many callers as come in a table that never grows. A bucket is one atomic
//! word, so that nobody waits for anybody: a mark of its caller, and the time at which it is full
//! again (the generic cell rate algorithm, ITU-T I.371, which lets through what a token bucket does).
//! Where a set of the table has no room the bucket nearest to full is forgotten, which loses least.

use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

/// Microseconds in which an empty bucket fills.
const WINDOW: u64 = 60_000_000;

/// How many callers share a set.
const WAYS: usize = 8;

/// How many sets: 512 KiB of buckets in all.
const SETS: usize = 8192;

/// Bits of a bucket that are the time, in microseconds, of which the rest is left out: twelve days.
const TIME_BITS: u32 = 40;

const TIME: u64 = (1 << TIME_BITS) - 1;

/// How many requests a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(NonZeroU32);

impl Rate {
    /// The most there can be: one each microsecond.
    const MOST: u32 = 60_000_000;

    /// `None`, for no limit, if it is zero.
    #[must_use]
    pub fn per_minute(n_requests: u32) -> Option<Self> {
        NonZeroU32::new(n_requests.min(Self::MOST)).map(Self)
    }

    /// Requests a minute, and how many may come at once.
    #[must_use]
    pub fn limit(self) -> u32 {
        self.0.get()
    }

    /// Microseconds after which there is one more.
    fn interval(self) -> u64 {
        WINDOW / u64::from(self.0.get())
    }
}

/// How a bucket stands after it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Whether there was one left.
    pub is_allowed: bool,
    /// How many there are when it is full.
    pub limit: u32,
    /// How many are left.
    pub remaining: u32,
    /// When it is full again or, if none was left, when there is one; in microseconds since 1970.
    pub reset: i64,
}

/// The table.
pub struct Buckets {
    slots: Box<[AtomicU64]>,
    /// Keyed, so that nobody chooses whose bucket theirs is.
    hasher: RandomState,
}

impl Default for Buckets {
    fn default() -> Self {
        let slots = (0..SETS * WAYS).map(|_| AtomicU64::new(0)).collect();
        Self { slots, hasher: RandomState::new() }
    }
}

impl std::fmt::Debug for Buckets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Buckets")
    }
}

/// A slot as it was read, and what it says of a caller.
struct Found<'s> {
    slot: &'s AtomicU64,
    word: u64,
    /// Microseconds until it is full.
    debt: u64,
    is_of_caller: bool,
}

impl Buckets {
    /// Takes one request out of the bucket of `caller`, at `now` in microseconds since 1970. A clock
    /// that was set back fills the buckets.
    pub fn take(&self, caller: &impl Hash, rate: Rate, now: i64) -> Taken {
        let (set, mark) = self.place(caller);
        let limit = rate.limit();
        loop {
            let Some(found) = find(set, mark, now) else {
                return Taken { is_allowed: true, limit, remaining: limit, reset: now };
            };
            let debt = if found.is_of_caller { found.debt } else { 0 };
            let after = debt + rate.interval();
            if after > WINDOW {
                let reset = now.saturating_add_unsigned(after - WINDOW);
                return Taken { is_allowed: false, limit, remaining: 0, reset };
            }
            if found.put(mark, now, after) {
                let left = (WINDOW - after) / rate.interval();
                let remaining = u32::try_from(left).unwrap_or(u32::MAX).min(limit);
                let reset = now.saturating_add_unsigned(after);
                return Taken { is_allowed: true, limit, remaining, reset };
            }
        }
    }

    /// Puts one request back into the bucket of `caller`.
    pub fn give_back(&self, caller: &impl Hash, rate: Rate, now: i64) {
        let (set, mark) = self.place(caller);
        while let Some(found) = find(set, mark, now).filter(|found| found.is_of_caller) {
            if found.put(mark, now, found.debt.saturating_sub(rate.interval())) {
                return;
            }
        }
    }

    /// The set that a caller's bucket is in, and its mark there, which is never zero.
    fn place(&self, caller: &impl Hash) -> (&[AtomicU64], u64) {
        let hash = self.hasher.hash_one(caller);
        let first = usize::try_from(hash).unwrap_or(0) % SETS * WAYS;
        let set = self.slots.get(first..first + WAYS).unwrap_or_default();
        (set, (hash >> TIME_BITS).max(1))
    }
}

impl Found<'_> {
    /// Writes the bucket unless somebody did since it was read.
    fn put(&self, mark: u64, now: i64, debt: u64) -> bool {
        let word = mark << TIME_BITS | (now.cast_unsigned().wrapping_add(debt) & TIME);
        let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
        self.slot.compare_exchange_weak(self.word, word, success, failure).is_ok()
    }
}

/// The caller's slot of a set, or else the one that is nearest to full.
fn find(set: &[AtomicU64], mark: u64, now: i64) -> Option<Found<'_>> {
    let mut nearest: Option<Found<'_>> = None;
    for slot in set {
        let word = slot.load(Ordering::Relaxed);
        let until = (word & TIME).wrapping_sub(now.cast_unsigned()) & TIME;
        // Further ahead than a bucket can be empty: long past, or of a clock that was set back.
        let debt = if word == 0 || until > WINDOW { 0 } else { until };
        let is_of_caller = word >> TIME_BITS == mark;
        let found = Found { slot, word, debt, is_of_caller };
        if is_of_caller {
            return Some(found);
        }
        if nearest.as_ref().is_none_or(|nearest| debt < nearest.debt) {
            nearest = Some(found);
        }
    }
    nearest
}
