//! The pool, what each connection insists on, and what time it is there.

use super::{Isolation, StoreError};
use crate::clock::Clock;
use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, Error, NoTls};

/// Most connections of a node. PostgreSQL takes 100 in all unless told otherwise.
const CONNECTIONS: usize = 20;
/// How many batches may wait for one; who comes after them is told that the store is busy.
const QUEUE: usize = 1024;
/// How long to wait for a connection, and for an answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// That no answer told yet what time it is.
const UNHEARD: i64 = i64::MIN;

/// What each session is told: no statement and no forgotten transaction holds its locks for long.
const SESSION: &str = "-c statement_timeout=10s -c idle_in_transaction_session_timeout=30s";

/// What takes as long as there are rows is told this first, in its transaction.
pub(super) const PATIENT: &str = "SET LOCAL statement_timeout = 0";

/// Connections to one database. Clones share them.
#[derive(Clone)]
pub(super) struct Connections {
    pool: Pool,
    places: Arc<Semaphore>,
    pub(super) clock: Clock,
    /// By how much the clock of the database is ahead of this node's monotonic one, in microseconds, as
    /// far as the last answer told; [`UNHEARD`] before the first.
    ahead: Arc<AtomicI64>,
}

impl Connections {
    /// Connects to nothing yet.
    pub(super) fn open(url: &str, isolation: Isolation, clock: Clock) -> Result<Self, StoreError> {
        Self::open_in(url, isolation, clock, None)
    }

    /// As [`Connections::open`], of the tables in this schema.
    pub(super) fn open_in(
        url: &str,
        isolation: Isolation,
        clock: Clock,
        schema: Option<&str>,
    ) -> Result<Self, StoreError> {
        let mut config: Config = url.parse().map_err(failed)?;
        let isolation = match isolation {
            Isolation::ReadCommitted => "read\\ committed",
            Isolation::Serializable => "serializable",
        };
        let given = config.get_options().unwrap_or_default();
        let schema = schema.map(|name| format!(" -c search_path={name}")).unwrap_or_default();
        let options =
            format!("{SESSION} -c default_transaction_isolation={isolation} {given}{schema}");
        config.options(options.trim()).application_name("claimsmith");
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        // Whether a connection is still good is found out by using it.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, NoTls, recycling);
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .build()
            .map_err(|error| StoreError::Database(error.to_string()))?;
        let places = Arc::new(Semaphore::new(QUEUE));
        Ok(Self { pool, places, clock, ahead: Arc::new(AtomicI64::new(UNHEARD)) })
    }

    /// What time it is there, as far as the last answer told, in microseconds since 1970. A node asks
    /// several times a second whether anything changed.
    pub(super) fn last_heard(&self) -> Option<i64> {
        match self.ahead.load(Ordering::Relaxed) {
            UNHEARD => None,
            ahead => Some(self.clock.monotonic().saturating_add(ahead)),
        }
    }

    /// What time it is, in microseconds since 1970: what the clock says if a test holds it, else what
    /// the database says.
    pub(super) async fn now(&self, connection: &Object) -> Result<i64, Error> {
        if let Clock::Fixed(_) = self.clock {
            return Ok(self.clock.microseconds());
        }
        let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)";
        let statement = connection.prepare_cached(sql).await?;
        let at: i64 = connection.query_one(&statement, &[]).await?.try_get(0)?;
        self.ahead.store(at.saturating_sub(self.clock.monotonic()), Ordering::Relaxed);
        Ok(at)
    }

    /// A place in the queue, or that it is full.
    pub(super) fn queue(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        Arc::clone(&self.places).try_acquire_owned().map_err(|_| StoreError::Busy)
    }

    pub(super) async fn take(&self) -> Result<Object, StoreError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(_) => StoreError::Busy,
            PoolError::Backend(error) => failed(error),
            error => StoreError::Database(error.to_string()),
        })
    }
}

/// A database that answers before it has written would make our promises false.
pub(super) async fn insist_on_durability(connections: &Connections) -> Result<(), StoreError> {
    let connection = connections.take().await?;
    let sql = "SELECT current_setting('synchronous_commit')";
    let found: String =
        connection.query_one(sql, &[]).await.and_then(|row| row.try_get(0)).map_err(failed)?;
    if found == "off" {
        let said =
            "synchronous_commit is off, so that what it acknowledges may be lost; turn it on";
        return Err(StoreError::Database(said.to_owned()));
    }
    Ok(())
}

/// Whether nothing was done only because others did something at the same time.
pub(super) fn is_contention(error: &Error) -> bool {
    matches!(
        error.code(),
        Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED)
    )
}

/// Whether it is the connection or the server that ended, not the statement that was wrong.
pub(super) fn is_lost(error: &Error) -> bool {
    let ending = ["57P01", "57P02", "57P03", "25006", "25P03"];
    error.as_db_error().is_none_or(|said| {
        let code = said.code().code();
        code.starts_with("08") || ending.contains(&code)
    })
}

/// All that is said about it: the words of the library alone are `db error`.
#[expect(clippy::needless_pass_by_value, reason = "the form `map_err` takes")]
pub(super) fn failed(error: Error) -> StoreError {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        said.push_str(": ");
        said.push_str(&error.to_string());
        cause = error.source();
    }
    StoreError::Database(said)
}
