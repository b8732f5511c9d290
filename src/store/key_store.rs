//! The keys of each server in the store. Two processes that start at once end with the same key.

use super::Store;
use super::row::{BatchOutcome, Op, Row, StoreError};
use crate::random::Random;
use crate::token::{Algorithm, KeyError, KeySet, KeySetError, RotationMode, Vault};

/// The kind of the rows; their key is the id of the server.
pub const SIGNING_KEY: &str = "signing-key";

/// Why a server has no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyStoreError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys that are kept cannot be used, as under another master key.
    #[error("the signing keys of server {server_id} cannot be used: {source}")]
    Keys {
        /// Whose keys.
        server_id: String,
        /// What is wrong with them.
        source: KeySetError,
    },
    /// No key could be made.
    #[error(transparent)]
    Generate(#[from] KeyError),
    /// The row that was there a moment ago is gone.
    #[error("the signing keys of server {0} were deleted while they were being read")]
    Vanished(String),
}

/// The keys of a server. If it has none yet, one for `algorithm` is made and kept; keys that are
/// there are taken as they are, since another algorithm is a rotation and not a restart.
///
/// # Errors
/// [`KeyStoreError`], whatever goes wrong first.
pub async fn load_or_create(
    store: &Store,
    vault: &Vault,
    random: &Random,
    server_id: &str,
    algorithm: Algorithm,
) -> Result<KeySet, KeyStoreError> {
    let unusable = |source| KeyStoreError::Keys { server_id: server_id.to_owned(), source };
    if let Some(row) = store.find(SIGNING_KEY, server_id).await?.value {
        return KeySet::open(vault, &row.bytes).map_err(unusable);
    }
    let made = apart(move || KeySet::generate(algorithm)).await??;
    let bytes = made.seal(vault, random).map_err(unusable)?;
    let insert = Op::Insert(Row::new(SIGNING_KEY, server_id, bytes));
    if store.batch(vec![insert]).await?.value == BatchOutcome::Applied {
        return Ok(made);
    }
    // Another process was first: its key is the key.
    let row = store.find(SIGNING_KEY, server_id).await?.value;
    let row = row.ok_or_else(|| KeyStoreError::Vanished(server_id.to_owned()))?;
    KeySet::open(vault, &row.bytes).map_err(unusable)
}

/// Making a key may take a second, during which requests are answered.
async fn apart<Made: Send + 'static>(
    make: impl FnOnce() -> Made + Send + 'static,
) -> Result<Made, KeyStoreError> {
    tokio::task::spawn_blocking(make).await.map_err(|_| KeyStoreError::Store(StoreError::Closed))
}

/// The keys of a server, made where it has none, after what was due to them was done; and the number
/// of their version.
///
/// # Errors
/// [`KeyStoreError`], whatever goes wrong first.
pub async fn load(
    store: &Store,
    vault: &Vault,
    random: &Random,
    server_id: &str,
    algorithm: Algorithm,
    mode: RotationMode,
) -> Result<(KeySet, i64), KeyStoreError> {
    load_or_create(store, vault, random, server_id, algorithm).await?;
    let version = maintain(store, vault, random, server_id, algorithm, mode).await?;
    let keys = load_or_create(store, vault, random, server_id, algorithm).await?;
    Ok((keys, version))
}

/// Forgets the keys of a server that is gone.
///
/// # Errors
/// As [`Store::batch`].
pub async fn forget(store: &Store, server_id: &str) -> Result<(), StoreError> {
    let (kind, key) = (SIGNING_KEY.to_owned(), server_id.to_owned());
    store.batch(vec![Op::Delete { kind, key, expected: None }]).await.map(|_| ())
}

/// Has a server sign with another key from now on, as an operator says; its id is answered. The former
/// one verifies until the last token it signed has ended. The rows of what is recorded of it are
/// written with it.
///
/// # Errors
/// [`KeyStoreError`]; the keys are then as they were, also where others changed them meanwhile.
pub async fn rotate(
    store: &Store,
    vault: &Vault,
    random: &Random,
    server_id: &str,
    algorithm: Algorithm,
    audit: Vec<Row>,
) -> Result<String, KeyStoreError> {
    let unusable = |source| KeyStoreError::Keys { server_id: server_id.to_owned(), source };
    load_or_create(store, vault, random, server_id, algorithm).await?;
    let found = store.find(SIGNING_KEY, server_id).await?;
    let now = found.seconds();
    let row = found.value.ok_or_else(|| KeyStoreError::Vanished(server_id.to_owned()))?;
    let keys = KeySet::open(vault, &row.bytes).map_err(unusable)?;
    let keys = apart(move || keys.rotate(algorithm, now)).await??;
    let bytes = keys.seal(vault, random).map_err(unusable)?;
    let (row, expected) = (Row::new(SIGNING_KEY, server_id, bytes), row.generation);
    let audit = audit.into_iter().map(Op::Insert);
    let ops = std::iter::once(Op::Replace { row, expected }).chain(audit).collect();
    match store.batch(ops).await?.value {
        BatchOutcome::Applied => Ok(keys.active().key().kid().to_owned()),
        BatchOutcome::Failed(_) => Err(KeyStoreError::Store(StoreError::Busy)),
    }
}

/// The number of the version of a server's keys that is kept, after what was due to them was done. Of
/// several nodes one does it, and all end with the same keys.
///
/// # Errors
/// [`KeyStoreError`]; the keys are then as they were.
pub async fn maintain(
    store: &Store,
    vault: &Vault,
    random: &Random,
    server_id: &str,
    algorithm: Algorithm,
    mode: RotationMode,
) -> Result<i64, KeyStoreError> {
    let unusable = |source| KeyStoreError::Keys { server_id: server_id.to_owned(), source };
    let found = store.find(SIGNING_KEY, server_id).await?;
    let now = found.seconds();
    let row = found.value.ok_or_else(|| KeyStoreError::Vanished(server_id.to_owned()))?;
    let keys = KeySet::open(vault, &row.bytes).map_err(unusable)?;
    let (keys, is_changed) = apart(move || keys.advance(mode, algorithm, now)).await??;
    if !is_changed {
        return Ok(row.generation);
    }
    let bytes = keys.seal(vault, random).map_err(unusable)?;
    let (row, expected) = (Row::new(SIGNING_KEY, server_id, bytes), row.generation);
    // If another node was first, its version is another one too, and is looked at the next time.
    store.batch(vec![Op::Replace { row, expected }]).await?;
    Ok(expected.saturating_add(1))
}
