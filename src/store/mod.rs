//! What must survive a restart: rows, changed in batches of which all or nothing happens. One enum
//! of implementations that the same tests hold to the same behaviour (`tests.rs`).

pub mod data_directory;
pub mod key_store;
mod memory;
mod row;
mod sqlite;

pub use row::{BatchOutcome, Op, Row, StoreError};

use memory::Memory;
use sqlite::Sqlite;
use std::path::Path;

/// Where rows are kept. Clones share them.
#[derive(Debug, Clone)]
pub enum Store {
    /// In this process only: for tests.
    Memory(Memory),
    /// In one SQLite file.
    Sqlite(Sqlite),
}

impl Store {
    /// An empty store that ends with the process.
    #[must_use]
    pub fn memory() -> Self {
        Self::Memory(Memory::default())
    }

    /// The store in the SQLite file at `path`, made or brought up to date first. It blocks: for the
    /// start of a server.
    ///
    /// # Errors
    /// [`StoreError::Newer`] if a newer Claimsmith wrote the file, [`StoreError::Database`] if it
    /// cannot be opened.
    pub fn sqlite(path: &Path) -> Result<Self, StoreError> {
        Sqlite::open(path).map(Self::Sqlite)
    }

    /// Applies `ops` in order, each seeing what those before it did: all of them, or none if the
    /// condition of one fails. When this answers `Applied` the rows are on the disk. A caller that
    /// stops waiting does not cancel the batch.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if too many wait already, [`StoreError::Refusing`] after an earlier
    /// failed write, [`StoreError::Database`] if it failed now.
    pub async fn batch(&self, ops: Vec<Op>) -> Result<BatchOutcome, StoreError> {
        match self {
            Self::Memory(memory) => Ok(memory.batch(ops)),
            Self::Sqlite(sqlite) => sqlite.batch(ops).await,
        }
    }

    /// The row of this kind and key. A row that has expired is found too: what time it is, is the
    /// caller's to say.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if too many wait already, [`StoreError::Database`] if reading fails.
    pub async fn find(&self, kind: &str, key: &str) -> Result<Option<Row>, StoreError> {
        match self {
            Self::Memory(memory) => Ok(memory.find(kind, key)),
            Self::Sqlite(sqlite) => sqlite.find(kind, key).await,
        }
    }

    /// All rows of this kind, in the byte order of their keys.
    ///
    /// # Errors
    /// As [`Store::find`].
    pub async fn list(&self, kind: &str) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Memory(memory) => Ok(memory.list(kind)),
            Self::Sqlite(sqlite) => sqlite.list(kind).await,
        }
    }
}

#[cfg(test)]
mod tests;
