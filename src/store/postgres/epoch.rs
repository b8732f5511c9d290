//! What follows a restore of the database by its own tools: sessions, refresh families and all that
//! is kept for a time only end, as when a backup of a file is restored (decision 21).

use super::connection::{Connections, failed, now};
use crate::clock::seconds_of;
use crate::store::row::{ENDED_BY_RESTORE, StoreError};
use crate::store::upkeep::Restored;
use tokio_postgres::Error;

const END_TAGS: &str = "DELETE FROM state_tag USING state
    WHERE state.kind = state_tag.kind AND state.key = state_tag.key
        AND (state.expires_at IS NOT NULL OR state.kind = ANY ($1))";
const END: &str = "DELETE FROM state WHERE expires_at IS NOT NULL OR kind = ANY ($1)";
const RAISE: &str = "INSERT INTO state (kind, key, tags, generation, bytes)
    VALUES ('epoch', 'restore', '[]', 1, $1) ON CONFLICT (kind, key)
    DO UPDATE SET generation = state.generation + 1, bytes = excluded.bytes RETURNING generation";

pub(super) async fn raise(connections: &Connections) -> Result<Restored, StoreError> {
    end_all(connections).await?.map_err(failed)
}

async fn end_all(connections: &Connections) -> Result<Result<Restored, Error>, StoreError> {
    let mut connection = connections.take().await?;
    let seconds = now(&connection, &connections.clock).await.map(seconds_of);
    let ended = async {
        let transaction = connection.transaction().await?;
        let kinds = ENDED_BY_RESTORE;
        transaction.execute(END_TAGS, &[&kinds]).await?;
        let n_ended = transaction.execute(END, &[&kinds]).await?;
        let seconds = seconds?.to_string().into_bytes();
        let epoch = transaction.query_one(RAISE, &[&seconds]).await?.try_get(0)?;
        transaction.commit().await?;
        Ok(Restored { epoch, n_ended: usize::try_from(n_ended).unwrap_or(usize::MAX) })
    };
    Ok(ended.await)
}
