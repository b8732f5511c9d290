//! Users are looked at again where rules of groups may give them something else: so many at a time, by
//! whoever comes first, and at once where there are few.

use super::Administration;
use super::record::altered;
use super::user::STEP;
use crate::audit::Actor;
use crate::directory::Attribute;
use crate::organization::{
    self, DueSweep, Membership, Sweep, groups_given, groups_of, memberships_by_rule,
    set_memberships_by_rule,
};
use crate::publish::{PublishError, Published};
use crate::store::journal::alteration_row;
use crate::store::organization::{Change, Entity, EntityKind, Seen, WriteError};
use crate::store::{Row, StoreError};
use crate::token::digest;
use std::collections::BTreeSet;

/// How many steps are made before who asked is answered; the rest is done in the background.
const STEPS_AT_ONCE: usize = 25;

impl Administration {
    /// Looks at some of the users whom rules of groups may give something else now. Answers whether
    /// there is more to do.
    ///
    /// # Errors
    /// What the store says, or why what is kept cannot be served; asking again goes on.
    pub async fn follow_rules(&self) -> Result<bool, PublishError> {
        let store = &self.publisher.foundation().store;
        let Some(due) = DueSweep::first(store).await? else { return Ok(false) };
        self.publisher.turn().await.follow().await?;
        let seen = self.publisher.served();
        let version = self.version();
        let (users, rest) = self.next_users(&due.sweep).await?;
        // Conditions are bounded, but not short, and there may be many.
        let look = move || users.into_iter().filter_map(|user| ruled(&version, user)).collect();
        let looked: Result<Vec<(Entity, Entity)>, _> = tokio::task::spawn_blocking(look).await;
        let changed = looked.map_err(|error| StoreError::Database(error.to_string()))?;
        if !changed.is_empty() {
            let rows = self.rows_of(&changed);
            let changes = changed.into_iter().map(|(_, after)| Change::Replace(after));
            let changes: Vec<Change> = changes.collect();
            let organizations = self.organizations();
            let written = if organizations.find_import().await? == Some(seen) {
                // What is kept still is what a document says then: rules are part of it.
                organizations.import_with(&changes, &rows, seen).await.map(|_| ())
            } else {
                let seen = Seen { configuration: seen.configuration, directory: None };
                organizations.write_as_seen(&changes, &rows, seen).await.map(|_| ())
            };
            match written {
                Ok(()) => {}
                // Somebody changed one of them; they are read again.
                Err(WriteError::Conflict { .. } | WriteError::Overtaken) => return Ok(true),
                Err(WriteError::Store(error)) => return Err(error.into()),
                Err(error) => return Err(StoreError::Database(error.to_string()).into()),
            }
            self.publisher.turn().await.follow().await?;
        }
        due.note(store, rest).await?;
        Ok(true)
    }

    /// Does what is due as far as that takes no long time; what is left is done in the background.
    pub(super) async fn follow_rules_at_once(&self) {
        for _ in 0..STEPS_AT_ONCE {
            match Box::pin(self.follow_rules()).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, "rules of groups are followed later");
                    return;
                }
            }
        }
    }

    /// The users to look at next, and what is to be done after that.
    async fn next_users(&self, sweep: &Sweep) -> Result<(Vec<Entity>, Option<Sweep>), StoreError> {
        let (organizations, kind) = (self.organizations(), EntityKind::User);
        let after = sweep.after.as_deref();
        let tag = sweep.tags.first().filter(|_| !sweep.everybody);
        let page = match tag {
            Some(tag) => organizations.list_of(kind, tag, after, STEP).await?,
            None if sweep.everybody => organizations.list(kind, None, after, STEP).await?,
            None => {
                let (now, later) = sweep.users.split_at(sweep.users.len().min(STEP as usize));
                let mut users = Vec::with_capacity(now.len());
                for id in now {
                    users.extend(organizations.find(kind, id).await?);
                }
                let rest = Sweep { users: later.to_vec(), ..Sweep::default() };
                return Ok((users, Some(rest).filter(|rest| !rest.users.is_empty())));
            }
        };
        let rest = match (page.next, tag) {
            (Some(next), _) => Some(Sweep { after: Some(next), ..sweep.clone() }),
            (None, Some(_)) => {
                let tags = sweep.tags.iter().skip(1).cloned().collect();
                let rest = Sweep { tags, after: None, ..sweep.clone() };
                Some(rest).filter(|rest| !rest.tags.is_empty() || !rest.users.is_empty())
            }
            (None, None) => None,
        };
        Ok((page.entities, rest))
    }

    /// What is recorded of users whom rules moved.
    fn rows_of(&self, changed: &[(Entity, Entity)]) -> Vec<Row> {
        let actor = Actor::system();
        let at = self.clock.microseconds();
        let row = |(before, after): &(Entity, Entity)| {
            let had: BTreeSet<&str> = groups_of(before).collect();
            let event = match groups_of(after).any(|group| !had.contains(group)) {
                true => "group.user_membership.add",
                false => "group.user_membership.remove",
            };
            let altered = altered(&Change::Replace(after.clone()), Some(before), Some(event));
            alteration_row(&altered, &actor, at, self.random())
        };
        // Who only stays for another reason did not move.
        let moved = |(before, after): &&(Entity, Entity)| !groups_of(before).eq(groups_of(after));
        changed.iter().filter(moved).map(row).collect()
    }
}

/// The user as they are, and as they are to be, if that is something else.
fn ruled(version: &Published, user: Entity) -> Option<(Entity, Entity)> {
    let given = given_by_rules(version, &user)?;
    if given == memberships_by_rule(&user) {
        return None;
    }
    let mut after = user.clone();
    set_memberships_by_rule(&mut after, &given);
    Some((user, after))
}

/// What the rules of a version give a user who is kept; `None`, with a line in the log, if they cannot
/// be read.
pub(super) fn given_by_rules(version: &Published, user: &Entity) -> Option<BTreeSet<Membership>> {
    let (schema, directory): (&[Attribute], _) = (version.user_schema(), version.directory());
    let known = organization::read_kept_user(user, schema, directory, &digest)?;
    let known = directory.with_groups(known, groups_given(user));
    match version.memberships_by_rule(&known) {
        Ok(given) => Some(given),
        Err(error) => {
            tracing::error!(user = user.id, %error, "a user does not fit the schema");
            None
        }
    }
}
