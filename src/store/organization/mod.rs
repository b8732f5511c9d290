//! The organization as typed rows: servers, scopes, claims, policies, rules, applications, users and
//! groups, each found by id, by its unique names and by the words it is searched for. A write is one
//! batch with the counter it raises, a row for each change, and the audit rows of its cause.
//!
//! They are kept as rows of the same store as everything else: what makes a batch whole and durable
//! there, on all stores alike, is what makes a write of the organization so. What the body of an
//! entity means is known to those who write it.

mod change;
mod counter;
mod encoding;
mod ending;
mod entity;
mod text_set;
mod writing;

pub use change::Changed;
pub use counter::{Counter, Counters};
pub use ending::{Endings, not_before};
pub use entity::{Entity, EntityKind};
pub use text_set::TextSet;
pub use writing::{Change, Seen, WriteError, Written};

use writing::Cause;

use super::row::{Answer, BatchOutcome, Op, Row, StoreError};
use super::{Range, Store};

/// The organization in a store.
#[derive(Debug, Clone)]
pub struct Organizations {
    store: Store,
}

/// A part of a list, and the id behind which the next part begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the order asked for.
    pub entities: Vec<Entity>,
    /// To be handed in to go on; `None` at the end.
    pub next: Option<String>,
}

impl Organizations {
    /// The organization that `store` keeps.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// The entity of this kind and id. The id of what is in another begins with that one's, as in
    /// `aus1/openid`.
    ///
    /// # Errors
    /// As [`Store::find`], and [`StoreError::Database`] if what is kept cannot be read.
    pub async fn find(&self, kind: EntityKind, id: &str) -> Result<Option<Entity>, StoreError> {
        self.store
            .find(kind.rows(), id)
            .await?
            .value
            .map(|row| Entity::of_row(kind, row))
            .transpose()
    }

    /// The entity that has this unique name, whatever the case of its letters: the login of a user,
    /// the name of a group, the client id of an application.
    ///
    /// # Errors
    /// As [`Organizations::find`].
    pub async fn find_by_name(
        &self,
        kind: EntityKind,
        name: &str,
    ) -> Result<Option<Entity>, StoreError> {
        let key = entity::folded(name);
        let Some(row) = self.store.find(kind.names(), &key).await?.value else { return Ok(None) };
        self.find(kind, &encoding::text(row.bytes)?).await
    }

    /// Entities of a kind in the order of their ids, those in `parent` alone if one is named.
    ///
    /// # Errors
    /// As [`Organizations::find`].
    pub async fn list(
        &self,
        kind: EntityKind,
        parent: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let prefix = parent.map(|parent| format!("{parent}/")).unwrap_or_default();
        let range = Range { prefix: &prefix, after, limit };
        let rows = self.store.list_range(kind.rows(), range).await?.value;
        page(kind, rows, limit)
    }

    /// Entities of a kind that belong to something: the users of `group:00g1`, the applications
    /// that `user:00u1` is assigned to.
    ///
    /// # Errors
    /// As [`Organizations::find`].
    pub async fn list_of(
        &self,
        kind: EntityKind,
        tag: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let rows = self.store.list_by_tag(kind.rows(), tag, after, limit).await?.value;
        page(kind, rows, limit)
    }

    /// Entities of a kind of which some word begins with `words`, whatever the case, in the order of
    /// that word. `after` is what the page before gave as `next`.
    ///
    /// # Errors
    /// As [`Organizations::find`].
    pub async fn search(
        &self,
        kind: EntityKind,
        words: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let prefix = entity::folded(words);
        let range = Range { prefix: &prefix, after, limit };
        let found = self.store.list_range(kind.words(), range).await?.value;
        let next = next(&found, limit);
        let mut entities: Vec<Entity> = Vec::with_capacity(found.len());
        for row in found {
            // One that was deleted a moment ago is in no page.
            let Some(entity) = self.find(kind, &encoding::text(row.bytes)?).await? else {
                continue;
            };
            // One that is found by several words is told at the first, whichever page that is in.
            if entity.place_among(&prefix).is_some_and(|place| place == row.key) {
                entities.push(entity);
            }
        }
        Ok(Page { entities, next })
    }

    /// Every entity of a kind in the order of their ids: for what there is little of, and for
    /// reading all when a node starts.
    ///
    /// # Errors
    /// As [`Organizations::find`].
    pub async fn list_all(&self, kind: EntityKind) -> Result<Vec<Entity>, StoreError> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let page = self.list(kind, None, after.as_deref(), PAGE).await?;
            all.extend(page.entities);
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    /// How often configuration and directory were written. Both are zero where no organization is.
    ///
    /// # Errors
    /// As [`Organizations::find`].
    pub async fn counters(&self) -> Result<Counters, StoreError> {
        Ok(counter::read(&self.store).await?.value)
    }

    /// Where the counters stood when a document was last imported; `None` if none ever was.
    ///
    /// # Errors
    /// As [`Organizations::find`].
    pub async fn find_import(&self) -> Result<Option<Counters>, StoreError> {
        counter::find_import(&self.store).await
    }

    /// Notes that what is kept is what a document says, as long as the counters stand there; answers
    /// whether they still do.
    ///
    /// # Errors
    /// As [`Store::batch`].
    pub async fn note_import(&self, counters: Counters) -> Result<bool, StoreError> {
        let mut ops = counters.expect();
        ops.push(counter::noted(&self.store, counters).await?);
        Ok(self.store.batch(ops).await?.value == BatchOutcome::Applied)
    }

    /// What was written since a counter stood at `since`, in order; `None` if that is so long ago
    /// that all must be read anew.
    ///
    /// # Errors
    /// As [`Organizations::find`].
    pub async fn changes(
        &self,
        counter: Counter,
        since: i64,
    ) -> Result<Option<Vec<Changed>>, StoreError> {
        change::since(&self.store, counter, since).await
    }

    /// Makes all the changes, with the audit rows of their cause, or none. Of what is read before
    /// it is changed, the generation that was read is told: another who was first is not undone.
    /// Answers where the counters stand now.
    ///
    /// # Errors
    /// [`WriteError`]: that another was first, that a name is taken, or that the store failed.
    pub async fn write(&self, changes: &[Change], audit: &[Row]) -> Result<Counters, WriteError> {
        let besides = inserted(audit);
        let written = writing::write(&self.store, changes, &besides, Cause::Request).await?;
        Ok(written.counters)
    }

    /// As [`Organizations::write`], as long as what else there is stands as it was seen.
    ///
    /// # Errors
    /// As [`Organizations::write`], and [`WriteError::Overtaken`] if it does not.
    pub async fn write_as_seen(
        &self,
        changes: &[Change],
        audit: &[Row],
        seen: Seen,
    ) -> Result<Written, WriteError> {
        self.write_with(changes, &inserted(audit), seen).await
    }

    /// As [`Organizations::write_as_seen`], with other steps in the same batch, such as never fail
    /// but where a write begins anew.
    ///
    /// # Errors
    /// As [`Organizations::write_as_seen`].
    pub async fn write_with(
        &self,
        changes: &[Change],
        besides: &[Op],
        seen: Seen,
    ) -> Result<Written, WriteError> {
        writing::write(&self.store, changes, besides, Cause::Seen(seen)).await
    }

    /// As [`Organizations::write`], and notes in the same batch that what is kept from now on is what
    /// a document says. What differs from it was seen where the counters stood at `seen`.
    ///
    /// # Errors
    /// As [`Organizations::write`], and [`WriteError::Overtaken`] if they stand elsewhere.
    pub async fn import(&self, changes: &[Change], seen: Counters) -> Result<Counters, WriteError> {
        self.import_with(changes, &[], seen).await
    }

    /// As [`Organizations::import`], with other rows that are inserted in the same batch.
    ///
    /// # Errors
    /// As [`Organizations::import`].
    pub async fn import_with(
        &self,
        changes: &[Change],
        rows: &[Row],
        seen: Counters,
    ) -> Result<Counters, WriteError> {
        let besides = inserted(rows);
        let written = writing::write(&self.store, changes, &besides, Cause::Import(seen)).await?;
        Ok(written.counters)
    }
}

fn inserted(rows: &[Row]) -> Vec<Op> {
    rows.iter().cloned().map(Op::Insert).collect()
}

/// How many entities are read at once where all are wanted.
const PAGE: u32 = 500;

fn page(kind: EntityKind, rows: Vec<Row>, limit: u32) -> Result<Page, StoreError> {
    let next = next(&rows, limit);
    let entities =
        rows.into_iter().map(|row| Entity::of_row(kind, row)).collect::<Result<_, _>>()?;
    Ok(Page { entities, next })
}

/// The key to go on behind, if there may be more.
fn next(rows: &[Row], limit: u32) -> Option<String> {
    let last = rows.last().filter(|_| rows.len() >= limit as usize)?;
    Some(last.key.clone())
}

#[cfg(test)]
mod tests;
