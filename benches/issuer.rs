//! How long a token takes: the whole walk of the token endpoint without its transport, and from a
//! proof on, beside nothing but the signature of the same bytes by the same key.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to say")]
#![expect(clippy::indexing_slicing, reason = "as above")]

mod interleaved;
#[path = "organization/mod.rs"]
mod organization;

use claimsmith::clock::Clock;
use claimsmith::directory;
use claimsmith::fetch::{ClientKeys, Fetcher};
use claimsmith::grant::{self, Basic, DenyList, Form, Issued, Presented, Proof, SignIn, token};
use claimsmith::organization::DEMO;
use claimsmith::policy::Trace;
use claimsmith::program::{Engine, Worker};
use claimsmith::publish::{Foundation, Missing, PublicUrl, Published, compile};
use claimsmith::random::Random;
use claimsmith::store::Store;
use claimsmith::store::journal::{Journal, JournalWriter};
use claimsmith::token::{Keyring, MasterKey, Vault};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use interleaved::Candidate;
use organization::{Extent, Keeping, document};
use std::cell::RefCell;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];
const SECRET: &str = "a-secret-of-the-bench-0123456789-abcdefghij";
const NOW: i64 = 1_800_000_000;
const API: &str = "https://api.mycompany.com";

/// The demo, signing with this algorithm.
fn publish(algorithm: &str) -> Published {
    let document = DEMO.replace(r#""alg": "RS256""#, &format!(r#""alg": "{algorithm}""#));
    let public_url = PublicUrl::new("https://id.example.com").unwrap();
    let draft = compile(document.as_bytes(), public_url.clone(), Engine::Native).unwrap();
    let master = MasterKey::generate(&Random::System);
    let foundation = Foundation {
        addresses: public_url.into(),
        store: Store::memory(Clock::System),
        vault: Arc::new(Vault::new(&master).unwrap()),
        random: Random::System,
        keyring: Keyring::new(&master),
        read_secret: Arc::new(|_: &directory::SecretSource| Ok(SECRET.to_owned())),
        hook_tokens: Arc::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(draft.start(&foundation, Missing::Refuse, None)).unwrap()
}

/// What a service sends.
fn presented() -> Presented {
    let parameters = [("grant_type", "client_credentials"), ("scope", "read:customers")];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let pair = || ("billing-service".to_owned(), SECRET.to_owned());
    Presented {
        form: Form::new(parameters.to_vec()),
        basic: Some(Basic::Pair { raw: pair(), decoded: Some(pair()) }),
        ..Presented::default()
    }
}

thread_local! {
    static STORE: Store = Store::memory(Clock::System);
    static JOURNAL: (Journal, JournalWriter) = Journal::new(Clock::System, Random::System);
    static KEYS: ClientKeys = ClientKeys::new(Fetcher::new(false));
}

/// The whole walk. Of a service it waits for nothing, so that asking once is all there is.
fn ask(published: &Published, presented: Presented) -> Issued {
    let asked = |store: &Store, journal: &Journal, client_keys: &ClientKeys| {
        let (denied, random) = (DenyList::default(), &Random::System);
        let around =
            grant::Surroundings { store, random, denied: &denied, journal, client_keys, now: NOW };
        let walk = pin!(token(published, "internal", presented, &(), &around));
        match walk.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(issued) => issued.unwrap(),
            Poll::Pending => unreachable!("a service waits for nothing"),
        }
    };
    STORE.with(|store| JOURNAL.with(|(journal, _)| KEYS.with(|keys| asked(store, journal, keys))))
}

/// A person who signed in.
fn person(published: &Published) -> Proof<'_> {
    let directory = published.directory();
    let user = directory.find_user_by_login("ada@example.com").unwrap();
    let user = published.records().person(user).unwrap().clone();
    let client = directory.find_application_index("web-app").unwrap();
    let server = published.find_server("internal").unwrap();
    let sign_in =
        SignIn { user, auth_time: NOW, methods: vec!["pwd".to_owned()], acr: None, session: None };
    let grant = "authorization_code";
    Proof::by_operator(published, server, client, Some(sign_in), grant, "read:customers", API)
        .unwrap()
}

fn issue(proof: &Proof<'_>, worker: &mut Worker, random: &Random) -> String {
    let decided = proof.decide(Trace::Skip, NOW, worker).unwrap();
    let claims = decided.claim_set(worker).unwrap();
    claims.sign(random).unwrap().given().access_token
}

fn tokens(criterion: &mut Criterion) {
    for algorithm in ALGORITHMS {
        let published = publish(algorithm);
        let mut group = criterion.benchmark_group(format!("token/{algorithm}"));
        bare(&mut group, &published);
        person_token(&mut group, &published);
        service_token(&mut group, &published);
        group.finish();
    }
}

/// The same three in turns, as ratios.
fn ratios(_: &mut Criterion) {
    for algorithm in ALGORITHMS {
        let published = publish(algorithm);
        let proof = person(&published);
        let random = Random::System;
        let mut worker = Worker::new();
        let signed = issue(&proof, &mut worker, &random);
        let (input, _) = signed.rsplit_once('.').unwrap();
        let key = published.find_server("internal").unwrap().keys().active().key();
        let mut signature = Vec::new();
        let mut bare = |n| {
            for _ in 0..n {
                key.sign(black_box(input.as_bytes()), &mut signature).unwrap();
            }
        };
        let mut person = |n| {
            for _ in 0..n {
                black_box(issue(black_box(&proof), &mut worker, &random));
            }
        };
        // What the transport makes of a request is no part of issuing.
        let waiting = RefCell::new(Vec::new());
        let mut receive = |n| waiting.borrow_mut().extend((0..n).map(|_| presented()));
        let mut service = |n| {
            for presented in waiting.borrow_mut().drain(..n) {
                black_box(ask(&published, presented));
            }
        };
        let mut candidates = [
            Candidate::new("signature", &mut bare),
            Candidate::new("person", &mut person),
            Candidate { name: "service", run: &mut service, prepare: Some(&mut receive) },
        ];
        interleaved::compare(&format!("ratio/{algorithm}"), 20, &mut candidates);
    }
}

/// What a token of 20 claims takes besides its signature, beside one ES256 signature.
fn besides_the_signature(_: &mut Criterion) {
    let made = |algorithm| {
        let document = document(&Extent { algorithm, ..Extent::default() });
        organization::publish(&document, Engine::Native, &Keeping::new())
    };
    let yardstick = made("ES256");
    let es256 = yardstick.find_server("server0").unwrap().keys().active().key();
    for algorithm in ALGORITHMS {
        let published = made(algorithm);
        let server = published.find_server("server0").unwrap();
        let client = published.directory().find_application_index("web-app").unwrap();
        let user = published.records().person(0).unwrap().clone();
        let sign_in = SignIn {
            user,
            auth_time: NOW,
            methods: vec!["pwd".to_owned()],
            acr: None,
            session: None,
        };
        let grant = "authorization_code";
        let proof =
            Proof::by_operator(&published, server, client, Some(sign_in), grant, "scope:1", API);
        let (proof, random) = (proof.unwrap(), Random::System);
        let mut worker = Worker::new();
        let signed = issue(&proof, &mut worker, &random);
        let claims = server.keys().verifier().verify(&signed).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        let n_claims = claims.as_object().unwrap().keys().filter(|key| key.starts_with("claim"));
        assert!(n_claims.count() >= 18, "{claims}");
        let (input, _) = signed.rsplit_once('.').unwrap();
        let (mut one, mut other) = (Vec::new(), Vec::new());
        let mut bare = |n| {
            for _ in 0..n {
                let key = server.keys().active().key();
                key.sign(black_box(input.as_bytes()), &mut one).unwrap();
            }
        };
        let mut whole = |n| {
            for _ in 0..n {
                black_box(issue(black_box(&proof), &mut worker, &random));
            }
        };
        let mut signature = |n| {
            for _ in 0..n {
                es256.sign(black_box(input.as_bytes()), &mut other).unwrap();
            }
        };
        let mut candidates = [
            Candidate::new("signature", &mut bare),
            Candidate::new("token", &mut whole),
            Candidate::new("ES256", &mut signature),
        ];
        let title = format!("20 claims/{algorithm}");
        tell_difference(algorithm, &interleaved::turns(&title, 10, &mut candidates));
    }
}

/// How many attributes a person has whose record is made.
const ATTRIBUTES: usize = 30;

/// A person's record, packed, beside their JSON, read as values of any kind. What was made is thrown
/// away between the turns.
fn subject_record(_: &mut Criterion) {
    let mut document = document(&Extent::default());
    let n_attributes = document["users"][0]["profile"].as_object().unwrap().len();
    for number in n_attributes..ATTRIBUTES {
        let name = format!("attribute{number}");
        let definition = serde_json::json!({"type": "string", "required": false});
        put(&mut document["userSchema"], &name, definition);
        let value = serde_json::json!(format!("value {number} of somebody"));
        put(&mut document["users"][0]["profile"], &name, value);
    }
    let text = document["users"][0].to_string();
    let published = organization::publish(&document, Engine::Native, &Keeping::new());
    let records = published.records();
    let user = records.person(0).unwrap().user().clone();
    assert!(user.profile.len() == ATTRIBUTES && user.groups.len() >= 20);
    let (waiting, packed) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let mut forget = |n| {
        packed.borrow_mut().clear();
        waiting.borrow_mut().extend((0..n).map(|_| user.clone()));
    };
    let mut pack = |n| {
        for user in waiting.borrow_mut().drain(..n) {
            packed.borrow_mut().push(records.pack_person(black_box(user)).unwrap());
        }
    };
    let values = RefCell::new(Vec::new());
    let mut forget_values = |_| values.borrow_mut().clear();
    let mut read = |n| {
        for _ in 0..n {
            let value: serde_json::Value = serde_json::from_str(black_box(&text)).unwrap();
            values.borrow_mut().push(value);
        }
    };
    let mut candidates = [
        Candidate { name: "read as JSON", run: &mut read, prepare: Some(&mut forget_values) },
        Candidate { name: "packed", run: &mut pack, prepare: Some(&mut forget) },
    ];
    interleaved::compare("record of a person", 64, &mut candidates);
}

fn put(value: &mut serde_json::Value, name: &str, member: serde_json::Value) {
    value.as_object_mut().unwrap().insert(name.to_owned(), member);
}

/// By how much the second takes longer than the first, and what part that is of the third.
#[expect(clippy::print_stdout, reason = "a bench tells what it measured")]
fn tell_difference(algorithm: &str, turns: &[Vec<f64>]) {
    let of = |turn: &Vec<f64>| match turn.as_slice() {
        [bare, whole, es256] => Some((whole - bare, (whole - bare) / es256)),
        _ => None,
    };
    if turns.is_empty() {
        return;
    }
    let more = interleaved::median(turns.iter().filter_map(of).map(|(more, _)| more));
    let part = interleaved::median(turns.iter().filter_map(of).map(|(_, part)| part));
    println!(
        "20 claims/{algorithm}: {more:.0} ns besides the signature, 1/{:.0} of one ES256 signature",
        1.0 / part
    );
}

type Group<'c> = BenchmarkGroup<'c, WallTime>;

/// The signature alone, over what the person's token signs.
fn bare(group: &mut Group<'_>, published: &Published) {
    let random = Random::System;
    let token = issue(&person(published), &mut Worker::new(), &random);
    let (input, _) = token.rsplit_once('.').unwrap();
    let key = published.find_server("internal").unwrap().keys().active().key();
    group.bench_function(BenchmarkId::from_parameter("signature"), |bencher| {
        let mut signature = Vec::new();
        bencher.iter(|| {
            key.sign(black_box(input.as_bytes()), &mut signature).unwrap();
            black_box(signature.len())
        });
    });
}

/// Decision, claims, layout and signature of a person's access token.
fn person_token(group: &mut Group<'_>, published: &Published) {
    let (proof, random) = (person(published), Random::System);
    let mut worker = Worker::new();
    let verifier = published.find_server("internal").unwrap().keys().verifier();
    let claims = verifier.verify(&issue(&proof, &mut worker, &random)).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims.get("roles"), Some(&serde_json::json!(["admin", "auditor"])));
    assert_eq!(claims.get("department"), Some(&serde_json::json!("Engineering")));
    group.bench_function(BenchmarkId::from_parameter("person"), |bencher| {
        bencher.iter(|| black_box(issue(black_box(&proof), &mut worker, &random)).len());
    });
}

/// The whole walk of a service, its secret included.
fn service_token(group: &mut Group<'_>, published: &Published) {
    let verifier = published.find_server("internal").unwrap().keys().verifier();
    let issued = ask(published, presented());
    assert!(verifier.verify(&issued.access_token).is_ok());
    group.bench_function(BenchmarkId::from_parameter("service"), |bencher| {
        bencher.iter(|| black_box(ask(published, black_box(presented())).access_token).len());
    });
}

fn settings() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
}

criterion_group! { name = issuer; config = settings(); targets = besides_the_signature, subject_record, ratios, tokens }
criterion_main!(issuer);
