//! Measures one expression over one context: both engines in turns, so that a machine that slows
//! down in the middle slows both down.

use crate::cli::expression::Scene;
use crate::cli::input::Refusal;
use crate::clock::{Clock, Stopwatch};
use crate::document::Node;
use crate::program::{Engine, EvaluationFault, Length, Roots, SetBuilder, Worker};
use crate::schema::Schema;
use std::hint::black_box;
use std::sync::Arc;

/// How long a turn of one engine takes at least, in nanoseconds, if one evaluation takes less.
const TURN: u64 = 20_000;
/// Turns at least, however long they take.
const LEAST_TURNS: usize = 5;
/// How often an expression is compiled.
const COMPILED: usize = 7;

/// What one expression takes.
#[derive(Debug)]
pub(super) struct Figures {
    /// Nanoseconds an evaluation by machine code; `None` where this host runs none.
    pub(super) native: Option<Spread>,
    /// Nanoseconds an evaluation by the interpreter.
    pub(super) interpreted: Spread,
    /// Microseconds from text to machine code.
    pub(super) compile: Spread,
    /// Microseconds of it from text to the checked program.
    pub(super) check: Spread,
    pub(super) code_bytes: usize,
    /// Steps spent of those an evaluation has.
    pub(super) steps: i64,
    /// Turns of each engine.
    pub(super) n_turns: usize,
    /// What the expression gives, or how it faults.
    pub(super) value: Result<String, EvaluationFault>,
}

/// Measurements of one thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    pub(super) median: f64,
    /// A tenth of the measurements are lower.
    pub(super) low: f64,
    /// A tenth are higher.
    pub(super) high: f64,
}

impl Spread {
    fn of(mut measured: Vec<f64>) -> Self {
        measured.sort_unstable_by(f64::total_cmp);
        let part = |of_ten: usize| {
            let last = measured.len().saturating_sub(1);
            measured.get((last * of_ten + 5) / 10).copied().unwrap_or(0.0)
        };
        Self { median: part(5), low: part(1), high: part(9) }
    }
}

/// Compiles the expression and evaluates it for `time` nanoseconds.
pub(super) fn measure(
    expression: &str,
    context: &Node,
    declared: Option<&Arc<Schema>>,
    time: u64,
) -> Result<Figures, Refusal> {
    let scene = Scene::new(context, declared).map_err(|error| Refusal::context(error.message))?;
    let (mut check, mut compile) = (Vec::new(), Vec::new());
    let mut made = None;
    for _ in 0..COMPILED {
        let watch = Stopwatch::start();
        let mut builder = SetBuilder::new(Arc::clone(scene.schema()));
        let (id, _) = builder.add_json(expression, Length::Free).map_err(Refusal::Expression)?;
        check.push(microseconds(&watch));
        let set = builder.finish(Engine::Native);
        compile.push(microseconds(&watch));
        made = Some((set, id));
    }
    let Some((set, id)) = made else { return Err(Refusal::context("nothing was compiled")) };
    let resolved = set.resolve(scene.subject().table());
    let roots = Roots::of(scene.subject(), &set, &resolved, Clock::System.microseconds());
    let mut worker = Worker::new();
    let (native, interpreted, n_turns) = take_turns(time, &mut |engine, n| {
        for _ in 0..n {
            let outcome = set.json(id, black_box(&roots), &mut worker, engine);
            drop(black_box(outcome.map(<[u8]>::len)));
        }
    });
    let value = set.json(id, &roots, &mut worker, Engine::Native);
    let value = value.map(|json| String::from_utf8_lossy(json).into_owned());
    Ok(Figures {
        native: set.is_native().then_some(native),
        interpreted,
        compile: Spread::of(compile),
        check: Spread::of(check),
        code_bytes: set.code_bytes(id).unwrap_or(0),
        steps: set.steps(id, &roots, &mut worker),
        n_turns,
        value,
    })
}

fn microseconds(watch: &Stopwatch) -> f64 {
    watch.nanoseconds() as f64 / 1_000.0
}

/// What evaluates so many times on an engine.
type Evaluate<'e> = dyn FnMut(Engine, u32) + 'e;

/// Nanoseconds of `n` evaluations.
fn turn(evaluate: &mut Evaluate<'_>, engine: Engine, n: u32) -> u64 {
    let watch = Stopwatch::start();
    evaluate(engine, n);
    watch.nanoseconds()
}

/// How many evaluations take a turn.
fn turn_length(evaluate: &mut Evaluate<'_>, engine: Engine) -> u32 {
    let mut n = 1_u32;
    while n < 1 << 16 && turn(evaluate, engine, n) < TURN {
        n *= 2;
    }
    n
}

/// Nanoseconds an evaluation of each engine, measured for `time` nanoseconds, and how many turns
/// there were.
pub(super) fn take_turns(time: u64, evaluate: &mut Evaluate<'_>) -> (Spread, Spread, usize) {
    let engines = [Engine::Native, Engine::Interpreter];
    let lengths = engines.map(|engine| turn_length(evaluate, engine));
    let mut measured = [Vec::new(), Vec::new()];
    let watch = Stopwatch::start();
    let mut n_turns = 0;
    while n_turns < LEAST_TURNS || watch.nanoseconds() < time {
        for ((engine, n), all) in engines.into_iter().zip(lengths).zip(&mut measured) {
            all.push(turn(evaluate, engine, n) as f64 / f64::from(n));
        }
        n_turns += 1;
    }
    let [native, interpreted] = measured.map(Spread::of);
    (native, interpreted, n_turns)
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn a_spread_is_the_median_and_the_outer_tenths() {
        let spread = Spread::of((0..=10).rev().map(f64::from).collect());
        assert_eq!((spread.low, spread.median, spread.high), (1.0, 5.0, 9.0));
        let one = Spread::of(vec![7.0]);
        assert_eq!((one.low, one.median, one.high), (7.0, 7.0, 7.0));
    }
}
