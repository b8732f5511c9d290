//! The thread that writes. It takes what is waiting, with no timer, since the previous sync was the
//! time to gather; runs each batch in its own savepoint; commits once; and only then answers.

mod apply;

use super::{StoreError, failed, is_busy};
use crate::clock::{Clock, Stopwatch, seconds_of};
use crate::metrics::METRICS;
use crate::store::row::{Answer, BatchOutcome, Batched, Op};
use apply::{Applied, apply};
use rusqlite::Connection;
use std::sync::mpsc::Receiver;
use tokio::sync::oneshot::Sender;

/// How many batches share a commit at most, so that the first of them does not wait for ever.
const GROUP: usize = 256;

type Outcome = Result<Answer<Batched>, StoreError>;

/// A batch and where its answer goes.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) ops: Vec<Op>,
    pub(super) answer: Sender<Outcome>,
}

/// Writes until nobody can ask any more.
pub(super) fn run(connection: Connection, clock: Clock, writes: &Receiver<Write>) {
    let mut writer = Writer { connection, clock, refusing: false };
    while let Ok(first) = writes.recv() {
        let waiting = std::iter::from_fn(|| writes.try_recv().ok()).take(GROUP - 1);
        let group: Vec<Write> = std::iter::once(first).chain(waiting).collect();
        METRICS.store_writes_waiting.add(-i64::try_from(group.len()).unwrap_or(i64::MAX));
        let watch = Stopwatch::start();
        let outcomes = writer.write(&group);
        METRICS.store_commits.observe(watch.nanoseconds());
        METRICS.store_committed_batches.add(group.len() as u64);
        for (write, outcome) in group.into_iter().zip(outcomes) {
            // Who hung up gets no answer; the batch stays applied.
            drop(write.answer.send(outcome));
        }
    }
}

struct Writer {
    connection: Connection,
    clock: Clock,
    /// After an error that leaves open what is on the disk; a full one does not. A sync is never
    /// tried again: the kernel may have dropped the pages and would say that all is well.
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
            group.iter().map(|write| self.batch(&write.ops)).collect();
        let committed = outcomes
            .and_then(|outcomes| self.connection.execute_batch("COMMIT").map(|()| outcomes));
        self.refusing = committed.as_ref().is_err_and(|error| !is_full(error));
        committed
    }

    /// Runs one batch in its savepoint. `Err` if the transaction around it is no longer sound.
    fn batch(&self, ops: &[Op]) -> rusqlite::Result<Outcome> {
        let at = self.clock.microseconds();
        let connection = &self.connection;
        connection.prepare_cached("SAVEPOINT batch")?.execute([])?;
        let mut n_removed = 0;
        for (index, op) in ops.iter().enumerate() {
            let outcome = match apply(connection, op, seconds_of(at)) {
                Ok(Applied::Done { n_removed: more }) => {
                    n_removed += more;
                    continue;
                }
                Ok(Applied::Failed) => Ok(Answer { value: Batched::failed(index), at }),
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
        Ok(Ok(Answer { value: Batched { outcome: BatchOutcome::Applied, n_removed }, at }))
    }
}

/// Whether there was no room. Then nothing was synced, what was written is taken back, and there may
/// be room later.
fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
}

/// Whether the error is in what was asked, or in the one row it is about, not in the file or the
/// disk.
fn is_of_the_batch(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{ConstraintViolation, TooBig, TypeMismatch};
    let is_unreadable = matches!(error, rusqlite::Error::FromSqlConversionFailure(..));
    let said = error.sqlite_error_code();
    is_unreadable || matches!(said, Some(ConstraintViolation | TooBig | TypeMismatch))
}

#[cfg(test)]
mod tests;
