//! What time it is. Handed in, so that a test can hold the hour still.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

const MICROSECONDS_A_SECOND: i64 = 1_000_000;

/// Where the time comes from. Clones of a fixed clock show the same hour.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The wall clock of the machine.
    System,
    /// Microseconds since 1970 that move only when told to.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `seconds` since 1970.
    #[must_use]
    pub fn fixed(seconds: i64) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(seconds.saturating_mul(MICROSECONDS_A_SECOND))))
    }

    /// Whole seconds since 1970 (RFC 7519 §2, NumericDate), rounded down.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        seconds_of(self.microseconds())
    }

    /// Microseconds since 1970; negative before it.
    #[must_use]
    pub fn microseconds(&self) -> i64 {
        match self {
            Self::System => system_microseconds(),
            Self::Fixed(microseconds) => microseconds.load(Ordering::SeqCst),
        }
    }

    /// Microseconds that never run backwards, whatever the wall clock is set to: since the process
    /// first asked, or what a fixed clock shows.
    #[must_use]
    pub fn monotonic(&self) -> i64 {
        static FIRST: OnceLock<Stopwatch> = OnceLock::new();
        match self {
            Self::System => {
                let nanoseconds = FIRST.get_or_init(Stopwatch::start).nanoseconds();
                i64::try_from(nanoseconds / 1000).unwrap_or(i64::MAX)
            }
            Self::Fixed(microseconds) => microseconds.load(Ordering::SeqCst),
        }
    }

    /// Moves a fixed clock on by `seconds` (back if negative). The clock of the machine is not ours
    /// to move: there it does nothing.
    pub fn advance(&self, seconds: i64) {
        if let Self::Fixed(microseconds) = self {
            microseconds.fetch_add(seconds.saturating_mul(MICROSECONDS_A_SECOND), Ordering::SeqCst);
        }
    }
}

/// Whole seconds in a time of microseconds, both since 1970, rounded down.
#[must_use]
pub const fn seconds_of(microseconds: i64) -> i64 {
    microseconds.div_euclid(MICROSECONDS_A_SECOND)
}

#[expect(clippy::disallowed_methods, reason = "this is the clock everything else asks")]
fn system_microseconds() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |ago| -ago),
    }
}

/// How long something takes: it never runs backwards, whatever the wall clock does.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "what is measured is the machine, not an hour")]
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Nanoseconds since it was started.
    #[must_use]
    pub fn nanoseconds(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Stopwatch};

    #[test]
    fn a_stopwatch_never_runs_backwards() {
        let watch = Stopwatch::start();
        let (first, second) = (watch.nanoseconds(), watch.nanoseconds());
        assert!(first <= second);
    }

    #[test]
    fn a_fixed_clock_moves_only_when_told_and_its_clones_with_it() {
        let clock = Clock::fixed(1_700_000_000);
        let clone = clock.clone();
        assert_eq!(clock.seconds(), 1_700_000_000);
        clock.advance(61);
        assert_eq!(clone.seconds(), 1_700_000_061);
        assert_eq!(clone.microseconds(), 1_700_000_061_000_000);
    }

    #[test]
    fn seconds_before_1970_round_down() {
        let Clock::Fixed(microseconds) = Clock::fixed(0) else { panic!("a fixed clock") };
        microseconds.store(-1, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(Clock::Fixed(microseconds).seconds(), -1);
    }

    #[test]
    fn the_system_clock_is_past_2024_and_not_ours_to_move() {
        let clock = Clock::System;
        let before = clock.seconds();
        clock.advance(1_000_000_000);
        assert!(before > 1_704_067_200);
        assert!(clock.seconds() - before < 500_000_000);
    }
}
