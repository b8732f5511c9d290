//! A backup becomes the database. Who was signed in when it was made is so no longer (decision 21):
//! what was revoked and rotated since is forgotten, so nothing of it may be believed.

use super::{UpkeepError, copy, draft};
use crate::clock::Clock;
use crate::random::Random;
use crate::store::sqlite;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// What a restore did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// How often a backup was restored by now.
    pub epoch: i64,
    /// How many rows were ended: sessions, refresh families, and all that is kept for a time only.
    pub n_ended: usize,
}

/// Makes the backup in the file `from` the database at `database`, where none may be. It is checked
/// and brought up to date first.
///
/// # Errors
/// [`UpkeepError`]; there is no database then.
pub fn restore(
    from: &Path,
    database: &Path,
    clock: &Clock,
    random: &Random,
) -> Result<Restored, UpkeepError> {
    // A log left behind would be taken for the new file's own.
    for beside in ["-wal", "-shm", "-journal"] {
        let mut name = database.as_os_str().to_owned();
        name.push(beside);
        let beside = Path::new(&name);
        if beside.try_exists().map_err(UpkeepError::file(beside))? {
            return Err(UpkeepError::Exists(beside.to_owned()));
        }
    }
    draft::write(database, random, |draft| {
        copy(from, draft)?;
        raise_epoch(draft, clock.seconds())
    })
}

fn raise_epoch(draft: &Path, seconds: i64) -> Result<Restored, UpkeepError> {
    let failed = UpkeepError::database(draft);
    let mut connection = sqlite::open_existing(draft).map_err(failed)?;
    sqlite::migrate(&mut connection)
        .map_err(|source| UpkeepError::Database { path: draft.to_owned(), source })?;
    end_all(&mut connection, seconds).map_err(failed)
}

fn end_all(connection: &mut Connection, seconds: i64) -> rusqlite::Result<Restored> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let n_ended = sqlite::epoch::end_all(&transaction)?;
    let epoch = sqlite::epoch::raise(&transaction, seconds)?;
    transaction.commit()?;
    Ok(Restored { epoch, n_ended })
}
