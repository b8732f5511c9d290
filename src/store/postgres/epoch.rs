//! What follows a restore of the database by its own tools: sessions, refresh families and all that
//! is kept for a time only end, as when a backup of a file is restored (decision 21).

use super::connection::{Connections, PATIENT, failed};
use crate::clock::seconds_of;
use crate::store::row::{ENDED_BY_RESTORE, EPOCH, KEPT_BY_RESTORE, StoreError};
use crate::store::upkeep::Restored;
use tokio_postgres::Error;

const END_TAGS: &str = "DELETE FROM state_tag USING state
    WHERE state.kind = state_tag.kind AND state.key = state_tag.key
        AND (state.kind = ANY ($1) OR state.expires_at IS NOT NULL AND state.kind <> ALL ($2))";
const END: &str = "DELETE FROM state
    WHERE kind = ANY ($1) OR expires_at IS NOT NULL AND kind <> ALL ($2)";
const RAISE: &str = "INSERT INTO state (kind, key, tags, generation, bytes)
    VALUES ($2, $3, '[]', 1, $1) ON CONFLICT (kind, key)
    DO UPDATE SET generation = state.generation + 1, bytes = excluded.bytes RETURNING generation";

pub(super) async fn raise(connections: &Connections) -> Result<Restored, StoreError> {
    end_all(connections).await?.map_err(failed)
}

async fn end_all(connections: &Connections) -> Result<Result<Restored, Error>, StoreError> {
    let mut connection = connections.take().await?;
    let seconds = connections.now(&connection).await.map(seconds_of);
    let ended = async {
        let transaction = connection.transaction().await?;
        transaction.batch_execute(PATIENT).await?;
        let (ended, kept) = (ENDED_BY_RESTORE, KEPT_BY_RESTORE);
        transaction.execute(END_TAGS, &[&ended, &kept]).await?;
        let n_ended = transaction.execute(END, &[&ended, &kept]).await?;
        let seconds = seconds?.to_string().into_bytes();
        let (kind, key) = (EPOCH.0, EPOCH.1.as_bytes());
        let raised = transaction.query_one(RAISE, &[&seconds, &kind, &key]).await?;
        let epoch = raised.try_get(0)?;
        transaction.commit().await?;
        Ok(Restored { epoch, n_ended: usize::try_from(n_ended).unwrap_or(usize::MAX) })
    };
    Ok(ended.await)
}
