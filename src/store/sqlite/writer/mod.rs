//! The thread that writes. It takes what is waiting, with no timer, since the previous sync was the
//! time to gather; runs each batch in its own savepoint; commits once; and only then answers.

use super::{StoreError, failed, is_busy};
use crate::store::row::{BatchOutcome, FIRST_GENERATION, Op};
use rusqlite::{Connection, params};
use std::sync::mpsc::Receiver;
use tokio::sync::oneshot::Sender;

/// How many batches share a commit at most, so that the first of them does not wait for ever.
const GROUP: usize = 256;

type Outcome = Result<BatchOutcome, StoreError>;

/// A batch and where its answer goes.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) ops: Vec<Op>,
    pub(super) answer: Sender<Outcome>,
}

/// Writes until nobody can ask any more.
pub(super) fn run(connection: Connection, writes: &Receiver<Write>) {
    let mut writer = Writer { connection, refusing: false };
    while let Ok(first) = writes.recv() {
        let waiting = std::iter::from_fn(|| writes.try_recv().ok()).take(GROUP - 1);
        let group: Vec<Write> = std::iter::once(first).chain(waiting).collect();
        let outcomes = writer.write(&group);
        for (write, outcome) in group.into_iter().zip(outcomes) {
            // Who hung up gets no answer; the batch stays applied.
            drop(write.answer.send(outcome));
        }
    }
}

struct Writer {
    connection: Connection,
    /// After an error that leaves open what is on the disk. A sync is never tried again: the kernel
    /// may have dropped the pages and would say that all is well.
    refusing: bool,
}

impl Writer {
    /// One transaction for the whole group; an outcome for each of it.
    fn write(&mut self, group: &[Write]) -> Vec<Outcome> {
        if self.refusing {
            return vec![Err(StoreError::Refusing); group.len()];
        }
        match self.commit(group) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                if !self.connection.is_autocommit() {
                    // The transaction is lost either way; if not even this works, the flag below
                    // or the next BEGIN says so.
                    drop(self.connection.execute_batch("ROLLBACK"));
                }
                vec![Err(failed(error)); group.len()]
            }
        }
    }

    fn commit(&mut self, group: &[Write]) -> rusqlite::Result<Vec<Outcome>> {
        // Nothing was written yet: that another process holds the file is no reason to refuse. Any
        // other error is of the file or the disk.
        if let Err(error) = self.connection.execute_batch("BEGIN IMMEDIATE") {
            self.refusing = !is_busy(&error);
            return Err(error);
        }
        let outcomes: rusqlite::Result<Vec<Outcome>> =
            group.iter().map(|write| batch(&self.connection, &write.ops)).collect();
        let committed = outcomes
            .and_then(|outcomes| self.connection.execute_batch("COMMIT").map(|()| outcomes));
        self.refusing = committed.is_err();
        committed
    }
}

/// Runs one batch in its savepoint. `Err` if the transaction around it is no longer sound.
fn batch(connection: &Connection, ops: &[Op]) -> rusqlite::Result<Outcome> {
    connection.prepare_cached("SAVEPOINT batch")?.execute([])?;
    for (index, op) in ops.iter().enumerate() {
        let outcome = match apply(connection, op) {
            Ok(true) => continue,
            Ok(false) => Ok(BatchOutcome::Failed(index)),
            // A row that is too large, say, is the fault of one batch; if SQLite gave up the
            // transaction, of all.
            Err(error) if is_of_the_batch(&error) && !connection.is_autocommit() => {
                Err(failed(error))
            }
            Err(error) => return Err(error),
        };
        connection.prepare_cached("ROLLBACK TO batch")?.execute([])?;
        connection.prepare_cached("RELEASE batch")?.execute([])?;
        return Ok(outcome);
    }
    connection.prepare_cached("RELEASE batch")?.execute([])?;
    Ok(Ok(BatchOutcome::Applied))
}

/// Whether the error is in what was asked, not in the file or the disk.
fn is_of_the_batch(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{ConstraintViolation, TooBig, TypeMismatch};
    matches!(error.sqlite_error_code(), Some(ConstraintViolation | TooBig | TypeMismatch))
}

/// Whether the condition of `op` held; then it is done.
fn apply(connection: &Connection, op: &Op) -> rusqlite::Result<bool> {
    let changed = match op {
        Op::Insert(row) => connection
            .prepare_cached(
                "INSERT INTO state (kind, key, generation, expires_at, bytes)
                 VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            )?
            .execute(params![row.kind, row.key, FIRST_GENERATION, row.expires_at, row.bytes])?,
        Op::Replace { row, expected } => connection
            .prepare_cached(
                "UPDATE state SET generation = ?3, expires_at = ?4, bytes = ?5
                 WHERE kind = ?1 AND key = ?2 AND generation = ?6",
            )?
            .execute(params![
                row.kind,
                row.key,
                expected.saturating_add(1),
                row.expires_at,
                row.bytes,
                expected
            ])?,
        Op::Delete { kind, key, expected: Some(expected) } => connection
            .prepare_cached("DELETE FROM state WHERE kind = ?1 AND key = ?2 AND generation = ?3")?
            .execute(params![kind, key, expected])?,
        Op::Delete { kind, key, expected: None } => {
            connection
                .prepare_cached("DELETE FROM state WHERE kind = ?1 AND key = ?2")?
                .execute(params![kind, key])?;
            1
        }
    };
    Ok(changed > 0)
}

#[cfg(test)]
mod tests;
