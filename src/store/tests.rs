//! One suite for every implementation: what a store promises, each keeps in the same way.

use super::postgres::proxy::{Fate, Moment, Proxy};
use super::postgres::throwaway;
use super::{BatchOutcome, Fails, Isolation, Op, Range, Row, Store};
use crate::clock::Clock;
use std::future::Future;

pub(super) fn wait<Out>(future: impl Future<Output = Out>) -> Out {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// What time it is at first, in seconds since 1970.
pub(super) const NOW: i64 = 1_700_000_000;

/// Runs `check` on an empty store of each kind.
pub(super) fn on_each(check: impl AsyncFn(Store)) {
    on_each_with_clock(async |store, _| check(store).await);
}

/// The same, with the clock the store goes by.
pub(super) fn on_each_with_clock(check: impl AsyncFn(Store, Clock)) {
    let clock = Clock::fixed(NOW);
    wait(check(Store::memory(clock.clone()), clock));
    let clock = Clock::fixed(NOW);
    let directory = tempfile::tempdir().unwrap();
    let sqlite = Store::sqlite(&directory.path().join("s.sqlite"), clock.clone()).unwrap();
    wait(check(sqlite, clock));
    wait(on_postgres(&check, Isolation::ReadCommitted, &[]));
    wait(on_postgres(&check, Isolation::Serializable, &[]));
    wait(on_postgres(&check, Isolation::ReadCommitted, &FATES));
    wait(on_postgres(&check, Isolation::Serializable, &FATES));
}

/// What the first COMMITs meet. Five attempts fail in all, so that no batch needs more than the
/// store makes.
const FATES: [Fate; 9] = [
    Fate::Pass,
    Fate::Refuse,
    Fate::CutAfter,
    Fate::CutBefore,
    Fate::Refuse,
    Fate::CutAfter,
    Fate::Pass,
    Fate::CutBefore,
    Fate::Refuse,
];

async fn on_postgres(
    check: &impl AsyncFn(Store, Clock),
    isolation: Isolation,
    fates: &'static [Fate],
) {
    let Some(schema) = throwaway::schema().await else { return };
    let clock = Clock::fixed(NOW);
    // Makes the tables, undisturbed.
    let store = Store::postgres(&schema.url(), isolation, clock.clone()).await.unwrap();
    if fates.is_empty() {
        return check(store, clock).await;
    }
    let mut fates = fates.iter().copied();
    let mut lookups = [Fate::CutAfter, Fate::Pass, Fate::CutBefore, Fate::CutAfter].into_iter();
    let proxy = Proxy::start(&schema.folder, move |moment| match moment {
        Moment::Commit => fates.next().unwrap_or(Fate::Pass),
        Moment::LookUp => lookups.next().unwrap_or(Fate::Pass),
    });
    let url = schema.url_at(&proxy.folder());
    let store = Store::postgres(&url, isolation, clock.clone()).await.unwrap();
    check(store, clock).await;
}

fn row(key: &str, bytes: &str) -> Row {
    Row::new("code", key, bytes.as_bytes().to_vec())
}

fn delete(key: &str, expected: Option<i64>) -> Op {
    Op::Delete { kind: "code".to_owned(), key: key.to_owned(), expected }
}

async fn run(store: &Store, ops: Vec<Op>) -> BatchOutcome {
    store.batch(ops).await.unwrap().value
}

async fn find(store: &Store, key: &str) -> Option<Row> {
    store.find("code", key).await.unwrap().value
}

/// The keys of all rows of a kind.
async fn keys_of(store: &Store, kind: &str) -> Vec<String> {
    store.list(kind).await.unwrap().value.into_iter().map(|row| row.key).collect()
}

#[test]
fn what_was_inserted_is_found_whole() {
    on_each(async |store| {
        let bytes = vec![0, 255, 10, 0];
        let wanted = Row::new("code", "é\0'\"", bytes).expiring_at(-5);
        assert_eq!(run(&store, vec![Op::Insert(wanted.clone())]).await, BatchOutcome::Applied);
        assert_eq!(find(&store, "é\0'\"").await, Some(wanted));
        assert_eq!(store.find("session", "é\0'\"").await.unwrap().value, None);
        assert_eq!(find(&store, "e").await, None);
    });
}

#[test]
fn an_insert_of_what_is_there_fails_and_changes_nothing() {
    on_each(async |store| {
        run(&store, vec![Op::Insert(row("a", "one"))]).await;
        assert_eq!(run(&store, vec![Op::Insert(row("a", "two"))]).await, BatchOutcome::Failed(0));
        assert_eq!(find(&store, "a").await, Some(row("a", "one")));
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
        let found = find(&store, "a").await.unwrap();
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
        let found = store.list("code").await.unwrap().value;
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
        assert_eq!(store.list("code").await.unwrap().value, [row("a", "three")]);
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
        let found = store.list("code").await.unwrap().value;
        let found: Vec<&str> = found.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(found, ["", "A", "Z", "a", "b", "é"]);
        assert!(store.list("none").await.unwrap().value.is_empty());
    });
}

#[test]
fn a_range_begins_with_its_prefix_goes_on_behind_a_key_and_ends_with_the_prefix() {
    on_each(async |store| {
        let keys = ["a", "ab", "ab1", "ab2", "abé", "ac", "b"];
        let mut ops: Vec<Op> = keys.iter().map(|key| Op::Insert(row(key, ""))).collect();
        ops.push(Op::Insert(Row::new("codes", "ab9", Vec::new())));
        run(&store, ops).await;
        let list = async |prefix: &str, after: Option<&str>, limit: u32| {
            let range = Range { prefix, after, limit };
            let rows = store.list_range("code", range).await.unwrap().value;
            rows.into_iter().map(|row| row.key).collect::<Vec<_>>()
        };
        assert_eq!(list("ab", None, 9).await, ["ab", "ab1", "ab2", "abé"]);
        assert_eq!(list("ab", None, 2).await, ["ab", "ab1"]);
        assert_eq!(list("ab", Some("ab1"), 9).await, ["ab2", "abé"]);
        assert_eq!(list("", Some("ab2"), 2).await, ["abé", "ac"]);
        assert_eq!(list("", None, 9).await, keys);
        assert_eq!(list("c", None, 9).await, [""; 0]);
        assert_eq!(list("ab", Some("a"), 9).await, ["ab", "ab1", "ab2", "abé"]);
        assert_eq!(list("ab", Some("b"), 9).await, [""; 0]);
    });
}

#[test]
fn rows_are_listed_backwards_from_before_a_key() {
    on_each(async |store| {
        let keys = ["", "Z", "a", "ab", "é"];
        let mut ops: Vec<Op> = keys.iter().map(|key| Op::Insert(row(key, ""))).collect();
        ops.push(Op::Insert(Row::new("cod", "b", Vec::new())));
        ops.push(Op::Insert(Row::new("codes", "a", Vec::new())));
        run(&store, ops).await;
        let list = async |before: &str, limit: u32| {
            let rows = store.list_before("code", before, limit).await.unwrap().value;
            rows.into_iter().map(|row| row.key).collect::<Vec<_>>()
        };
        assert_eq!(list("\u{10ffff}", 9).await, ["é", "ab", "a", "Z", ""]);
        assert_eq!(list("é", 2).await, ["ab", "a"]);
        assert_eq!(list("aa", 9).await, ["a", "Z", ""]);
        assert_eq!(list("Z", 9).await, [""]);
        assert_eq!(list("", 9).await, [""; 0]);
        assert_eq!(list("é", 0).await, [""; 0]);
        let found = store.list_before("code", "b", 1).await.unwrap().value;
        assert_eq!(found, [row("ab", "")]);
    });
}

#[test]
fn a_store_that_is_made_to_fail_does_so_once_on_the_side_it_was_told() {
    on_each(async |store| {
        for (fatal, fails, kept) in
            [(2, Fails::Before, false), (2, Fails::After, true), (0, Fails::After, true)]
        {
            let failing = store.clone().failing(fatal, fails);
            assert!(failing.find("code", "a").await.is_ok());
            let clone = failing.clone();
            let outcome = clone.batch(vec![Op::Insert(row("a", ""))]).await;
            assert_eq!(outcome.is_err(), fatal == 2);
            assert_eq!(failing.find("code", "a").await.unwrap().value.is_some(), kept);
            assert_eq!((failing.n_calls(), store.n_calls()), (3, 0));
            run(&store, vec![delete("a", None)]).await;
        }
    });
}

#[test]
fn of_many_that_spend_one_row_at_once_exactly_one_does() {
    on_each(async |store| {
        run(&store, vec![Op::Insert(row("code", ""))]).await;
        let spend = |index: usize| {
            let store = store.clone();
            let ops = vec![delete("code", Some(1)), Op::Insert(row(&index.to_string(), ""))];
            tokio::spawn(async move { run(&store, ops).await })
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
        assert_eq!(store.list("code").await.unwrap().value.len(), 1);
    });
}

fn tagged(key: &str, tags: &[&str]) -> Row {
    tags.iter().fold(row(key, ""), |row, tag| row.tagged((*tag).to_owned()))
}

async fn page(store: &Store, tag: &str, after: Option<&str>, limit: u32) -> Vec<String> {
    let rows = store.list_by_tag("code", tag, after, limit).await.unwrap().value;
    rows.into_iter().map(|row| row.key).collect()
}

#[test]
fn rows_of_a_tag_are_listed_page_by_page_in_the_byte_order_of_keys() {
    on_each(async |store| {
        let keys = ["c", "é", "", "B", "a"];
        let mut ops: Vec<Op> =
            keys.iter().map(|key| Op::Insert(tagged(key, &["user:1", "client:1"]))).collect();
        ops.push(Op::Insert(tagged("other", &["user:2"])));
        let elsewhere = Row::new("session", "a", Vec::new()).tagged("user:1".to_owned());
        ops.push(Op::Insert(elsewhere));
        run(&store, ops).await;
        assert_eq!(page(&store, "user:1", None, 3).await, ["", "B", "a"]);
        assert_eq!(page(&store, "user:1", Some(""), 2).await, ["B", "a"]);
        assert_eq!(page(&store, "user:1", Some("a"), 3).await, ["c", "é"]);
        assert_eq!(page(&store, "user:1", Some("b"), 1).await, ["c"]);
        assert_eq!(page(&store, "client:1", Some("é"), 3).await, [""; 0]);
        assert_eq!(page(&store, "user:1", None, 0).await, [""; 0]);
        assert_eq!(page(&store, "user:", None, 3).await, [""; 0]);
        let found = store.list_by_tag("code", "user:2", None, 9).await.unwrap().value;
        assert_eq!(found, [tagged("other", &["user:2"])]);
    });
}

#[test]
fn a_replacement_has_the_tags_it_was_handed_and_no_others() {
    on_each(async |store| {
        run(&store, vec![Op::Insert(tagged("a", &["user:1", "client:1"]))]).await;
        let replace = |row, expected| vec![Op::Replace { row, expected }];
        let same = tagged("a", &["client:1", "user:1"]);
        assert_eq!(run(&store, replace(same.clone(), 1)).await, BatchOutcome::Applied);
        assert_eq!(find(&store, "a").await, Some(Row { generation: 2, ..same }));
        assert_eq!(page(&store, "user:1", None, 9).await, ["a"]);
        let moved = tagged("a", &["client:1", "session:\"7\""]);
        assert_eq!(run(&store, replace(moved.clone(), 1)).await, BatchOutcome::Failed(0));
        assert_eq!(page(&store, "user:1", None, 9).await, ["a"]);
        assert_eq!(run(&store, replace(moved.clone(), 2)).await, BatchOutcome::Applied);
        assert_eq!(find(&store, "a").await, Some(Row { generation: 3, ..moved }));
        assert_eq!(page(&store, "user:1", None, 9).await, [""; 0]);
        assert_eq!(page(&store, "client:1", None, 9).await, ["a"]);
        assert_eq!(page(&store, "session:\"7\"", None, 9).await, ["a"]);
    });
}

#[test]
fn a_row_that_is_gone_is_not_found_by_its_tags_nor_is_one_of_a_batch_that_failed() {
    on_each(async |store| {
        run(&store, vec![Op::Insert(tagged("a", &["user:1"]))]).await;
        run(&store, vec![delete("a", Some(1))]).await;
        run(&store, vec![Op::Insert(tagged("a", &["user:2"]))]).await;
        assert_eq!(page(&store, "user:1", None, 9).await, [""; 0]);
        let failing = vec![
            delete("a", None),
            Op::Insert(tagged("b", &["user:1"])),
            Op::DeleteTagged { kind: None, tag: "user:1".to_owned(), limit: 9 },
            delete("c", Some(1)),
        ];
        assert_eq!(run(&store, failing).await, BatchOutcome::Failed(3));
        assert_eq!(page(&store, "user:1", None, 9).await, [""; 0]);
        assert_eq!(page(&store, "user:2", None, 9).await, ["a"]);
    });
}

#[test]
fn a_cascade_takes_every_row_of_a_tag_however_many_and_no_other() {
    on_each(async |store| {
        let many = 2 * super::STEP + 1;
        let rows = (0..many).map(|index| tagged(&index.to_string(), &["session:1", "user:1"]));
        run(&store, rows.map(Op::Insert).collect()).await;
        let session = Row::new("session", "1", Vec::new()).tagged("user:1".to_owned());
        run(&store, vec![Op::Insert(session), Op::Insert(tagged("kept", &["user:2"]))]).await;
        let codes = store.delete_by_tag(Some("code"), "user:1").await.unwrap().value;
        assert_eq!(codes, many as usize);
        assert_eq!(keys_of(&store, "code").await, ["kept"]);
        assert_eq!(page(&store, "session:1", None, 9).await, [""; 0]);
        assert_eq!(store.delete_by_tag(None, "user:1").await.unwrap().value, 1);
        assert_eq!(keys_of(&store, "session").await, [""; 0]);
        assert_eq!(store.delete_by_tag(None, "user:1").await.unwrap().value, 0);
    });
}

#[test]
fn a_cascade_takes_what_begins_while_it_runs_and_leaves_what_lost_the_tag() {
    on_each(async |store| {
        for round in 0..10 {
            let tag = format!("user:{round}");
            let rows = (0..5).map(|index| tagged(&format!("{round}-{index}"), &[&tag]));
            run(&store, rows.map(Op::Insert).collect()).await;
            let moved = Row::new("code", &format!("{round}-0"), Vec::new());
            let replace = vec![Op::Replace { row: moved, expected: 1 }];
            let late = vec![Op::Insert(tagged(&format!("{round}-late"), &[&tag]))];
            let (one, other) = (store.clone(), store.clone());
            let moved = tokio::spawn(async move { run(&one, replace).await });
            let late = tokio::spawn(async move { run(&other, late).await });
            let cascade = store.delete_by_tag(None, &tag).await;
            cascade.unwrap();
            late.await.unwrap();
            let moved = moved.await.unwrap();
            store.delete_by_tag(None, &tag).await.unwrap();
            let kept = find(&store, &format!("{round}-0")).await.is_some();
            assert_eq!(kept, moved == BatchOutcome::Applied, "{round}");
            assert_eq!(page(&store, &tag, None, 9).await, [""; 0]);
            // Nothing of a row that is gone is left in the way of another.
            let again = vec![Op::Insert(tagged(&format!("{round}-1"), &[&tag]))];
            assert_eq!(run(&store, again).await, BatchOutcome::Applied);
            assert_eq!(page(&store, &tag, None, 9).await, [format!("{round}-1")]);
        }
    });
}

#[test]
fn a_deletion_takes_no_tags_from_a_row_that_another_inserts() {
    on_each(async |store| {
        for round in 0..30 {
            let key = format!("{round}");
            let (one, insert) = (store.clone(), vec![Op::Insert(tagged(&key, &["user:1"]))]);
            let inserted = tokio::spawn(async move { run(&one, insert).await });
            run(&store, vec![delete(&key, None)]).await;
            inserted.await.unwrap();
            let by_key = find(&store, &key).await.is_some();
            let by_tag = !page(&store, "user:1", None, 9).await.is_empty();
            assert_eq!(by_key, by_tag, "{round}");
            store.delete_by_tag(None, "user:1").await.unwrap();
        }
    });
}

#[test]
fn a_cascade_begins_in_the_batch_of_its_cause_and_its_step_is_bounded() {
    on_each(async |store| {
        let rows = ["a", "b", "c"].map(|key| Op::Insert(tagged(key, &["user:1"])));
        run(&store, rows.to_vec()).await;
        let tag = "user:1".to_owned();
        let step = Op::DeleteTagged { kind: Some("code".to_owned()), tag, limit: 2 };
        let cause = Op::Insert(Row::new("audit", "1", Vec::new()));
        assert_eq!(run(&store, vec![cause, step]).await, BatchOutcome::Applied);
        assert_eq!(keys_of(&store, "code").await.len(), 1);
        assert_eq!(keys_of(&store, "audit").await, ["1"]);
    });
}

#[test]
fn what_is_expected_is_looked_at_and_not_changed() {
    on_each(async |store| {
        run(&store, vec![Op::Insert(row("a", "one"))]).await;
        let expect = |key: &str, generation| {
            let (kind, key) = ("code".to_owned(), key.to_owned());
            vec![Op::Expect { kind, key, generation }, Op::Insert(row("b", ""))]
        };
        assert_eq!(run(&store, expect("a", None)).await, BatchOutcome::Failed(0));
        assert_eq!(run(&store, expect("a", Some(2))).await, BatchOutcome::Failed(0));
        assert_eq!(run(&store, expect("c", Some(1))).await, BatchOutcome::Failed(0));
        assert_eq!(find(&store, "b").await, None);
        assert_eq!(run(&store, expect("a", Some(1))).await, BatchOutcome::Applied);
        run(&store, vec![delete("b", None)]).await;
        assert_eq!(run(&store, expect("c", None)).await, BatchOutcome::Applied);
        assert_eq!(keys_of(&store, "code").await, ["a", "b"]);
        assert_eq!(find(&store, "a").await, Some(row("a", "one")));
    });
}

#[test]
fn of_two_that_each_expect_the_others_row_to_be_absent_one_is_refused() {
    on_each(async |store| {
        for round in 0..20 {
            let name = |side: u8| format!("{round}-{side}");
            let attempt = |mine: u8, others: u8| {
                let (kind, key) = ("code".to_owned(), name(others));
                let expect = Op::Expect { kind, key, generation: None };
                let ops = vec![expect, Op::Insert(row(&name(mine), ""))];
                let store = store.clone();
                tokio::spawn(async move { run(&store, ops).await })
            };
            let (one, other) = (attempt(1, 2), attempt(2, 1));
            let (one, other) = (one.await.unwrap(), other.await.unwrap());
            let outcomes = (one == BatchOutcome::Applied, other == BatchOutcome::Applied);
            assert!(outcomes.0 != outcomes.1, "{one:?} and {other:?}");
        }
    });
}

#[test]
fn every_answer_says_what_time_it_is_in_the_store() {
    on_each_with_clock(async |store, clock| {
        let batched = store.batch(vec![Op::Insert(row("a", ""))]).await.unwrap();
        assert_eq!((batched.at, batched.seconds()), (NOW * 1_000_000, NOW));
        clock.advance(7);
        assert_eq!(store.find("code", "a").await.unwrap().seconds(), NOW + 7);
        assert_eq!(store.list("code").await.unwrap().seconds(), NOW + 7);
        assert_eq!(store.list_by_tag("code", "t", None, 1).await.unwrap().seconds(), NOW + 7);
        assert_eq!(store.delete_by_tag(None, "t").await.unwrap().seconds(), NOW + 7);
        assert_eq!(store.time().await.unwrap().seconds(), NOW + 7);
        let failed = store.batch(vec![Op::Insert(row("a", ""))]).await.unwrap();
        assert_eq!((failed.value, failed.seconds()), (BatchOutcome::Failed(0), NOW + 7));
    });
}

#[test]
fn a_replacement_expires_when_it_says_and_not_when_the_row_before_it_did() {
    on_each_with_clock(async |store, clock| {
        let until = |seconds: i64| row("a", "one").expiring_at(NOW + seconds);
        let put = |seconds, expected| vec![Op::Replace { row: until(seconds), expected }];
        run(&store, vec![Op::Insert(until(10))]).await;
        assert_eq!(run(&store, put(10, 1)).await, BatchOutcome::Applied);
        assert_eq!(run(&store, put(20, 2)).await, BatchOutcome::Applied);
        assert_eq!(run(&store, put(30, 2)).await, BatchOutcome::Failed(0));
        for (at, is_left) in [(19, true), (20, false)] {
            clock.advance(NOW + at - clock.seconds());
            assert!(!store.sweep().await.unwrap());
            assert_eq!(find(&store, "a").await.is_some(), is_left, "after {at} s");
        }
    });
}

#[test]
fn what_has_expired_is_swept_step_by_step_and_the_rest_stays() {
    on_each_with_clock(async |store, clock| {
        let many = i64::from(super::STEP) + 3;
        let old = |index: i64| tagged(&format!("old{index}"), &["user:1"]).expiring_at(NOW + 10);
        run(&store, (0..many).map(old).map(Op::Insert).collect()).await;
        let young = Op::Insert(tagged("young", &["user:1"]).expiring_at(NOW + 11));
        run(&store, vec![young, Op::Insert(row("eternal", ""))]).await;
        clock.advance(9);
        assert!(!store.sweep().await.unwrap());
        assert_eq!(keys_of(&store, "code").await.len(), super::STEP as usize + 5);
        clock.advance(1);
        assert!(store.sweep().await.unwrap());
        assert_eq!(keys_of(&store, "code").await.len(), 5);
        assert!(!store.sweep().await.unwrap());
        assert_eq!(keys_of(&store, "code").await, ["eternal", "young"]);
        assert_eq!(page(&store, "user:1", None, 9).await, ["young"]);
    });
}
