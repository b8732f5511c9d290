//! One suite for every implementation: what a store promises, each keeps in the same way.

use super::data_directory::{DataDirectory, Purpose};
use super::key_store::{self, KeyStoreError, SIGNING_KEY};
use super::{BatchOutcome, Op, Row, Store};
use crate::random::Random;
use crate::token::{Algorithm, KeySet, MasterKey, TokenType, Vault};
use std::future::Future;

pub(super) fn wait<Out>(future: impl Future<Output = Out>) -> Out {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap().block_on(future)
}

/// Runs `check` on an empty store of each kind.
fn on_each(check: impl AsyncFn(Store)) {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = Store::sqlite(&directory.path().join("s.sqlite")).unwrap();
    for store in [Store::memory(), sqlite] {
        wait(check(store));
    }
}

fn row(key: &str, bytes: &str) -> Row {
    Row::new("code", key, bytes.as_bytes().to_vec())
}

fn delete(key: &str, expected: Option<i64>) -> Op {
    Op::Delete { kind: "code".to_owned(), key: key.to_owned(), expected }
}

async fn run(store: &Store, ops: Vec<Op>) -> BatchOutcome {
    store.batch(ops).await.unwrap()
}

#[test]
fn what_was_inserted_is_found_whole() {
    on_each(async |store| {
        let bytes = vec![0, 255, 10, 0];
        let wanted = Row::new("code", "é\0'\"", bytes).expiring_at(-5);
        assert_eq!(run(&store, vec![Op::Insert(wanted.clone())]).await, BatchOutcome::Applied);
        assert_eq!(store.find("code", "é\0'\"").await.unwrap(), Some(wanted));
        assert_eq!(store.find("session", "é\0'\"").await.unwrap(), None);
        assert_eq!(store.find("code", "e").await.unwrap(), None);
    });
}

#[test]
fn an_insert_of_what_is_there_fails_and_changes_nothing() {
    on_each(async |store| {
        run(&store, vec![Op::Insert(row("a", "one"))]).await;
        assert_eq!(run(&store, vec![Op::Insert(row("a", "two"))]).await, BatchOutcome::Failed(0));
        assert_eq!(store.find("code", "a").await.unwrap(), Some(row("a", "one")));
    });
}

#[test]
fn a_replacement_needs_the_generation_that_was_read_and_counts_on() {
    on_each(async |store| {
        let replace = |bytes, expected| vec![Op::Replace { row: row("a", bytes), expected }];
        assert_eq!(run(&store, replace("x", 1)).await, BatchOutcome::Failed(0));
        run(&store, vec![Op::Insert(Row { generation: 77, ..row("a", "one") })]).await;
        assert_eq!(run(&store, replace("two", 1)).await, BatchOutcome::Applied);
        assert_eq!(run(&store, replace("late", 1)).await, BatchOutcome::Failed(0));
        let found = store.find("code", "a").await.unwrap().unwrap();
        assert_eq!((found.generation, found.bytes.as_slice()), (2, b"two".as_slice()));
        assert_eq!(run(&store, replace("three", 2)).await, BatchOutcome::Applied);
    });
}

#[test]
fn what_is_spent_once_cannot_be_spent_again() {
    on_each(async |store| {
        run(&store, vec![Op::Insert(row("a", ""))]).await;
        assert_eq!(run(&store, vec![delete("a", Some(2))]).await, BatchOutcome::Failed(0));
        assert_eq!(run(&store, vec![delete("a", Some(1))]).await, BatchOutcome::Applied);
        assert_eq!(run(&store, vec![delete("a", Some(1))]).await, BatchOutcome::Failed(0));
        assert_eq!(run(&store, vec![delete("a", None)]).await, BatchOutcome::Applied);
    });
}

#[test]
fn of_a_batch_that_fails_nothing_happens_and_the_first_failure_is_named() {
    on_each(async |store| {
        run(&store, vec![Op::Insert(row("kept", "old")), Op::Insert(row("gone", "old"))]).await;
        let ops = vec![
            Op::Replace { row: row("kept", "new"), expected: 1 },
            Op::Replace { row: row("kept", "newer"), expected: 2 },
            delete("gone", Some(1)),
            Op::Insert(row("fresh", "new")),
            Op::Insert(row("kept", "clash")),
            delete("nothing", Some(1)),
        ];
        assert_eq!(run(&store, ops).await, BatchOutcome::Failed(4));
        let found = store.list("code").await.unwrap();
        assert_eq!(found, [row("gone", "old"), row("kept", "old")]);
    });
}

#[test]
fn an_op_sees_what_those_before_it_did() {
    on_each(async |store| {
        let ops = vec![
            Op::Insert(row("a", "one")),
            Op::Replace { row: row("a", "two"), expected: 1 },
            delete("a", Some(2)),
            Op::Insert(row("a", "three")),
        ];
        assert_eq!(run(&store, ops).await, BatchOutcome::Applied);
        assert_eq!(store.list("code").await.unwrap(), [row("a", "three")]);
        assert_eq!(run(&store, Vec::new()).await, BatchOutcome::Applied);
    });
}

#[test]
fn a_list_is_of_one_kind_in_the_byte_order_of_keys() {
    on_each(async |store| {
        let keys = ["b", "é", "A", "a", "", "Z"];
        let mut ops: Vec<Op> = keys.iter().map(|key| Op::Insert(row(key, ""))).collect();
        ops.push(Op::Insert(Row::new("codes", "a", Vec::new())));
        ops.push(Op::Insert(Row::new("cod", "a", Vec::new())));
        run(&store, ops).await;
        let found = store.list("code").await.unwrap();
        let found: Vec<&str> = found.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(found, ["", "A", "Z", "a", "b", "é"]);
        assert!(store.list("none").await.unwrap().is_empty());
    });
}

#[test]
fn of_many_that_spend_one_row_at_once_exactly_one_does() {
    on_each(async |store| {
        run(&store, vec![Op::Insert(row("code", ""))]).await;
        let spend = |index: usize| {
            let store = store.clone();
            let ops = vec![delete("code", Some(1)), Op::Insert(row(&index.to_string(), ""))];
            tokio::spawn(async move { store.batch(ops).await.unwrap() })
        };
        let tasks: Vec<_> = (0..50).map(spend).collect();
        let mut applied = 0;
        for task in tasks {
            match task.await.unwrap() {
                BatchOutcome::Applied => applied += 1,
                BatchOutcome::Failed(index) => assert_eq!(index, 0),
            }
        }
        assert_eq!(applied, 1);
        assert_eq!(store.list("code").await.unwrap().len(), 1);
    });
}

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
fn keys_under_another_master_key_are_refused_and_not_replaced() {
    on_each(async |store| {
        keys(&store, &vault(b"v"), Algorithm::EdDsa).await.unwrap();
        let before = store.find(SIGNING_KEY, "as1").await.unwrap();
        let refused = keys(&store, &vault(b"w"), Algorithm::EdDsa).await;
        assert!(matches!(refused, Err(KeyStoreError::Keys { .. })));
        assert_eq!(store.find(SIGNING_KEY, "as1").await.unwrap(), before);
    });
}

#[test]
fn a_restart_signs_with_the_same_key_and_believes_what_was_signed_before() {
    let parent = tempfile::tempdir().unwrap();
    let start = || {
        let random = Random::System;
        let directory = DataDirectory::open(parent.path(), Purpose::Serve, None, &random).unwrap();
        let vault = Vault::new(directory.master_key()).unwrap();
        let store = Store::sqlite(&directory.database()).unwrap();
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
