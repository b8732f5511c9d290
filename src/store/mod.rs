//! What must survive a restart: rows, changed in batches of which all or nothing happens. One enum
//! of implementations that the same tests hold to the same behaviour (`tests.rs`).

pub mod data_directory;
pub mod data_key;
#[cfg(any(test, feature = "internals"))]
mod failing;
pub mod journal;
pub mod key_store;
mod memory;
pub mod organization;
pub mod recorder;
mod postgres;
mod row;
mod sqlite;
mod tags;
pub mod upkeep;

#[cfg(any(test, feature = "internals"))]
pub use failing::Fails;
pub use postgres::Isolation;
pub use row::{Answer, BatchOutcome, Op, Row, StoreError};

use crate::clock::{Clock, Stopwatch};
use crate::metrics::{Histogram, METRICS, SPANS};
#[cfg(any(test, feature = "internals"))]
use failing::Failing;
use memory::Memory;
use postgres::Postgres;
use row::Batched;
use sqlite::Sqlite;
use std::path::Path;
use tracing::Instrument;

/// How many rows one step of a cascade or a sweep removes, so that none holds the others up.
pub const STEP: u32 = 256;

/// Where rows are kept. Clones share them.
#[derive(Debug, Clone)]
pub enum Store {
    /// In this process only: for tests.
    Memory(Memory),
    /// In one SQLite file.
    Sqlite(Sqlite),
    /// In a PostgreSQL database, which several nodes may share.
    Postgres(Postgres),
    /// In another, until a call that fails: for tests.
    #[cfg(any(test, feature = "internals"))]
    Failing(Failing),
}

/// A part of the rows of one kind, in the byte order of their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range<'r> {
    /// What the keys begin with.
    pub prefix: &'r str,
    /// The key that those wanted come after.
    pub after: Option<&'r str>,
    /// How many at most.
    pub limit: u32,
}

impl Range<'_> {
    /// Keeps the rows whose keys have the prefix, of rows in order that begin at the first such.
    fn cut(self, mut rows: Vec<Row>) -> Vec<Row> {
        let n_within = rows.iter().take_while(|row| row.key.starts_with(self.prefix)).count();
        rows.truncate(n_within);
        rows
    }
}

impl Store {
    /// An empty store that ends with the process. What time it is there, `clock` says.
    #[must_use]
    pub fn memory(clock: Clock) -> Self {
        Self::Memory(Memory::new(clock))
    }

    /// The store in the SQLite file at `path`, made or brought up to date first. It blocks: for the
    /// start of a server. What time it is there, `clock` says.
    ///
    /// # Errors
    /// [`StoreError::Newer`] if a newer Claimsmith wrote the file, [`StoreError::Database`] if it
    /// cannot be opened.
    pub fn sqlite(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        Sqlite::open(path, clock).map(Self::Sqlite)
    }

    /// The store in the PostgreSQL database at `url` (libpq's URLs or its `key=value` form), made or
    /// brought up to date first. What time it is there, the database says, unless `clock` is held
    /// still.
    ///
    /// # Errors
    /// [`StoreError::Newer`] if a newer Claimsmith wrote the database, [`StoreError::Database`] if it
    /// cannot be reached or acknowledges what it has not written.
    pub async fn postgres(
        url: &str,
        isolation: Isolation,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        Postgres::open(url, isolation, clock).await.map(Self::Postgres)
    }

    /// The store of events that need not be there before a request is answered: tables of their own
    /// in the PostgreSQL database at `url`, in the schema `claimsmith_audit` (decision 41).
    ///
    /// # Errors
    /// As [`Store::postgres`].
    pub async fn postgres_events(url: &str, clock: Clock) -> Result<Self, StoreError> {
        Postgres::open_events(url, clock).await.map(Self::Postgres)
    }

    /// This store, whose call number `fatal`, counted from one, fails. None does if that is zero.
    #[cfg(any(test, feature = "internals"))]
    #[must_use]
    pub fn failing(self, fatal: usize, fails: Fails) -> Self {
        Self::Failing(Failing::new(self, fatal, fails))
    }

    /// How many calls a store that was made to fail has had; zero of any other.
    #[cfg(any(test, feature = "internals"))]
    #[must_use]
    pub fn n_calls(&self) -> usize {
        if let Self::Failing(failing) = self { failing.n_calls() } else { 0 }
    }

    /// Whether other nodes write to it too, which this one may be cut off from.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Applies `ops` in order, each seeing what those before it did: all of them, or none if the
    /// condition of one fails. When this answers `Applied` the rows are on the disk. A caller that
    /// stops waiting does not cancel the batch.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if too many wait already, [`StoreError::Refusing`] after an earlier
    /// failed write, [`StoreError::Database`] if it failed now, [`StoreError::Unknown`] if it may
    /// have been applied.
    pub async fn batch(&self, ops: Vec<Op>) -> Result<Answer<BatchOutcome>, StoreError> {
        Ok(self.apply(ops).await?.map(|batched| batched.outcome))
    }

    /// Deletes every row with this tag, of one kind or of every kind, in steps of [`STEP`] rows:
    /// the cascade of a revocation. Answers how many there were.
    ///
    /// # Errors
    /// As [`Store::batch`]; the steps before stay done, and asking again goes on.
    pub async fn delete_by_tag(
        &self,
        kind: Option<&str>,
        tag: &str,
    ) -> Result<Answer<usize>, StoreError> {
        let mut n_deleted = 0;
        loop {
            let (kind, tag) = (kind.map(str::to_owned), tag.to_owned());
            let step = self.apply(vec![Op::DeleteTagged { kind, tag, limit: STEP }]).await?;
            n_deleted += step.value.n_removed;
            // What began while a step ran is found by the next.
            if step.value.n_removed == 0 {
                return Ok(step.map(|_| n_deleted));
            }
        }
    }

    /// One step of forgetting what has expired; answers whether there may be more. To be asked
    /// again and again, with a pause when there is no more.
    ///
    /// # Errors
    /// As [`Store::batch`].
    pub async fn sweep(&self) -> Result<bool, StoreError> {
        let step = self.apply(vec![Op::DeleteExpired { limit: STEP }]).await?;
        Ok(step.value.n_removed == STEP as usize)
    }

    /// What time it is by the clock of the store: what is kept begins and ends by that one, whatever
    /// the clock of this node says.
    ///
    /// # Errors
    /// As [`Store::find`].
    pub async fn time(&self) -> Result<Answer<()>, StoreError> {
        match self {
            Self::Memory(memory) => Ok(memory.time()),
            Self::Sqlite(sqlite) => Ok(sqlite.time()),
            Self::Postgres(postgres) => postgres.time().await,
            #[cfg(any(test, feature = "internals"))]
            Self::Failing(failing) => failing.time().await,
        }
    }

    async fn apply(&self, ops: Vec<Op>) -> Result<Answer<Batched>, StoreError> {
        timed("batch", &METRICS.store_batches, async {
            match self {
                Self::Memory(memory) => Ok(memory.batch(ops)),
                Self::Sqlite(sqlite) => sqlite.batch(ops).await,
                Self::Postgres(postgres) => postgres.batch(ops).await,
                #[cfg(any(test, feature = "internals"))]
                Self::Failing(failing) => failing.apply(ops).await,
            }
        })
        .await
    }

    /// When a backup was last restored, in seconds since 1970; `None` if none ever was. What was
    /// said and done before may be forgotten (decisions 20 and 21).
    ///
    /// # Errors
    /// As [`Store::find`], and [`StoreError::Database`] if what is kept cannot be read.
    pub async fn restored_at(&self) -> Result<Option<i64>, StoreError> {
        let (kind, key) = row::EPOCH;
        let Some(row) = self.find(kind, key).await?.value else { return Ok(None) };
        let seconds = std::str::from_utf8(&row.bytes).ok().and_then(|text| text.parse().ok());
        let unreadable = || StoreError::Database("when a backup was restored is lost".to_owned());
        seconds.map(Some).ok_or_else(unreadable)
    }

    /// The row of this kind and key. A row that has expired is found too, until it is swept: the
    /// answer says what time it is.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if too many wait already, [`StoreError::Database`] if reading fails.
    pub async fn find(&self, kind: &str, key: &str) -> Result<Answer<Option<Row>>, StoreError> {
        timed("read", &METRICS.store_reads, async {
            match self {
                Self::Memory(memory) => Ok(memory.find(kind, key)),
                Self::Sqlite(sqlite) => sqlite.find(kind, key).await,
                Self::Postgres(postgres) => postgres.find(kind, key).await,
                #[cfg(any(test, feature = "internals"))]
                Self::Failing(failing) => failing.find(kind, key).await,
            }
        })
        .await
    }

    /// All rows of this kind, in the byte order of their keys: for kinds of which there are few.
    ///
    /// # Errors
    /// As [`Store::find`].
    pub async fn list(&self, kind: &str) -> Result<Answer<Vec<Row>>, StoreError> {
        timed("read", &METRICS.store_reads, async {
            match self {
                Self::Memory(memory) => Ok(memory.list(kind)),
                Self::Sqlite(sqlite) => sqlite.list(kind).await,
                Self::Postgres(postgres) => postgres.list(kind).await,
                #[cfg(any(test, feature = "internals"))]
                Self::Failing(failing) => failing.list(kind).await,
            }
        })
        .await
    }

    /// Rows of this kind whose keys are in `range`, in the byte order of their keys.
    ///
    /// # Errors
    /// As [`Store::find`].
    pub async fn list_range(
        &self,
        kind: &str,
        range: Range<'_>,
    ) -> Result<Answer<Vec<Row>>, StoreError> {
        // A key before the prefix is before every key that has it.
        let after = range.after.filter(|after| *after >= range.prefix);
        let range = Range { after, ..range };
        let found = match self {
            Self::Memory(memory) => memory.list_range(kind, range),
            Self::Sqlite(sqlite) => sqlite.list_range(kind, range).await?,
            Self::Postgres(postgres) => postgres.list_range(kind, range).await?,
            #[cfg(any(test, feature = "internals"))]
            Self::Failing(failing) => return failing.list_range(kind, range).await,
        };
        Ok(found.map(|rows| range.cut(rows)))
    }

    /// The last `limit` rows of this kind whose keys come before `before`, the last one first, in the
    /// byte order of their keys.
    ///
    /// # Errors
    /// As [`Store::find`].
    pub async fn list_before(
        &self,
        kind: &str,
        before: &str,
        limit: u32,
    ) -> Result<Answer<Vec<Row>>, StoreError> {
        match self {
            Self::Memory(memory) => Ok(memory.list_before(kind, before, limit)),
            Self::Sqlite(sqlite) => sqlite.list_before(kind, before, limit).await,
            Self::Postgres(postgres) => postgres.list_before(kind, before, limit).await,
            #[cfg(any(test, feature = "internals"))]
            Self::Failing(failing) => failing.list_before(kind, before, limit).await,
        }
    }

    /// The first `limit` rows of this kind with this tag whose keys come after `after`, in the byte
    /// order of their keys.
    ///
    /// # Errors
    /// As [`Store::find`].
    pub async fn list_by_tag(
        &self,
        kind: &str,
        tag: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Answer<Vec<Row>>, StoreError> {
        timed("read", &METRICS.store_reads, async {
            match self {
                Self::Memory(memory) => Ok(memory.list_by_tag(kind, tag, after, limit)),
                Self::Sqlite(sqlite) => sqlite.list_by_tag(kind, tag, after, limit).await,
                Self::Postgres(postgres) => postgres.list_by_tag(kind, tag, after, limit).await,
                #[cfg(any(test, feature = "internals"))]
                Self::Failing(failing) => failing.list_by_tag(kind, tag, after, limit).await,
            }
        })
        .await
    }
}

/// Counts how long the store took to answer, and whether it failed.
async fn timed<T>(
    operation: &'static str,
    durations: &Histogram,
    asked: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let span = tracing::info_span!(
        target: SPANS,
        "store",
        otel.kind = "client",
        db.operation.name = operation,
    );
    let watch = Stopwatch::start();
    let answered = asked.instrument(span).await;
    durations.observe(watch.nanoseconds());
    METRICS.store_failures.add(u64::from(answered.is_err()));
    answered
}

#[cfg(test)]
pub(crate) use postgres::throwaway;
#[cfg(test)]
mod key_tests;
#[cfg(test)]
mod skip;
#[cfg(test)]
mod tests;
