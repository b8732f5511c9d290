//! How long the language takes: the lambda over groups as machine code, interpreted, and written by
//! hand, and what compiling it costs. The three must agree to the byte before anything is timed.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to say")]

mod hand;

use claimsmith::document::{self, Node};
use claimsmith::program::{
    Engine, Length, ProgramId, ProgramSet, Roots, SetBuilder, Subject, Worker,
};
use claimsmith::schema::Schema;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

const LAMBDA: &str =
    r#"user.groups.filter(g => g.startsWith("role_")).map(g => g.replace("role_", ""))"#;
const SIZES: [usize; 4] = [5, 20, 100, 1000];
const SUBJECTS: usize = 64;

/// Names that the fast paths leave to the slow ones, or nearly.
const AWKWARD: &str = r#"["role_", "role", "rol", "", "role_role_a", "role_a_role_b", "arole_b",
    "role_\"q\"", "role_\\", "role_\n", "role_é", "role_r__r", "role_a-rol", "Role_x", "role_ro",
    "role_0123456789012345678901234567890123456789", "role_0123456789012345role_6789",
    "role_01234567890123456789012345678901", "role_012345678901234567890123456rol"]"#;

/// The lambda, compiled over one schema, and subjects of that schema.
struct Bench {
    set: ProgramSet,
    id: ProgramId,
    subjects: Vec<Subject>,
}

impl Bench {
    /// `share` says whether the subjects share the record types of the schema, as those of an
    /// organization do; else each has types of its own that are equal.
    fn new(contexts: &[String], share: bool) -> Self {
        let nodes: Vec<Node> = contexts.iter().map(|context| read(context)).collect();
        let schema = schema_of(nodes.first().unwrap());
        let subject = |node| {
            if share {
                Subject::read(node, &schema).unwrap()
            } else {
                Subject::infer(node).unwrap().1
            }
        };
        let subjects = nodes.iter().map(subject).collect();
        let (builder, id) = checked(&schema);
        let set = builder.finish(Engine::Native);
        assert!(set.is_native(), "there is no machine code on this host");
        Self { set, id, subjects }
    }

    /// Asserts that all three give the same for every subject.
    fn verify(&self) {
        let mut worker = Worker::new();
        let mut by_hand = hand::Hand::new();
        for subject in &self.subjects {
            let resolved = self.set.resolve(subject.table());
            let roots = Roots::of(subject, &self.set, &resolved, 0);
            let mut json = |engine| {
                let json = self.set.json(self.id, &roots, &mut worker, engine).unwrap();
                String::from_utf8(json.to_vec()).unwrap()
            };
            let native = json(Engine::Native);
            assert_eq!(native, json(Engine::Interpreter));
            let by_hand = by_hand.enter(hand::roles, &given(subject)).unwrap();
            assert_eq!(native, String::from_utf8(by_hand.to_vec()).unwrap());
        }
    }
}

fn read(context: &str) -> Node {
    document::read(context.as_bytes()).unwrap()
}

fn schema_of(context: &Node) -> Arc<Schema> {
    Arc::new(Subject::infer(context).unwrap().0)
}

/// The lambda, through all stages before machine code.
fn checked(schema: &Arc<Schema>) -> (SetBuilder, ProgramId) {
    let mut builder = SetBuilder::new(Arc::clone(schema));
    let (id, _) = builder.add_json(black_box(LAMBDA), Length::Claim).unwrap();
    (builder, id)
}

fn given(subject: &Subject) -> hand::Given<'_> {
    let user = subject.records().nth(hand::USER).flatten().unwrap();
    let slot = user.record_type().find("groups").map(|(slot, _)| slot);
    assert_eq!(slot, Some(hand::GROUPS), "the groups are in another slot");
    hand::Given::new(Some(user), subject.table(), &[])
}

/// Contexts of `n` groups each; one in four is a role, at places that differ.
fn contexts(n: usize) -> Vec<String> {
    let words = ["admin", "auditor", "billing-reader", "ops", "support_tier_2", "release-manager"];
    let others = ["Everyone", "team-platform", "eu-west-employees", "rolling-updates", "vpn"];
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) as usize % limit
    };
    let mut context = || {
        let mut names: Vec<String> = (0..n)
            .map(|index| match index.is_multiple_of(4) {
                true => format!("role_{}-{index}", words.get(below(words.len())).unwrap()),
                false => format!("{}-{index}", others.get(below(others.len())).unwrap()),
            })
            .collect();
        for index in (1..n).rev() {
            names.swap(index, below(index + 1));
        }
        let mut text = String::from(r#"{"user": {"groups": ["#);
        for (index, name) in names.iter().enumerate() {
            write!(text, "{}\"{name}\"", if index == 0 { "" } else { "," }).unwrap();
        }
        text + r#"], "id": "00u1", "profile": {"login": "ada@example.org"}}}"#
    };
    (0..SUBJECTS).map(|_| context()).collect()
}

fn evaluate(criterion: &mut Criterion) {
    let awkward = format!(r#"{{"user": {{"groups": {AWKWARD}}}}}"#);
    let none = r#"{"user": {"groups": ["a"]}}"#.to_owned();
    Bench::new(&[none, awkward, r#"{"user": {"groups": []}}"#.to_owned()], true).verify();
    let mut group = criterion.benchmark_group("lambda");
    for n in SIZES {
        let contexts = contexts(n);
        let bench = Bench::new(&contexts, true);
        bench.verify();
        group.throughput(Throughput::Elements(n as u64));
        on_engine(&mut group, &format!("{n}/native"), &bench, Engine::Native);
        let subjects: Vec<_> = bench.subjects.iter().map(given).collect();
        group.bench_function(BenchmarkId::from_parameter(format!("{n}/hand")), |bencher| {
            let mut by_hand = hand::Hand::new();
            let mut turn = subjects.iter().cycle();
            bencher.iter(|| {
                let json = by_hand.enter(hand::roles, black_box(turn.next().unwrap())).unwrap();
                black_box(json).len()
            });
        });
        on_engine(&mut group, &format!("{n}/interpreted"), &bench, Engine::Interpreter);
        if n == 20 {
            let apart = Bench::new(&contexts, false);
            apart.verify();
            on_engine(&mut group, &format!("{n}/native-own-types"), &apart, Engine::Native);
        }
    }
    group.finish();
}

type Group<'c> = criterion::BenchmarkGroup<'c, criterion::measurement::WallTime>;

fn on_engine(group: &mut Group<'_>, name: &str, bench: &Bench, engine: Engine) {
    let resolved: Vec<_> =
        bench.subjects.iter().map(|subject| bench.set.resolve(subject.table())).collect();
    let roots: Vec<_> = bench
        .subjects
        .iter()
        .zip(&resolved)
        .map(|(subject, resolved)| Roots::of(subject, &bench.set, resolved, 0))
        .collect();
    group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
        let mut worker = Worker::new();
        let mut turn = roots.iter().cycle();
        bencher.iter(|| {
            let roots = black_box(turn.next().unwrap());
            let json = bench.set.json(bench.id, roots, &mut worker, engine).unwrap();
            black_box(json).len()
        });
    });
}

fn compile(criterion: &mut Criterion) {
    let schema = schema_of(&read(r#"{"user": {"groups": ["role_a"]}}"#));
    let mut group = criterion.benchmark_group("compile");
    group.bench_function("all", |bencher| {
        bencher.iter_with_large_drop(|| checked(black_box(&schema)).0.finish(Engine::Native));
    });
    // Parse, check, charge and verify.
    group.bench_function("to-ir", |bencher| {
        bencher.iter_with_large_drop(|| checked(black_box(&schema)));
    });
    group.bench_function("to-machine-code", |bencher| {
        bencher.iter_batched(
            || checked(&schema).0,
            |builder| builder.finish(Engine::Native),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn settings() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(800))
        .measurement_time(Duration::from_secs(2))
}

criterion_group! { name = language; config = settings(); targets = evaluate, compile }
criterion_main!(language);
