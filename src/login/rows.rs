//! How this room writes what others may write at the same time, and reads all rows of a person.

use crate::store::{Answer, BatchOutcome, Op, Row, Store, StoreError};

/// How often a write is tried.
const PATIENCE: usize = 16;

/// How many rows are read at a time.
const PAGE: u32 = 256;

/// Most rows of a kind that are told of one person.
const MOST: usize = 4096;

/// What a row becomes.
pub(super) enum Change {
    /// This one, which has the kind and the key of the one before.
    To(Row),
    /// It is deleted.
    Gone,
}

/// The tries of a write that others may be in the way of. What is written is drafted anew for each,
/// from rows that are read anew.
pub(super) struct Tries<'s> {
    store: &'s Store,
    left: usize,
}

impl<'s> Tries<'s> {
    pub(super) fn new(store: &'s Store) -> Self {
        Self { store, left: PATIENCE }
    }

    /// Whether the steps were applied, as none at all are. If not, somebody else wrote one of the
    /// rows meanwhile.
    ///
    /// # Errors
    /// The store's failure, which that others wrote again and again is too.
    pub(super) async fn apply(&mut self, ops: Vec<Op>) -> Result<bool, StoreError> {
        let Some(left) = self.left.checked_sub(1) else { return Err(StoreError::Busy) };
        self.left = left;
        Ok(ops.is_empty() || self.store.batch(ops).await?.value == BatchOutcome::Applied)
    }
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
    let mut tries = Tries::new(store);
    loop {
        let found = store.find(kind, key).await?;
        let now = found.seconds();
        let (after, more, value) = change(found.value.as_ref(), now)?;
        let ops = step(found.value, after).into_iter().chain(more).collect();
        if tries.apply(ops).await? {
            return Ok(value);
        }
    }
}

/// What makes of a row that was found what it is to become.
pub(super) fn step(before: Option<Row>, after: Change) -> Option<Op> {
    match (after, before) {
        (Change::To(row), Some(before)) => Some(Op::Replace { row, expected: before.generation }),
        (Change::To(row), None) => Some(Op::Insert(row)),
        (Change::Gone, Some(Row { kind, key, generation, .. })) => {
            Some(Op::Delete { kind, key, expected: Some(generation) })
        }
        (Change::Gone, None) => None,
    }
}

/// What `read` makes of every row of a kind with this tag; it is handed the time of the store too.
///
/// # Errors
/// The store's failure.
pub(super) async fn list<T>(
    store: &Store,
    (kind, tag): (&str, &str),
    read: impl Fn(Row, i64) -> Option<T>,
) -> Result<Vec<T>, StoreError> {
    let mut listed = Vec::new();
    let mut after: Option<String> = None;
    while listed.len() < MOST {
        let page: Answer<Vec<Row>> = store.list_by_tag(kind, tag, after.as_deref(), PAGE).await?;
        let (now, n_rows) = (page.seconds(), page.value.len());
        after = page.value.last().map(|row| row.key.clone());
        listed.extend(page.value.into_iter().filter_map(|row| read(row, now)));
        if n_rows < PAGE as usize {
            break;
        }
    }
    Ok(listed)
}
