//! One user is changed: looked at against the schema of what serves, written with what is recorded of
//! it, and known at once. What serves is compiled anew only where something names them.

use super::body::{delete, read_body, replace, set, text_of};
use super::record::altered;
use super::sweep::given_by_rules;
use super::{ATTEMPTS, Administration, ChangeRefused, Changed};
use crate::audit::Actor;
use crate::directory::Attribute;
use crate::organization::{
    self, groups_given, memberships_by_rule, read_single_user, set_memberships_by_rule,
    tag_of_group, without_user,
};
use crate::publish::Published;
use crate::store::Op;
use crate::store::journal::alteration_row;
use crate::store::organization::{Change, Counters, Entity, EntityKind, Seen, WriteError};
use crate::token::digest;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Whether a user is to be in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// From now on.
    Joined,
    /// No more.
    Left,
}

/// What comes with a change of a user.
#[derive(Debug, Clone, Copy, Default)]
pub struct Along<'a> {
    /// What is recorded, unless it is a change of the profile: its name in Okta's System Log.
    pub event: Option<&'static str>,
    /// Kinds of rows of theirs that end in the same batch.
    pub ends: &'static [&'static str],
    /// Where the counters stood before others were looked at on whom it rests: where they stand
    /// elsewhere by now, nothing is written.
    pub seen: Option<Counters>,
    /// What is done in the same batch besides; where a condition of it fails nothing is written.
    pub besides: &'a [Op],
}

impl From<Option<&'static str>> for Along<'_> {
    fn from(event: Option<&'static str>) -> Self {
        Self { event, ..Self::default() }
    }
}

/// How many users are looked at in one step, and written in one batch.
pub(super) const STEP: u32 = 200;

/// How many rows of a kind a batch ends; where there are more, the others end after it.
const ENDED_AT_ONCE: u32 = 4096;

impl Along<'_> {
    fn endings(self, user_id: &str) -> impl Iterator<Item = Op> {
        let tag = organization::tag_of_user(user_id);
        self.ends.iter().map(move |kind| Op::DeleteTagged {
            kind: Some((*kind).to_owned()),
            tag: tag.clone(),
            limit: ENDED_AT_ONCE,
        })
    }
}

impl Administration {
    /// Makes a user of this JSON, as an org document describes one, `groups` (ids or names) included;
    /// without `id` one is given.
    ///
    /// # Errors
    /// [`ChangeRefused`]; nothing is changed then.
    pub async fn create_user(&self, actor: &Actor, body: &Value) -> Result<Entity, ChangeRefused> {
        let mut body = body.clone();
        if let Some(members) = body.as_object_mut() {
            members.entry("id").or_insert_with(|| json!(self.new_id("00u")));
        }
        self.write_user(actor, None, Along::default(), |_| Ok(Some(body.clone()))).await
    }

    /// Changes a user: `edit` is handed the JSON that is kept, with the ids of the groups they were
    /// put into by hand as `groups`, and answers what is to be kept, or `None` if nothing is to
    /// change. It may be called again. `along` may be the event alone.
    ///
    /// # Errors
    /// [`ChangeRefused`], also as `edit` says; nothing is changed then.
    pub async fn change_user<Edit>(
        &self,
        actor: &Actor,
        id: &str,
        along: impl Into<Along<'_>>,
        edit: Edit,
    ) -> Result<Entity, ChangeRefused>
    where
        Edit: Fn(&Entity, Value) -> Result<Option<Value>, ChangeRefused> + Send + Sync,
    {
        let edit_kept = |kept: Option<&Entity>| {
            let kept = kept.ok_or_else(|| ChangeRefused::not_found(EntityKind::User, id))?;
            let mut body = read_body(kept)?;
            set(&mut body, "groups", groups_given(kept).collect());
            forget_undeclared(&mut body, self.version().user_schema());
            edit(kept, body)
        };
        self.write_user(actor, Some(id), along.into(), edit_kept).await
    }

    /// Has a user join or leave a group. Who has done so already is left alone. Rules that put them
    /// there leave whom somebody took out alone from then on, as Okta's do.
    ///
    /// # Errors
    /// [`ChangeRefused`]; nothing is changed then.
    pub async fn change_membership(
        &self,
        actor: &Actor,
        (user, group): (&str, &str),
        membership: Membership,
    ) -> Result<(), ChangeRefused> {
        let found = self.snapshot().await?.find(EntityKind::Group, group).cloned();
        let found = found.ok_or_else(|| ChangeRefused::not_found(EntityKind::Group, group))?;
        if text_of(&read_body(&found)?, "type") == Some("BUILT_IN") {
            return Err(ChangeRefused::not_permitted());
        }
        let event = match membership {
            Membership::Joined => "group.user_membership.add",
            Membership::Left => "group.user_membership.remove",
        };
        if membership == Membership::Left {
            let kept = self.organizations().find(EntityKind::User, user).await?;
            let version = self.version();
            // Also by rules that nobody has followed yet for them.
            let given = kept.iter().flat_map(|kept| {
                let now = given_by_rules(&version, kept).unwrap_or_default();
                now.into_iter().chain(memberships_by_rule(kept))
            });
            let rules = given.filter(|given| given.group == group).map(|given| given.rule);
            let rules: Vec<String> = rules.collect::<BTreeSet<_>>().into_iter().collect();
            if !rules.is_empty() {
                self.except_from_rules(actor, user, &rules).await?;
            }
        }
        let edit = |kept: &Entity, mut body: Value| {
            let is_done = match membership {
                Membership::Joined => groups_given(kept).any(|id| id == group),
                Membership::Left => !kept.tags.contains(&tag_of_group(group)),
            };
            if is_done {
                return Ok(None);
            }
            let others = groups_given(kept).filter(|id| *id != group);
            let ids = match membership {
                Membership::Joined => others.chain([group]).collect(),
                Membership::Left => others.collect(),
            };
            set(&mut body, "groups", ids);
            Ok(Some(body))
        };
        self.change_user(actor, user, Some(event), edit).await.map(|_| ())
    }

    /// Deletes a user, and what speaks of them.
    ///
    /// # Errors
    /// [`ChangeRefused`]; nothing is changed then.
    pub async fn delete_user(&self, actor: &Actor, id: &str) -> Result<(), ChangeRefused> {
        for _ in 0..ATTEMPTS {
            // Before it is looked at who names them.
            let served = self.publisher.served();
            let found = self.organizations().find(EntityKind::User, id).await?;
            let user = found.ok_or_else(|| ChangeRefused::not_found(EntityKind::User, id))?;
            let tag = organization::tag_of_user(id);
            let is_named = organization::is_named(&user)
                || self.snapshot().await?.all().any(|entity| entity.tags.contains(&tag));
            let deleted = if is_named {
                self.delete_named(actor, &user).await.map(|_| ())
            } else {
                let change = (Some(&user), delete(&user));
                self.write_change(served, (actor, Along::default()), change).await
            };
            match deleted {
                Err(ChangeRefused::Conflict) => {}
                Ok(()) => return self.forget_links_to(id).await,
                other => return other,
            }
        }
        Err(ChangeRefused::Conflict)
    }

    async fn delete_named(&self, actor: &Actor, user: &Entity) -> Result<Changed, ChangeRefused> {
        let tag = organization::tag_of_user(&user.id);
        self.change(actor, |kept| {
            let mut changes = vec![delete(user)];
            for entity in kept.all().filter(|entity| entity.tags.contains(&tag)) {
                let mut body = read_body(entity)?;
                without_user(entity.kind, &mut body, &user.id);
                changes.push(replace(entity, &body));
            }
            Ok(changes)
        })
        .await
    }

    /// Alters everybody who has this tag, step by step, until nobody has it: `alter` takes it from them.
    /// Nothing is recorded of it, for it follows from what is.
    pub(super) async fn alter_tagged(
        &self,
        tag: &str,
        alter: impl Fn(&mut Entity) -> Result<(), ChangeRefused>,
    ) -> Result<(), ChangeRefused> {
        let organizations = self.organizations();
        loop {
            let page = organizations.list_of(EntityKind::User, tag, None, STEP).await?;
            if page.entities.is_empty() {
                return Ok(());
            }
            let mut changes = Vec::with_capacity(page.entities.len());
            for mut user in page.entities {
                alter(&mut user)?;
                changes.push(Change::Replace(user));
            }
            match organizations.write(&changes, &[]).await {
                // Somebody changed one of them; they are read again.
                Ok(_) | Err(WriteError::Conflict { .. } | WriteError::Overtaken) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes one user as `edit` answers it of the one that is kept, if one is named.
    async fn write_user<Edit>(
        &self,
        actor: &Actor,
        id: Option<&str>,
        along: Along<'_>,
        edit: Edit,
    ) -> Result<Entity, ChangeRefused>
    where
        Edit: Fn(Option<&Entity>) -> Result<Option<Value>, ChangeRefused> + Send + Sync,
    {
        for _ in 0..ATTEMPTS {
            let before = match id {
                Some(id) => self.organizations().find(EntityKind::User, id).await?,
                None => None,
            };
            let Some(body) = edit(before.as_ref())? else {
                return before.ok_or(ChangeRefused::Conflict);
            };
            let served = self.publisher.served();
            let entity = read(&self.version(), &body)?;
            let change = match &before {
                Some(before) if before.id != entity.id => {
                    return Err(ChangeRefused::of_field("id", "cannot be changed"));
                }
                Some(Entity { generation, created, .. }) => Change::Replace(Entity {
                    generation: *generation,
                    created: *created,
                    ..entity.clone()
                }),
                None => Change::Create(entity.clone()),
            };
            match self.write_change(served, (actor, along), (before.as_ref(), change)).await {
                Ok(()) => {
                    let found = self.organizations().find(EntityKind::User, &entity.id).await?;
                    return found
                        .ok_or_else(|| ChangeRefused::not_found(EntityKind::User, &entity.id));
                }
                Err(ChangeRefused::Conflict) if along.seen.is_none() => {}
                Err(error) => return Err(error),
            }
        }
        Err(ChangeRefused::Conflict)
    }

    /// Writes a change of one user, if the configuration that is kept is still the one that served
    /// when they were looked at, and has this node know it.
    async fn write_change(
        &self,
        served: Counters,
        (actor, along): (&Actor, Along<'_>),
        (before, change): (Option<&Entity>, Change),
    ) -> Result<(), ChangeRefused> {
        let alone = Seen { configuration: served.configuration, directory: None };
        let seen = along.seen.map_or(alone, Seen::from);
        let at = self.clock.microseconds();
        let alteration = altered(&change, before, along.event);
        let row = alteration_row(&alteration, actor, at, self.random());
        let endings = along.endings(change.about().1);
        let besides = std::iter::once(Op::Insert(row)).chain(endings);
        let besides: Vec<Op> = besides.chain(along.besides.iter().cloned()).collect();
        let written = self.organizations().write_with(&[change], &besides, seen).await;
        // Also where another was first: what serves is then looked at anew.
        let followed = self.publisher.turn().await.follow().await;
        written?;
        Ok(followed?)
    }
}

/// Leaves out what was declared once and is no more.
pub(super) fn forget_undeclared(body: &mut Value, schema: &[Attribute]) {
    if let Some(profile) = body.get_mut("profile").and_then(Value::as_object_mut) {
        profile.retain(|name, _| schema.iter().any(|known| known.name == *name));
    }
}

/// The user of this JSON, who fits the schema and is no client (decision 9), also in the groups into
/// which rules put them.
pub(super) fn read(version: &Published, body: &Value) -> Result<Entity, ChangeRefused> {
    let directory = version.directory();
    let read = read_single_user(&body.to_string(), version.user_schema(), directory, &digest);
    let (user, mut entity) =
        read.map_err(|problems| ChangeRefused::of_problems(EntityKind::User, problems))?;
    let is_client = |name: &str| {
        directory.applications().iter().any(|known| known.client_id.eq_ignore_ascii_case(name))
    };
    if is_client(&user.login) || is_client(&user.id) {
        let words = format!("`{}` is the client_id of an application", user.login);
        return Err(ChangeRefused::of_field("login", words));
    }
    let given = version.memberships_by_rule(&user);
    let given = given.map_err(|error| ChangeRefused::of_field("profile", error.to_string()))?;
    set_memberships_by_rule(&mut entity, &given);
    Ok(entity)
}
