//! One batch: its statements in one go, then COMMIT. What others were in the way of is tried again
//! whole. Where the connection dies at COMMIT, the batch is never simply sent again: its id is
//! looked up first.

use super::connection::{Connections, PATIENCE, failed, is_contention, is_lost};
use super::in_order::{Asked, in_order};
use super::statement::{Counts, Statement, statements};
use crate::clock::Clock;
use crate::random::Random;
use crate::store::row::{Answer, BatchOutcome, Batched, Op, StoreError};
use deadpool_postgres::Object;
use std::time::Duration;
use tokio_postgres::Error;
use tokio_postgres::types::ToSql;

/// How often a batch is tried again.
const RETRIES: u32 = 5;
/// How often an id is looked up, for a database that is just being started again.
const LOOKUPS: u32 = 20;

/// The batch begins with this: of an id there can be one row, whoever writes it.
const MARK: &str = "INSERT INTO operation (id, applied) VALUES ($1, true)";
/// Waits for a transaction that is writing the same id, and takes the id where none did.
pub(super) const REFUSE: &str =
    "INSERT INTO operation (id, applied) VALUES ($1, false) ON CONFLICT DO NOTHING";
/// Says who took it. That is asked of the row alone, since the answer to a lookup may be lost too.
const LOOK_UP: &str = "SELECT applied FROM operation WHERE id = $1";

/// How an attempt ended.
enum Ended {
    /// With an answer.
    Done(Answer<Batched>),
    /// Nothing happened; another attempt may do better.
    Again(StoreError),
    /// The batch was to be committed, and then nobody said whether it was.
    Unknown { id: Vec<u8>, answer: Answer<Batched> },
}

pub(super) async fn run(
    connections: &Connections,
    ops: &[Op],
) -> Result<Answer<Batched>, StoreError> {
    let mut reason = StoreError::Busy;
    for attempt in 0..=RETRIES {
        if attempt > 0 {
            pause(attempt).await;
        }
        reason = match attempt_once(connections, ops).await? {
            Ended::Done(answer) => return Ok(answer),
            Ended::Again(reason) => reason,
            Ended::Unknown { id, answer } => {
                if was_applied(connections, &id).await? {
                    return Ok(answer);
                }
                StoreError::Busy
            }
        };
    }
    Err(reason)
}

async fn attempt_once(connections: &Connections, ops: &[Op]) -> Result<Ended, StoreError> {
    let connection = match connections.take().await {
        Ok(connection) => connection,
        Err(reason @ StoreError::Database(_)) => return Ok(Ended::Again(reason)),
        Err(error) => return Err(error),
    };
    let id = operation_id();
    let answer = match ask(connections, &connection, ops, &id).await {
        Ok(answer) => answer,
        Err(Trouble::Said(error)) => {
            give_back(connection, !is_lost(&error)).await;
            return if is_contention(&error) {
                Ok(Ended::Again(StoreError::Busy))
            } else if is_lost(&error) {
                Ok(Ended::Again(failed(error)))
            } else {
                Err(failed(error))
            };
        }
        Err(Trouble::Silent) => {
            give_back(connection, false).await;
            return Err(silent());
        }
    };
    if let BatchOutcome::Failed(_) = answer.value.outcome {
        give_back(connection, true).await;
        return Ok(Ended::Done(answer));
    }
    commit(connection, id, answer).await
}

async fn commit(
    connection: Object,
    id: Vec<u8>,
    answer: Answer<Batched>,
) -> Result<Ended, StoreError> {
    match tokio::time::timeout(PATIENCE, connection.batch_execute("COMMIT")).await {
        Ok(Ok(())) => Ok(Ended::Done(answer)),
        Ok(Err(error)) if is_contention(&error) => {
            give_back(connection, true).await;
            Ok(Ended::Again(StoreError::Busy))
        }
        Ok(Err(_)) | Err(_) => {
            give_back(connection, false).await;
            Ok(Ended::Unknown { id, answer })
        }
    }
}

/// How many statements are sent before their answers are waited for. Nearly every batch has fewer; an
/// import may have a million.
const PIPELINE: usize = 500;

/// Why there was no answer.
enum Trouble {
    Said(Error),
    Silent,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Said(error)
    }
}

/// Sends BEGIN and everything else in one go; the answers say whether to commit.
async fn ask(
    connections: &Connections,
    connection: &Object,
    ops: &[Op],
    id: &[u8],
) -> Result<Answer<Batched>, Trouble> {
    let fixed = match &connections.clock {
        clock @ Clock::Fixed(_) => Some(clock.seconds()),
        Clock::System => None,
    };
    let mut asked: Vec<(usize, Statement)> = Vec::new();
    for (index, op) in ops.iter().enumerate() {
        asked.extend(statements(op, fixed).into_iter().map(|one| (index, one)));
    }
    let mark = connection.prepare_cached(MARK).await?;
    let opening: Vec<Asked<'_, Result<i64, Error>>> = vec![
        Box::pin(async { connection.batch_execute("BEGIN").await.map(|()| 0) }),
        Box::pin(connections.now(connection)),
        Box::pin(async { connection.execute(&mark, &[&id]).await.map(count) }),
    ];
    let (first, rest) = asked.split_at(asked.len().min(PIPELINE));
    let mut counts = send(connection, opening, first).await?.into_iter();
    let (begun, at, marked) = (counts.next(), counts.next(), counts.next());
    begun.transpose()?;
    let at = at.transpose()?.unwrap_or_default();
    marked.transpose()?;
    let mut n_removed = 0;
    let mut unmet = look_at(first, counts, &mut n_removed)?;
    for chunk in rest.chunks(PIPELINE) {
        if unmet.is_some() {
            break;
        }
        let counts = send(connection, Vec::new(), chunk).await?.into_iter();
        unmet = look_at(chunk, counts, &mut n_removed)?;
    }
    let applied = Batched { outcome: BatchOutcome::Applied, n_removed };
    Ok(Answer { value: unmet.map_or(applied, Batched::failed), at })
}

/// What each of the opening and each statement says.
async fn send<'c>(
    connection: &'c Object,
    opening: Vec<Asked<'c, Result<i64, Error>>>,
    asked: &[(usize, Statement)],
) -> Result<Vec<Result<i64, Error>>, Trouble> {
    let mut prepared = Vec::with_capacity(asked.len());
    for (_, statement) in asked {
        prepared.push(connection.prepare_cached(statement.sql).await?);
    }
    let parameters: Vec<Vec<&(dyn ToSql + Sync)>> = asked.iter().map(parameters).collect();
    let mut futures: Vec<Asked<'_, Result<i64, Error>>> = opening;
    for (statement, parameters) in prepared.iter().zip(&parameters) {
        let execute = connection.execute(statement, parameters);
        futures.push(Box::pin(async { execute.await.map(count) }));
    }
    let answered = tokio::time::timeout(PATIENCE, in_order(futures)).await;
    answered.map_err(|_| Trouble::Silent)
}

/// The index of the first op whose condition was not met.
fn look_at(
    asked: &[(usize, Statement)],
    counts: impl Iterator<Item = Result<i64, Error>>,
    n_removed: &mut usize,
) -> Result<Option<usize>, Error> {
    for ((index, statement), n_rows) in asked.iter().zip(counts) {
        match (statement.counts, n_rows?) {
            (Counts::Met, 0) => return Ok(Some(*index)),
            (Counts::Removed, n_rows) => *n_removed += usize::try_from(n_rows).unwrap_or(0),
            (Counts::Met | Counts::Nothing, _) => {}
        }
    }
    Ok(None)
}

fn parameters((_, statement): &(usize, Statement)) -> Vec<&(dyn ToSql + Sync)> {
    statement.parameters.iter().map(|one| one.as_ref() as &(dyn ToSql + Sync)).collect()
}

fn count(n_rows: u64) -> i64 {
    i64::try_from(n_rows).unwrap_or(i64::MAX)
}

/// Rolls back what is left and returns the connection to the pool, or drops it if it is no good.
async fn give_back(connection: Object, is_good: bool) {
    let is_clean = is_good
        && matches!(
            tokio::time::timeout(PATIENCE, connection.batch_execute("ROLLBACK")).await,
            Ok(Ok(()))
        );
    if !is_clean {
        drop(Object::take(connection));
    }
}

/// Whether the batch with this id was applied; if not, it never will be: the id is taken from now
/// on, so that a COMMIT which is still on its way fails.
pub(super) async fn was_applied(connections: &Connections, id: &[u8]) -> Result<bool, StoreError> {
    for attempt in 1..=LOOKUPS {
        if let Ok(connection) = connections.take().await {
            match tokio::time::timeout(PATIENCE, look_up(&connection, id)).await {
                Ok(Ok(applied)) => return Ok(applied),
                Ok(Err(error)) => give_back(connection, !is_lost(&error)).await,
                Err(_) => give_back(connection, false).await,
            }
        }
        pause(attempt.min(RETRIES + 2)).await;
    }
    Err(StoreError::Unknown)
}

async fn look_up(connection: &Object, id: &[u8]) -> Result<bool, Error> {
    let parameters: [&(dyn ToSql + Sync); 1] = [&id];
    connection.execute(REFUSE, &parameters).await?;
    connection.query_one(LOOK_UP, &parameters).await?.try_get(0)
}

fn operation_id() -> Vec<u8> {
    let mut id = vec![0; 16];
    Random::System.fill_id(&mut id);
    id
}

/// Twice as long each time, and never the same: those who were in each other's way part.
async fn pause(attempt: u32) {
    let mut random = [0; 2];
    Random::System.fill_id(&mut random);
    let most = 10_u64 << attempt.min(8);
    let milliseconds = u64::from(u16::from_be_bytes(random)) % most + 1;
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

fn silent() -> StoreError {
    StoreError::Database(format!("no answer within {} s", PATIENCE.as_secs()))
}
