//! Keys of servers, on every store: each has one, all nodes agree on it, and it changes by the store's clock.

use super::Store;
use super::data_directory::{DataDirectory, Purpose};
use super::key_store::{self, KeyStoreError, SIGNING_KEY};
use super::tests::{on_each, wait};
use crate::clock::Clock;
use crate::random::Random;
use crate::token::{Algorithm, KeySet, MasterKey, RotationMode, TokenType, Vault};

fn vault(seed: &[u8]) -> Vault {
    Vault::new(&MasterKey::generate(&Random::seeded(seed))).unwrap()
}

async fn keys(store: &Store, vault: &Vault, algorithm: Algorithm) -> Result<KeySet, KeyStoreError> {
    key_store::load_or_create(store, vault, &Random::System, "as1", algorithm).await
}

#[test]
fn a_server_keeps_its_key_even_when_another_algorithm_is_asked_for() {
    on_each(async |store| {
        let vault = vault(b"v");
        let first = keys(&store, &vault, Algorithm::Es256).await.unwrap();
        let second = keys(&store, &vault, Algorithm::EdDsa).await.unwrap();
        assert_eq!(first.jwks(), second.jwks());
    });
}

#[test]
fn of_many_that_start_at_once_all_end_with_the_same_key() {
    on_each(async |store| {
        let start = |_| {
            let store = store.clone();
            let task = async move { keys(&store, &vault(b"v"), Algorithm::EdDsa).await.unwrap() };
            tokio::spawn(task)
        };
        let tasks: Vec<_> = (0..8).map(start).collect();
        let mut found = Vec::new();
        for task in tasks {
            found.push(task.await.unwrap().jwks().to_owned());
        }
        assert!(found.iter().all(|jwks| *jwks == found[0]));
    });
}

#[test]
fn keys_change_by_the_time_of_the_store_and_nodes_agree() {
    let clock = Clock::fixed(1_700_000_000);
    let store = Store::memory(clock.clone());
    let vault = vault(b"v");
    let maintain = || {
        let (algorithm, mode) = (Algorithm::Es256, RotationMode::Auto);
        wait(key_store::maintain(&store, &vault, &Random::System, "as1", algorithm, mode)).unwrap()
    };
    let jwks = || wait(keys(&store, &vault, Algorithm::Es256)).unwrap().jwks().to_owned();
    jwks();
    assert_eq!((maintain(), maintain()), (2, 2), "dated once");
    clock.advance(80 * 24 * 3600);
    assert_eq!((maintain(), maintain()), (3, 3), "the next one is made once");
    assert_eq!(jwks().matches("kid").count(), 2);
    clock.advance(10 * 24 * 3600);
    assert_eq!((maintain(), maintain()), (4, 4), "it signs");
    clock.advance(26 * 3600);
    assert_eq!((maintain(), jwks().matches("kid").count()), (5, 1));
}

#[test]
fn an_operator_has_a_server_sign_with_another_key_and_the_former_verifies_on() {
    on_each(async |store| {
        let (vault, algorithm) = (vault(b"v"), Algorithm::EdDsa);
        let before = keys(&store, &vault, algorithm).await.unwrap();
        let rotate =
            key_store::rotate(&store, &vault, &Random::System, "as1", algorithm, Vec::new());
        let rotated = rotate.await;
        let after = keys(&store, &vault, algorithm).await.unwrap();
        let former = before.active().key().kid();
        assert_eq!(rotated.as_deref(), Ok(after.active().key().kid()));
        assert!(rotated.as_deref() != Ok(former) && after.jwks().contains(former));
        let mode = RotationMode::Manual;
        let maintain =
            key_store::maintain(&store, &vault, &Random::System, "as1", algorithm, mode).await;
        assert!(maintain.unwrap() >= 2, "nodes see by the number that there are others");
    });
}

#[test]
fn keys_under_another_master_key_are_refused_and_not_replaced() {
    on_each(async |store| {
        keys(&store, &vault(b"v"), Algorithm::EdDsa).await.unwrap();
        let before = store.find(SIGNING_KEY, "as1").await.unwrap().value;
        let refused = keys(&store, &vault(b"w"), Algorithm::EdDsa).await;
        assert!(matches!(refused, Err(KeyStoreError::Keys { .. })));
        assert_eq!(store.find(SIGNING_KEY, "as1").await.unwrap().value, before);
    });
}

#[test]
fn a_restart_signs_with_the_same_key_and_believes_what_was_signed_before() {
    let parent = tempfile::tempdir().unwrap();
    let start = || {
        let random = Random::System;
        let directory = DataDirectory::open(parent.path(), Purpose::Serve, None, &random).unwrap();
        let vault = Vault::new(directory.master_key()).unwrap();
        let store = Store::sqlite(&directory.database(), Clock::System).unwrap();
        wait(keys(&store, &vault, Algorithm::Es256)).unwrap()
    };
    let before = start();
    let mut token = String::new();
    before.active().sign(TokenType::Unsaid, br#"{"sub":"ada"}"#, &mut token).unwrap();
    let jwks = before.jwks().to_owned();
    drop(before);
    let after = start();
    assert_eq!(after.jwks(), jwks);
    assert_eq!(after.verifier().verify(&token).unwrap(), br#"{"sub":"ada"}"#);
}
