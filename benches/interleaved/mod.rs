//! How much longer one thing takes than another, measured in turns: a machine that slows down in
//! the middle slows both down. With `COUNT=1` in the environment how many instructions each takes,
//! which other work on the machine does not change ([`count`]).
#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures time, which a clock that stands still cannot"
)]

pub(crate) mod count;

use std::time::{Duration, Instant};

/// How long all candidates of one comparison are timed.
const TIME: Duration = Duration::from_secs(3);

/// Turns at least, whatever they take.
const TURNS: usize = 21;

/// Something that is timed: does what it does this many times.
pub(crate) struct Candidate<'c> {
    pub(crate) name: &'c str,
    pub(crate) run: &'c mut dyn FnMut(usize),
    /// What is made ready for so many runs, untimed.
    pub(crate) prepare: Option<&'c mut dyn FnMut(usize)>,
}

impl<'c> Candidate<'c> {
    /// A candidate that needs nothing made ready.
    pub(crate) fn new(name: &'c str, run: &'c mut dyn FnMut(usize)) -> Self {
        Self { name, run, prepare: None }
    }
}

/// Times the candidates in turns of `batch` each: nanoseconds a run, by turn, then by candidate. With
/// `--test` there is one turn, which is no measurement, and the answer is empty, as it is where
/// instructions are counted instead.
pub(crate) fn turns(title: &str, batch: usize, candidates: &mut [Candidate<'_>]) -> Vec<Vec<f64>> {
    if count::is_wanted() {
        count::tell(title, batch, candidates);
        return Vec::new();
    }
    let is_test = std::env::args().any(|argument| argument == "--test");
    let mut turns: Vec<Vec<f64>> = Vec::new();
    let begin = Instant::now();
    while turns.is_empty() || (!is_test && (begin.elapsed() < TIME || turns.len() < TURNS)) {
        turns.push(candidates.iter_mut().map(|candidate| turn(candidate, batch)).collect());
    }
    if is_test { Vec::new() } else { turns }
}

/// Prints of [`turns`] the median of the first candidate, and of each other the median of its ratios
/// to the first within a turn.
pub(crate) fn compare(title: &str, batch: usize, candidates: &mut [Candidate<'_>]) {
    let turns = turns(title, batch, candidates);
    if turns.is_empty() {
        return;
    }
    let of_first = |turn: &Vec<f64>| turn.first().copied();
    for (index, candidate) in candidates.iter().enumerate() {
        let median = median(turns.iter().filter_map(|turn| {
            let time = turn.get(index).copied()?;
            Some(if index == 0 { time } else { time / of_first(turn)? })
        }));
        let unit = if index == 0 { " ns" } else { " times" };
        println!("{title}/{}: {median:.3}{unit}, {} turns", candidate.name, turns.len());
    }
}

/// Nanoseconds a run.
fn turn(candidate: &mut Candidate<'_>, batch: usize) -> f64 {
    if let Some(prepare) = &mut candidate.prepare {
        prepare(batch);
    }
    let begin = Instant::now();
    (candidate.run)(batch);
    begin.elapsed().as_nanos() as f64 / batch as f64
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
