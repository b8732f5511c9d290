//! Whether a file is what it should be, and what is in it.

use super::UpkeepError;
use crate::store::sqlite;
use rusqlite::Connection;
use std::path::Path;

/// Most tags that are told of.
const STRAYS: u32 = 100;

/// The version of the tables since which rows have tags. What is older is brought up to date when it
/// is restored or served.
const FIRST_WITH_TAGS: i64 = 2;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What is wrong; empty if nothing is.
    pub problems: Vec<String>,
    /// The version of the tables.
    pub version: i64,
    /// How often a backup was restored.
    pub epoch: i64,
    /// How many rows there are of each kind, by the name of the kind.
    pub n_rows: Vec<(String, i64)>,
}

/// Reads the whole file, also while a server writes to it.
///
/// # Errors
/// [`UpkeepError::Database`] if it cannot be read at all.
pub fn check(database: &Path) -> Result<Report, UpkeepError> {
    let failed = UpkeepError::database(database);
    let connection = sqlite::open_existing(database).map_err(failed)?;
    // One moment for all questions.
    connection.execute_batch("BEGIN").map_err(failed)?;
    report(&connection).map_err(failed)
}

fn report(connection: &Connection) -> rusqlite::Result<Report> {
    let sql = "SELECT COALESCE(MAX(version), 0) FROM migration";
    let version = connection.query_row(sql, [], |row| row.get(0))?;
    let mut problems = damage(connection)?;
    if problems.is_empty() && version >= FIRST_WITH_TAGS {
        problems = strays(connection)?;
    }
    Ok(Report {
        problems,
        version,
        epoch: sqlite::epoch::find(connection)?,
        n_rows: connection
            .prepare("SELECT kind, COUNT(*) FROM state GROUP BY kind ORDER BY kind")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?,
    })
}

/// What SQLite itself finds wrong, a hundred things at most.
fn damage(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    Ok(lines
        .collect::<rusqlite::Result<Vec<_>>>()?
        .into_iter()
        .filter(|line| line != "ok")
        .collect())
}

/// Rows that a tag leads to and are not there, and tags of rows that do not lead to them.
fn strays(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "
        SELECT 'the tag ' || tag || ' leads to no row of kind ' || kind FROM state_tag
            WHERE NOT EXISTS (
                SELECT 1 FROM state, json_each(state.tags) AS said
                WHERE state.kind = state_tag.kind AND state.key = state_tag.key
                    AND said.value = state_tag.tag)
        UNION ALL
        SELECT 'a row of kind ' || state.kind || ' is not found by its tag ' || said.value
            FROM state, json_each(state.tags) AS said
            WHERE NOT EXISTS (
                SELECT 1 FROM state_tag
                WHERE state_tag.kind = state.kind AND state_tag.key = state.key
                    AND state_tag.tag = said.value)
        LIMIT ?1";
    connection.prepare(sql)?.query_map([STRAYS], |row| row.get(0))?.collect()
}
