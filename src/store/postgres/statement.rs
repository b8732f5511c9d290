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
const DELETE_TAGS: &str = "DELETE FROM state_tag WHERE kind = $1 AND key = $2";
const EXPECT: &str =
    "SELECT 1 FROM state WHERE kind = $1 AND key = $2 AND generation = $3 FOR SHARE";
const DELETE_TAGGED_OF_KIND: &str = "
    WITH found AS (
        SELECT kind, key FROM state_tag WHERE tag = $1 AND kind = $2 ORDER BY key LIMIT $3
    ), gone AS (
        DELETE FROM state USING found WHERE state.kind = found.kind AND state.key = found.key
    ), untagged AS (
        DELETE FROM state_tag USING found
            WHERE state_tag.kind = found.kind AND state_tag.key = found.key
    ) SELECT 1 FROM found";
const DELETE_TAGGED: &str = "
    WITH found AS (
        SELECT kind, key FROM state_tag WHERE tag = $1 ORDER BY kind, key LIMIT $2
    ), gone AS (
        DELETE FROM state USING found WHERE state.kind = found.kind AND state.key = found.key
    ), untagged AS (
        DELETE FROM state_tag USING found
            WHERE state_tag.kind = found.kind AND state_tag.key = found.key
    ) SELECT 1 FROM found";
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
/// Ids begin with the second of their batch.
const DELETE_OPERATIONS: &str =
    "DELETE FROM operation WHERE id IN (SELECT id FROM operation WHERE id < $1 LIMIT $2)";

/// How long the id of a batch is kept, in seconds: far longer than anybody asks for it.
const OPERATION_KEPT: i64 = 3600;

macro_rules! statement {
    ($sql:expr, $counts:ident $(, $parameter:expr)* $(,)?) => {
        Statement {
            sql: $sql,
            parameters: vec![$(Box::new($parameter)),*],
            counts: Counts::$counts,
        }
    };
}

/// The statements of `op`. `fixed` is what time it is where a test holds the clock; `seconds` is
/// what time it is about.
pub(super) fn statements(op: &Op, fixed: Option<i64>, seconds: i64) -> Vec<Statement> {
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
        Op::DeleteTagged { kind: Some(kind), tag, limit } => vec![statement!(
            DELETE_TAGGED_OF_KIND,
            Removed,
            tag.as_bytes().to_vec(),
            kind.clone(),
            i64::from(*limit)
        )],
        Op::DeleteTagged { kind: None, tag, limit } => {
            vec![statement!(DELETE_TAGGED, Removed, tag.as_bytes().to_vec(), i64::from(*limit))]
        }
        Op::DeleteExpired { limit } => {
            let old = seconds.saturating_sub(OPERATION_KEPT).to_be_bytes().to_vec();
            vec![
                statement!(DELETE_EXPIRED, Removed, fixed, i64::from(*limit)),
                statement!(DELETE_OPERATIONS, Nothing, old, i64::from(*limit)),
            ]
        }
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
