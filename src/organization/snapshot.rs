//! What is kept of the organization, in memory, as it was between two writes: everything but users,
//! and of these whom something names. It is brought up to date by what changed since, so that looking
//! at it does not read everything.

use super::entities::{is_named, join, join_servers, own_id, parent_of, server_of};
use super::import::{list_named, named_by, read_named};
use crate::store::StoreError;
use crate::store::organization::{Change, Counter, Counters, Entity, EntityKind, Organizations};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often it is read while others write.
const ATTEMPTS: usize = 10;

type Entities = BTreeMap<String, Arc<Entity>>;

/// What is kept, where the counters stood there. Clones share what is in it.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    counters: Counters,
    entities: BTreeMap<EntityKind, Arc<Entities>>,
}

impl Snapshot {
    /// What is kept now.
    ///
    /// # Errors
    /// What the store says, and [`StoreError::Busy`] if others write all the time.
    pub async fn read(organizations: &Organizations) -> Result<Self, StoreError> {
        let mut before = organizations.counters().await?;
        for _ in 0..ATTEMPTS {
            let mut snapshot = Self::default();
            for entity in read_named(organizations).await? {
                snapshot.put(Arc::new(entity));
            }
            let after = organizations.counters().await?;
            if before == after {
                return Ok(Self { counters: after, ..snapshot });
            }
            before = after;
        }
        Err(StoreError::Busy)
    }

    /// What is kept now, of which this was kept before. What did not change is shared.
    ///
    /// # Errors
    /// As [`Snapshot::read`].
    pub async fn refreshed(&self, organizations: &Organizations) -> Result<Self, StoreError> {
        let mut snapshot = self.clone();
        for _ in 0..ATTEMPTS {
            let stand = organizations.counters().await?;
            if stand == snapshot.counters {
                return Ok(snapshot);
            }
            if snapshot.counters.is_zero() || !snapshot.learn(organizations).await? {
                return Self::read(organizations).await;
            }
            snapshot.learn_users(organizations).await?;
            // What was written while this was read is learned in the next turn.
            snapshot.counters = stand;
        }
        Err(StoreError::Busy)
    }

    /// Reads what changed since. Answers whether that is still told.
    async fn learn(&mut self, organizations: &Organizations) -> Result<bool, StoreError> {
        let mut changed = BTreeSet::new();
        for counter in [Counter::Configuration, Counter::Directory] {
            match organizations.changes(counter, self.counters.of(counter)).await? {
                Some(all) => changed.extend(all),
                None => return Ok(false),
            }
        }
        let mut has_strangers = false;
        for one in changed {
            if one.kind == EntityKind::User && self.find(one.kind, &one.id).is_none() {
                has_strangers = true;
                continue;
            }
            match organizations.find(one.kind, &one.id).await? {
                Some(entity) => self.put(Arc::new(entity)),
                None => self.remove(one.kind, &one.id),
            }
        }
        // One of them may be such as must be known.
        if has_strangers {
            for user in list_named(organizations).await? {
                self.put(Arc::new(user));
            }
        }
        Ok(true)
    }

    /// Reads the users whom something names now, and forgets whom nothing names any more.
    ///
    /// # Errors
    /// What the store says.
    pub async fn learn_users(&mut self, organizations: &Organizations) -> Result<(), StoreError> {
        let named = named_by(self.all().filter(|entity| entity.kind != EntityKind::User));
        let idle: Vec<String> = self
            .list(EntityKind::User)
            .filter(|user| !named.contains(&user.id) && !is_named(user))
            .map(|user| user.id.clone())
            .collect();
        for id in idle {
            self.remove(EntityKind::User, &id);
        }
        for id in named {
            if self.find(EntityKind::User, &id).is_none()
                && let Some(user) = organizations.find(EntityKind::User, &id).await?
            {
                self.put(Arc::new(user));
            }
        }
        Ok(())
    }

    fn put(&mut self, entity: Arc<Entity>) {
        let of_kind = self.entities.entry(entity.kind).or_default();
        Arc::make_mut(of_kind).insert(entity.id.clone(), entity);
    }

    fn remove(&mut self, kind: EntityKind, id: &str) {
        if let Some(of_kind) = self.entities.get_mut(&kind)
            && of_kind.contains_key(id)
        {
            Arc::make_mut(of_kind).remove(id);
        }
    }

    /// Where the counters stood.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// The same, where the counters stand there.
    #[must_use]
    pub fn at(self, counters: Counters) -> Self {
        Self { counters, ..self }
    }

    /// What it would be after these changes; which users are in it, [`Snapshot::learn_users`] sees to.
    #[must_use]
    pub fn with<'c>(&self, changes: impl IntoIterator<Item = &'c Change>) -> Self {
        let mut snapshot = self.clone();
        for change in changes {
            match change {
                Change::Create(entity) | Change::Replace(entity) => {
                    snapshot.put(Arc::new(entity.clone()));
                }
                Change::Delete { kind, id, .. } => snapshot.remove(*kind, id),
            }
        }
        snapshot
    }

    /// Whether both hold the very same entities, wherever their counters stood.
    #[must_use]
    pub fn holds_the_same(&self, other: &Self) -> bool {
        let mut pairs = self.all().zip(other.all());
        self.all().count() == other.all().count()
            && pairs.all(|(one, other)| std::ptr::eq(one, other))
    }

    /// The entity of this kind and id; what is in another has that one's id before its own, as
    /// [`super::below`] makes it.
    #[must_use]
    pub fn find(&self, kind: EntityKind, id: &str) -> Option<&Arc<Entity>> {
        self.entities.get(&kind)?.get(id)
    }

    /// The entity that has this unique name.
    #[must_use]
    pub fn find_by_name(&self, kind: EntityKind, name: &str) -> Option<&Arc<Entity>> {
        self.of_kind(kind).find(|entity| entity.names.iter().any(|known| known == name))
    }

    fn of_kind(&self, kind: EntityKind) -> impl Iterator<Item = &Arc<Entity>> {
        self.entities.get(&kind).into_iter().flat_map(|of_kind| of_kind.values())
    }

    /// Those of this kind, in the order of their ids.
    pub fn list(&self, kind: EntityKind) -> impl Iterator<Item = &Entity> {
        self.of_kind(kind).map(|entity| &**entity)
    }

    /// Those of this kind that are in `parent`, in the order in which they stand there.
    #[must_use]
    pub fn within(&self, kind: EntityKind, parent: &str) -> Vec<&Arc<Entity>> {
        let from = super::below(parent, "");
        let of_kind = self.entities.get(&kind).into_iter();
        let mut found: Vec<&Arc<Entity>> = of_kind
            .flat_map(|of_kind| of_kind.range(from.clone()..))
            .map(|(_, entity)| entity)
            .take_while(|entity| entity.id.starts_with(&from))
            .filter(|entity| parent_of(entity) == parent)
            .collect();
        found.sort_by_key(|entity| (entity.position, own_id(entity)));
        found
    }

    /// Where one more of this kind would stand in `parent`, behind the others.
    #[must_use]
    pub fn next_position(&self, kind: EntityKind, parent: &str) -> u32 {
        let known = self.list(kind).filter(|entity| parent_of(entity) == parent);
        known.map(|entity| entity.position.saturating_add(1)).max().unwrap_or_default()
    }

    /// All of it.
    pub fn all(&self) -> impl Iterator<Item = &Entity> {
        self.entities.values().flat_map(|of_kind| of_kind.values()).map(|entity| &**entity)
    }

    /// The document that says all of it.
    #[must_use]
    pub fn to_document(&self) -> String {
        join(self.all())
    }

    /// The ids of the servers of which something is otherwise than it was in `former`; `None` if
    /// anything else is, or if servers came, went or changed places.
    #[must_use]
    pub fn servers_changed_since(&self, former: &Self) -> Option<BTreeSet<String>> {
        let none = Arc::default();
        let mut changed = BTreeSet::new();
        for kind in self.entities.keys().chain(former.entities.keys()) {
            let [now, before] = [self, former].map(|one| one.entities.get(kind).unwrap_or(&none));
            if Arc::ptr_eq(now, before) {
                continue;
            }
            let is_same = |id: &str| {
                now.get(id)
                    .zip(before.get(id))
                    .is_some_and(|(now, before)| Arc::ptr_eq(now, before))
            };
            for id in now.keys().chain(before.keys()).filter(|id| !is_same(id)) {
                let place = |entities: &Entities| entities.get(id).map(|found| found.position);
                if *kind == EntityKind::Server && place(now) != place(before) {
                    return None;
                }
                changed.insert(server_of(*kind, id)?.to_owned());
            }
        }
        Some(changed)
    }

    /// As [`Snapshot::to_document`], with null in the place of each server but these.
    #[must_use]
    pub fn to_document_of(&self, servers: &BTreeSet<String>) -> String {
        let is_in_one = |entity: &&Entity| {
            let server = server_of(entity.kind, &entity.id);
            entity.kind == EntityKind::Server || server.is_none_or(|id| servers.contains(id))
        };
        join_servers(self.all().filter(is_in_one), &|id| servers.contains(id))
    }
}
