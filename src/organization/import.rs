//! The document becomes what the store keeps: what differs is written, what it does not name is
//! deleted, and what is the same is left alone.

use super::entities::{NAMED, OF_USER, keep_memberships_by_rule};
use super::sweep::{Sweep, has_active_rule, rules_and_groups};
use crate::program::Groups;
use crate::store::organization::{Change, Counters, Entity, EntityKind, Organizations, WriteError};
use crate::store::{Row, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// How often to begin anew when others write at the same time.
const ATTEMPTS: u32 = 5;

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// How many entities were made, changed or deleted.
    pub n_changes: usize,
    /// Where the counters stand now.
    pub counters: Counters,
}

/// What became of a document at a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopted {
    /// What is kept says the same.
    Same(Counters),
    /// It was imported.
    Imported(Imported),
    /// Something else than an import wrote what is kept; it was left alone.
    ChangedSince,
}

/// What is recorded of changes: rows for their batch, of what is kept before it and what is done to it.
pub type Recording<'r> = &'r (dyn Fn(&[Entity], &[Change]) -> Vec<Row> + Sync);

/// Imports `wanted` if nothing is kept yet, or nothing but what imports wrote.
///
/// # Errors
/// As [`import`].
pub async fn adopt(
    organizations: &Organizations,
    wanted: &[Entity],
    recording: Recording<'_>,
) -> Result<Adopted, WriteError> {
    let counters = organizations.counters().await?;
    if !counters.is_zero() {
        if difference(&read_all(organizations).await?, wanted).is_empty() {
            return Ok(Adopted::Same(counters));
        }
        if organizations.find_import().await? != Some(counters) {
            return Ok(Adopted::ChangedSince);
        }
    }
    import_recording(organizations, wanted, recording).await.map(Adopted::Imported)
}

/// Makes what is kept say what `wanted` says, all at once.
///
/// # Errors
/// [`WriteError`]; nothing is changed then.
pub async fn import(
    organizations: &Organizations,
    wanted: &[Entity],
) -> Result<Imported, WriteError> {
    import_recording(organizations, wanted, &|_, _| Vec::new()).await
}

/// As [`import`], with what is recorded of it in the same batch.
///
/// # Errors
/// As [`import`].
pub async fn import_recording(
    organizations: &Organizations,
    wanted: &[Entity],
    recording: Recording<'_>,
) -> Result<Imported, WriteError> {
    for _ in 0..ATTEMPTS {
        let before = organizations.counters().await?;
        let kept = read_all(organizations).await?;
        let changes = difference(&kept, wanted);
        let n_changes = changes.len();
        // What the rules read is not known here; everything, for all that is.
        let rules = has_active_rule(wanted).then_some(Groups::Rows);
        let sweep = Sweep::due(&changes, &rules_and_groups(&kept), rules);
        let sweep = sweep.map(|sweep| sweep.row(before)).transpose()?;
        if changes.is_empty() {
            let is_noted = organizations.find_import().await? == Some(before);
            if is_noted || organizations.note_import(before).await? {
                return Ok(Imported { n_changes, counters: before });
            }
            continue;
        }
        let rows: Vec<Row> = recording(&kept, &changes).into_iter().chain(sweep).collect();
        match organizations.import_with(&changes, &rows, before).await {
            Ok(counters) => return Ok(Imported { n_changes, counters }),
            // Others wrote meanwhile: what differs now is seen anew.
            Err(WriteError::Overtaken | WriteError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Busy.into())
}

/// Every entity that is kept, what others refer to first.
///
/// # Errors
/// What the store says.
pub async fn read_all(organizations: &Organizations) -> Result<Vec<Entity>, StoreError> {
    let mut all = Vec::new();
    for kind in EntityKind::ALL {
        all.extend(organizations.list_all(kind).await?);
    }
    Ok(all)
}

/// Every entity that is kept, as it was between two writes, and where the counters stood.
///
/// # Errors
/// What the store says, and [`StoreError::Busy`] if others write all the time.
pub async fn read_everything(
    organizations: &Organizations,
) -> Result<(Vec<Entity>, Counters), StoreError> {
    let mut before = organizations.counters().await?;
    for _ in 0..READINGS {
        let entities = read_all(organizations).await?;
        let after = organizations.counters().await?;
        if before == after {
            return Ok((entities, after));
        }
        before = after;
    }
    Err(StoreError::Busy)
}

/// How often an organization is read that others write meanwhile.
const READINGS: usize = 10;

/// Every entity that is kept but users, and of these only whom another entity names: the others are
/// read as they are wanted.
///
/// # Errors
/// What the store says.
pub async fn read_named(organizations: &Organizations) -> Result<Vec<Entity>, StoreError> {
    let mut all = Vec::new();
    for kind in EntityKind::ALL.into_iter().filter(|kind| *kind != EntityKind::User) {
        all.extend(organizations.list_all(kind).await?);
    }
    let mut users = BTreeMap::new();
    for id in named_by(&all) {
        if let Some(user) = organizations.find(EntityKind::User, &id).await? {
            users.insert(id, user);
        }
    }
    let named = list_named(organizations).await?;
    users.extend(named.into_iter().map(|user| (user.id.clone(), user)));
    all.extend(users.into_values());
    Ok(all)
}

/// The users of whom the organization itself must know.
pub(super) async fn list_named(organizations: &Organizations) -> Result<Vec<Entity>, StoreError> {
    let (mut users, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = organizations.list_of(EntityKind::User, NAMED, after.as_deref(), PAGE).await?;
        users.extend(page.entities);
        after = page.next;
        if after.is_none() {
            return Ok(users);
        }
    }
}

/// The ids of the users whom these entities name.
pub(super) fn named_by<'e>(entities: impl IntoIterator<Item = &'e Entity>) -> BTreeSet<String> {
    let tags = entities.into_iter().flat_map(|entity| entity.tags.iter());
    tags.filter_map(|tag| tag.strip_prefix(OF_USER)).map(str::to_owned).collect()
}

/// How many users are read at once.
const PAGE: u32 = 500;

/// What makes `kept` say what `wanted` says: deletions of names that others take come with them,
/// other deletions last.
fn difference(kept: &[Entity], wanted: &[Entity]) -> Vec<Change> {
    let mut kept: BTreeMap<(EntityKind, &str), &Entity> =
        kept.iter().map(|entity| ((entity.kind, entity.id.as_str()), entity)).collect();
    let mut changes = Vec::new();
    for entity in wanted {
        match kept.remove(&(entity.kind, entity.id.as_str())) {
            None => changes.push(Change::Create(entity.clone())),
            Some(old) => {
                let mut entity = entity.clone();
                keep_memberships_by_rule(old, &mut entity);
                if !entity.says_the_same(old) {
                    let generation = old.generation;
                    changes.push(Change::Replace(Entity { generation, ..entity }));
                }
            }
        }
    }
    changes.extend(kept.into_values().map(|old| Change::Delete {
        kind: old.kind,
        id: old.id.clone(),
        generation: old.generation,
    }));
    changes
}
