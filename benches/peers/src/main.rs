//! The expressions of `benches/corpus` beside what other engines make of them, in turns in one run,
//! and beside V8 in a process right after. Whatever is timed gave our answer for every person first.
//! `cargo run --release` in this folder; `-- --test` asks only for the answers.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to say")]
#![expect(clippy::indexing_slicing, reason = "as above")]
#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

mod cedar;
mod common_expression;
#[path = "../../interleaved/mod.rs"]
mod interleaved;
#[path = "../../corpus/people.rs"]
mod people;
mod rego;
mod rhai;
mod roto;
mod v8;

use claimsmith::program::{Engine, Length, SetBuilder, Worker};
use interleaved::Candidate;
use people::{Subjects, contexts, expression};
use serde_json::Value;
use std::hint::black_box;
use std::sync::Arc;

/// People that caches and branch predictor know.
const FEW: usize = 64;
/// People that they do not, of 20 groups.
const MANY: usize = 4_096;
/// Evaluations a turn, over 20 groups: so many that what the engine before left in the caches is soon
/// forgotten, also by an engine that needs three nanoseconds for each.
const BATCH: usize = 4_096;

/// The rows of the corpus, and over how many groups each is measured.
const ROWS: &[(&str, &[usize])] = &[
    ("filter and map", &[5, 20, 100, 1_000]),
    ("selection and projection", &[20]),
    ("condition", &[20]),
    ("substringAfter", &[20]),
    ("five arms", &[20]),
    ("concatenation", &[20]),
    ("membership of three", &[20]),
    ("regular expression", &[20]),
    ("comparison of dates", &[20]),
    ("classic CSV trick", &[20]),
];

/// An engine made ready for one expression over people, each of whom it has in the form it likes best.
struct Peer {
    name: &'static str,
    /// What it answers for a person, as JSON.
    answer: Box<dyn Fn(usize) -> Value>,
    /// Evaluates for a person and throws the answer away.
    run: Box<dyn Fn(usize)>,
}

impl Peer {
    /// `evaluate` gives the engine's own kind of answer for a person, `json` makes JSON of it.
    fn new<T: 'static>(
        name: &'static str,
        evaluate: impl Fn(usize) -> T + 'static,
        json: impl Fn(T) -> Value + 'static,
    ) -> Self {
        let evaluate = std::rc::Rc::new(evaluate);
        let again = std::rc::Rc::clone(&evaluate);
        Self {
            name,
            answer: Box::new(move |person| json(evaluate(person))),
            run: Box::new(move |person| {
                black_box(again(black_box(person)));
            }),
        }
    }
}

/// Makes an engine ready; `None` if it cannot say what the row says.
type Prepare = fn(row: &str, people: &[Value]) -> Option<Peer>;

const PEERS: [Prepare; 5] =
    [roto::prepare, common_expression::prepare, rego::prepare, rhai::prepare, cedar::prepare];

fn compare(row: &str, n_groups: usize, n_people: usize) {
    let people = contexts(n_groups, n_people);
    let subjects = Subjects::new(&people);
    let mut builder = SetBuilder::new(Arc::clone(&subjects.schema));
    let (id, _) = builder.add_json(&expression(row), Length::Claim).unwrap();
    let set = builder.finish(Engine::Native);
    let resolved = subjects.resolved(&set);
    let roots = subjects.roots(&set, &resolved);
    let mut worker = Worker::new();
    let answers: Vec<Value> = roots
        .iter()
        .map(|roots| {
            let json = set.json(id, roots, &mut worker, Engine::Native).unwrap();
            serde_json::from_slice(json).unwrap()
        })
        .collect();

    let peers: Vec<Peer> = PEERS.iter().filter_map(|prepare| prepare(row, &people)).collect();
    for peer in &peers {
        for (person, answer) in answers.iter().enumerate() {
            assert_eq!((peer.answer)(person), *answer, "{} on {row}: {}", peer.name, people[person]);
        }
    }
    let mut turns = roots.iter().cycle();
    let mut native = |n: usize| {
        for roots in turns.by_ref().take(n) {
            let json = set.json(id, black_box(roots), &mut worker, Engine::Native);
            black_box(json.unwrap().len());
        }
    };
    let mut runs: Vec<_> = peers
        .iter()
        .map(|peer| {
            let mut turns = (0..n_people).cycle();
            let run = move |n: usize| turns.by_ref().take(n).for_each(|person| (peer.run)(person));
            (peer.name, run)
        })
        .collect();
    let mut candidates = vec![Candidate::new("Claimsmith", &mut native)];
    candidates.extend(runs.iter_mut().map(|(name, run)| Candidate::new(name, run)));
    let title = format!("{row}/{n_groups} groups/{n_people} people");
    let batch = (BATCH * 20 / n_groups.max(20)).max(FEW);
    interleaved::compare(&title, batch, &mut candidates);
    v8::compare(&title, row, &people, &answers, batch, &mut native);
}

fn main() {
    for (row, sizes) in ROWS {
        for n_groups in *sizes {
            for n_people in [FEW, MANY * 20 / (*n_groups).max(20)] {
                compare(row, *n_groups, n_people);
            }
        }
    }
}
