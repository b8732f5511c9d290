//! How often a backup was restored, and what each restore ends (decision 21).

use super::tags;
use crate::store::row::{ENDED_BY_RESTORE, EPOCH, KEPT_BY_RESTORE};
use rusqlite::{Connection, OptionalExtension, params};

const KIND: &str = EPOCH.0;
const KEY: &str = EPOCH.1;

/// How often a backup was restored.
pub(in crate::store) fn find(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT generation FROM state WHERE kind = ?1 AND key = ?2";
    let found = connection.query_row(sql, [KIND, KEY], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(0))
}

/// Counts one more; the row says when.
pub(in crate::store) fn raise(connection: &Connection, seconds: i64) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO state (kind, key, generation, bytes) VALUES (?1, ?2, 1, ?3)
        ON CONFLICT (kind, key) DO UPDATE SET generation = generation + 1, bytes = excluded.bytes";
    connection.execute(sql, params![KIND, KEY, seconds.to_string().into_bytes()])?;
    find(connection)
}

/// Deletes the rows that are kept for a time only, but for those that say what counts no more, and
/// those of the kinds that are ended anyway. Answers how many.
pub(in crate::store) fn end_all(connection: &Connection) -> rusqlite::Result<usize> {
    let list = |kinds: &[&str]| serde_json::Value::from(kinds).to_string();
    let kinds = [list(ENDED_BY_RESTORE), list(KEPT_BY_RESTORE)];
    let ended = "kind IN (SELECT value FROM json_each(?1)) OR expires_at IS NOT NULL
        AND kind NOT IN (SELECT value FROM json_each(?2))";
    let mut statement =
        connection.prepare(&format!("SELECT kind, key, tags FROM state WHERE {ended}"))?;
    let mut rows = statement.query(kinds.each_ref())?;
    while let Some(row) = rows.next()? {
        let (kind, key, text): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        match tags::from_text(&text) {
            Ok(tags) => tags::remove(connection, (&kind, &key), &tags)?,
            Err(_) => tags::remove_all(connection, (&kind, &key))?,
        }
    }
    connection.execute(&format!("DELETE FROM state WHERE {ended}"), kinds)
}
