//! What keeps a node at the version that is kept: one at a time, whoever asks, reads what changed,
//! compiles it and puts it in the place of what serves. An administrator's change is compiled and has
//! its keys before it is written, so that it serves the moment it is there.

use super::compile::{Draft, Extent, Said};
use super::running::Published;
use super::starting::{Foundation, Missing, StartError};
use super::{Addresses, Issuer, Problem, apart};
use crate::document;
use crate::organization::{Snapshot, is_named, server_of, split_servers};
use crate::program::{Engine, Groups};
use crate::store::StoreError;
use crate::store::organization::{Changed, Counter, Counters, Entity, EntityKind, Organizations};
use crate::token::digest;
use arc_swap::ArcSwap;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Why nothing is published; what served before serves on.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("there is no organization yet")]
    Nothing,
    /// The document of what is or would be kept, and what is wrong with it.
    #[error("the organization that is kept cannot be served")]
    Problems { document: String, problems: Vec<Problem> },
    #[error("no thread to compile in: {0}")]
    Thread(#[from] std::io::Error),
}

/// What keeps a node at the version that is kept.
#[derive(Debug)]
pub struct Publisher {
    issuer: Arc<Issuer>,
    foundation: Foundation,
    organizations: Organizations,
    /// What was last read of what is kept.
    snapshot: ArcSwap<Snapshot>,
    /// What the version that serves is of.
    served: Mutex<Served>,
    /// Held by who puts another version in the place of what serves.
    turn: tokio::sync::Mutex<()>,
}

/// A version, and what it is of.
#[derive(Debug, Default)]
struct Served {
    version: Weak<Published>,
    snapshot: Snapshot,
}

/// The right to put another version in the place of what serves; nobody else has it meanwhile.
#[derive(Debug)]
pub struct Turn<'p> {
    publisher: &'p Publisher,
    _held: tokio::sync::MutexGuard<'p, ()>,
}

/// A version that could serve, and some of its entities as they are kept.
#[derive(Debug)]
pub struct Prepared {
    published: Box<Published>,
    entities: Vec<Entity>,
}

impl Prepared {
    /// The entities that were asked for, with everything that is kept beside their bodies.
    #[must_use]
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// What rules of groups read of groups.
    #[must_use]
    pub fn groups_read_by_rules(&self) -> Groups {
        self.published.groups_read_by_rules()
    }

    /// The version, for who only wants to see what it would do.
    #[must_use]
    pub fn into_published(self) -> Published {
        *self.published
    }
}

/// The ids of entities.
pub type Wanted = BTreeSet<(EntityKind, String)>;

/// What the store keeps, compiled, but for what `former` has compiled already. Users whom nothing
/// names are read as they are wanted.
///
/// # Errors
/// [`PublishError`]; of [`PublishError::Start`] nothing.
pub async fn read_kept(
    foundation: &Foundation,
    former: Option<Arc<Published>>,
    engine: Engine,
) -> Result<(Draft, Snapshot), PublishError> {
    let snapshot = Snapshot::read(&Organizations::new(foundation.store.clone())).await?;
    if snapshot.counters().is_zero() {
        return Err(PublishError::Nothing);
    }
    let former = former.map(Former::apart);
    let (draft, _) = compile_snapshot(foundation, &snapshot, former, engine, Wanted::new()).await?;
    Ok((draft, snapshot))
}

/// A version before.
struct Former {
    version: Arc<Published>,
    /// The ids of the servers of which something is otherwise, where nothing but servers is.
    changed: Option<BTreeSet<String>>,
}

impl Former {
    /// Of which it is not known what changed since.
    fn apart(version: Arc<Published>) -> Self {
        Self { version, changed: None }
    }
}

async fn compile_snapshot(
    foundation: &Foundation,
    snapshot: &Snapshot,
    former: Option<Former>,
    engine: Engine,
    wanted: Wanted,
) -> Result<(Draft, Vec<Entity>), PublishError> {
    let (addresses, snapshot) = (foundation.addresses.clone(), snapshot.clone());
    let compile = move || {
        let version = former.as_ref().map(|former| &*former.version);
        let whole = || {
            let text = snapshot.to_document();
            compile_text(version, Extent::Whole, &text, &addresses, engine, &wanted)
                .map_err(|problems| PublishError::Problems { document: text, problems })
        };
        let Some(changed) = former.as_ref().and_then(|former| former.changed.as_ref()) else {
            return whole();
        };
        let text = snapshot.to_document_of(changed);
        match compile_text(version, Extent::Changes, &text, &addresses, engine, &wanted) {
            Ok(compiled) => {
                #[cfg(test)]
                assert_eq!(
                    whole().map(|(draft, entities)| (draft.organization().clone(), entities)).ok(),
                    Some((compiled.0.organization().clone(), compiled.1.clone())),
                );
                Ok(compiled)
            }
            // Problems are told with their places in all of it.
            Err(_) => whole(),
        }
    };
    apart("compile what is kept", compile).await?
}

/// What a document describes, compiled, and what is wanted of it as it would be kept.
fn compile_text(
    former: Option<&Published>,
    extent: Extent,
    text: &str,
    addresses: &Addresses,
    engine: Engine,
    wanted: &Wanted,
) -> Result<(Draft, Vec<Entity>), Vec<Problem>> {
    let node = document::read(text.as_bytes()).map_err(|error| vec![Problem::not_json(&error)])?;
    let said = Said::read(former, extent, &node, addresses)?;
    // Without anything wanted it is not read again, and takes several times the memory of its text.
    let node = Some(node).filter(|_| !wanted.is_empty());
    let draft = said.compile(former, text, addresses.clone(), engine)?;
    let Some(node) = node else { return Ok((draft, Vec::new())) };
    let servers: BTreeSet<&str> =
        wanted.iter().filter_map(|(kind, id)| server_of(*kind, id)).collect();
    let is_in_one = |id: &str| servers.contains(id);
    let mut entities = split_servers(text, &node, draft.organization(), &digest, &is_in_one);
    entities.retain(|entity| wanted.contains(&(entity.kind, entity.id.clone())));
    Ok((draft, entities))
}

impl Publisher {
    /// Serves what is kept.
    ///
    /// # Errors
    /// [`PublishError`].
    pub async fn start(foundation: Foundation, missing: Missing) -> Result<Self, PublishError> {
        let (draft, snapshot) = Box::pin(read_kept(&foundation, None, Engine::Interpreter)).await?;
        let published = Box::pin(draft.start(&foundation, missing, None)).await?;
        let publisher = Self::of(Issuer::new(published), foundation);
        publisher.set_served(&snapshot);
        publisher.snapshot.store(Arc::new(snapshot));
        Ok(publisher)
    }

    /// As if `issuer` served what is kept before anything was written.
    #[must_use]
    pub fn of(issuer: Issuer, foundation: Foundation) -> Self {
        Self {
            issuer: Arc::new(issuer),
            organizations: Organizations::new(foundation.store.clone()),
            foundation,
            snapshot: ArcSwap::default(),
            served: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// What serves.
    #[must_use]
    pub fn issuer(&self) -> &Arc<Issuer> {
        &self.issuer
    }

    /// What versions stand on.
    #[must_use]
    pub fn foundation(&self) -> &Foundation {
        &self.foundation
    }

    /// What keeps the organization.
    #[must_use]
    pub fn organizations(&self) -> &Organizations {
        &self.organizations
    }

    /// Where the counters stood that the version that serves is of.
    #[must_use]
    pub fn served(&self) -> Counters {
        self.lock_served().snapshot.counters()
    }

    fn lock_served(&self) -> MutexGuard<'_, Served> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the version that serves is of this.
    fn set_served(&self, snapshot: &Snapshot) {
        let version = Arc::downgrade(&self.issuer.version());
        *self.lock_served() = Served { version, snapshot: snapshot.clone() };
    }

    /// The version that serves, and what is otherwise in `snapshot`.
    fn former(&self, snapshot: &Snapshot) -> Former {
        let version = self.issuer.version();
        let served = self.lock_served();
        // Another may have been put in its place that is not noted yet.
        let is_known = Weak::ptr_eq(&served.version, &Arc::downgrade(&version));
        let changed = || snapshot.servers_changed_since(&served.snapshot);
        let changed = is_known.then(changed).flatten();
        Former { version, changed }
    }

    /// What is kept now.
    ///
    /// # Errors
    /// That the store cannot be read.
    pub async fn snapshot(&self) -> Result<Arc<Snapshot>, StoreError> {
        let known = self.snapshot.load_full();
        let fresh = known.refreshed(&self.organizations).await?;
        if fresh.counters() == known.counters() {
            return Ok(known);
        }
        let fresh = Arc::new(fresh);
        self.remember(&fresh);
        Ok(fresh)
    }

    /// Whoever read it last may have read it first.
    fn remember(&self, fresh: &Arc<Snapshot>) {
        let age = |snapshot: &Snapshot| {
            let counters = snapshot.counters();
            counters.configuration.saturating_add(counters.directory)
        };
        self.snapshot.rcu(|known| Arc::clone(if age(known) > age(fresh) { known } else { fresh }));
    }

    /// What would serve if this were kept, and what is `wanted` of it as it would be kept.
    ///
    /// # Errors
    /// [`PublishError`].
    pub async fn prepare(
        &self,
        snapshot: &Snapshot,
        wanted: Wanted,
    ) -> Result<Prepared, PublishError> {
        self.prepare_with(Keys::Known, snapshot, wanted).await
    }

    async fn prepare_with(
        &self,
        keys: Keys,
        snapshot: &Snapshot,
        wanted: Wanted,
    ) -> Result<Prepared, PublishError> {
        let foundation = &self.foundation;
        let former = self.former(snapshot);
        let version = Arc::clone(&former.version);
        // Drafts are large, and futures that hold one.
        Box::pin(async {
            let (draft, entities) =
                compile_snapshot(foundation, snapshot, Some(former), Engine::Interpreter, wanted)
                    .await?;
            let former = (keys == Keys::Known).then_some(&*version);
            let published = Box::new(draft.start(foundation, Missing::Warn, former).await?);
            Ok(Prepared { published, entities })
        })
        .await
    }

    /// Waits until nobody else puts another version in the place of what serves.
    pub async fn turn(&self) -> Turn<'_> {
        Turn { _held: self.turn.lock().await, publisher: self }
    }
}

impl Turn<'_> {
    /// Serves what is kept, if the counters stand elsewhere than where what serves is of. Where only
    /// users changed whom nothing names, they are read anew when they are wanted, and nothing is
    /// compiled.
    ///
    /// # Errors
    /// [`PublishError`].
    pub async fn follow(&self) -> Result<(), PublishError> {
        let stand = self.publisher.organizations.counters().await?;
        let served = self.publisher.served();
        if stand == served {
            return Ok(());
        }
        if stand.configuration == served.configuration && self.relearn(served).await? {
            let mut served = self.publisher.lock_served();
            served.snapshot = std::mem::take(&mut served.snapshot).at(stand);
            return Ok(());
        }
        self.publish(Keys::Known).await
    }

    /// Has the version that serves learn what was changed of users since. Answers whether that is all
    /// there is to it; if not, another version must serve.
    async fn relearn(&self, since: Counters) -> Result<bool, StoreError> {
        let Publisher { organizations, issuer, .. } = self.publisher;
        let changes = organizations.changes(Counter::Directory, since.directory).await?;
        let Some(changes) = changes else { return Ok(false) };
        let published = issuer.version();
        for Changed { kind, id } in changes {
            if kind != EntityKind::User || published.names_user(&id) {
                return Ok(false);
            }
            published.forget_person(&id);
            let user = organizations.find(kind, &id).await?;
            if user.is_some_and(|user| is_named(&user)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Serves what is kept. Machine code is made of it while it already serves, so that a change does
    /// not wait for that.
    ///
    /// # Errors
    /// [`PublishError`].
    pub async fn publish(&self, keys: Keys) -> Result<(), PublishError> {
        let snapshot = self.publisher.snapshot().await?;
        if snapshot.counters().is_zero() {
            return Err(PublishError::Nothing);
        }
        let prepared = self.publisher.prepare_with(keys, &snapshot, Wanted::new()).await?;
        self.serve(prepared, &snapshot);
        Ok(())
    }

    /// Has this serve, which is what `snapshot` says.
    pub fn serve(&self, prepared: Prepared, snapshot: &Arc<Snapshot>) {
        self.publisher.issuer.replace(*prepared.published);
        self.publisher.set_served(snapshot);
        self.publisher.remember(snapshot);
    }
}

/// Where a version has its signing keys from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// From the version before, if the server has the same algorithm.
    Known,
    /// From the store: they changed there.
    Anew,
}
