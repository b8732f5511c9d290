//! Rows in PostgreSQL, for several nodes. A batch is one transaction, whose statements are sent
//! together; nothing is used that CockroachDB and YugabyteDB lack: no LISTEN, no advisory locks, no
//! triggers, no sequences.

mod connection;
mod epoch;
mod in_order;
mod migration;
mod reading;
mod statement;
mod transaction;

use super::Range;
use super::row::{Answer, Batched, Op, Row, StoreError};
use super::upkeep::Restored;
use crate::clock::Clock;
use connection::Connections;
use reading::Question;
use std::fmt;

/// The schema of the tables of events (decision 41).
const EVENTS: &str = "claimsmith_audit";

/// The isolation of every transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// What the database gives unless told otherwise; rows that a batch looks at are locked.
    ReadCommitted,
    /// For databases that know nothing else, and to be held to the same tests.
    Serializable,
}

/// The pool of connections, and the clock that says what time it is.
#[derive(Clone)]
pub struct Postgres {
    connections: Connections,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Postgres")
    }
}

impl Postgres {
    /// With the system's clock the time is that of the database, which all nodes share.
    pub(super) async fn open(
        url: &str,
        isolation: Isolation,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let connections = Connections::open(url, isolation, clock)?;
        connection::insist_on_durability(&connections).await?;
        migration::migrate(&connections).await?;
        Ok(Self { connections })
    }

    /// As [`Postgres::open`], with the tables in a schema of their own.
    pub(super) async fn open_events(url: &str, clock: Clock) -> Result<Self, StoreError> {
        let isolation = Isolation::ReadCommitted;
        let usual = Connections::open(url, isolation, clock.clone())?;
        let sql = format!("CREATE SCHEMA IF NOT EXISTS {EVENTS}");
        let made = usual.take().await?.batch_execute(&sql).await;
        // Another node may make it at the same moment; whether it is there, the tables find out.
        if let Err(error) = made {
            tracing::debug!(%error, "the schema of events was not made");
        }
        let connections = Connections::open_in(url, isolation, clock, Some(EVENTS))?;
        migration::migrate(&connections).await?;
        Ok(Self { connections })
    }

    /// Ends what a restore ends; answers how often that was done.
    pub(super) async fn raise_epoch(&self) -> Result<Restored, StoreError> {
        epoch::raise(&self.connections).await
    }

    /// In a task of its own: who hangs up cancels nothing.
    pub(super) async fn batch(&self, ops: Vec<Op>) -> Result<Answer<Batched>, StoreError> {
        let place = self.connections.queue()?;
        let connections = self.connections.clone();
        let task = async move {
            let ended = transaction::run(&connections, &ops).await;
            drop(place);
            ended
        };
        tokio::spawn(task).await.unwrap_or(Err(StoreError::Closed))
    }

    /// Asked only where no answer told it yet.
    pub(super) async fn time(&self) -> Result<Answer<()>, StoreError> {
        if let Some(at) = self.connections.last_heard() {
            return Ok(Answer { value: (), at });
        }
        Ok(reading::read(&self.connections, &Question::Time).await?.map(|_| ()))
    }

    pub(super) async fn find(
        &self,
        kind: &str,
        key: &str,
    ) -> Result<Answer<Option<Row>>, StoreError> {
        let rows = reading::read(&self.connections, &Question::Find { kind, key }).await?;
        Ok(rows.map(|rows| rows.into_iter().next()))
    }

    pub(super) async fn list(&self, kind: &str) -> Result<Answer<Vec<Row>>, StoreError> {
        reading::read(&self.connections, &Question::List { kind }).await
    }

    pub(super) async fn list_range(
        &self,
        kind: &str,
        range: Range<'_>,
    ) -> Result<Answer<Vec<Row>>, StoreError> {
        reading::read(&self.connections, &Question::ListRange { kind, range }).await
    }

    pub(super) async fn list_before(
        &self,
        kind: &str,
        before: &str,
        limit: u32,
    ) -> Result<Answer<Vec<Row>>, StoreError> {
        reading::read(&self.connections, &Question::ListBefore { kind, before, limit }).await
    }

    pub(super) async fn list_by_tag(
        &self,
        kind: &str,
        tag: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Answer<Vec<Row>>, StoreError> {
        let question = Question::ListByTag { kind, tag, after, limit };
        reading::read(&self.connections, &question).await
    }
}

#[cfg(test)]
pub(super) mod proxy;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod throwaway;
