//! The tables, step by step, forward only. A file written by a newer program is refused unread.

use super::{StoreError, failed};
use rusqlite::{Connection, TransactionBehavior};

/// What leads from each version to the next. Never change one that was released: add one.
pub(super) const STEPS: &[&str] = &[
    "
    CREATE TABLE state (
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        generation INTEGER NOT NULL,
        expires_at INTEGER,
        bytes BLOB NOT NULL,
        PRIMARY KEY (kind, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX state_by_expiry ON state (expires_at) WHERE expires_at IS NOT NULL;
",
    "
    -- A row's tags stand beside it too, as a JSON list in order: a replacement that keeps them is
    -- one statement.
    ALTER TABLE state ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
    CREATE TABLE state_tag (
        tag TEXT NOT NULL,
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        PRIMARY KEY (tag, kind, key)
    ) STRICT, WITHOUT ROWID;
",
];

/// Brings the file up to the newest version, in one transaction that a second process waits for.
pub(in crate::store) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    transaction
        .execute_batch("CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY) STRICT;")
        .map_err(failed)?;
    let found: i64 = transaction
        .query_row("SELECT COALESCE(MAX(version), 0) FROM migration", [], |row| row.get(0))
        .map_err(failed)?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (version, step) in (1_i64..).zip(STEPS).filter(|(version, _)| *version > found) {
        transaction.execute_batch(step).map_err(failed)?;
        transaction
            .execute("INSERT INTO migration (version) VALUES (?1)", [version])
            .map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

/// What the first program made.
#[cfg(test)]
pub(in crate::store) fn first_step() -> &'static str {
    STEPS.first().copied().unwrap_or_default()
}
