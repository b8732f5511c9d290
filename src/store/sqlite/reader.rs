//! The threads that read, taking turns at one queue.

use super::{StoreError, failed};
use crate::clock::Clock;
use crate::metrics::METRICS;
use crate::store::row::{Answer, Row};
use rusqlite::{Connection, Params, ToSql};
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot::Sender;

/// A statement that asks for the columns [`row`] reads.
macro_rules! about_rows {
    ($rest:literal) => {
        concat!("SELECT kind, key, tags, generation, expires_at, bytes FROM state ", $rest)
    };
}

/// Which rows are wanted, in the order of their keys unless it says otherwise.
#[derive(Debug)]
pub(super) enum Question {
    /// The one of this kind and key.
    Find { kind: String, key: String },
    /// All of a kind.
    List { kind: String },
    /// Those of a kind from this key on.
    ListFrom { kind: String, from: String, limit: u32 },
    /// Those of a kind behind this key.
    ListAfter { kind: String, after: String, limit: u32 },
    /// Those of a kind before this key, the last one first.
    ListBefore { kind: String, before: String, limit: u32 },
    /// Those of a kind that have a tag, from a key on.
    ListByTag { kind: String, tag: String, after: Option<String>, limit: u32 },
}

/// A question and where its answer goes.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) question: Question,
    pub(super) answer: Sender<Result<Answer<Vec<Row>>, StoreError>>,
}

/// How many questions a thread takes at once.
const GROUP: usize = 64;

/// Answers until nobody can ask any more. Who stopped waiting gets no answer.
pub(super) fn run(connection: &Connection, clock: &Clock, reads: &Mutex<Receiver<Read>>) {
    while let Some(group) = next(reads) {
        METRICS.store_reads_waiting.add(-i64::try_from(group.len()).unwrap_or(i64::MAX));
        for Read { question, answer } in group {
            let rows = rows(connection, &question).map_err(failed);
            drop(answer.send(rows.map(|value| Answer { value, at: clock.microseconds() })));
        }
    }
}

/// The questions that wait, so that a thread is not woken for each; none behind one that may take
/// long, which the other thread is left to answer.
fn next(reads: &Mutex<Receiver<Read>>) -> Option<Vec<Read>> {
    // Whoever holds the lock waits for the next question; it is let go before answers are sought.
    let reads = reads.lock().unwrap_or_else(PoisonError::into_inner);
    let mut group = vec![reads.recv().ok()?];
    while group.len() < GROUP
        && group.last().is_some_and(|last| matches!(last.question, Question::Find { .. }))
        && let Ok(read) = reads.try_recv()
    {
        group.push(read);
    }
    Some(group)
}

fn rows(connection: &Connection, question: &Question) -> rusqlite::Result<Vec<Row>> {
    match question {
        Question::Find { kind, key } => {
            select(connection, about_rows!("WHERE kind = ?1 AND key = ?2"), [kind, key])
        }
        Question::List { kind } => {
            select(connection, about_rows!("WHERE kind = ?1 ORDER BY key"), [kind])
        }
        Question::ListFrom { kind, from, limit } => select(
            connection,
            about_rows!("WHERE kind = ?1 AND key >= ?2 ORDER BY key LIMIT ?3"),
            [kind as &dyn ToSql, from, limit],
        ),
        Question::ListAfter { kind, after, limit } => select(
            connection,
            about_rows!("WHERE kind = ?1 AND key > ?2 ORDER BY key LIMIT ?3"),
            [kind as &dyn ToSql, after, limit],
        ),
        Question::ListBefore { kind, before, limit } => select(
            connection,
            about_rows!("WHERE kind = ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3"),
            [kind as &dyn ToSql, before, limit],
        ),
        // Every key comes after nothing, the empty one too.
        Question::ListByTag { kind, tag, after: None, limit } => select(
            connection,
            about_rows!(
                "JOIN state_tag USING (kind, key)
                 WHERE tag = ?1 AND kind = ?2 ORDER BY key LIMIT ?3"
            ),
            [tag as &dyn ToSql, kind, limit],
        ),
        Question::ListByTag { kind, tag, after: Some(after), limit } => select(
            connection,
            about_rows!(
                "JOIN state_tag USING (kind, key)
                 WHERE tag = ?1 AND kind = ?2 AND key > ?4 ORDER BY key LIMIT ?3"
            ),
            [tag as &dyn ToSql, kind, limit, after],
        ),
    }
}

fn select(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> rusqlite::Result<Vec<Row>> {
    connection.prepare_cached(sql)?.query_map(parameters, row)?.collect()
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        kind: row.get(0)?,
        key: row.get(1)?,
        tags: super::tags::from_text(&row.get::<_, String>(2)?)?,
        generation: row.get(3)?,
        expires_at: row.get(4)?,
        bytes: row.get(5)?,
    })
}
