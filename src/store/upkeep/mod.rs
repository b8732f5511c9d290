//! What an operator does with a database file: a backup while the server runs, a restore, a check,
//! and giving back the space of what was deleted.

mod check;
mod draft;
mod restore;

pub use check::{Report, check};
pub use restore::{Restored, restore};

use super::postgres::{Isolation, Postgres};
use super::row::StoreError;
use super::sqlite;
use crate::clock::Clock;
use crate::random::Random;
use std::io;
use std::path::{Path, PathBuf};

/// Why a file was left as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// What the database says.
    #[error("{}: {source}", .path.display())]
    Database {
        /// Which file.
        path: PathBuf,
        /// What it says.
        source: StoreError,
    },
    /// What the file system says.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which file or directory.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
    /// Nothing is written over what is there.
    #[error("{} is there already; move it away first", .0.display())]
    Exists(PathBuf),
    /// A backup of damaged data would be found out when it is needed.
    #[error("{} is damaged: {}", .path.display(), .problems.join("; "))]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problems: Vec<String>,
    },
}

impl UpkeepError {
    fn database(path: &Path) -> impl Fn(rusqlite::Error) -> Self + Copy {
        move |error| Self::Database { path: path.to_owned(), source: sqlite::failed(error) }
    }

    fn file(path: &Path) -> impl Fn(io::Error) -> Self + Copy {
        move |source| Self::File { path: path.to_owned(), source }
    }
}

/// Writes what the database holds at this moment to a new file, while a server may go on writing.
/// The file is whole, checked, on the disk and for its owner only when this returns. The master key
/// is not in it (decision 23).
///
/// # Errors
/// [`UpkeepError`]; there is no new file then.
pub fn backup(database: &Path, to: &Path, random: &Random) -> Result<(), UpkeepError> {
    draft::write(to, random, |draft| copy(database, draft))
}

/// To be called once after the PostgreSQL database at `url` was restored by its own tools, with no
/// node running: ends what `restore` ends.
///
/// # Errors
/// What the database says; nothing is ended then.
pub async fn end_all_of_before(url: &str) -> Result<Restored, StoreError> {
    let store = Postgres::open(url, Isolation::ReadCommitted, Clock::System).await?;
    store.raise_epoch().await
}

/// Gives back the space of what was deleted, and empties the write-ahead log. A server that runs
/// waits, so that its requests may fail meanwhile.
///
/// # Errors
/// [`UpkeepError::Database`]; nothing is lost then, but the file or its log may be as large as before:
/// [`StoreError::Busy`] while somebody reads or writes.
pub fn vacuum(database: &Path) -> Result<(), UpkeepError> {
    let failed = UpkeepError::database(database);
    let connection = sqlite::open_existing(database).map_err(failed)?;
    connection.execute_batch("VACUUM").map_err(failed)?;
    // That others were in the way is told in its answer, not as an error.
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    let is_busy =
        connection.query_row(checkpoint, [], |row| row.get::<_, i64>(0)).map_err(failed)?;
    if is_busy != 0 {
        return Err(UpkeepError::Database { path: database.to_owned(), source: StoreError::Busy });
    }
    Ok(())
}

/// Writes what `from` holds at this moment into the empty file `to`, and checks the copy. One read
/// transaction sees one moment, and hinders no writer.
fn copy(from: &Path, to: &Path) -> Result<(), UpkeepError> {
    let failed = UpkeepError::database(from);
    let connection = sqlite::open_existing(from).map_err(failed)?;
    let name = to.to_str().ok_or_else(|| {
        UpkeepError::file(to)(io::Error::new(io::ErrorKind::InvalidFilename, "not UTF-8"))
    })?;
    connection.execute("VACUUM INTO ?1", [name]).map_err(failed)?;
    match check(to)?.problems {
        problems if problems.is_empty() => Ok(()),
        problems => Err(UpkeepError::Damaged { path: from.to_owned(), problems }),
    }
}

#[cfg(test)]
mod tests;
