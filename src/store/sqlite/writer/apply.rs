//! One op of a batch, in SQL.

use crate::store::row::{FIRST_GENERATION, Op, Row};
use crate::store::sqlite::tags;
use crate::store::tags::to_text;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

/// What became of an op.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applied {
    /// Its condition held, and it is done; so many rows were removed by their tag or age.
    Done {
        /// How many.
        n_removed: usize,
    },
    /// Its condition failed.
    Failed,
}

impl From<bool> for Applied {
    fn from(done: bool) -> Self {
        if done { Self::Done { n_removed: 0 } } else { Self::Failed }
    }
}

/// Does `op`, if its condition holds; `seconds` is what time it is.
pub(super) fn apply(connection: &Connection, op: &Op, seconds: i64) -> rusqlite::Result<Applied> {
    match op {
        Op::Insert(row) => insert(connection, row).map(Applied::from),
        Op::Replace { row, expected } => replace(connection, row, *expected).map(Applied::from),
        Op::Delete { kind, key, expected } => {
            let deleted = delete(connection, (kind, key), *expected)?;
            Ok((deleted || expected.is_none()).into())
        }
        Op::Expect { kind, key, generation } => {
            let sql = "SELECT generation FROM state WHERE kind = ?1 AND key = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement.query_row([kind, key], |row| row.get::<_, i64>(0)).optional()?;
            Ok((found == *generation).into())
        }
        Op::DeleteTagged { kind, tag, limit } => {
            let sql = "SELECT kind, key FROM state_tag WHERE tag = ?1";
            let found = match kind {
                Some(kind) => {
                    let sql = format!("{sql} AND kind = ?2 LIMIT ?3");
                    places(connection, &sql, &[tag, kind, limit])?
                }
                None => places(connection, &format!("{sql} LIMIT ?2"), &[tag, limit])?,
            };
            for (kind, key) in &found {
                // A tag that leads to no row is forgotten, too, lest it be found for ever.
                if !delete(connection, (kind, key), None)? {
                    tags::remove(connection, (kind, key), [tag])?;
                }
            }
            Ok(Applied::Done { n_removed: found.len() })
        }
        Op::DeleteExpired { limit } => {
            let sql = "SELECT kind, key FROM state
                WHERE expires_at IS NOT NULL AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2";
            let found = places(connection, sql, &[&seconds, limit])?;
            for (kind, key) in &found {
                delete(connection, (kind, key), None)?;
            }
            Ok(Applied::Done { n_removed: found.len() })
        }
    }
}

fn insert(connection: &Connection, row: &Row) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO state (kind, key, tags, generation, expires_at, bytes)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    let text = to_text(&row.tags);
    let n_inserted = connection.prepare_cached(sql)?.execute(params![
        row.kind,
        row.key,
        text,
        FIRST_GENERATION,
        row.expires_at,
        row.bytes
    ])?;
    if n_inserted == 0 {
        return Ok(false);
    }
    tags::add(connection, (&row.kind, &row.key), &row.tags)?;
    Ok(true)
}

/// One statement, unless the tags change too, or when it expires: an index that no column of a
/// statement stands in is not written.
fn replace(connection: &Connection, row: &Row, expected: i64) -> rusqlite::Result<bool> {
    let bytes_alone = "UPDATE state SET generation = ?4, bytes = ?6
        WHERE kind = ?1 AND key = ?2 AND generation = ?7 AND tags = ?3 AND expires_at IS ?5";
    let all_but_tags = "UPDATE state SET generation = ?4, expires_at = ?5, bytes = ?6
        WHERE kind = ?1 AND key = ?2 AND generation = ?7 AND tags = ?3";
    let text = to_text(&row.tags);
    let update = |sql| {
        connection.prepare_cached(sql)?.execute(params![
            row.kind,
            row.key,
            text,
            expected.saturating_add(1),
            row.expires_at,
            row.bytes,
            expected
        ])
    };
    if update(bytes_alone)? > 0 || update(all_but_tags)? > 0 {
        return Ok(true);
    }
    let place = (row.kind.as_str(), row.key.as_str());
    let Some(before) = tags::of_generation(connection, place, expected)? else { return Ok(false) };
    tags::remove(connection, place, before.difference(&row.tags))?;
    tags::add(connection, place, row.tags.difference(&before))?;
    connection
        .prepare_cached("UPDATE state SET tags = ?3 WHERE kind = ?1 AND key = ?2")?
        .execute(params![row.kind, row.key, text])?;
    Ok(update(all_but_tags)? > 0)
}

/// Whether there was such a row, of the generation expected if one is.
fn delete(
    connection: &Connection,
    (kind, key): (&str, &str),
    expected: Option<i64>,
) -> rusqlite::Result<bool> {
    let sql =
        "DELETE FROM state WHERE kind = ?1 AND key = ?2 AND generation = IFNULL(?3, generation)
        RETURNING tags";
    let mut statement = connection.prepare_cached(sql)?;
    let text = statement
        .query_row(params![kind, key, expected], |row| row.get::<_, String>(0))
        .optional()?;
    let Some(text) = text else { return Ok(false) };
    match tags::from_text(&text) {
        Ok(tags) => tags::remove(connection, (kind, key), &tags)?,
        // They can be found all the same, slowly.
        Err(_) => tags::remove_all(connection, (kind, key))?,
    }
    Ok(true)
}

/// The kinds and keys that `sql` selects.
fn places(
    connection: &Connection,
    sql: &str,
    parameters: &[&dyn ToSql],
) -> rusqlite::Result<Vec<(String, String)>> {
    connection
        .prepare_cached(sql)?
        .query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
