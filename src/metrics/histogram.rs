//! How long things take, counted into ranges.

use super::Text;
use std::sync::atomic::{AtomicU64, Ordering};

/// Upper ends of the ranges, in microseconds, and as Prometheus writes them in seconds.
const BOUNDS: [(u64, &str); 16] = [
    (50, "0.00005"),
    (100, "0.0001"),
    (250, "0.00025"),
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (10_000_000, "10"),
];

/// Durations by range.
#[derive(Debug)]
pub struct Histogram {
    ranges: [AtomicU64; BOUNDS.len()],
    /// Longer than the last bound.
    beyond: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl Histogram {
    #[must_use]
    pub const fn new() -> Self {
        Self {
            ranges: [const { AtomicU64::new(0) }; BOUNDS.len()],
            beyond: AtomicU64::new(0),
            nanoseconds: AtomicU64::new(0),
        }
    }

    /// One more that took so long.
    pub fn observe(&self, nanoseconds: u64) {
        let index = BOUNDS.partition_point(|(bound, _)| bound * 1000 < nanoseconds);
        self.ranges.get(index).unwrap_or(&self.beyond).fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        let all = self.ranges.iter().chain([&self.beyond]);
        all.map(|range| range.load(Ordering::Relaxed)).sum()
    }

    /// All that another counted, too.
    pub(super) fn add(&self, other: &Self) {
        let pairs = self.ranges.iter().zip(&other.ranges).chain([(&self.beyond, &other.beyond)]);
        for (to, from) in pairs.chain([(&self.nanoseconds, &other.nanoseconds)]) {
            to.fetch_add(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Its lines, below a head of this name.
    pub(super) fn write(&self, name: &str, labels: &[(&str, &str)], text: &mut Text) {
        let bucket = format!("{name}_bucket");
        let mut count = 0;
        for (range, (_, bound)) in self.ranges.iter().zip(BOUNDS) {
            count += range.load(Ordering::Relaxed);
            text.value(&bucket, &[labels, &[("le", bound)]].concat(), count);
        }
        count += self.beyond.load(Ordering::Relaxed);
        text.value(&bucket, &[labels, &[("le", "+Inf")]].concat(), count);
        let seconds = seconds(self.nanoseconds.load(Ordering::Relaxed));
        text.value(&format!("{name}_sum"), labels, seconds);
        text.value(&format!("{name}_count"), labels, count);
    }
}

/// Nanoseconds as seconds, exactly.
fn seconds(nanoseconds: u64) -> String {
    let a_second = 1_000_000_000;
    format!("{}.{:09}", nanoseconds / a_second, nanoseconds % a_second)
}
