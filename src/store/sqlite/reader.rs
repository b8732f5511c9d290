//! The thread that reads.

use super::{StoreError, failed};
use crate::store::row::Row;
use rusqlite::{Connection, OptionalExtension};
use std::sync::mpsc::Receiver;
use tokio::sync::oneshot::Sender;

/// A question and where its answer goes.
#[derive(Debug)]
pub(super) enum Read {
    /// One row.
    Find { kind: String, key: String, answer: Sender<Result<Option<Row>, StoreError>> },
    /// All rows of a kind.
    List { kind: String, answer: Sender<Result<Vec<Row>, StoreError>> },
}

/// Answers until nobody can ask any more. Who stopped waiting gets no answer.
pub(super) fn run(connection: &Connection, reads: &Receiver<Read>) {
    for read in reads {
        match read {
            Read::Find { kind, key, answer } => {
                drop(answer.send(find(connection, &kind, &key).map_err(failed)));
            }
            Read::List { kind, answer } => {
                drop(answer.send(list(connection, &kind).map_err(failed)));
            }
        }
    }
}

fn find(connection: &Connection, kind: &str, key: &str) -> rusqlite::Result<Option<Row>> {
    connection
        .prepare_cached(
            "SELECT kind, key, generation, expires_at, bytes FROM state
             WHERE kind = ?1 AND key = ?2",
        )?
        .query_row([kind, key], row)
        .optional()
}

fn list(connection: &Connection, kind: &str) -> rusqlite::Result<Vec<Row>> {
    connection
        .prepare_cached(
            "SELECT kind, key, generation, expires_at, bytes FROM state
             WHERE kind = ?1 ORDER BY key",
        )?
        .query_map([kind], row)?
        .collect()
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        kind: row.get(0)?,
        key: row.get(1)?,
        generation: row.get(2)?,
        expires_at: row.get(3)?,
        bytes: row.get(4)?,
    })
}
