//! Questions that change nothing. A connection that turns out to be dead is replaced by another.

use super::connection::{Connections, PATIENCE, failed, is_contention, is_lost};
use crate::store::Range;
use crate::store::row::{Answer, Row, StoreError};
use crate::store::tags;
use deadpool_postgres::Object;
use tokio_postgres::Error;
use tokio_postgres::types::ToSql;

/// Which rows are wanted, in the order of their keys unless it says otherwise.
pub(super) enum Question<'q> {
    /// None: what time it is is told with every answer.
    Time,
    /// The one of this kind and key.
    Find { kind: &'q str, key: &'q str },
    /// All of a kind.
    List { kind: &'q str },
    /// Those of a kind from a key on.
    ListRange { kind: &'q str, range: Range<'q> },
    /// Those of a kind before a key, the last one first.
    ListBefore { kind: &'q str, before: &'q str, limit: u32 },
    /// Those of a kind that have a tag, from a key on.
    ListByTag { kind: &'q str, tag: &'q str, after: Option<&'q str>, limit: u32 },
}

/// How often another connection is tried: as many may be dead as the pool keeps.
const ATTEMPTS: u32 = 25;

pub(super) async fn read(
    connections: &Connections,
    question: &Question<'_>,
) -> Result<Answer<Vec<Row>>, StoreError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let connection = connections.take().await?;
        let error =
            match tokio::time::timeout(PATIENCE, ask(connections, &connection, question)).await {
                Ok(Ok((at, rows))) => {
                    let value = rows.iter().map(row).collect::<Result<_, _>>()?;
                    return Ok(Answer { value, at });
                }
                Ok(Err(error)) => error,
                Err(_) => {
                    drop(Object::take(connection));
                    return Err(StoreError::Busy);
                }
            };
        if is_lost(&error) {
            drop(Object::take(connection));
        }
        if attempt >= ATTEMPTS || !(is_lost(&error) || is_contention(&error)) {
            return Err(failed(error));
        }
    }
}

async fn ask(
    connections: &Connections,
    connection: &Object,
    question: &Question<'_>,
) -> Result<(i64, Vec<tokio_postgres::Row>), Error> {
    macro_rules! about_rows {
        ($rest:literal) => {
            concat!(
                "SELECT state.kind, state.key, state.tags, state.generation, state.expires_at,
                 state.bytes FROM state ",
                $rest
            )
        };
    }
    let mut bytes: Vec<Vec<u8>> = Vec::new();
    let (sql, kind, limit) = match question {
        Question::Time => return Ok((connections.now(connection).await?, Vec::new())),
        Question::Find { kind, key } => {
            bytes.push(key.as_bytes().to_vec());
            (about_rows!("WHERE kind = $1 AND key = $2"), kind, None)
        }
        Question::List { kind } => (about_rows!("WHERE kind = $1 ORDER BY key"), kind, None),
        Question::ListRange { kind, range } => {
            bytes.push(range.after.unwrap_or(range.prefix).as_bytes().to_vec());
            let sql = if range.after.is_some() {
                about_rows!("WHERE kind = $1 AND key > $2 ORDER BY key LIMIT $3")
            } else {
                about_rows!("WHERE kind = $1 AND key >= $2 ORDER BY key LIMIT $3")
            };
            (sql, kind, Some(i64::from(range.limit)))
        }
        Question::ListBefore { kind, before, limit } => {
            bytes.push(before.as_bytes().to_vec());
            let sql = about_rows!("WHERE kind = $1 AND key < $2 ORDER BY key DESC LIMIT $3");
            (sql, kind, Some(i64::from(*limit)))
        }
        // Every key is at least the empty one.
        Question::ListByTag { kind, tag, after, limit } => {
            bytes.push(tag.as_bytes().to_vec());
            bytes.push(after.unwrap_or_default().as_bytes().to_vec());
            let sql = if after.is_some() {
                about_rows!(
                    "JOIN state_tag USING (kind, key)
                     WHERE state_tag.kind = $1 AND state_tag.tag = $2 AND state_tag.key > $3
                     ORDER BY state_tag.key LIMIT $4"
                )
            } else {
                about_rows!(
                    "JOIN state_tag USING (kind, key)
                     WHERE state_tag.kind = $1 AND state_tag.tag = $2 AND state_tag.key >= $3
                     ORDER BY state_tag.key LIMIT $4"
                )
            };
            (sql, kind, Some(i64::from(*limit)))
        }
    };
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![kind];
    parameters.extend(bytes.iter().map(|one| one as &(dyn ToSql + Sync)));
    parameters.extend(limit.iter().map(|one| one as &(dyn ToSql + Sync)));
    let statement = connection.prepare_cached(sql).await?;
    let (at, rows) =
        tokio::join!(connections.now(connection), connection.query(&statement, &parameters));
    Ok((at?, rows?))
}

fn row(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let unreadable = |error: &dyn std::fmt::Display| StoreError::Database(error.to_string());
    let tags = tags::from_text(row.try_get(2).map_err(failed)?).map_err(|e| unreadable(&e))?;
    let key = row.try_get::<_, &[u8]>(1).map_err(failed)?;
    let key = String::from_utf8(key.to_vec()).map_err(|e| unreadable(&e))?;
    Ok(Row {
        key,
        tags,
        kind: row.try_get(0).map_err(failed)?,
        generation: row.try_get(3).map_err(failed)?,
        expires_at: row.try_get(4).map_err(failed)?,
        bytes: row.try_get(5).map_err(failed)?,
    })
}
