//! The tables, step by step, forward only. Nodes that start at once agree by inserting the number of
//! the step: one does, the others wait for it and look again.

use super::StoreError;
use super::connection::{Connections, PATIENT, failed, is_contention};
use deadpool_postgres::Object;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// What leads from each version to the next. Never change one that was released: add one.
/// Keys and tags are bytes, so that they sort as bytes and may hold any character.
pub(super) const STEPS: &[&str] = &[
    "
    CREATE TABLE state (
        kind text NOT NULL,
        key bytea NOT NULL,
        tags text NOT NULL,
        generation bigint NOT NULL,
        expires_at bigint,
        bytes bytea NOT NULL,
        PRIMARY KEY (kind, key)
    );
    CREATE INDEX state_by_expiry ON state (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE state_tag (
        kind text NOT NULL,
        key bytea NOT NULL,
        tag bytea NOT NULL,
        PRIMARY KEY (kind, key, tag)
    );
    CREATE INDEX state_tag_by_tag ON state_tag (tag, kind, key);
    CREATE TABLE operation (id bytea PRIMARY KEY);
",
    "
    -- Whether a batch wrote the id, or who looked it up and found none; and when, in seconds by the
    -- clock of the database.
    ALTER TABLE operation ADD COLUMN applied boolean NOT NULL DEFAULT true;
    ALTER TABLE operation ADD COLUMN written_at bigint NOT NULL
        DEFAULT CAST(FLOOR(EXTRACT(EPOCH FROM now())) AS bigint);
    CREATE INDEX operation_by_age ON operation (written_at);
",
];

/// How often to look again while other nodes are at it.
const ATTEMPTS: u32 = 50;

/// Brings the database up to the newest version.
pub(super) async fn migrate(connections: &Connections) -> Result<(), StoreError> {
    let connection = connections.take().await?;
    let mut attempts = 0;
    loop {
        match step(&connection).await {
            Ok(Progress::Done) => return Ok(()),
            Ok(Progress::Newer { found, known }) => return Err(StoreError::Newer { found, known }),
            Ok(Progress::Stepped) => {}
            Err(error) if is_of_another_node(&error) && attempts < ATTEMPTS => {
                attempts += 1;
                connection.batch_execute("ROLLBACK").await.map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
    }
}

enum Progress {
    Stepped,
    Done,
    Newer { found: i64, known: i64 },
}

async fn step(connection: &Object) -> Result<Progress, Error> {
    let make = "CREATE TABLE IF NOT EXISTS migration (version bigint PRIMARY KEY)";
    connection.batch_execute(make).await?;
    let sql = "SELECT COALESCE(MAX(version), 0) FROM migration";
    let found: i64 = connection.query_one(sql, &[]).await?.try_get(0)?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Ok(Progress::Newer { found, known });
    }
    let next = usize::try_from(found).ok().and_then(|index| STEPS.get(index));
    let Some(step) = next else { return Ok(Progress::Done) };
    connection.batch_execute("BEGIN").await?;
    connection.batch_execute(PATIENT).await?;
    let sql = "INSERT INTO migration (version) VALUES ($1)";
    connection.execute(sql, &[&found.saturating_add(1)]).await?;
    connection.batch_execute(step).await?;
    connection.batch_execute("COMMIT").await?;
    Ok(Progress::Stepped)
}

/// Even `IF NOT EXISTS` trips over another node that makes the same table at the same moment.
fn is_of_another_node(error: &Error) -> bool {
    // A table is a type too, and either may be what the other node was quicker with.
    let duplicates =
        [SqlState::UNIQUE_VIOLATION, SqlState::DUPLICATE_TABLE, SqlState::DUPLICATE_OBJECT];
    is_contention(error) || error.code().is_some_and(|code| duplicates.contains(code))
}
