//! An op as statements that may all be sent before the first is answered: where a condition fails,
//! the transaction is rolled back, so that what came after it does no harm.

use crate::store::row::{FIRST_GENERATION, Op, Row};
use crate::store::tags;
use tokio_postgres::types::ToSql;

/// A statement, its parameters, and what the number of rows it tells means.
pub(super) struct Statement {
    pub(super) sql: &'static str,
    pub(super) parameters: Vec<Box<dyn ToSql + Send + Sync>>,
    pub(super) counts: Counts,
}

/// What the number of rows means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    Nothing,
    /// None means that the condition of the op failed.
    Met,
    /// So many were removed by tag or age.
    Removed,
}

const INSERT: &str = "INSERT INTO state (kind, key, tags, generation, expires_at, bytes)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
const REPLACE: &str = "UPDATE state SET tags = $3, generation = $4, expires_at = $5, bytes = $6
    WHERE kind = $1 AND key = $2 AND generation = $7";
const ADD_TAG: &str =
    "INSERT INTO state_tag (kind, key, tag) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const KEEP_TAGS: &str = "DELETE FROM state_tag WHERE kind = $1 AND key = $2 AND tag <> ALL ($3)";
const DELETE: &str = "DELETE FROM state WHERE kind = $1 AND key = $2";
const DELETE_GENERATION: &str =
    "DELETE FROM state WHERE kind = $1 AND key = $2 AND generation = $3";
/// Not of a row that another inserted since this batch looked.
const DELETE_TAGS: &str = "DELETE FROM state_tag WHERE kind = $1 AND key = $2
    AND NOT EXISTS (SELECT 1 FROM state WHERE state.kind = $1 AND state.key = $2)";
const EXPECT: &str =
    "SELECT 1 FROM state WHERE kind = $1 AND key = $2 AND generation = $3 FOR SHARE";
/// Waits for who is changing rows with a tag, so that the next statement sees them as they are then.
macro_rules! lock_tagged {
    ($found:literal) => {
        concat!(
            "SELECT 1 FROM state WHERE (kind, key) IN (SELECT kind, key FROM state_tag WHERE ",
            $found,
            ") ORDER BY kind, key FOR UPDATE"
        )
    };
}
/// A row that has the tag no more when its turn comes stays. What a tag leads to and is not there is
/// forgotten with the rest. $2 is the tag as it stands in the text of a row's tags.
macro_rules! delete_tagged {
    ($found:literal) => {
        concat!(
            "WITH found AS (
                SELECT kind, key FROM state_tag WHERE ",
            $found,
            "), gone AS (
                DELETE FROM state USING found
                    WHERE state.kind = found.kind AND state.key = found.key
                        AND POSITION($2 IN state.tags) > 0
                    RETURNING state.kind, state.key
            ), untagged AS (
                DELETE FROM state_tag USING found
                    WHERE state_tag.kind = found.kind AND state_tag.key = found.key AND (
                        EXISTS (SELECT 1 FROM gone
                            WHERE gone.kind = state_tag.kind AND gone.key = state_tag.key)
                        OR (state_tag.tag = $1 AND NOT EXISTS (SELECT 1 FROM state
                            WHERE state.kind = state_tag.kind AND state.key = state_tag.key
                                AND POSITION($2 IN state.tags) > 0)))
            ) SELECT 1 FROM found"
        )
    };
}
const LOCK_TAGGED: &str = lock_tagged!("tag = $1 ORDER BY kind, key LIMIT $2");
const LOCK_TAGGED_OF_KIND: &str = lock_tagged!("tag = $1 AND kind = $3 ORDER BY key LIMIT $2");
const DELETE_TAGGED: &str = delete_tagged!("tag = $1 ORDER BY kind, key LIMIT $3");
const DELETE_TAGGED_OF_KIND: &str = delete_tagged!("tag = $1 AND kind = $4 ORDER BY key LIMIT $3");
/// What was given more time while this waited stays; what another node removes is left to it.
const DELETE_EXPIRED: &str = "
    WITH found AS (
        SELECT kind, key FROM state
            WHERE expires_at <= COALESCE($1, CAST(FLOOR(EXTRACT(EPOCH FROM now())) AS bigint))
            ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM state USING found WHERE state.kind = found.kind AND state.key = found.key
    ), untagged AS (
        DELETE FROM state_tag USING found
            WHERE state_tag.kind = found.kind AND state_tag.key = found.key
    ) SELECT 1 FROM found";
/// The ids of batches, an hour after them: far longer than anybody asks for one. By the clock of the
/// database, whatever a node or a test takes the time to be.
const DELETE_OPERATIONS: &str = "DELETE FROM operation WHERE id IN (
        SELECT id FROM operation
            WHERE written_at < CAST(FLOOR(EXTRACT(EPOCH FROM now())) AS bigint) - 3600 LIMIT $1)";

macro_rules! statement {
    ($sql:expr, $counts:ident $(, $parameter:expr)* $(,)?) => {
        Statement {
            sql: $sql,
            parameters: vec![$(Box::new($parameter)),*],
            counts: Counts::$counts,
        }
    };
}

/// The statements of `op`. `fixed` is what time it is where a test holds the clock.
pub(super) fn statements(op: &Op, fixed: Option<i64>) -> Vec<Statement> {
    match op {
        Op::Insert(row) => {
            let mut statements = vec![insert(row)];
            statements.extend(tags_of(row));
            statements
        }
        Op::Replace { row, expected } => replace(row, *expected),
        Op::Delete { kind, key, expected } => {
            let key = key.as_bytes().to_vec();
            let delete = match expected {
                Some(expected) => {
                    statement!(DELETE_GENERATION, Met, kind.clone(), key.clone(), *expected)
                }
                None => statement!(DELETE, Nothing, kind.clone(), key.clone()),
            };
            vec![delete, statement!(DELETE_TAGS, Nothing, kind.clone(), key)]
        }
        Op::Expect { kind, key, generation: Some(generation) } => {
            vec![statement!(EXPECT, Met, kind.clone(), key.as_bytes().to_vec(), *generation)]
        }
        // Nothing can be locked that is not there: a row that comes and goes keeps others out.
        Op::Expect { kind, key, generation: None } => {
            let place = Row::new(kind, key, Vec::new());
            let key = key.as_bytes().to_vec();
            vec![insert(&place), statement!(DELETE, Nothing, kind.clone(), key)]
        }
        Op::DeleteTagged { kind, tag, limit } => {
            let (bytes, limit) = (tag.as_bytes().to_vec(), i64::from(*limit));
            let (same, text) = (bytes.clone(), tags::written(tag));
            match kind.clone() {
                Some(kind) => vec![
                    statement!(LOCK_TAGGED_OF_KIND, Nothing, same, limit, kind.clone()),
                    statement!(DELETE_TAGGED_OF_KIND, Removed, bytes, text, limit, kind),
                ],
                None => vec![
                    statement!(LOCK_TAGGED, Nothing, same, limit),
                    statement!(DELETE_TAGGED, Removed, bytes, text, limit),
                ],
            }
        }
        Op::DeleteExpired { limit } => vec![
            statement!(DELETE_EXPIRED, Removed, fixed, i64::from(*limit)),
            statement!(DELETE_OPERATIONS, Nothing, i64::from(*limit)),
        ],
    }
}

fn insert(row: &Row) -> Statement {
    statement!(
        INSERT,
        Met,
        row.kind.clone(),
        row.key.as_bytes().to_vec(),
        tags::to_text(&row.tags),
        FIRST_GENERATION,
        row.expires_at,
        row.bytes.clone()
    )
}

fn replace(row: &Row, expected: i64) -> Vec<Statement> {
    let key = || row.key.as_bytes().to_vec();
    let tags: Vec<Vec<u8>> = row.tags.iter().map(|tag| tag.as_bytes().to_vec()).collect();
    let update = statement!(
        REPLACE,
        Met,
        row.kind.clone(),
        key(),
        tags::to_text(&row.tags),
        expected.saturating_add(1),
        row.expires_at,
        row.bytes.clone(),
        expected
    );
    let mut statements =
        vec![update, statement!(KEEP_TAGS, Nothing, row.kind.clone(), key(), tags)];
    statements.extend(tags_of(row));
    statements
}

fn tags_of(row: &Row) -> impl Iterator<Item = Statement> {
    row.tags.iter().map(|tag| {
        let (key, tag) = (row.key.as_bytes().to_vec(), tag.as_bytes().to_vec());
        statement!(ADD_TAG, Nothing, row.kind.clone(), key, tag)
    })
}
