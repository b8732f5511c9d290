//! One write: the counters it raises, the entities, the rows they are found by, what changed, the
//! audit rows of its cause and what else is to happen with it, in one batch.

use super::change::{self, Changed};
use super::counter::{self, Counter, Counters};
use super::ending::Turns;
use super::entity::{Entity, EntityKind};
use super::{BatchOutcome, Op, Organizations, Row, Store, StoreError};
use crate::clock::seconds_of;
use crate::store::row::FIRST_GENERATION;
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

    /// The entity as it is kept once this was done at `at`; `before` is what it replaces.
    #[must_use]
    pub fn done(&self, before: Option<&Entity>, at: i64) -> Option<Entity> {
        let (entity, created) = match self {
            Self::Create(entity) => (entity, entity.created.unwrap_or(at).into()),
            Self::Replace(entity) => (entity, before.map_or(entity.created, |old| old.created)),
            Self::Delete { .. } => return None,
        };
        let generation = match self {
            Self::Replace(entity) => entity.generation.saturating_add(1),
            _ => FIRST_GENERATION,
        };
        Some(Entity { generation, created, last_updated: Some(at), ..entity.clone() })
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
    /// Of somebody who looked at what else there is, where the counters stood there.
    Seen(Seen),
    /// Of a document that says everything, as what differs from it was seen where the counters stood
    /// there.
    Import(Counters),
}

/// Where the counters stood when what is to be written was found to fit the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// That of the configuration.
    pub configuration: i64,
    /// That of the directory; `None` if users and groups do not matter.
    pub directory: Option<i64>,
}

impl From<Counters> for Seen {
    fn from(counters: Counters) -> Self {
        let Counters { configuration, directory } = counters;
        Self { configuration, directory: Some(directory) }
    }
}

impl Seen {
    /// Where this one stood, if it matters.
    fn of(self, counter: Counter) -> Option<i64> {
        match counter {
            Counter::Configuration => Some(self.configuration),
            Counter::Directory => self.directory,
        }
    }
}

impl Cause {
    fn seen(self) -> Option<Seen> {
        match self {
            Self::Request => None,
            Self::Seen(seen) => Some(seen),
            Self::Import(counters) => Some(counters.into()),
        }
    }
}

/// What a write came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Where the counters stand now.
    pub counters: Counters,
    /// When it was written, in microseconds since 1970 by the clock of the store.
    pub at: i64,
}

pub(super) async fn write(
    store: &Store,
    changes: &[Change],
    besides: &[Op],
    cause: Cause,
) -> Result<Written, WriteError> {
    for _ in 0..ATTEMPTS {
        let read = counter::read(store).await?;
        let (at, seconds, mut counters) = (read.at, read.seconds(), read.value);
        let seen = cause.seen();
        let expected = |counter: Counter| seen.and_then(|seen| seen.of(counter));
        if Counter::ALL
            .into_iter()
            .any(|one| expected(one).is_some_and(|at| at != counters.of(one)))
        {
            return Err(WriteError::Overtaken);
        }
        let before = read_before(store, changes).await?;
        let held: Vec<Counter> =
            Counter::ALL.into_iter().filter(|one| expected(*one).is_some()).collect();
        let (mut ops, blame) = ops((&mut counters, at, &held), changes, &before, besides)?;
        let number = counters.configuration.saturating_add(counters.directory);
        ops.extend(Turns::of(changes, &before).ops(store, number, seconds).await?);
        if let Cause::Import(_) = cause {
            ops.push(counter::noted(store, counters).await?);
        }
        match store.batch(ops).await?.value {
            BatchOutcome::Applied => return Ok(Written { counters, at }),
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
    (counters, at, held): (&mut Counters, i64, &[Counter]),
    changes: &[Change],
    before: &BTreeMap<(EntityKind, String), Entity>,
    besides: &[Op],
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
            if held.contains(&counter) {
                made.push(counters.expect_one(counter), None);
            }
            continue;
        }
        made.push(counters.raise(counter), None);
        let number = counters.of(counter);
        made.push(change::record(counter, number, &changed, seconds_of(at))?, None);
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
        let done = change.done(before.get(&(kind, id.to_owned())), at);
        let row = done.as_ref().map(Entity::to_row).transpose()?;
        let op = match (change, row) {
            (Change::Replace(entity), Some(row)) => {
                Op::Replace { row, expected: entity.generation }
            }
            (Change::Delete { generation, .. }, _) => {
                let (kind, key) = (kind.rows().to_owned(), id.to_owned());
                Op::Delete { kind, key, expected: Some(*generation) }
            }
            (_, Some(row)) => Op::Insert(row),
            (_, None) => continue,
        };
        made.push(op, Some(conflict));
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
    // The counters stood as they were read: what fails here is what somebody else did besides.
    for op in besides {
        made.push(op.clone(), Some(WriteError::Overtaken));
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
