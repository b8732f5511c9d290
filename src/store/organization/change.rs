//! What each write changed, so that nodes that hear of it need not read everything anew.

use super::counter::Counter;
use super::entity::EntityKind;
use super::{Op, Range, Row, Store, StoreError, encoding};
use serde::{Deserialize, Serialize};

/// How long it is told what a write changed, in seconds. A node that was away for longer reads all.
const KEPT: i64 = 24 * 3600;

/// Of more changes at once it is only told that they are too many: who hears of it reads all.
const TOLD: usize = 2000;

/// How many are read at once.
const PAGE: u32 = 1000;

/// An entity that was written or deleted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Changed {
    /// Its kind.
    pub kind: EntityKind,
    /// Its id.
    pub id: String,
}

fn kind_of_rows(counter: Counter) -> &'static str {
    match counter {
        Counter::Configuration => "change.configuration",
        Counter::Directory => "change.directory",
    }
}

/// So many digits that numbers sort as texts.
fn key(number: i64) -> String {
    format!("{number:019}")
}

/// The row that says what the write changed which raised the counter to `number`.
pub(super) fn record(
    counter: Counter,
    number: i64,
    changed: &[Changed],
    seconds: i64,
) -> Result<Op, StoreError> {
    let told = (changed.len() <= TOLD).then_some(changed);
    let row = Row::new(kind_of_rows(counter), &key(number), encoding::write(&told)?);
    Ok(Op::Insert(row.expiring_at(seconds.saturating_add(KEPT))))
}

/// `None` if what followed `since` is told no more.
pub(super) async fn since(
    store: &Store,
    counter: Counter,
    since: i64,
) -> Result<Option<Vec<Changed>>, StoreError> {
    let mut number = since;
    let mut all = Vec::new();
    loop {
        let after = key(number);
        let range = Range { prefix: "", after: Some(&after), limit: PAGE };
        let rows = store.list_range(kind_of_rows(counter), range).await?.value;
        let n_rows = rows.len();
        for row in rows {
            number = number.saturating_add(1);
            if row.key != key(number) {
                return Ok(None);
            }
            match encoding::read::<Option<Vec<Changed>>>(&row.bytes)? {
                Some(changed) => all.extend(changed),
                None => return Ok(None),
            }
        }
        if n_rows < PAGE as usize {
            let stands = super::counter::read(store).await?.value.of(counter);
            // More may have come since; fewer means that what followed is forgotten already.
            return Ok((number >= stands || n_rows > 0).then_some(all));
        }
    }
}
