//! The expressions of `benches/corpus` as machine code beside the same written by hand, in turns in
//! one run: over few subjects, which caches and branch predictor know, and over many, which they do
//! not. All must give the same bytes over every subject first.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to say")]
#![expect(clippy::indexing_slicing, reason = "as above")]

#[path = "hand/claims.rs"]
mod claims;
mod hand;
mod interleaved;

use claimsmith::document;
use claimsmith::program::{
    Engine, Length, MemberSource, ProgramId, ProgramSet, Roots, SetBuilder, Subject, Worker,
};
use claimsmith::schema::Schema;
use hand::{Entry, Given, Hand};
use interleaved::Candidate;
use serde_json::{Value, json};
use std::hint::black_box;
use std::sync::Arc;

/// The expressions, with a context each for `claimsmith bench`.
const EXPRESSIONS: &str = include_str!("corpus/expressions.jsonl");

/// Subjects that caches and branch predictor know.
const FEW: usize = 64;
/// Subjects that they do not, of 20 groups; fewer of those who have more.
const MANY: usize = 4_096;

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

/// The text of an expression of the corpus.
fn expression(name: &str) -> String {
    let mut lines = EXPRESSIONS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let line = lines.find(|line| line["name"] == name).unwrap();
    line["expr"].as_str().unwrap().to_owned()
}

/// Contexts of people in `n` groups each, one in four of them a role.
fn contexts(n: usize, n_subjects: usize) -> Vec<Value> {
    let words = ["admin", "auditor", "billing-reader", "ops", "support_tier_2", "release-manager"];
    let others = ["Everyone", "team-platform", "eu-west-employees", "rolling-updates", "vpn"];
    let departments = ["Engineering", "Sales", "Finance", "Support", "Legal", "Engineerage"];
    let names = ["Ada", "Grace", "Barbara", "Maximiliane-Charlotte", "Edsger", "Zoë", "Sir \"C\""];
    let domains = ["example.com", "example.org", "a.very.long.subsidiary.name.example.com"];
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) as usize % limit
    };
    let mut context = || {
        let mut groups: Vec<String> = (0..n)
            .map(|index| match index.is_multiple_of(4) {
                true => format!("role_{}-{index}", words[below(words.len())]),
                false => format!("{}-{index}", others[below(others.len())]),
            })
            .collect();
        for index in (1..n).rev() {
            groups.swap(index, below(index + 1));
        }
        let (first, last) = (names[below(names.len())], names[below(names.len())]);
        let email = format!("{}.{}@{}", below(100), first.to_lowercase(), domains[below(3)]);
        let email = if below(2) == 0 { email } else { format!("ada.byron@{}", domains[below(3)]) };
        let time = |below: &mut dyn FnMut(usize) -> usize| {
            format!("2026-0{}-{:02}T03:04:05Z", 1 + below(9), 1 + below(28))
        };
        let (created, last_login) = (time(&mut below), time(&mut below));
        let profile = json!({
            "email": email, "firstName": first, "lastName": last,
            "department": departments[below(departments.len())],
        });
        json!({"groups": groups, "created": created, "lastLogin": last_login, "profile": profile})
    };
    (0..n_subjects).map(|_| context()).collect()
}

/// A user as JSON, its members in the order of their slots.
fn written(user: &Value) -> String {
    let object = |members: &[String]| format!("{{{}}}", members.join(","));
    let member = |members: &Value, name: &str| format!("\"{name}\":{}", members[name]);
    let profile = claims::PROFILE_SLOTS.map(|name| member(&user["profile"], name));
    let slots = claims::USER_SLOTS.map(|name| match name {
        "profile" => format!("\"profile\":{}", object(&profile)),
        name => member(user, name),
    });
    object(&[format!("\"user\":{}", object(&slots))])
}

/// Subjects of one schema.
struct Subjects {
    schema: Arc<Schema>,
    subjects: Vec<Subject>,
}

impl Subjects {
    fn new(n_groups: usize, n_subjects: usize) -> Self {
        let contexts = contexts(n_groups, n_subjects);
        let read = |user: &Value| document::read(written(user).as_bytes()).unwrap();
        let schema = Arc::new(Subject::infer(&read(contexts.first().unwrap())).unwrap().0);
        let subject = |user| Subject::read(&read(user), &schema).unwrap();
        let subjects: Vec<Subject> = contexts.iter().map(subject).collect();
        let user = subjects[0].records().next().flatten().unwrap();
        for (wanted, name) in claims::USER_SLOTS.iter().enumerate() {
            let found = user.record_type().find(name).map(|(slot, _)| slot);
            assert_eq!(found, Some(wanted), "`{name}` is in another slot");
        }
        Self { schema, subjects }
    }

    fn resolved(&self, set: &ProgramSet) -> Vec<Vec<u32>> {
        self.subjects.iter().map(|subject| set.resolve(subject.table())).collect()
    }

    fn roots<'s>(&'s self, set: &ProgramSet, resolved: &'s [Vec<u32>]) -> Vec<Roots<'s>> {
        let both = self.subjects.iter().zip(resolved);
        both.map(|(subject, resolved)| Roots::of(subject, set, resolved, 0)).collect()
    }
}

fn compare_row(row: &Row, n_groups: usize, n_subjects: usize) {
    let subjects = Subjects::new(n_groups, n_subjects);
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
            let json = set.json(id, black_box(roots), &mut worker, Engine::Native);
            black_box(json.map(<[u8]>::len)).unwrap();
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

/// Twenty claims as members of one object beside twenty functions.
fn compare_claims() {
    let subjects = Subjects::new(20, FEW);
    let texts: Vec<String> =
        (0..20).map(|index| expression(ROWS[index % ROWS.len()].name)).collect();
    let names: Vec<String> = (0..texts.len()).map(|index| format!("claim{index}")).collect();
    let members: Vec<MemberSource<'_>> = texts
        .iter()
        .zip(&names)
        .map(|(text, name)| MemberSource {
            name,
            alternatives: vec![(None, text)],
            omit_empty: false,
        })
        .collect();
    let mut builder = SetBuilder::new(Arc::clone(&subjects.schema));
    let apart: Vec<ProgramId> =
        texts.iter().map(|text| builder.add_json(text, Length::Claim).unwrap().0).collect();
    let (whole, _) = builder.add_object(&members).unwrap();
    let set = builder.finish(Engine::Native);
    let resolved = subjects.resolved(&set);
    let roots = subjects.roots(&set, &resolved);
    let (mut worker, mut turns) = (Worker::new(), roots.iter().cycle());
    let mut one_by_one = |n: usize| {
        for roots in turns.by_ref().take(n) {
            for id in &apart {
                let json = set.json(*id, black_box(roots), &mut worker, Engine::Native);
                black_box(json.map(<[u8]>::len)).unwrap();
            }
        }
    };
    let (mut worker, mut turns) = (Worker::new(), roots.iter().cycle());
    let mut together = |n: usize| {
        for roots in turns.by_ref().take(n) {
            let roots = black_box(roots);
            let json = set.object(whole, &[u64::MAX], roots, &mut worker, Engine::Native);
            black_box(json.map(<[u8]>::len)).unwrap();
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

fn main() {
    for row in ROWS {
        for n_groups in row.sizes {
            let many = MANY * 20 / (*n_groups).max(20);
            for n_subjects in [FEW, many] {
                compare_row(row, *n_groups, n_subjects);
            }
        }
    }
    compare_claims();
}
