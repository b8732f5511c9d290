//! The expressions of `benches/corpus` as machine code beside the same written by hand, in turns in
//! one run: over few subjects, which caches and branch predictor know, and over many, which they do
//! not. All must give the same bytes over every subject first.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to say")]
#![expect(clippy::indexing_slicing, reason = "as above")]

#[path = "hand/claims.rs"]
mod claims;
mod hand;
mod interleaved;
mod organization;
#[path = "corpus/people.rs"]
mod people;

use claimsmith::directory::{Access, Session};
use claimsmith::program::{
    Engine, Length, MemberSource, ProgramId, ProgramSet, Roots, SetBuilder, Worker,
};
use hand::{Entry, Given, Hand};
use interleaved::Candidate;
use organization::{API, Keeping};
use people::{Subjects, contexts, expression};
use std::hint::black_box;
use std::sync::Arc;

/// Subjects that caches and branch predictor know.
const FEW: usize = 64;
/// Subjects that they do not, of 20 groups; fewer of those who have more.
const MANY: usize = 4_096;

/// How many claims a server has.
const CLAIMS: usize = 20;

/// How often all subjects of a turn are evaluated.
const BATCH: usize = 4_096;

/// An expression of the corpus: over how many groups it is measured, and what is written by hand.
struct Row {
    name: &'static str,
    sizes: &'static [usize],
    by_hand: &'static [(&'static str, Entry)],
}

const ROWS: &[Row] = &[
    Row {
        name: "filter and map",
        sizes: &[5, 20, 100, 1_000],
        by_hand: &[("by hand", hand::roles)],
    },
    Row {
        name: "selection and projection",
        sizes: &[20],
        by_hand: &[("by hand", claims::names), ("in two passes", claims::names_in_two_passes)],
    },
    Row {
        name: "condition",
        sizes: &[20],
        by_hand: &[("by hand", claims::condition), ("at once", claims::condition_at_once)],
    },
    Row {
        name: "substringAfter",
        sizes: &[20],
        by_hand: &[("by hand", claims::domain), ("at once", claims::domain_at_once)],
    },
    Row {
        name: "five arms",
        sizes: &[20],
        by_hand: &[
            ("by hand", claims::short_department),
            ("at once", claims::short_department_at_once),
        ],
    },
    Row { name: "concatenation", sizes: &[20], by_hand: &[("by hand", claims::full_name)] },
    Row {
        name: "membership of three",
        sizes: &[20],
        by_hand: &[("by hand", claims::membership), ("at once", claims::membership_at_once)],
    },
    Row { name: "regular expression", sizes: &[20], by_hand: &[("by hand", claims::pattern)] },
    Row { name: "comparison of dates", sizes: &[20], by_hand: &[("by hand", claims::order)] },
    Row { name: "classic CSV trick", sizes: &[20], by_hand: &[("by hand", claims::csv)] },
];

fn compare_row(row: &Row, n_groups: usize, n_subjects: usize) {
    let subjects = Subjects::new(&contexts(n_groups, n_subjects));
    let mut builder = SetBuilder::new(Arc::clone(&subjects.schema));
    let (id, _) = builder.add_json(&expression(row.name), Length::Claim).unwrap();
    let set = builder.finish(Engine::Native);
    assert!(set.is_native(), "there is no machine code on this host");
    let resolved = subjects.resolved(&set);
    let roots = subjects.roots(&set, &resolved);
    let given: Vec<Given<'_>> = subjects
        .subjects
        .iter()
        .zip(&resolved)
        .map(|(subject, resolved)| {
            Given::new(subject.records().next().flatten(), subject.table(), resolved)
        })
        .collect();
    verify(row, &set, id, &roots, &given);

    let mut by_hand: Vec<_> = row
        .by_hand
        .iter()
        .map(|(name, entry)| {
            let (mut hand, mut turns) = (Hand::new(), given.iter().cycle());
            let run = move |n: usize| {
                for given in turns.by_ref().take(n) {
                    black_box(hand.enter(*entry, black_box(given)).map(<[u8]>::len));
                }
            };
            (*name, run)
        })
        .collect();
    let (mut worker, mut turns) = (Worker::new(), roots.iter().cycle());
    let mut native = |n: usize| {
        for roots in turns.by_ref().take(n) {
            let json = set.json(id, black_box(roots), &mut worker, Engine::Native).unwrap();
            black_box(json.len());
        }
    };
    let mut candidates: Vec<Candidate<'_>> =
        by_hand.iter_mut().map(|(name, run)| Candidate::new(name, run)).collect();
    candidates.push(Candidate::new("machine code", &mut native));
    let batch = (BATCH * 20 / n_groups.max(20)).max(FEW);
    let title = format!("{}/{n_groups} groups/{n_subjects} subjects", row.name);
    interleaved::compare(&title, batch, &mut candidates);
}

/// Asserts that everybody gives the same for every subject, also the second time.
fn verify(row: &Row, set: &ProgramSet, id: ProgramId, roots: &[Roots<'_>], given: &[Given<'_>]) {
    let (mut worker, mut hand) = (Worker::new(), Hand::new());
    for (roots, given) in roots.iter().zip(given) {
        let native = set.json(id, roots, &mut worker, Engine::Native).unwrap().to_vec();
        for engine in [Engine::Native, Engine::Interpreter] {
            assert_eq!(set.json(id, roots, &mut worker, engine).unwrap(), native, "{}", row.name);
        }
        for (name, entry) in row.by_hand {
            let found = hand.enter(*entry, given).map(String::from_utf8_lossy);
            let native = String::from_utf8_lossy(&native);
            assert_eq!(found, Some(native), "{} {name}", row.name);
        }
    }
}

/// Twenty claims of a server as members of one object beside twenty functions.
fn compare_claims() {
    let extent = organization::Extent { claims: 2 * CLAIMS, ..organization::Extent::default() };
    let document = organization::document(&extent);
    let published = organization::publish(&document, Engine::Native, &Keeping::new());
    let records = published.records();
    let claims = document["authorizationServers"][0]["claims"].as_array().unwrap();
    let expressions = claims.iter().filter(|claim| claim["valueType"] == "EXPRESSION");
    let claims: Vec<(&str, &str)> = expressions
        .map(|claim| (claim["name"].as_str().unwrap(), claim["value"].as_str().unwrap()))
        .take(CLAIMS)
        .collect();
    let members: Vec<MemberSource<'_>> = claims
        .iter()
        .map(|(name, text)| MemberSource {
            name,
            alternatives: vec![(None, *text)],
            omit_empty: false,
        })
        .collect();
    let mut builder = SetBuilder::new(Arc::clone(records.schema()));
    let apart: Vec<ProgramId> =
        claims.iter().map(|(_, text)| builder.add_json(text, Length::Claim).unwrap().0).collect();
    let (whole, _) = builder.add_object(&members).unwrap();
    let set = builder.finish(Engine::Native);
    let resolved = set.resolve(records.groups());
    let client = published.directory().find_application_index("web-app").unwrap();
    let access = Access { scopes: &["scope:1"], audience: API, grant_type: "authorization_code" };
    let session = Session { id: Some("session"), methods: &["pwd"] };
    let request = records.pack_request(client, &access, None, Some(session), &set).unwrap();
    let roots: Vec<Roots<'_>> = (0..organization::PEOPLE)
        .map(|index| records.person(index).map(AsRef::as_ref))
        .map(|person| records.roots(person, client, &request, &resolved, 0))
        .collect();
    let (mut worker, mut turns) = (Worker::new(), roots.iter().cycle());
    let mut one_by_one = |n: usize| {
        for roots in turns.by_ref().take(n) {
            for id in &apart {
                let json = set.json(*id, black_box(roots), &mut worker, Engine::Native);
                black_box(json.unwrap().len());
            }
        }
    };
    let (mut worker, mut turns) = (Worker::new(), roots.iter().cycle());
    let mut together = |n: usize| {
        for roots in turns.by_ref().take(n) {
            let roots = black_box(roots);
            let json = set.object(whole, &[u64::MAX], roots, &mut worker, Engine::Native);
            black_box(json.unwrap().len());
        }
    };
    interleaved::compare(
        "twenty claims",
        FEW * 4,
        &mut [
            Candidate::new("twenty functions", &mut one_by_one),
            Candidate::new("one function", &mut together),
        ],
    );
}

/// How many evaluations a thread does in a turn, so that starting it does not count.
const OF_A_THREAD: usize = 200_000;

/// What a second thread brings: to machine code, and to the same by hand.
fn compare_threads() {
    let row = &ROWS[0];
    let subjects = Subjects::new(&contexts(20, FEW));
    let mut builder = SetBuilder::new(Arc::clone(&subjects.schema));
    let (id, _) = builder.add_json(&expression(row.name), Length::Claim).unwrap();
    let set = builder.finish(Engine::Native);
    let resolved = subjects.resolved(&set);
    let native = |n: usize| {
        let roots = subjects.roots(&set, &resolved);
        let mut worker = Worker::new();
        for roots in roots.iter().cycle().take(n) {
            let json = set.json(id, black_box(roots), &mut worker, Engine::Native);
            black_box(json.unwrap().len());
        }
    };
    let by_hand = |n: usize| {
        let both = subjects.subjects.iter().zip(&resolved);
        let given: Vec<Given<'_>> = both
            .map(|(subject, resolved)| {
                Given::new(subject.records().next().flatten(), subject.table(), resolved)
            })
            .collect();
        let mut hand = Hand::new();
        for given in given.iter().cycle().take(n) {
            black_box(hand.enter(row.by_hand[0].1, black_box(given)).map(<[u8]>::len));
        }
    };
    let (mut native_alone, mut native_twice) = (native, |n| on_two_threads(native, n));
    let (mut hand_alone, mut hand_twice) = (by_hand, |n| on_two_threads(by_hand, n));
    let turns = interleaved::turns(
        "two threads",
        OF_A_THREAD,
        &mut [
            Candidate::new("machine code", &mut native_alone),
            Candidate::new("machine code, twice", &mut native_twice),
            Candidate::new("by hand", &mut hand_alone),
            Candidate::new("by hand, twice", &mut hand_twice),
        ],
    );
    tell_gain(&turns);
}

/// Each of two threads does as much as one would.
fn on_two_threads(run: impl Fn(usize) + Copy + Send, n: usize) {
    std::thread::scope(|scope| {
        scope.spawn(move || run(n));
        run(n);
    });
}

#[expect(clippy::print_stdout, reason = "a bench tells what it measured")]
fn tell_gain(turns: &[Vec<f64>]) {
    let gain = |turn: &Vec<f64>, first: usize| Some(2.0 * turn.get(first)? / turn.get(first + 1)?);
    if turns.is_empty() {
        return;
    }
    let [native, hand] =
        [0, 2].map(|first| interleaved::median(turns.iter().filter_map(|turn| gain(turn, first))));
    println!(
        "two threads: machine code does {native:.3} times as much, by hand {hand:.3}, {:.3} of that",
        native / hand
    );
}

fn main() {
    for row in ROWS {
        for n_groups in row.sizes {
            compare_row(row, *n_groups, FEW);
            // They would be as many instructions.
            if !interleaved::count::is_wanted() {
                compare_row(row, *n_groups, MANY * 20 / (*n_groups).max(20));
            }
        }
    }
    compare_claims();
    if !interleaved::count::is_wanted() {
        compare_threads();
    }
}
