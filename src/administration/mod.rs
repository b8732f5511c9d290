//! Administrators change the organization: what they ask for is looked at whole, compiled, written
//! with what is recorded of it in one transaction, and serves before they are answered.
//!
//! Everything but users is changed by [`Administration::change`]: a closure is handed what is kept and
//! answers what is to change. It may be called again if another was first, so it does nothing else.
//!
//! ```ignore
//! let changed = surface.administration.change(&actor, |kept| {
//!     let server = kept.require(EntityKind::Server, id, &IfMatch::Any)?;
//!     let mut body = read_body(server)?;                     // JSON as in an org document
//!     set(&mut body, "description", json!("Another"));
//!     Ok(vec![replace(server, &body)])                       // or create(..), delete(server)
//! }).await?;                                                 // Err(ChangeRefused) changed nothing
//! let server = changed.find(EntityKind::Server, id);         // as it is kept now
//! ```
//!
//! Bodies are JSON as in an org document, of one thing alone: a server without its scopes, a policy
//! without its rules. Names, words to search by and tags come of the body by themselves, and names of
//! groups and users in it become ids. `create` gives a new id ([`Administration::new_id`]); what is in
//! something has the id of [`crate::organization::below`]`(parent, own)`.
//!
//! To look, [`Administration::snapshot`] gives what is kept now, in memory. Users are not in it (there
//! may be a million): [`Administration::organizations`] finds, lists and searches them, and
//! `create_user`, `change_user`, `delete_user`, `change_membership` write one. `create_group`,
//! `replace_group` and `delete_group` see to what speaks of a group.

pub mod application;
mod ask;
mod body;
pub mod claim;
pub mod condition;
pub mod draft;
mod group;
pub mod group_rule;
mod import;
mod inherent;
pub mod inline_hook;
pub mod key;
mod lifecycle;
pub mod linked_object;
mod people;
mod policy;
mod profile;
mod ranked;
mod record;
mod refused;
mod schema;
pub mod scope;
pub mod server;
mod sweep;
#[cfg(test)]
mod tests;
pub mod trusted_origin;
mod user;

pub use ask::{Ask, Told, moment, part_of};
pub use body::{IfMatch, Required, create, delete, object_at, read_body, replace, set, text_of};
pub use import::{Expected, Imported};
pub use lifecycle::Turn as UserTurn;
pub use people::{Found, USER_TYPE, Wanted as WantedUsers, group_value, user_value};
pub use policy::List;
pub use profile::{ChangedUser, NewUser, Unsent};
pub use record::{record, type_name};
pub use refused::{Cause, ChangeRefused};
pub use user::{Along, Membership};

use crate::audit::Actor;
use crate::clock::Clock;
use crate::directory::Status;
use crate::organization::{self, Snapshot, Sweep, rules_and_groups};
use crate::publish::{Prepared, PublishError, Published, Publisher, Wanted};
use crate::random::Random;
use crate::store::StoreError;
use crate::store::organization::{
    Change, Entity, EntityKind, Organizations, TextSet, WriteError, Written,
};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How often a change is made anew when others were first.
const ATTEMPTS: usize = 20;

/// Characters of an id behind its prefix (authorization-server §0).
const ID_LENGTH: usize = 17;

/// What changes the organization.
#[derive(Debug)]
pub struct Administration {
    publisher: Arc<Publisher>,
    clock: Clock,
    /// Who may have drafts compiled (decision 36).
    drafting: Semaphore,
}

/// A change that was made, and serves.
#[derive(Debug)]
pub struct Changed {
    /// What is kept now.
    pub snapshot: Arc<Snapshot>,
}

impl Changed {
    /// The entity as it is kept now.
    ///
    /// # Errors
    /// That there is none.
    pub fn find(&self, kind: EntityKind, id: &str) -> Result<&Arc<Entity>, ChangeRefused> {
        self.snapshot.find(kind, id).ok_or_else(|| ChangeRefused::not_found(kind, id))
    }
}

impl Administration {
    /// What changes the organization that `publisher` has serve.
    #[must_use]
    pub const fn new(publisher: Arc<Publisher>, clock: Clock) -> Self {
        Self { publisher, clock, drafting: Semaphore::const_new(draft::AT_ONCE) }
    }

    /// What is kept now but users; of these only whom something names.
    ///
    /// # Errors
    /// That the store cannot be read.
    pub async fn snapshot(&self) -> Result<Arc<Snapshot>, StoreError> {
        self.publisher.snapshot().await
    }

    /// What keeps the organization, users too.
    #[must_use]
    pub fn organizations(&self) -> &Organizations {
        self.publisher.organizations()
    }

    /// What keeps this node at the version that is kept.
    #[must_use]
    pub fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    fn random(&self) -> &Random {
        &self.publisher.foundation().random
    }

    fn version(&self) -> Arc<Published> {
        self.publisher.issuer().version()
    }

    /// An id that nothing has: the prefix, then letters and digits (authorization-server §0).
    #[must_use]
    pub fn new_id(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.random().base62(ID_LENGTH))
    }

    /// Makes the changes that `edit` answers of what is kept, and has them serve. Answers what is kept
    /// then.
    ///
    /// # Errors
    /// [`ChangeRefused`], also as `edit` says; nothing is changed then, unless the store says that it
    /// does not know.
    pub async fn change<Edit>(&self, actor: &Actor, edit: Edit) -> Result<Changed, ChangeRefused>
    where
        Edit: Fn(&Snapshot) -> Result<Vec<Change>, ChangeRefused> + Send + Sync,
    {
        let (changed, is_due) = self.change_alone(actor, None, edit).await?;
        if is_due {
            self.follow_rules_at_once().await;
        }
        Ok(changed)
    }

    /// As [`Administration::change`], recorded as this event, and with nobody looked at again yet
    /// whom rules of groups may give something else now.
    async fn change_as<Edit>(
        &self,
        actor: &Actor,
        event: Option<&'static str>,
        edit: Edit,
    ) -> Result<Changed, ChangeRefused>
    where
        Edit: Fn(&Snapshot) -> Result<Vec<Change>, ChangeRefused> + Send + Sync,
    {
        self.change_alone(actor, event, edit).await.map(|(changed, _)| changed)
    }

    /// Makes the changes, and answers whether somebody is to be looked at again after that.
    async fn change_alone<Edit>(
        &self,
        actor: &Actor,
        event: Option<&'static str>,
        edit: Edit,
    ) -> Result<(Changed, bool), ChangeRefused>
    where
        Edit: Fn(&Snapshot) -> Result<Vec<Change>, ChangeRefused> + Send + Sync,
    {
        let turn = self.publisher.turn().await;
        for _ in 0..ATTEMPTS {
            let seen = self.publisher.snapshot().await?;
            let changes = edit(&seen)?;
            if changes.is_empty() {
                return Ok((Changed { snapshot: seen }, false));
            }
            let Ready { changes, wanted, prepared } = self.prepare(&seen, changes).await?;
            let users_aside = changes.iter().filter(|change| change.about().0 != EntityKind::User);
            let users_aside: Vec<Change> = users_aside.cloned().collect();
            let rules = organization::has_active_rule(wanted.all());
            let rules = rules.then(|| prepared.groups_read_by_rules());
            let sweep = Sweep::due(&users_aside, &rules_and_groups(seen.all()), rules);
            let written = self.write((actor, event), &seen, &changes, sweep.as_ref()).await?;
            let Some(Written { counters, at }) = written else { continue };
            let done = changes.iter().map(|change| {
                let (kind, id) = change.about();
                match change.done(seen.find(kind, id).map(|before| &**before), at) {
                    Some(entity) => Change::Replace(entity),
                    None => change.clone(),
                }
            });
            let done: Vec<Change> = done.collect();
            let snapshot = Arc::new(wanted.with(&done).at(counters));
            turn.serve(prepared, &snapshot);
            return Ok((Changed { snapshot }, sweep.is_some()));
        }
        Err(ChangeRefused::Conflict)
    }

    /// Everything that can be known of a change before it is written.
    async fn prepare(&self, seen: &Snapshot, changes: Vec<Change>) -> Result<Ready, ChangeRefused> {
        let changes = self.name_users(changes).await?;
        let mut wanted = seen.with(&changes);
        wanted.learn_users(self.organizations()).await?;
        let about = |change: &Change| (change.about().0, change.about().1.to_owned());
        let ids: Wanted = changes.iter().map(about).collect();
        let prepared = match Box::pin(self.publisher.prepare(&wanted, ids)).await {
            Ok(prepared) => prepared,
            Err(PublishError::Problems { problems, .. }) => {
                return Err(ChangeRefused::invalid(&wanted, &changes, problems));
            }
            Err(error) => return Err(error.into()),
        };
        let changes = changes
            .into_iter()
            .map(|change| settled(change, prepared.entities()))
            .collect::<Result<Vec<Change>, _>>()?;
        Ok(Ready { changes, wanted, prepared })
    }

    /// Whom entities name, by id or login, is told in their tags, by which users are read with them.
    async fn name_users(&self, changes: Vec<Change>) -> Result<Vec<Change>, ChangeRefused> {
        let mut named = Vec::with_capacity(changes.len());
        for change in changes {
            named.push(match change {
                Change::Create(entity) => Change::Create(self.naming(entity).await?),
                Change::Replace(entity) => Change::Replace(self.naming(entity).await?),
                Change::Delete { .. } => change,
            });
        }
        Ok(named)
    }

    async fn naming(&self, mut entity: Entity) -> Result<Entity, ChangeRefused> {
        entity.tags = TextSet::default();
        for name in organization::users_named_in(&entity) {
            let found = match self.organizations().find(EntityKind::User, &name).await? {
                Some(found) => Some(found),
                None => self.organizations().find_by_name(EntityKind::User, &name).await?,
            };
            entity.tags.extend(found.map(|user| organization::tag_of_user(&user.id)));
        }
        Ok(entity)
    }

    /// Writes what was found in order, with what is recorded of it. `None` if something else is kept
    /// by now than what was looked at.
    async fn write(
        &self,
        (actor, event): (&Actor, Option<&'static str>),
        seen: &Arc<Snapshot>,
        changes: &[Change],
        sweep: Option<&Sweep>,
    ) -> Result<Option<Written>, ChangeRefused> {
        let mut now = Arc::clone(seen);
        for _ in 0..ATTEMPTS {
            self.check_client_ids(changes).await?;
            let at = self.clock.microseconds();
            let before = |kind, id: &str| seen.find(kind, id).map(|entity| &**entity);
            let mut rows = record((actor, event), changes, before, at, self.random());
            rows.extend(sweep.map(|sweep| sweep.row(now.counters())).transpose()?);
            let seen_now = now.counters().into();
            match self.organizations().write_as_seen(changes, &rows, seen_now).await {
                Ok(written) => return Ok(Some(written)),
                Err(WriteError::Overtaken) => {}
                Err(WriteError::Conflict { kind: EntityKind::User, .. }) => {
                    return Err(ChangeRefused::Conflict);
                }
                Err(WriteError::Conflict { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            // Where only users were written of whom this knows nothing, it is still in order.
            now = self.publisher.snapshot().await?;
            if !now.holds_the_same(seen) {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// A client id is no user's id or login (decision 9).
    async fn check_client_ids(&self, changes: &[Change]) -> Result<(), ChangeRefused> {
        for client_id in client_ids(changes) {
            let organizations = self.organizations();
            let taken = organizations.find(EntityKind::User, client_id).await?.is_some()
                || organizations.find_by_name(EntityKind::User, client_id).await?.is_some();
            if taken {
                let words = format!("`{client_id}` is the id or login of a user");
                return Err(ChangeRefused::of_field("credentials.oauthClient.client_id", words));
            }
        }
        Ok(())
    }
}

/// The client ids of the applications that are made or changed.
fn client_ids(changes: &[Change]) -> Vec<&str> {
    let names = changes.iter().filter_map(|change| match change {
        Change::Create(entity) | Change::Replace(entity) => {
            (entity.kind == EntityKind::Application).then_some(&entity.names)
        }
        Change::Delete { .. } => None,
    });
    names.flat_map(TextSet::iter).collect()
}

/// A change that is in order.
struct Ready {
    changes: Vec<Change>,
    wanted: Snapshot,
    prepared: Prepared,
}

/// The change with everything that is kept beside the body, as it came of the whole.
fn settled(change: Change, entities: &[Entity]) -> Result<Change, ChangeRefused> {
    let settle = |entity: Entity| {
        let is_it = |known: &&Entity| known.kind == entity.kind && known.id == entity.id;
        let Some(whole) = entities.iter().find(is_it) else {
            return Err(ChangeRefused::of_field(
                "id",
                "is not the id of what is changed".to_owned(),
            ));
        };
        let Entity { position, generation, created, .. } = entity;
        Ok(Entity { position, generation, created, ..whole.clone() })
    };
    Ok(match change {
        Change::Create(entity) => Change::Create(settle(entity)?),
        Change::Replace(entity) => Change::Replace(settle(entity)?),
        Change::Delete { .. } => change,
    })
}

/// Whether a body says `ACTIVE`, or nothing of it.
#[must_use]
pub fn status_of(body: &serde_json::Value) -> Status {
    match body.get("status").and_then(serde_json::Value::as_str) {
        Some("INACTIVE" | "INVALID") => Status::Inactive,
        _ => Status::Active,
    }
}
