//! Rows in a map: the store of tests.

use super::row::{BatchOutcome, FIRST_GENERATION, Op, Row};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Key = (String, String);
type Rows = BTreeMap<Key, Row>;

/// Rows in a map.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    rows: Arc<Mutex<Rows>>,
}

impl Memory {
    /// A batch undoes what it did before it lets go of the lock, so that even a poisoned map is
    /// whole.
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn batch(&self, ops: Vec<Op>) -> BatchOutcome {
        let mut rows = self.rows();
        let mut before: Vec<(Key, Option<Row>)> = Vec::new();
        for (index, op) in ops.into_iter().enumerate() {
            let Some((key, after)) = outcome(&rows, op) else {
                for (key, row) in before.into_iter().rev() {
                    put(&mut rows, key, row);
                }
                return BatchOutcome::Failed(index);
            };
            let replaced = put(&mut rows, key.clone(), after);
            before.push((key, replaced));
        }
        BatchOutcome::Applied
    }

    pub(super) fn find(&self, kind: &str, key: &str) -> Option<Row> {
        self.rows().get(&(kind.to_owned(), key.to_owned())).cloned()
    }

    pub(super) fn list(&self, kind: &str) -> Vec<Row> {
        let rows = self.rows();
        let from_kind = rows.range((kind.to_owned(), String::new())..);
        from_kind.map(|(_, row)| row).take_while(|row| row.kind == kind).cloned().collect()
    }
}

/// What is to be under which key after `op`; `None` if its condition fails.
fn outcome(rows: &Rows, op: Op) -> Option<(Key, Option<Row>)> {
    let generation = |key: &Key| rows.get(key).map(|row| row.generation);
    match op {
        Op::Insert(row) => {
            let key = (row.kind.clone(), row.key.clone());
            let row = Row { generation: FIRST_GENERATION, ..row };
            generation(&key).is_none().then_some((key, Some(row)))
        }
        Op::Replace { row, expected } => {
            let key = (row.kind.clone(), row.key.clone());
            let row = Row { generation: expected.saturating_add(1), ..row };
            (generation(&key) == Some(expected)).then_some((key, Some(row)))
        }
        Op::Delete { kind, key, expected } => {
            let key = (kind, key);
            let met = expected.is_none() || generation(&key) == expected;
            met.then_some((key, None))
        }
    }
}

/// Puts `row` under `key`, or nothing; answers what was there.
fn put(rows: &mut Rows, key: Key, row: Option<Row>) -> Option<Row> {
    match row {
        Some(row) => rows.insert(key, row),
        None => rows.remove(&key),
    }
}
