//! A row that is read, changed and written back, again if somebody else wrote meanwhile.

use crate::store::{BatchOutcome, Op, Row, Store, StoreError};

/// How often that is tried.
const PATIENCE: usize = 16;

/// What a row becomes.
pub(super) enum Change {
    /// This one, which has the kind and the key of the one before.
    To(Row),
    /// It is deleted.
    Gone,
}

/// Puts what `change` makes of a row in its place, and does the other steps it answers in the same
/// batch; they must be such as never fail. `change` is handed the row, if there is one, and the time
/// of the store in seconds since 1970. Of two that change a row at once, one sees what the other did.
///
/// # Errors
/// What `change` refuses, or the store's failure.
pub(super) async fn change<T, E: From<StoreError>>(
    store: &Store,
    (kind, key): (&str, &str),
    mut change: impl FnMut(Option<&Row>, i64) -> Result<(Change, Vec<Op>, T), E>,
) -> Result<T, E> {
    for _ in 0..PATIENCE {
        let found = store.find(kind, key).await?;
        let now = found.seconds();
        let before = found.value;
        let (after, more, value) = change(before.as_ref(), now)?;
        let op = match (after, before) {
            (Change::To(row), Some(before)) => {
                Some(Op::Replace { row, expected: before.generation })
            }
            (Change::To(row), None) => Some(Op::Insert(row)),
            (Change::Gone, Some(Row { kind, key, generation, .. })) => {
                Some(Op::Delete { kind, key, expected: Some(generation) })
            }
            (Change::Gone, None) => None,
        };
        let ops: Vec<Op> = op.into_iter().chain(more).collect();
        if ops.is_empty() || store.batch(ops).await?.value == BatchOutcome::Applied {
            return Ok(value);
        }
    }
    Err(StoreError::Busy.into())
}
