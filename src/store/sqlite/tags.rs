//! The tags of a row as rows of their own, by which it is found.

use crate::store::tags;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;

/// The tags in the text that stands beside the row.
pub(super) fn from_text(text: &str) -> rusqlite::Result<BTreeSet<String>> {
    let unreadable = |error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    };
    tags::from_text(text).map_err(unreadable)
}

/// The tags of the row, if it is there in this generation.
pub(super) fn of_generation(
    connection: &Connection,
    (kind, key): (&str, &str),
    generation: i64,
) -> rusqlite::Result<Option<BTreeSet<String>>> {
    let sql = "SELECT tags FROM state WHERE kind = ?1 AND key = ?2 AND generation = ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let text = statement
        .query_row(params![kind, key, generation], |row| row.get::<_, String>(0))
        .optional()?;
    text.map(|text| from_text(&text)).transpose()
}

/// Lets the row be found by these tags.
pub(super) fn add<'t>(
    connection: &Connection,
    (kind, key): (&str, &str),
    tags: impl IntoIterator<Item = &'t String>,
) -> rusqlite::Result<()> {
    for tag in tags {
        connection
            .prepare_cached("INSERT INTO state_tag (tag, kind, key) VALUES (?1, ?2, ?3)")?
            .execute([tag, kind, key])?;
    }
    Ok(())
}

/// Lets the row no longer be found by any tag: where it cannot be read which it has.
pub(super) fn remove_all(
    connection: &Connection,
    (kind, key): (&str, &str),
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM state_tag WHERE kind = ?1 AND key = ?2";
    connection.prepare_cached(sql)?.execute([kind, key]).map(drop)
}

/// Lets the row no longer be found by these tags.
pub(super) fn remove<'t>(
    connection: &Connection,
    (kind, key): (&str, &str),
    tags: impl IntoIterator<Item = &'t String>,
) -> rusqlite::Result<()> {
    for tag in tags {
        connection
            .prepare_cached("DELETE FROM state_tag WHERE tag = ?1 AND kind = ?2 AND key = ?3")?
            .execute([tag, kind, key])?;
    }
    Ok(())
}
