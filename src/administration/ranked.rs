//! Policies, rules and token policies: what is tried in order. Priorities are those of the order, from
//! 1 without a gap: who is put at a place moves the others on (authorization-server §1.5).

use super::ask::{Ask, Told, check_free, find_server};
use super::{ChangeRefused, IfMatch, Required, create, delete, read_body, replace, set, text_of};
use crate::organization::{Snapshot, below};
use crate::store::organization::{Change, Entity, EntityKind};
use serde_json::{Value, json};
use std::sync::Arc;

/// What is tried in order, of one kind.
pub(super) struct Ranked {
    pub(super) kind: EntityKind,
    pub(super) prefix: &'static str,
    /// The body of what is sent in the place of what is kept, if there is something.
    pub(super) wanted: fn(&Value, Option<&Value>) -> Result<Value, ChangeRefused>,
    /// As Okta tells it; the path is the one of the list.
    pub(super) told: fn(&Ask<'_>, &str, &Entity, &Value) -> Value,
}

/// Where one is: in which server, and of a rule in which policy.
#[derive(Debug, Clone, Copy)]
pub(super) struct In<'i> {
    pub(super) server: &'i str,
    pub(super) policy: Option<&'i str>,
}

impl In<'_> {
    /// The id of what it is in, and the path of that below the API.
    fn parent(self, kept: &Snapshot) -> Result<(String, String), ChangeRefused> {
        let server = &find_server(kept, self.server)?.id;
        let path = super::server::path_of(server);
        match self.policy {
            None => Ok((server.clone(), path)),
            Some(policy) => {
                let id = below(server, policy);
                if kept.find(EntityKind::Policy, &id).is_none() {
                    return Err(ChangeRefused::not_found(EntityKind::Policy, policy));
                }
                Ok((id, format!("{path}/policies/{policy}")))
            }
        }
    }
}

type Sibling = (Arc<Entity>, Value);

impl Ranked {
    /// The name of the list in addresses.
    const fn list_name(&self) -> &'static str {
        match self.kind {
            EntityKind::Rule => "rules",
            EntityKind::TokenPolicy => "tokenPolicies",
            _ => "policies",
        }
    }

    /// All in one, in the order in which they are tried.
    fn all(&self, kept: &Snapshot, parent: &str) -> Result<Vec<Sibling>, ChangeRefused> {
        let mut all = Vec::new();
        for entity in kept.within(self.kind, parent) {
            all.push((Arc::clone(entity), read_body(entity)?));
        }
        all.sort_by_key(|(entity, body)| (priority_of(body).unwrap_or(u64::MAX), entity.position));
        Ok(all)
    }

    fn tell(&self, ask: &Ask<'_>, path: &str, (number, sibling): (usize, &Sibling)) -> Told {
        let (entity, body) = sibling;
        let path = format!("{path}/{}", self.list_name());
        let mut value = (self.told)(ask, &path, entity, body);
        set(&mut value, "priority", json!(number));
        let order = format!("{number:010}");
        Told { order, ..Told::new(value, entity) }
    }

    pub(super) async fn list(
        &self,
        ask: &Ask<'_>,
        place: In<'_>,
    ) -> Result<Vec<Told>, ChangeRefused> {
        let kept = ask.kept().await?;
        let (parent, path) = place.parent(&kept)?;
        let all = self.all(&kept, &parent)?;
        Ok((1..).zip(&all).map(|numbered| self.tell(ask, &path, numbered)).collect())
    }

    pub(super) async fn find(
        &self,
        ask: &Ask<'_>,
        place: In<'_>,
        id: &str,
    ) -> Result<Told, ChangeRefused> {
        self.find_in(ask, &*ask.kept().await?, place, id)
    }

    fn find_in(
        &self,
        ask: &Ask<'_>,
        kept: &Snapshot,
        place: In<'_>,
        id: &str,
    ) -> Result<Told, ChangeRefused> {
        let (parent, path) = place.parent(kept)?;
        let all = self.all(kept, &parent)?;
        let whole = below(&parent, id);
        let found = (1..).zip(&all).find(|(_, (entity, _))| entity.id == whole);
        let found = found.ok_or_else(|| ChangeRefused::not_found(self.kind, id))?;
        Ok(self.tell(ask, &path, found))
    }

    pub(super) async fn add(
        &self,
        ask: &Ask<'_>,
        place: In<'_>,
        sent: &Value,
    ) -> Result<Told, ChangeRefused> {
        let id = ask.administration.new_id(self.prefix);
        let edit = |kept: &Snapshot| self.added(kept, place, &id, sent);
        let changed = ask.administration.change(&ask.actor, edit).await?;
        self.find_in(ask, &changed.snapshot, place, &id)
    }

    /// What makes one of what is sent.
    pub(super) fn added(
        &self,
        kept: &Snapshot,
        place: In<'_>,
        id: &str,
        sent: &Value,
    ) -> Result<Vec<Change>, ChangeRefused> {
        let mut body = (self.wanted)(sent, None)?;
        set(&mut body, "id", json!(id));
        let wanted = wanted_priority(sent)?;
        let (parent, _) = place.parent(kept)?;
        let others = self.all(kept, &parent)?;
        check_free(text_of(&body, "name"), others.iter().map(|(_, body)| body))?;
        let (priority, moved) = arranged(&others, wanted.or(Some(u64::MAX)));
        set(&mut body, "priority", json!(priority));
        let position = kept.next_position(self.kind, &parent);
        let made = create(self.kind, &below(&parent, id), position, &body);
        Ok(std::iter::once(made).chain(moved).collect())
    }

    /// What puts what is sent in the place of one.
    pub(super) fn changed(
        &self,
        kept: &Snapshot,
        place: In<'_>,
        known: (&str, &IfMatch),
        sent: &Value,
    ) -> Result<Vec<Change>, ChangeRefused> {
        let wanted = wanted_priority(sent)?;
        self.edited(kept, place, known, wanted, &|body| (self.wanted)(sent, Some(&body)))
    }

    /// Whether there is one of this id.
    pub(super) fn has(
        &self,
        kept: &Snapshot,
        place: In<'_>,
        id: &str,
    ) -> Result<bool, ChangeRefused> {
        let (parent, _) = place.parent(kept)?;
        Ok(kept.find(self.kind, &below(&parent, id)).is_some())
    }

    pub(super) async fn put(
        &self,
        ask: &Ask<'_>,
        place: In<'_>,
        id: &str,
        sent: &Value,
    ) -> Result<Told, ChangeRefused> {
        let edit = |kept: &Snapshot| self.changed(kept, place, (id, &ask.if_match), sent);
        let changed = ask.administration.change(&ask.actor, edit).await?;
        self.find_in(ask, &changed.snapshot, place, id)
    }

    /// Activates or deactivates one.
    pub(super) async fn turn(
        &self,
        ask: &Ask<'_>,
        place: In<'_>,
        id: &str,
        status: &str,
    ) -> Result<(), ChangeRefused> {
        let turn = |mut body: Value| {
            set(&mut body, "status", json!(status));
            Ok(body)
        };
        let edit = |kept: &Snapshot| self.edited(kept, place, (id, &ask.if_match), None, &turn);
        ask.administration.change(&ask.actor, edit).await.map(|_| ())
    }

    fn edited(
        &self,
        kept: &Snapshot,
        place: In<'_>,
        (id, if_match): (&str, &IfMatch),
        wanted: Option<u64>,
        edit: &dyn Fn(Value) -> Result<Value, ChangeRefused>,
    ) -> Result<Vec<Change>, ChangeRefused> {
        let (parent, _) = place.parent(kept)?;
        let entity = kept.require(self.kind, &below(&parent, id), if_match)?;
        let mut others = self.all(kept, &parent)?;
        let at = others.iter().position(|(other, _)| other.id == entity.id);
        let at = at.ok_or_else(|| ChangeRefused::not_found(self.kind, id))?;
        let (_, before) = others.remove(at);
        let mut after = edit(before.clone())?;
        check_free(text_of(&after, "name"), others.iter().map(|(_, body)| body))?;
        let usual = u64::try_from(at).unwrap_or(u64::MAX).saturating_add(1);
        let (priority, moved) = arranged(&others, wanted.or(Some(usual)));
        set(&mut after, "priority", json!(priority));
        let changed = (after != before).then(|| replace(entity, &after));
        Ok(changed.into_iter().chain(moved).collect())
    }

    /// Deletes one, with the rules in it.
    pub(super) async fn remove(
        &self,
        ask: &Ask<'_>,
        place: In<'_>,
        id: &str,
    ) -> Result<(), ChangeRefused> {
        let edit = |kept: &Snapshot| {
            let (parent, _) = place.parent(kept)?;
            let entity = kept.require(self.kind, &below(&parent, id), &ask.if_match)?;
            let mut changes = vec![delete(entity)];
            if self.kind == EntityKind::Policy {
                let rules = kept.within(EntityKind::Rule, &entity.id);
                changes.extend(rules.into_iter().map(|rule| delete(rule)));
            }
            let mut others = self.all(kept, &parent)?;
            others.retain(|(other, _)| other.id != entity.id);
            changes.extend(arranged(&others, None).1);
            Ok(changes)
        };
        ask.administration.change(&ask.actor, edit).await.map(|_| ())
    }
}

fn priority_of(body: &Value) -> Option<u64> {
    body.get("priority").and_then(Value::as_u64)
}

/// The priority that is asked for.
fn wanted_priority(sent: &Value) -> Result<Option<u64>, ChangeRefused> {
    match sent.get("priority") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64().filter(|priority| *priority > 0) {
            Some(priority) => Ok(Some(priority)),
            None => Err(ChangeRefused::of_field("priority", "must be an integer of 1 or more")),
        },
    }
}

/// The priority that one has which is put there among the others, if one is; and what moves on by
/// that.
fn arranged(others: &[Sibling], wanted: Option<u64>) -> (u64, Vec<Change>) {
    let last = u64::try_from(others.len()).unwrap_or(u64::MAX).saturating_add(1);
    let mine = wanted.map(|wanted| wanted.clamp(1, last));
    let free = (1..).filter(|number| Some(*number) != mine);
    let moved = free.zip(others).filter(|(number, (_, body))| priority_of(body) != Some(*number));
    let moved = moved.map(|(number, (entity, body))| {
        let mut body = body.clone();
        set(&mut body, "priority", json!(number));
        replace(entity, &body)
    });
    (mine.unwrap_or(last), moved.collect())
}
