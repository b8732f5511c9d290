//! What it takes to publish: the time from a document's text to its being served, for one server of
//! many expressions or rules and for one change among many servers; how soon many servers serve and
//! are compiled; what memory all that takes and keeps; and what evaluations notice of it.
//!
//! Keys are made before anything is timed. What is served is asserted before it is timed.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to say")]
#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures time, which a clock that stands still cannot"
)]

#[path = "organization/mod.rs"]
mod organization;

use claimsmith::grant::{Proof, SignIn};
use claimsmith::policy::Trace;
use claimsmith::program::{Engine, Worker};
use claimsmith::publish::{Issuer, Published, compile, compile_after};
use claimsmith::random::Random;
use organization::{API, Extent, Keeping, document, public_url, publish, start};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How much of everything: all of it, or next to nothing to see that it runs.
struct Scale {
    expressions: usize,
    rules: usize,
    servers: usize,
    publishes: usize,
    repetitions: usize,
    evaluations: usize,
}

impl Scale {
    fn asked_for() -> Self {
        if std::env::args().any(|argument| argument == "--test") {
            let (expressions, rules, servers, publishes) = (20, 20, 3, 4);
            Self { expressions, rules, servers, publishes, repetitions: 1, evaluations: 100 }
        } else {
            let (expressions, rules, servers, publishes) = (1_000, 10_000, 1_000, 10_000);
            Self { expressions, rules, servers, publishes, repetitions: 7, evaluations: 200_000 }
        }
    }
}

fn main() {
    if let Some(file) = std::env::var_os(ALONE) {
        start_alone(&std::fs::read(file).unwrap());
        return;
    }
    let scale = Scale::asked_for();
    one_server("expressions", scale.expressions, &scale, |claims| Extent {
        claims,
        rules: 1,
        ..Extent::default()
    });
    one_server("rules", scale.rules, &scale, |rules| Extent {
        claims: 0,
        rules,
        groups: 2_000,
        ..Extent::default()
    });
    many_servers(&scale);
    again_and_again(&scale);
    evaluations_meanwhile(&scale);
}

/// Gives a claim of a server another value, different for each `nth`.
fn change_claim(document: &mut Value, server: usize, nth: usize) {
    let path = format!("/authorizationServers/{server}/claims/1/value");
    *document.pointer_mut(&path).unwrap() = json!(format!("'change {nth}'"));
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().map_or(f64::NAN, milliseconds)
}

/// Whether this version answers: a token of a person.
fn issue(published: &Published, worker: &mut Worker) -> String {
    let server = published.servers().first().unwrap();
    let client = published.directory().find_application_index("web-app").unwrap();
    let user = published.records().person(0).unwrap().clone();
    let sign_in = SignIn { user, auth_time: 0, methods: Vec::new(), acr: None, session: None };
    let grant = "authorization_code";
    let proof = Proof::by_operator(published, server, client, Some(sign_in), grant, "scope:1", API);
    let proof = proof.unwrap();
    let decided = proof.decide(Trace::Skip, 0, worker).unwrap();
    decided.claim_set(worker).unwrap().sign(&Random::System).unwrap().given().access_token
}

/// From the text of a document with one server to its being served.
fn one_server(what: &str, n: usize, scale: &Scale, extent: impl Fn(usize) -> Extent) {
    let text = document(&extent(n)).to_string();
    let keeping = Keeping::new();
    let publish_anew = || {
        let draft = compile(text.as_bytes(), public_url(), Engine::Native).unwrap();
        start(draft, &keeping)
    };
    let issuer = Issuer::new(publish_anew());
    assert!(issue(&issuer.current(), &mut Worker::new()).len() > 100);
    let once = |_| {
        let begin = Instant::now();
        issuer.replace(publish_anew());
        begin.elapsed()
    };
    let times: Vec<Duration> = (0..scale.repetitions).map(once).collect();
    let bytes = text.len();
    println!("publish/a server of {n} {what}: {:.1} ms, {bytes} bytes", median(times));
}

/// A start with many servers, and a change of one of them.
fn many_servers(scale: &Scale) {
    let n = scale.servers;
    let mut organization = document(&Extent { servers: n, ..Extent::default() });
    let text = organization.to_string();
    let keeping = Keeping::new();
    drop(publish(&organization, Engine::Interpreter, &keeping));
    let begin = Instant::now();
    let draft = compile(text.as_bytes(), public_url(), Engine::Interpreter).unwrap();
    let issuer = Issuer::new(start(draft, &keeping));
    let serving = begin.elapsed();
    assert!(issue(&issuer.current(), &mut Worker::new()).len() > 100);
    while !issuer.current().servers().iter().all(|server| server.programs().is_compiled()) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let compiled = begin.elapsed();
    println!(
        "start/{n} servers of 20 claims and 20 rules: serving after {:.0} ms, compiled after \
         {:.0} ms; a process of its own: {}",
        milliseconds(serving),
        milliseconds(compiled),
        measured_alone(&text),
    );
    let times: Vec<Duration> = (0..scale.repetitions)
        .map(|nth| {
            change_claim(&mut organization, n / 2, nth);
            let text = organization.to_string();
            let former = issuer.current().clone();
            let begin = Instant::now();
            let draft = compile_after(Some(&former), text.as_bytes(), public_url(), Engine::Native);
            issuer.replace(start(draft.unwrap(), &keeping));
            let time = begin.elapsed();
            let later = issuer.current();
            let pairs = former.servers().iter().zip(later.servers());
            let anew = pairs.filter(|(one, other)| !std::ptr::eq(one.programs(), other.programs()));
            assert_eq!(anew.count(), 1, "the changed server is compiled alone");
            time
        })
        .collect();
    println!("publish/a change of one of {n} servers: {:.1} ms", median(times));
}

/// The file of the document that a process is to start alone, so that no memory is used again that
/// something else took.
const ALONE: &str = "PUBLISH_ALONE";

/// What a process of its own tells of the memory that this document takes.
fn measured_alone(text: &str) -> String {
    let file = std::env::temp_dir().join(format!("publish-{}.json", std::process::id()));
    std::fs::write(&file, text).unwrap();
    let told = Command::new(std::env::current_exe().unwrap()).env(ALONE, &file).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    String::from_utf8(told.stdout).unwrap().trim().to_owned()
}

/// Tells what memory a document takes once it serves, and once it is compiled.
fn start_alone(text: &[u8]) {
    let keeping = Keeping::new();
    let before = resident();
    let draft = compile(text, public_url(), Engine::Interpreter).unwrap();
    let read = resident();
    let issuer = Issuer::new(start(draft, &keeping));
    let serving = resident();
    while !issuer.current().servers().iter().all(|server| server.programs().is_compiled()) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let [read, serving, compiled] =
        [read, serving, resident()].map(|now| (now - before) as f64 / 1e6);
    println!(
        "{read:.0} MB when it is read, {serving:.0} MB when it serves, {compiled:.0} MB compiled"
    );
}

/// Bytes of memory that this process has resident.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<i64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

/// What stays of thousands of publishes.
fn again_and_again(scale: &Scale) {
    let mut organization = document(&Extent { claims: 5, ..Extent::default() });
    let keeping = Keeping::new();
    let issuer = Issuer::new(publish(&organization, Engine::Native, &keeping));
    let (early, mut of_early) = (scale.publishes / 100, 0);
    for nth in 0..scale.publishes {
        change_claim(&mut organization, 0, nth);
        let description = json!(format!("change {nth}"));
        let group = organization.pointer_mut("/groups/0").and_then(Value::as_object_mut);
        group.unwrap().insert("description".to_owned(), description);
        let former = issuer.current().clone();
        let text = organization.to_string();
        let draft = compile_after(Some(&former), text.as_bytes(), public_url(), Engine::Native);
        issuer.replace(start(draft.unwrap(), &keeping));
        if nth == early {
            of_early = resident();
        }
    }
    println!(
        "memory/after {} publishes: {:.1} MB more than after {early}",
        scale.publishes,
        (resident() - of_early) as f64 / 1e6,
    );
}

/// How long evaluations take while another thread publishes without pause, and while none does.
fn evaluations_meanwhile(scale: &Scale) {
    let keeping = Keeping::new();
    let mut organization = document(&Extent::default());
    let issuer = Issuer::new(publish(&organization, Engine::Native, &keeping));
    let evaluate = |n: usize| {
        let mut worker = Worker::new();
        let mut times = Vec::with_capacity(n);
        for _ in 0..n {
            let begin = Instant::now();
            std::hint::black_box(decide(&issuer.current(), &mut worker));
            times.push(begin.elapsed());
        }
        times.sort_unstable();
        [2, 100].map(|part| times.get(n - 1 - n / part).copied().unwrap_or_default())
    };
    let [_, _] = evaluate(scale.evaluations / 10);
    let alone = evaluate(scale.evaluations);
    let done = AtomicBool::new(false);
    let (meanwhile, n_published) = std::thread::scope(|scope| {
        let publisher = scope.spawn(|| {
            let mut n_published = 0;
            while !done.load(Ordering::Relaxed) {
                change_claim(&mut organization, 0, n_published);
                let former = issuer.current().clone();
                let text = organization.to_string();
                let draft =
                    compile_after(Some(&former), text.as_bytes(), public_url(), Engine::Native);
                issuer.replace(start(draft.unwrap(), &keeping));
                n_published += 1;
            }
            n_published
        });
        let times = evaluate(scale.evaluations);
        done.store(true, Ordering::Relaxed);
        (times, publisher.join().unwrap())
    });
    for (name, [half, most]) in [("alone", alone), ("while publishing", meanwhile)] {
        println!("evaluation/{name}: median {half:?}, 99 of 100 within {most:?}");
    }
    let [[_, alone], [_, most]] = [alone, meanwhile];
    println!(
        "evaluation/99 of 100 while published {n_published} times: {:.2} times as long as alone",
        most.as_secs_f64() / alone.as_secs_f64(),
    );
}

/// A decision and the claims of a token, not signed.
fn decide(published: &Published, worker: &mut Worker) -> bool {
    let server = published.servers().first().unwrap();
    let client = published.directory().find_application_index("web-app").unwrap();
    let user = published.records().person(0).unwrap().clone();
    let sign_in = SignIn { user, auth_time: 0, methods: Vec::new(), acr: None, session: None };
    let grant = "authorization_code";
    let proof = Proof::by_operator(published, server, client, Some(sign_in), grant, "scope:1", API);
    let proof = proof.unwrap();
    let decided = proof.decide(Trace::Skip, 0, worker).unwrap();
    decided.claim_set(worker).is_ok()
}
