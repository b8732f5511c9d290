//! Rows in a map: the store of tests. What has a tag is found by looking at every row.

use super::Range;
use super::row::{Answer, BatchOutcome, Batched, FIRST_GENERATION, Op, Row};
use crate::clock::{Clock, seconds_of};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Key = (String, String);
type Rows = BTreeMap<Key, Row>;
/// What is to be under a key: a row, or nothing.
type Change = (Key, Option<Row>);

/// Rows in a map.
#[derive(Debug, Clone)]
pub struct Memory {
    rows: Arc<Mutex<Rows>>,
    clock: Clock,
}

impl Memory {
    pub(super) fn new(clock: Clock) -> Self {
        Self { rows: Arc::default(), clock }
    }

    /// A batch undoes what it did before it lets go of the lock, so that even a poisoned map is
    /// whole.
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer<Value>(&self, value: Value) -> Answer<Value> {
        Answer { value, at: self.clock.microseconds() }
    }

    pub(super) fn batch(&self, ops: Vec<Op>) -> Answer<Batched> {
        let mut rows = self.rows();
        let at = self.clock.microseconds();
        let mut before: Vec<Change> = Vec::new();
        let mut n_removed = 0;
        for (index, op) in ops.into_iter().enumerate() {
            let removes = matches!(op, Op::DeleteTagged { .. } | Op::DeleteExpired { .. });
            let Some(changes) = changes(&rows, op, seconds_of(at)) else {
                for (key, row) in before.into_iter().rev() {
                    put(&mut rows, key, row);
                }
                return Answer { value: Batched::failed(index), at };
            };
            n_removed += if removes { changes.len() } else { 0 };
            for (key, after) in changes {
                let replaced = put(&mut rows, key.clone(), after);
                before.push((key, replaced));
            }
        }
        Answer { value: Batched { outcome: BatchOutcome::Applied, n_removed }, at }
    }

    pub(super) fn time(&self) -> Answer<()> {
        self.answer(())
    }

    pub(super) fn find(&self, kind: &str, key: &str) -> Answer<Option<Row>> {
        self.answer(self.rows().get(&(kind.to_owned(), key.to_owned())).cloned())
    }

    pub(super) fn list(&self, kind: &str) -> Answer<Vec<Row>> {
        self.answer(of_kind(&self.rows(), kind).cloned().collect())
    }

    pub(super) fn list_range(&self, kind: &str, range: Range<'_>) -> Answer<Vec<Row>> {
        let rows = self.rows();
        let from_prefix = rows.range((kind.to_owned(), range.prefix.to_owned())..);
        let found = from_prefix
            .map(|(_, row)| row)
            .take_while(|row| row.kind == kind)
            .filter(|row| range.after.is_none_or(|after| row.key.as_str() > after));
        self.answer(found.take(range.limit as usize).cloned().collect())
    }

    pub(super) fn list_before(&self, kind: &str, before: &str, limit: u32) -> Answer<Vec<Row>> {
        let rows = self.rows();
        let key = |key: &str| (kind.to_owned(), key.to_owned());
        let found = rows.range(key("")..key(before)).rev().map(|(_, row)| row);
        self.answer(found.take(limit as usize).cloned().collect())
    }

    pub(super) fn list_by_tag(
        &self,
        kind: &str,
        tag: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Answer<Vec<Row>> {
        let rows = self.rows();
        let tagged = of_kind(&rows, kind)
            .filter(|row| row.tags.contains(tag))
            .filter(|row| after.is_none_or(|after| row.key.as_str() > after));
        self.answer(tagged.take(limit as usize).cloned().collect())
    }
}

fn of_kind<'r>(rows: &'r Rows, kind: &str) -> impl Iterator<Item = &'r Row> {
    let from_kind = rows.range((kind.to_owned(), String::new())..);
    from_kind.map(|(_, row)| row).take_while(move |row| row.kind == kind)
}

/// What `op` changes at this time; `None` if its condition fails.
fn changes(rows: &Rows, op: Op, seconds: i64) -> Option<Vec<Change>> {
    let generation = |key: &Key| rows.get(key).map(|row| row.generation);
    match op {
        Op::Insert(row) => {
            let key = (row.kind.clone(), row.key.clone());
            let row = Row { generation: FIRST_GENERATION, ..row };
            generation(&key).is_none().then(|| vec![(key, Some(row))])
        }
        Op::Replace { row, expected } => {
            let key = (row.kind.clone(), row.key.clone());
            let row = Row { generation: expected.saturating_add(1), ..row };
            (generation(&key) == Some(expected)).then(|| vec![(key, Some(row))])
        }
        Op::Delete { kind, key, expected } => {
            let key = (kind, key);
            let met = expected.is_none() || generation(&key) == expected;
            met.then(|| vec![(key, None)])
        }
        Op::Expect { kind, key, generation: expected } => {
            (generation(&(kind, key)) == expected).then(Vec::new)
        }
        Op::DeleteTagged { kind, tag, limit } => Some(removals(rows, limit, |row| {
            row.tags.contains(&tag) && kind.as_ref().is_none_or(|kind| row.kind == *kind)
        })),
        Op::DeleteExpired { limit } => Some(removals(rows, limit, |row| {
            row.expires_at.is_some_and(|expires_at| expires_at <= seconds)
        })),
    }
}

fn removals(rows: &Rows, limit: u32, is_meant: impl Fn(&Row) -> bool) -> Vec<Change> {
    let meant = rows.iter().filter(|(_, row)| is_meant(row));
    meant.take(limit as usize).map(|(key, _)| (key.clone(), None)).collect()
}

/// Puts `row` under `key`, or nothing; answers what was there.
fn put(rows: &mut Rows, key: Key, row: Option<Row>) -> Option<Row> {
    match row {
        Some(row) => rows.insert(key, row),
        None => rows.remove(&key),
    }
}
