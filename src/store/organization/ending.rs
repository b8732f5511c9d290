//! What ends with a user, an application or a server that is deactivated or deleted: all that came of
//! it, so that none of that comes back with it. The write itself says so in rows of its own, lest it
//! be forgotten where a node dies. Nodes remove what has ended at once, and once more when no request
//! that began before can be under way.

use super::entity::{Entity, EntityKind};
use super::writing::Change;
use super::{BatchOutcome, Op, Row, Store, StoreError, encoding};
use crate::store::STEP;
use crate::store::row::{ENDED_WITH_THEIR_OWNER, GONE_WITH_THEIR_OWNER};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is being ended; a row each, whose key no other has.
const ENDING: &str = "ending";

/// When a client or a server last ended or began again; the key is its tag.
const NOT_BEFORE: &str = "not-before";

/// How long after a write somebody may still act on what was before it, in seconds: longer than any
/// request takes.
const SETTLED: i64 = 60;

/// No access token lives longer, in seconds (authorization-server §3.1).
const LONGEST: i64 = 24 * 3600;

/// Something that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ending {
    /// What came of it has this tag.
    tag: String,
    /// It was deleted: what it had besides is not kept either.
    is_gone: bool,
    /// When, in seconds since 1970 by the clock of the store.
    at: i64,
}

impl Ending {
    /// The kinds of rows that end.
    fn kinds(&self) -> impl Iterator<Item = &'static str> {
        let besides = if self.is_gone { GONE_WITH_THEIR_OWNER } else { &[] };
        ENDED_WITH_THEIR_OWNER.iter().chain(besides).copied()
    }
}

/// Since when tokens count that nothing else ends: for each client and server that was inactive
/// lately, by its tag, in seconds since 1970.
///
/// # Errors
/// As [`Store::list`].
pub async fn not_before(store: &Store) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = store.list(NOT_BEFORE).await?.value;
    rows.into_iter().map(|row| Ok((row.key, encoding::read(&row.bytes)?))).collect()
}

/// What a write ends and what it lets begin, by tags.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// And whether it is gone.
    ended: BTreeMap<String, bool>,
    begun: BTreeSet<String>,
}

impl Turns {
    pub(super) fn of(changes: &[Change], before: &BTreeMap<(EntityKind, String), Entity>) -> Self {
        let after = || {
            changes.iter().filter_map(|change| match change {
                Change::Create(entity) | Change::Replace(entity) => Some(entity),
                Change::Delete { .. } => None,
            })
        };
        let active = |entity: &&Entity| !entity.is_ended;
        let was: BTreeSet<String> = before.values().filter(active).flat_map(owner_tags).collect();
        let is: BTreeSet<String> = after().filter(active).flat_map(owner_tags).collect();
        let is_there: BTreeSet<String> = after().flat_map(owner_tags).collect();
        // One that was inactive already and is deleted now ends for good.
        let gone = before.values().flat_map(owner_tags).filter(|tag| !is_there.contains(tag));
        let mut ended: BTreeMap<String, bool> =
            was.difference(&is).map(|tag| (tag.clone(), false)).collect();
        ended.extend(gone.map(|tag| (tag, true)));
        Self { ended, begun: is.difference(&was).cloned().collect() }
    }

    /// What the write does besides. What begins again is first rid of what is still there of before.
    /// Its condition is that nobody else does the like meanwhile, which the counters see to.
    pub(super) async fn ops(
        &self,
        store: &Store,
        number: i64,
        seconds: i64,
    ) -> Result<Vec<Op>, StoreError> {
        let mut ops = Vec::new();
        if self.ended.is_empty() && self.begun.is_empty() {
            return Ok(ops);
        }
        for row in store.list(ENDING).await?.value {
            let ending: Ending = encoding::read(&row.bytes)?;
            if !self.begun.contains(&ending.tag) {
                continue;
            }
            remove(store, &row, &ending).await?;
            for kind in ending.kinds() {
                ops.push(step(kind, &ending.tag));
            }
            ops.push(Op::Delete { kind: row.kind, key: row.key, expected: None });
        }
        for (tag, is_gone) in &self.ended {
            let ending = Ending { tag: tag.clone(), is_gone: *is_gone, at: seconds };
            let key = format!("{number:019} {tag}");
            ops.push(Op::Insert(Row::new(ENDING, &key, encoding::write(&ending)?)));
        }
        ops.extend(self.not_before(store, seconds).await?);
        Ok(ops)
    }

    /// The clients and servers that turn, and since when their tokens count: those of this very
    /// second count no more when something ends, and count when it begins.
    fn dated(&self, seconds: i64) -> Vec<(&str, i64)> {
        let ended = self.ended.keys().map(|tag| (tag.as_str(), seconds.saturating_add(1)));
        let begun = self.begun.iter().map(|tag| (tag.as_str(), seconds));
        ended.chain(begun).filter(|(tag, _)| !tag.starts_with(USER)).collect()
    }

    async fn not_before(&self, store: &Store, seconds: i64) -> Result<Vec<Op>, StoreError> {
        let dated = self.dated(seconds);
        if dated.is_empty() {
            return Ok(Vec::new());
        }
        let rows = store.list(NOT_BEFORE).await?.value;
        let mut known: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for row in &rows {
            known.insert(&row.key, (row.generation, encoding::read(&row.bytes)?));
        }
        let mut ops = Vec::new();
        for (tag, since) in dated {
            let known = known.get(tag);
            let since = known.map_or(since, |(_, known)| since.max(*known));
            let row = Row::new(NOT_BEFORE, tag, encoding::write(&since)?);
            let row = row.expiring_at(since.saturating_add(LONGEST));
            match known {
                Some((generation, _)) => ops.push(Op::Replace { row, expected: *generation }),
                // What never ended before may begin without a word.
                None if self.ended.contains_key(tag) => ops.push(Op::Insert(row)),
                None => {}
            }
        }
        Ok(ops)
    }
}

const USER: &str = "user:";

/// The tags of what comes of an entity. An application is known by its client id.
fn owner_tags(entity: &Entity) -> Vec<String> {
    match entity.kind {
        EntityKind::User => vec![format!("{USER}{}", entity.id)],
        EntityKind::Server => vec![format!("server:{}", entity.id)],
        EntityKind::Application => {
            entity.names.iter().map(|name| format!("client:{name}")).collect()
        }
        _ => Vec::new(),
    }
}

/// Removes what has ended, whichever node or command ended it.
#[derive(Debug)]
pub struct Endings {
    store: Store,
    /// What was removed once already.
    removed: BTreeSet<String>,
}

impl Endings {
    /// What ends in this store.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self { store, removed: BTreeSet::new() }
    }

    /// Removes what has ended by now; to be asked again and again. Answers how many rows that were.
    ///
    /// # Errors
    /// As [`Store::batch`]; asking again goes on.
    pub async fn remove(&mut self) -> Result<usize, StoreError> {
        let listed = self.store.list(ENDING).await?;
        let at = listed.seconds();
        let keys: BTreeSet<&str> = listed.value.iter().map(|row| row.key.as_str()).collect();
        self.removed.retain(|key| keys.contains(key.as_str()));
        let mut n_removed = 0;
        for row in &listed.value {
            let ending: Ending = encoding::read(&row.bytes)?;
            let is_settled = at.saturating_sub(ending.at) >= SETTLED;
            if !is_settled && self.removed.contains(&row.key) {
                continue;
            }
            n_removed += remove(&self.store, row, &ending).await?;
            if is_settled {
                let (kind, key) = (row.kind.clone(), row.key.clone());
                self.store.batch(vec![Op::Delete { kind, key, expected: None }]).await?;
            } else {
                self.removed.insert(row.key.clone());
            }
        }
        Ok(n_removed)
    }
}

/// Removes what came of it, step by step, as long as it has ended: once it began again, what is there
/// is new.
async fn remove(store: &Store, row: &Row, ending: &Ending) -> Result<usize, StoreError> {
    let mut n_removed = 0;
    for kind in ending.kinds() {
        loop {
            let (row_kind, key) = (row.kind.clone(), row.key.clone());
            let generation = Some(row.generation);
            let expect = Op::Expect { kind: row_kind, key, generation };
            let step = store.apply(vec![expect, step(kind, &ending.tag)]).await?.value;
            if step.outcome != BatchOutcome::Applied || step.n_removed == 0 {
                break;
            }
            n_removed += step.n_removed;
        }
    }
    Ok(n_removed)
}

fn step(kind: &str, tag: &str) -> Op {
    Op::DeleteTagged { kind: Some(kind.to_owned()), tag: tag.to_owned(), limit: STEP }
}
