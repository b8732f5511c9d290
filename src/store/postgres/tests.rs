//! What only a database of several nodes can get wrong: nodes that start at once, batches in each
//! other's way, and connections that die at the worst moment.

use super::proxy::{Fate, Moment, Proxy};
use super::throwaway::{Schema, connect, schema};
use super::*;
use crate::audit::{About, Event, EventType, Outcome};
use crate::random::Random;
use crate::store::Store;
use crate::store::journal::{
    Journal, Order, Recorded, Seen, Span, event_row, moment, visit_events,
};
use crate::store::row::BatchOutcome;
use crate::store::tests::wait;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};

const NOW: i64 = 1_700_000_000;

async fn open(url: &str) -> Result<Postgres, StoreError> {
    Postgres::open(url, Isolation::ReadCommitted, Clock::fixed(NOW)).await
}

fn insert(key: &str) -> Vec<Op> {
    vec![Op::Insert(Row::new("code", key, b"bytes".to_vec()))]
}

async fn outcome(postgres: &Postgres, key: &str) -> Result<BatchOutcome, StoreError> {
    postgres.batch(insert(key)).await.map(|answer| answer.value.outcome)
}

/// A store behind a proxy whose COMMITs all meet `fate`, counted.
async fn behind(schema: &Schema, fate: Fate) -> (Postgres, Proxy, Arc<AtomicU32>) {
    open(&schema.url()).await.unwrap();
    let n_commits = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&n_commits);
    let proxy = Proxy::start(&schema.folder, move |moment| {
        if moment == Moment::LookUp {
            return Fate::Pass;
        }
        counted.fetch_add(1, Ordering::SeqCst);
        fate
    });
    let store = open(&schema.url_at(&proxy.folder())).await.unwrap();
    (store, proxy, n_commits)
}

#[test]
fn nodes_that_start_at_once_make_the_tables_once() {
    wait(async {
        let Some(schema) = schema().await else { return };
        let start = |_| {
            let url = schema.url();
            tokio::spawn(async move { open(&url).await.unwrap() })
        };
        let nodes: Vec<_> = (0..8).map(start).collect();
        for (index, node) in nodes.into_iter().enumerate() {
            let expected = if index == 0 { BatchOutcome::Applied } else { BatchOutcome::Failed(0) };
            assert_eq!(outcome(&node.await.unwrap(), "a").await, Ok(expected));
        }
    });
}

#[test]
fn a_database_of_a_newer_program_is_refused() {
    wait(async {
        let Some(schema) = schema().await else { return };
        open(&schema.url()).await.unwrap();
        let client = connect(&schema.url()).await;
        client.batch_execute("INSERT INTO migration VALUES (99)").await.unwrap();
        let refused = open(&schema.url()).await.err();
        assert!(matches!(refused, Some(StoreError::Newer { found: 99, .. })), "{refused:?}");
    });
}

#[test]
fn a_database_that_acknowledges_before_it_has_written_is_refused() {
    wait(async {
        let Some(schema) = schema().await else { return };
        let url = schema.url().replace("options='", "options='-c synchronous_commit=off ");
        let Some(StoreError::Database(said)) = open(&url).await.err() else { panic!("opened") };
        assert!(said.contains("synchronous_commit is off"), "{said}");
    });
}

#[test]
fn a_database_that_is_not_there_is_an_error_that_tells_no_password() {
    wait(async {
        let url = "postgres://test:hush@127.0.0.1:1/none";
        let Some(StoreError::Database(said)) = open(url).await.err() else { panic!("opened") };
        assert!(said.contains("refused") && !said.contains("hush"), "{said}");
        let Some(StoreError::Database(said)) = open("postgres://test:hush@:x").await.err() else {
            panic!("opened")
        };
        assert!(!said.contains("hush"), "{said}");
    });
}

#[test]
fn a_batch_that_is_always_in_the_way_is_given_up_and_not_applied() {
    wait(async {
        let Some(schema) = schema().await else { return };
        let (store, _proxy, n_commits) = behind(&schema, Fate::Refuse).await;
        assert_eq!(outcome(&store, "a").await, Err(StoreError::Busy));
        assert_eq!(n_commits.load(Ordering::SeqCst), 6, "once, and five times again");
        assert_eq!(store.find("code", "a").await.unwrap().value, None);
    });
}

#[test]
fn a_batch_whose_connection_dies_before_it_is_committed_is_not_applied() {
    wait(async {
        let Some(schema) = schema().await else { return };
        let (store, _proxy, _) = behind(&schema, Fate::CutBefore).await;
        assert_eq!(outcome(&store, "a").await, Err(StoreError::Busy));
        assert_eq!(store.find("code", "a").await.unwrap().value, None);
    });
}

#[test]
fn a_batch_whose_connection_dies_after_it_was_committed_is_found_and_not_applied_again() {
    wait(async {
        let Some(schema) = schema().await else { return };
        let (store, _proxy, n_commits) = behind(&schema, Fate::CutAfter).await;
        assert_eq!(outcome(&store, "a").await, Ok(BatchOutcome::Applied));
        assert_eq!(n_commits.load(Ordering::SeqCst), 1);
        let row = store.find("code", "a").await.unwrap().value.unwrap();
        let replace = vec![Op::Replace { row, expected: 1 }];
        let replaced = store.batch(replace).await.unwrap().value.outcome;
        assert_eq!(replaced, BatchOutcome::Applied);
        assert_eq!(store.find("code", "a").await.unwrap().value.unwrap().generation, 2);
    });
}

/// How a batch ends whose first COMMIT meets `commit`, and each of its first lookups one of `lookups`.
async fn after_lookups(
    schema: &Schema,
    commit: Fate,
    lookups: [Fate; 3],
) -> (Postgres, Result<BatchOutcome, StoreError>) {
    open(&schema.url()).await.unwrap();
    let (mut commits, mut lookups) = ([commit].into_iter(), lookups.into_iter());
    let proxy = Proxy::start(&schema.folder, move |moment| match moment {
        Moment::Commit => commits.next().unwrap_or(Fate::Pass),
        Moment::LookUp => lookups.next().unwrap_or(Fate::Pass),
    });
    let store = open(&schema.url_at(&proxy.folder())).await.unwrap();
    let ended = outcome(&store, "a").await;
    (store, ended)
}

#[test]
fn a_lookup_whose_answer_is_lost_is_not_taken_for_the_batch_by_the_next() {
    wait(async {
        for cut in [Fate::CutAfter, Fate::CutBefore] {
            for commit in [Fate::CutBefore, Fate::CutAfter] {
                let Some(schema) = schema().await else { return };
                let lookups = [cut, Fate::CutAfter, cut];
                let (store, ended) = after_lookups(&schema, commit, lookups).await;
                assert_eq!(ended, Ok(BatchOutcome::Applied), "{cut:?} {commit:?}");
                let found = store.find("code", "a").await.unwrap().value;
                assert_eq!(found.map(|row| row.generation), Some(1), "{cut:?} {commit:?}");
            }
        }
    });
}

#[test]
fn ids_age_by_the_clock_of_the_database_and_are_swept_an_hour_later() {
    wait(async {
        let Some(schema) = schema().await else { return };
        let store = open(&schema.url()).await.unwrap();
        outcome(&store, "a").await.unwrap();
        let client = connect(&schema.url()).await;
        let count = async || -> i64 {
            client.query_one("SELECT COUNT(*) FROM operation", &[]).await.unwrap().get(0)
        };
        let sweep = || vec![Op::DeleteExpired { limit: 9 }];
        store.batch(sweep()).await.unwrap();
        assert_eq!(count().await, 2, "the clock of this node stands in another year");
        client.batch_execute("UPDATE operation SET written_at = written_at - 3601").await.unwrap();
        store.batch(sweep()).await.unwrap();
        assert_eq!(count().await, 1, "that of the last sweep");
    });
}

#[test]
fn an_id_that_is_being_written_is_waited_for_and_one_that_was_not_can_never_be() {
    wait(async {
        let Some(schema) = schema().await else { return };
        let store = open(&schema.url()).await.unwrap();
        let writer = connect(&schema.url()).await;
        writer.batch_execute("BEGIN; INSERT INTO operation VALUES ('one')").await.unwrap();
        let connections = store.connections.clone();
        let lookup =
            tokio::spawn(async move { transaction::was_applied(&connections, b"one").await });
        tokio::task::yield_now().await;
        writer.batch_execute("COMMIT").await.unwrap();
        assert_eq!(lookup.await.unwrap(), Ok(true));
        assert_eq!(transaction::was_applied(&store.connections, b"two").await, Ok(false));
        let late = writer.batch_execute("INSERT INTO operation VALUES ('two')").await;
        assert!(late.is_err(), "a COMMIT that was on its way would have been applied");
    });
}

#[test]
fn connections_that_the_server_ended_are_replaced() {
    wait(async {
        let Some(schema) = schema().await else { return };
        let store = open(&schema.url()).await.unwrap();
        let tasks: Vec<_> = (0..30)
            .map(|index| {
                let store = store.clone();
                tokio::spawn(async move { outcome(&store, &format!("key{index}")).await })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), Ok(BatchOutcome::Applied));
        }
        let client = connect(&schema.url()).await;
        for connection in pids(&store).await {
            client.execute("SELECT pg_terminate_backend($1)", &[&connection]).await.unwrap();
        }
        assert!(store.find("code", "key1").await.unwrap().value.is_some());
        assert_eq!(outcome(&store, "later").await, Ok(BatchOutcome::Applied));
    });
}

/// The processes of the server behind all connections of the pool.
async fn pids(store: &Postgres) -> Vec<i32> {
    let mut connections = Vec::new();
    for _ in 0..20 {
        connections.push(store.connections.take().await.unwrap());
    }
    let mut pids = Vec::new();
    for connection in &connections {
        let row = connection.query_one("SELECT pg_backend_pid()", &[]).await.unwrap();
        pids.push(row.get(0));
    }
    pids
}

#[test]
fn a_caller_that_hangs_up_does_not_cancel_its_batch() {
    wait(async {
        let Some(schema) = schema().await else { return };
        let store = open(&schema.url()).await.unwrap();
        let mut batch = Box::pin(store.batch(insert("a")));
        let mut context = Context::from_waker(Waker::noop());
        assert!(batch.as_mut().poll(&mut context).is_pending());
        drop(batch);
        while store.find("code", "a").await.unwrap().value.is_none() {
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn the_time_is_that_of_the_database_unless_a_clock_is_held() {
    wait(async {
        let Some(schema) = schema().await else { return };
        let store =
            Postgres::open(&schema.url(), Isolation::ReadCommitted, Clock::System).await.unwrap();
        let client = connect(&schema.url()).await;
        let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)";
        let before: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
        let batched = store.batch(insert("a")).await.unwrap();
        let found = store.find("code", "a").await.unwrap();
        // As the last answer told it, and what time went by since.
        let told = store.time().await.unwrap();
        let after: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
        assert!(before <= batched.at && batched.at <= found.at);
        assert!(found.at <= told.at && told.at <= after);
    });
}

/// Decision 41: what must be there before an answer is in the batch of its change, among all else; the
/// rest is in tables of its own in the same database, and the log merges both.
#[test]
fn events_that_may_be_lost_have_tables_of_their_own() {
    wait(async {
        let Some(schema) = schema().await else { return };
        let url = schema.url();
        let store = Store::postgres(&url, Isolation::ReadCommitted, Clock::fixed(NOW)).await;
        let store = store.unwrap();
        // Nodes that start at once make the schema once.
        let start = |_| {
            let url = url.clone();
            tokio::spawn(async move { Store::postgres_events(&url, Clock::fixed(NOW)).await })
        };
        let nodes: Vec<_> = (0..4).map(start).collect();
        let mut events = Vec::new();
        for node in nodes {
            events.push(node.await.unwrap().unwrap());
        }
        let random = Random::seeded(b"events");
        let [one, two, three] = ["00u1", "00u2", "00u3"]
            .map(|user| About { user: Some(user.to_owned()), ..About::default() });
        fn event(event_type: EventType, about: &About) -> Event<'_> {
            Event { event_type, outcome: Outcome::Success, about }
        }
        let clock = Clock::fixed(NOW);
        let (journal, mut writer) = Journal::new(clock.clone(), random.clone());
        journal.note(&event(EventType::AccessTokenGranted, &one));
        writer.drain(&events[0]).await;
        clock.advance(1);
        let kept = event(EventType::TokenRevoked, &two);
        let kept = event_row(&kept, clock.microseconds(), &random);
        store.batch(vec![Op::Insert(kept)]).await.unwrap();
        clock.advance(1);
        journal.note(&event(EventType::IdTokenGranted, &three));
        writer.drain(&events[1]).await;

        let users = |recorded: &[Recorded]| -> Vec<String> {
            let id = |one: &Recorded| one.event["target"][0]["id"].as_str().unwrap().to_owned();
            recorded.iter().map(id).collect()
        };
        let until = moment(clock.microseconds() + 1);
        let list = async |stores: &[&Store]| {
            let mut seen = Vec::new();
            let mut visit = |recorded| {
                seen.push(recorded);
                Seen::GoOn
            };
            let span = Span { from: String::new(), to: until.clone(), order: Order::Ascending };
            assert_eq!(visit_events(stores, span, &mut visit).await.unwrap(), None);
            users(&seen)
        };
        assert_eq!(list(&[&store]).await, ["00u2"]);
        for node in &events {
            assert_eq!(list(&[node]).await, ["00u1", "00u3"]);
            assert_eq!(list(&[&store, node]).await, ["00u1", "00u2", "00u3"]);
        }
        let client = connect(&url).await;
        let sql = "SELECT count(*) FROM claimsmith_audit.state WHERE kind = 'audit'";
        let n_rows: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
        assert_eq!(n_rows, 2);
        // The schema is one for the whole database, whoever runs next begins without it.
        client.batch_execute("DROP SCHEMA claimsmith_audit CASCADE").await.unwrap();
    });
}
