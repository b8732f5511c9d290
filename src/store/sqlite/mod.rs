//! Rows in one SQLite file: a thread that writes and two that read, each with its own connection,
//! behind bounded queues. Nothing here blocks a worker of the runtime.

pub(super) mod epoch;
mod migration;
mod reader;
mod tags;
mod writer;

#[cfg(test)]
pub(super) use migration::first_step;
pub(super) use migration::migrate;

use super::Range;
use super::row::{Answer, Batched, Op, Row, StoreError};
use crate::clock::Clock;
use crate::metrics::{Gauge, METRICS};
use reader::Question;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// How many may wait in a queue; who comes after them is told that the store is busy.
const QUEUE: usize = 1024;
/// How many threads read: a long list does not hold up the questions behind it.
const READERS: usize = 2;
/// How long another process may hold the file: another server being started, or a backup.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often to try again to turn the write-ahead log on.
const WRITE_AHEAD_ATTEMPTS: u32 = 100;

/// The two queues.
#[derive(Debug, Clone)]
pub struct Sqlite {
    writer: SyncSender<writer::Write>,
    reader: SyncSender<reader::Read>,
    clock: Clock,
}

impl Sqlite {
    pub(super) fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        let mut writing = connect(path)?;
        migrate(&mut writing)?;
        let (writer, writes) = sync_channel(QUEUE);
        let (reader, reads) = sync_channel(QUEUE);
        let reads = Arc::new(Mutex::new(reads));
        for _ in 0..READERS {
            let (reading, clock, reads) = (connect(path)?, clock.clone(), Arc::clone(&reads));
            start("store-reader", move || reader::run(&reading, &clock, &reads))?;
        }
        let writing_clock = clock.clone();
        start("store-writer", move || writer::run(writing, writing_clock, &writes))?;
        Ok(Self { writer, reader, clock })
    }

    /// Whoever opens the file is on its machine, whose clock is handed in.
    pub(super) fn time(&self) -> Answer<()> {
        Answer { value: (), at: self.clock.microseconds() }
    }

    pub(super) async fn batch(&self, ops: Vec<Op>) -> Result<Answer<Batched>, StoreError> {
        let (answer, answered) = oneshot::channel();
        enqueue(&self.writer, writer::Write { ops, answer }, &METRICS.store_writes_waiting)?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    pub(super) async fn find(
        &self,
        kind: &str,
        key: &str,
    ) -> Result<Answer<Option<Row>>, StoreError> {
        let question = Question::Find { kind: kind.to_owned(), key: key.to_owned() };
        let rows = self.read(question).await?;
        Ok(rows.map(|rows| rows.into_iter().next()))
    }

    pub(super) async fn list(&self, kind: &str) -> Result<Answer<Vec<Row>>, StoreError> {
        self.read(Question::List { kind: kind.to_owned() }).await
    }

    pub(super) async fn list_range(
        &self,
        kind: &str,
        range: Range<'_>,
    ) -> Result<Answer<Vec<Row>>, StoreError> {
        let (kind, limit) = (kind.to_owned(), range.limit);
        self.read(match range.after {
            Some(after) => Question::ListAfter { kind, after: after.to_owned(), limit },
            None => Question::ListFrom { kind, from: range.prefix.to_owned(), limit },
        })
        .await
    }

    pub(super) async fn list_before(
        &self,
        kind: &str,
        before: &str,
        limit: u32,
    ) -> Result<Answer<Vec<Row>>, StoreError> {
        let (kind, before) = (kind.to_owned(), before.to_owned());
        self.read(Question::ListBefore { kind, before, limit }).await
    }

    pub(super) async fn list_by_tag(
        &self,
        kind: &str,
        tag: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Answer<Vec<Row>>, StoreError> {
        let (kind, tag) = (kind.to_owned(), tag.to_owned());
        let after = after.map(str::to_owned);
        self.read(Question::ListByTag { kind, tag, after, limit }).await
    }

    async fn read(&self, question: Question) -> Result<Answer<Vec<Row>>, StoreError> {
        let (answer, answered) = oneshot::channel();
        enqueue(&self.reader, reader::Read { question, answer }, &METRICS.store_reads_waiting)?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }
}

/// A connection that waits for its turn and for the disk: after COMMIT a power cut loses nothing.
fn connect(path: &Path) -> Result<Connection, StoreError> {
    let new = !path.exists();
    let connection = Connection::open(path).map_err(failed)?;
    if new {
        // By name, not through a handle: closing one would drop SQLite's own locks on the file. The
        // files SQLite puts beside it take the same mode.
        let private = fs::set_permissions(path, Permissions::from_mode(0o600));
        private.map_err(|error| StoreError::Database(error.to_string()))?;
    }
    // SQLite opens what it may not write as well, and a database that needs no migration would say so at
    // the first batch only.
    if connection.is_readonly(rusqlite::MAIN_DB).map_err(failed)? {
        let said = format!("{} may not be written to", path.display());
        return Err(StoreError::Database(said));
    }
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    write_ahead(&connection).map_err(failed)?;
    connection
        .execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;",
        )
        .map_err(failed)?;
    Ok(connection)
}

/// A connection to a file that must be there, without turning on what a server needs.
pub(super) fn open_existing(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// Turns the write-ahead log on. Of several processes that do so at once SQLite turns some away
/// without the patience it has elsewhere; taking the write lock for a moment is waiting for them.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let mut attempts = 0;
    loop {
        match connection.execute_batch("PRAGMA journal_mode = WAL") {
            Err(error) if is_busy(&error) && attempts < WRITE_AHEAD_ATTEMPTS => attempts += 1,
            ended => return ended,
        }
        connection.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
}

fn start(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(body);
    thread.map(drop).map_err(|error| StoreError::Database(error.to_string()))
}

fn enqueue<Task>(queue: &SyncSender<Task>, task: Task, waiting: &Gauge) -> Result<(), StoreError> {
    // Before it is sent: it may be taken at once.
    waiting.add(1);
    queue.try_send(task).map_err(|error| {
        waiting.add(-1);
        match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        }
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the form `map_err` takes")]
pub(super) fn failed(error: rusqlite::Error) -> StoreError {
    // Another process holds the file: nothing was done, and asking again may help.
    if is_busy(&error) { StoreError::Busy } else { StoreError::Database(error.to_string()) }
}

#[cfg(test)]
mod disk_tests;
#[cfg(test)]
mod tests;
