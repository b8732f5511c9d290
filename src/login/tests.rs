//! Signing in without HTTP: counting attempts, hashes renewed, a document that changes.

use super::*;
use crate::clock::Clock;
use crate::fetch::fixture::fetcher;
use crate::publish::Published;
use crate::publish::fixture::{document, publish};
use crate::token::MasterKey;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

const NOW: i64 = 1_700_223_200;

/// Of `correct horse`.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";

struct Desk {
    authenticator: Authenticator,
    clock: Clock,
    runtime: Runtime,
}

impl Desk {
    fn new() -> Self {
        let (clock, random) = (Clock::fixed(NOW), Random::seeded(b"login"));
        let authenticator = Authenticator {
            store: Store::memory(clock.clone()),
            vault: Arc::new(Vault::new(&MasterKey::generate(&random)).unwrap()),
            hasher: Hasher::with(&random, 2, 256).unwrap(),
            journal: Journal::new(clock.clone(), random.clone()).0,
            fetcher: fetcher(),
            random,
        };
        Self { authenticator, clock, runtime: Builder::new_current_thread().build().unwrap() }
    }

    fn sign_in(&self, published: &Published, password: &str) -> Result<SignedIn, SignInRefused> {
        let candidate = Candidate::new(password).unwrap();
        let login = "ada@example.com";
        self.runtime.block_on(async {
            let authenticator = &self.authenticator;
            let proven = authenticator.prove_password(published, login, &candidate, None).await?;
            let user_id = &proven.user.user().id.clone();
            authenticator.accept(proven).await?;
            let methods = vec![Method::Password];
            authenticator.let_in(user_id, methods, None, "a browser").await
        })
    }

    fn n_rows(&self, kind: &str) -> usize {
        self.runtime.block_on(self.authenticator.store.list(kind)).unwrap().value.len()
    }
}

/// The demo, Ada's password being this in the document.
fn with_password(password: serde_json::Value) -> Published {
    publish(&document(|document| document["users"][0]["password"] = password))
}

#[test]
fn a_hash_of_another_system_is_renewed_at_sign_in_and_works_on() {
    let desk = Desk::new();
    let published = with_password(json!(BCRYPT));
    assert_eq!(desk.sign_in(&published, "wrong").unwrap_err(), SignInRefused::Wrong);
    assert_eq!(desk.n_rows("password"), 0);
    desk.sign_in(&published, "correct horse").unwrap();
    assert_eq!(desk.n_rows("password"), 1);
    desk.sign_in(&published, "correct horse").unwrap();
    assert_eq!(desk.sign_in(&published, "wrong").unwrap_err(), SignInRefused::Wrong);
}

#[test]
fn a_document_that_says_another_password_wins_over_the_row() {
    let desk = Desk::new();
    desk.sign_in(&with_password(json!(BCRYPT)), "correct horse").unwrap();
    let changed = with_password(json!({"env": "another password"}));
    assert_eq!(desk.sign_in(&changed, "correct horse").unwrap_err(), SignInRefused::Wrong);
    desk.sign_in(&changed, "another password").unwrap();
}

#[test]
fn who_has_no_password_cannot_sign_in() {
    let desk = Desk::new();
    let published = with_password(serde_json::Value::Null);
    for password in ["", "x"] {
        assert_eq!(desk.sign_in(&published, password).unwrap_err(), SignInRefused::Wrong);
    }
}

#[test]
fn many_attempts_at_once_are_as_many_attempts() {
    let desk = Desk::new();
    let published = Arc::new(with_password(json!(BCRYPT)));
    let attempts = (0..40).map(|_| {
        let (authenticator, published) = (desk.authenticator.clone(), Arc::clone(&published));
        async move {
            let candidate = Candidate::new("wrong").unwrap();
            let login = "ada@example.com";
            let tried = authenticator.prove_password(&published, login, &candidate, None);
            tried.await.unwrap_err()
        }
    });
    let outcomes: Vec<SignInRefused> = desk.runtime.block_on(async {
        let tasks: Vec<_> = attempts.map(tokio::spawn).collect();
        let mut outcomes = Vec::new();
        for task in tasks {
            outcomes.push(task.await.unwrap());
        }
        outcomes
    });
    let n_wrong = outcomes.iter().filter(|refused| **refused == SignInRefused::Wrong).count();
    assert_eq!(n_wrong, 10, "{outcomes:?}");
}

#[test]
fn an_address_locks_too_and_its_good_sign_ins_do_not_count() {
    let desk = Desk::new();
    let published = with_password(json!(BCRYPT));
    let address = Some("2001:db8::1".parse().unwrap());
    let attempt = |number: usize, password: &str, address| {
        let login = if number == 0 {
            "ada@example.com".to_owned()
        } else {
            format!("nobody{number}@x.example")
        };
        let candidate = Candidate::new(password).unwrap();
        let authenticator = &desk.authenticator;
        desk.runtime.block_on(authenticator.prove_password(&published, &login, &candidate, address))
    };
    for number in 1..=100 {
        assert_eq!(attempt(number, "x", address).unwrap_err(), SignInRefused::Wrong);
    }
    let locked = SignInRefused::Locked { seconds: 60 };
    assert_eq!(attempt(0, "correct horse", address).unwrap_err(), locked);
    // The same household, another, and afterwards.
    let neighbour = Some("2001:db8::ffff:2".parse().unwrap());
    assert_eq!(attempt(0, "correct horse", neighbour).unwrap_err(), locked);
    assert!(attempt(0, "correct horse", Some("2001:db8:0:1::1".parse().unwrap())).is_ok());
    desk.clock.advance(60);
    assert!(attempt(0, "correct horse", address).is_ok());
}

#[test]
fn many_attempts_at_once_from_an_address_are_as_many_attempts() {
    let desk = Desk::new();
    let published = Arc::new(with_password(json!(BCRYPT)));
    let attempt = |number: usize| {
        let (authenticator, published) = (desk.authenticator.clone(), Arc::clone(&published));
        async move {
            let candidate = Candidate::new("wrong").unwrap();
            let (login, address) = (format!("nobody{number}@x.example"), "192.0.2.1".parse().ok());
            authenticator.prove_password(&published, &login, &candidate, address).await
        }
    };
    let n_wrong = desk.runtime.block_on(async {
        let tasks: Vec<_> = (0..120).map(|number| tokio::spawn(attempt(number))).collect();
        let mut n_wrong = 0;
        for task in tasks {
            n_wrong += usize::from(task.await.unwrap().unwrap_err() == SignInRefused::Wrong);
        }
        n_wrong
    });
    assert_eq!(n_wrong, 100);
}

#[test]
fn a_busy_hasher_and_a_failing_store_are_no_wrong_passwords() {
    let desk = Desk::new();
    let published = with_password(json!(BCRYPT));
    let address = "192.0.2.1".parse().ok();
    let prove = |authenticator: &Authenticator| {
        let candidate = Candidate::new("correct horse").unwrap();
        let login = "ada@example.com";
        let proven = authenticator.prove_password(&published, login, &candidate, address);
        desk.runtime.block_on(proven)
    };
    let busy = Authenticator {
        hasher: Hasher::with(&Random::seeded(b"busy"), 0, 1).unwrap(),
        ..desk.authenticator.clone()
    };
    for _ in 0..20 {
        assert!(matches!(prove(&busy).unwrap_err(), SignInRefused::Busy(_)));
    }
    assert_eq!(desk.n_rows("sign-in-attempts"), 0);
    // After the counting, which is five calls, the password is read.
    for _ in 0..20 {
        let store = desk.authenticator.store.clone().failing(6, crate::store::Fails::Before);
        let failing = Authenticator { store, ..desk.authenticator.clone() };
        assert!(matches!(prove(&failing).unwrap_err(), SignInRefused::Store(_)));
    }
    assert_eq!(desk.n_rows("sign-in-attempts"), 0);
    prove(&desk.authenticator).unwrap();
}

#[test]
fn an_attempt_that_was_none_opens_the_lock_it_brought_and_no_other() {
    let desk = Desk::new();
    let published = with_password(json!(BCRYPT));
    let prove = |authenticator: &Authenticator, password: &str| {
        let candidate = Candidate::new(password).unwrap();
        let login = "ada@example.com";
        let proven = authenticator.prove_password(&published, login, &candidate, None);
        desk.runtime.block_on(proven).map(|_| ()).unwrap_err()
    };
    let busy = Authenticator {
        hasher: Hasher::with(&Random::seeded(b"busy"), 0, 1).unwrap(),
        ..desk.authenticator.clone()
    };
    for _ in 0..9 {
        assert_eq!(prove(&desk.authenticator, "wrong"), SignInRefused::Wrong);
    }
    assert!(matches!(prove(&busy, "x"), SignInRefused::Busy(_)));
    assert_eq!(prove(&desk.authenticator, "wrong"), SignInRefused::Wrong, "the tenth");
    assert_eq!(prove(&busy, "x"), SignInRefused::Locked { seconds: 60 });
    desk.clock.advance(60);
    assert!(matches!(prove(&busy, "x"), SignInRefused::Busy(_)));
    assert_eq!(prove(&desk.authenticator, "wrong"), SignInRefused::Wrong, "the eleventh");
    assert_eq!(prove(&busy, "x"), SignInRefused::Locked { seconds: 120 });
}

#[test]
fn a_secret_finds_its_session_and_another_none() {
    let desk = Desk::new();
    let published = with_password(json!(BCRYPT));
    let signed_in = desk.sign_in(&published, "correct horse").unwrap();
    let found = desk.runtime.block_on(desk.authenticator.find_session(&signed_in.secret)).unwrap();
    assert_eq!(found.unwrap().session, signed_in.session);
    let other = SessionSecret::generate(&Random::seeded(b"other"));
    let found = desk.runtime.block_on(desk.authenticator.find_session(&other)).unwrap();
    assert!(found.is_none());
}

#[test]
fn a_session_is_kept_by_its_hash_alone() {
    let desk = Desk::new();
    let signed_in = desk.sign_in(&with_password(json!(BCRYPT)), "correct horse").unwrap();
    let rows = desk.runtime.block_on(desk.authenticator.store.list("session")).unwrap().value;
    let secret = signed_in.secret.as_str();
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].key.contains(secret));
    assert!(!String::from_utf8_lossy(&rows[0].bytes).contains(secret));
    let expected = [
        format!("session:{}", signed_in.session.id),
        format!("user:{}", signed_in.session.user_id),
    ];
    assert_eq!(rows[0].tags.iter().cloned().collect::<Vec<_>>(), expected);
    assert!(!format!("{:?}", signed_in).contains(secret));
}
