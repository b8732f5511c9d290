//! One write: the counters it raises, the entities, the rows they are found by, what changed, and
//! the audit rows of its cause, in one batch.

use super::change::{self, Changed};
use super::counter::{self, Counter, Counters};
use super::ending::Turns;
use super::entity::{Entity, EntityKind};
use super::{BatchOutcome, Op, Organizations, Row, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// How often a write begins anew when another raised the counter first.
const ATTEMPTS: u32 = 20;

/// One change of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// There must be none of this kind and id.
    Create(Entity),
    /// It takes the place of the one that was read, which had its `generation`.
    Replace(Entity),
    /// It is there no more.
    Delete {
        /// Its kind.
        kind: EntityKind,
        /// Its id.
        id: String,
        /// The generation that was read.
        generation: i64,
    },
}

impl Change {
    /// Which entity it is about.
    #[must_use]
    pub fn about(&self) -> (EntityKind, &str) {
        match self {
            Self::Create(entity) | Self::Replace(entity) => (entity.kind, &entity.id),
            Self::Delete { kind, id, .. } => (*kind, id),
        }
    }
}

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// What was read is not what is there, or what is to be made is there.
    #[error("the {} `{id}` was changed by another in the meantime", .kind.word())]
    Conflict {
        /// The kind of the entity.
        kind: EntityKind,
        /// Its id.
        id: String,
    },
    /// Names are unique.
    #[error("another {} has the name `{name}` already", .kind.word())]
    NameTaken {
        /// The kind of the entity.
        kind: EntityKind,
        /// The name.
        name: String,
    },
    /// What a document was compared with is not what is kept any more.
    #[error("others changed the organization in the meantime")]
    Overtaken,
    /// The store failed; [`StoreError::Unknown`] leaves open whether it was written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// On whose behalf something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Of somebody who changes this and that.
    Request,
    /// Of a document that says everything, as what differs from it was seen where the counters stood
    /// there.
    Import(Counters),
}

pub(super) async fn write(
    store: &Store,
    changes: &[Change],
    audit: &[Row],
    cause: Cause,
) -> Result<Counters, WriteError> {
    for _ in 0..ATTEMPTS {
        let read = counter::read(store).await?;
        let (seconds, mut counters) = (read.seconds(), read.value);
        if matches!(cause, Cause::Import(seen) if seen != counters) {
            return Err(WriteError::Overtaken);
        }
        let before = read_before(store, changes).await?;
        let (mut ops, blame) = ops((&mut counters, seconds), changes, &before, audit)?;
        let number = counters.configuration.saturating_add(counters.directory);
        ops.extend(Turns::of(changes, &before).ops(store, number, seconds).await?);
        if let Cause::Import(_) = cause {
            ops.push(counter::noted(store, counters).await?);
        }
        match store.batch(ops).await?.value {
            BatchOutcome::Applied => return Ok(counters),
            BatchOutcome::Failed(index) => match blame.get(index) {
                Some(Some(error)) => return Err(error.clone()),
                // The counter: another was first, and may have changed what was looked at.
                _ => tokio::task::yield_now().await,
            },
        }
    }
    Err(StoreError::Busy.into())
}

/// What is there of all that is to be changed; a change that expects something else fails here.
async fn read_before(
    store: &Store,
    changes: &[Change],
) -> Result<BTreeMap<(EntityKind, String), Entity>, WriteError> {
    let organizations = Organizations::new(store.clone());
    let mut before = BTreeMap::new();
    for change in changes {
        let (kind, id) = change.about();
        let expected = match change {
            // Whether it is there, its insertion finds out.
            Change::Create(_) => continue,
            Change::Replace(entity) => entity.generation,
            Change::Delete { generation, .. } => *generation,
        };
        match organizations.find(kind, id).await? {
            Some(entity) if entity.generation == expected => {
                before.insert((kind, id.to_owned()), entity);
            }
            _ => return Err(WriteError::Conflict { kind, id: id.to_owned() }),
        }
    }
    Ok(before)
}

/// Ops, and what each says if its condition fails; `None` that the write may begin anew.
type Blamed = (Vec<Op>, Vec<Option<WriteError>>);

fn ops(
    (counters, seconds): (&mut Counters, i64),
    changes: &[Change],
    before: &BTreeMap<(EntityKind, String), Entity>,
    audit: &[Row],
) -> Result<Blamed, StoreError> {
    let mut made = Made::default();
    for counter in Counter::ALL {
        let is_of_it = |change: &&Change| change.about().0.counter() == counter;
        let changed: Vec<Changed> = changes
            .iter()
            .filter(is_of_it)
            .map(|change| Changed { kind: change.about().0, id: change.about().1.to_owned() })
            .collect();
        if changed.is_empty() {
            continue;
        }
        made.push(counters.raise(counter), None);
        let number = counters.of(counter);
        made.push(change::record(counter, number, &changed, seconds)?, None);
    }
    // What ways are given up, by any change, is free before any is taken: two users may exchange
    // their logins.
    for change in changes {
        let (kind, id) = change.about();
        let is_of_before = !matches!(change, Change::Create(_));
        let old = before.get(&(kind, id.to_owned())).filter(|_| is_of_before);
        let Some(old) = old else { continue };
        let kept = new_ways(change);
        for way in old.ways_to_it().filter(|way| !kept.contains(&place(way))) {
            made.push(Entity::way_removed(way), None);
        }
    }
    for change in changes {
        let (kind, id) = change.about();
        let conflict = WriteError::Conflict { kind, id: id.to_owned() };
        match change {
            Change::Create(entity) => made.push(Op::Insert(entity.to_row()?), Some(conflict)),
            Change::Replace(entity) => {
                let (row, expected) = (entity.to_row()?, entity.generation);
                made.push(Op::Replace { row, expected }, Some(conflict));
            }
            Change::Delete { generation, .. } => {
                let (kind, key) = (kind.rows().to_owned(), id.to_owned());
                made.push(Op::Delete { kind, key, expected: Some(*generation) }, Some(conflict));
            }
        }
    }
    for change in changes {
        let (Change::Create(entity) | Change::Replace(entity)) = change else { continue };
        // What is made anew has none of the ways of what was deleted under its id.
        let is_replaced = matches!(change, Change::Replace(_));
        let old = before.get(&(entity.kind, entity.id.clone())).filter(|_| is_replaced);
        let had: BTreeSet<Place> =
            old.into_iter().flat_map(Entity::ways_to_it).map(|way| place(&way)).collect();
        for way in entity.ways_to_it().filter(|way| !had.contains(&place(way))) {
            let taken = WriteError::NameTaken { kind: entity.kind, name: way.key.clone() };
            made.push(Op::Insert(way), Some(taken));
        }
    }
    for row in audit {
        made.push(Op::Insert(row.clone()), None);
    }
    Ok((made.ops, made.blame))
}

type Place = (String, String);

fn place(way: &Row) -> Place {
    (way.kind.clone(), way.key.clone())
}

fn new_ways(change: &Change) -> BTreeSet<Place> {
    match change {
        Change::Create(entity) | Change::Replace(entity) => {
            entity.ways_to_it().map(|way| place(&way)).collect()
        }
        Change::Delete { .. } => BTreeSet::new(),
    }
}

#[derive(Default)]
struct Made {
    ops: Vec<Op>,
    blame: Vec<Option<WriteError>>,
}

impl Made {
    fn push(&mut self, op: Op, blame: Option<WriteError>) {
        self.ops.push(op);
        self.blame.push(blame);
    }
}
