//! Scopes and claims: those that every server has, which are kept only where they were changed, and
//! its own.

use super::ask::{Ask, Member, Told, find_server, merge, require};
use super::{ChangeRefused, IfMatch, create, delete, read_body, replace, set};
use crate::organization::{Snapshot, below, own_id};
use crate::store::organization::{Change, Entity, EntityKind};
use serde_json::{Value, json};
use std::sync::Arc;

/// What there is of one kind in a server, and how it is told, made and changed.
pub(super) struct Inherent {
    pub(super) kind: EntityKind,
    pub(super) prefix: &'static str,
    /// The name of the list in addresses.
    pub(super) list: &'static str,
    pub(super) members: &'static [Member],
    /// What none is without.
    pub(super) required: &'static [&'static str],
    /// Those that every server has: their ids in this one, and what they are as they come.
    pub(super) system: fn(&str) -> Vec<(String, Value)>,
    /// Whether two bodies describe the same one.
    pub(super) is_same: fn(&Value, &Value) -> bool,
    /// As Okta tells it, without links.
    pub(super) value: fn(&Known) -> Value,
    /// What may become of one that every server has, if this is sent.
    pub(super) changeable: fn(&Known, &Value) -> Result<Changeable, ChangeRefused>,
}

/// What may become of one that every server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changeable {
    /// What is sent takes its place.
    Yes,
    /// It stays as it is, and what is sent says the same.
    No,
}

/// A scope or claim of a server.
#[derive(Debug)]
pub(super) struct Known {
    /// Its id within the server.
    pub(super) own: String,
    /// `None` of what every server has, as long as it is as it comes.
    entity: Option<Arc<Entity>>,
    pub(super) body: Value,
    /// Whether every server has it.
    pub(super) is_system: bool,
    order: String,
}

impl Known {
    /// How often it was written.
    fn generation(&self) -> i64 {
        self.entity.as_ref().map_or(0, |entity| entity.generation)
    }
}

impl Inherent {
    /// Those in a server, the ones that every server has first.
    fn all(&self, kept: &Snapshot, server: &str) -> Result<Vec<Known>, ChangeRefused> {
        let system = (self.system)(server).into_iter().enumerate();
        let mut all: Vec<Known> = system
            .map(|(index, (own, body))| {
                // Before every digit.
                let order = format!("-{index:02}");
                Known { own, entity: None, body, is_system: true, order }
            })
            .collect();
        let mut others = Vec::new();
        for entity in kept.within(self.kind, server) {
            let body = read_body(entity)?;
            let (own, position) = (own_id(entity).to_owned(), entity.position);
            let entity = Some(Arc::clone(entity));
            match all.iter_mut().find(|known| (self.is_same)(&known.body, &body)) {
                Some(known) => {
                    *known =
                        Known { own, entity, body, is_system: true, order: known.order.clone() }
                }
                None => {
                    let order = format!("{position:010}/{own}");
                    others.push(Known { own, entity, body, is_system: false, order });
                }
            }
        }
        all.extend(others);
        Ok(all)
    }

    fn tell(&self, ask: &Ask<'_>, server: &str, known: &Known) -> Told {
        let path = format!("{}/{}/{}", super::server::path_of(server), self.list, known.own);
        let allow: &[&str] =
            if known.is_system { &["GET", "PUT"] } else { &["GET", "PUT", "DELETE"] };
        let mut value = (self.value)(known);
        set(&mut value, "_links", json!({ "self": ask.link(&path, allow) }));
        Told { value, generation: known.generation(), order: known.order.clone() }
    }

    fn tell_one(
        &self,
        ask: &Ask<'_>,
        kept: &Snapshot,
        server: &str,
        id: &str,
    ) -> Result<Told, ChangeRefused> {
        let server = &find_server(kept, server)?.id;
        let all = self.all(kept, server)?;
        Ok(self.tell(ask, server, self.require(&all, id, &IfMatch::Any)?))
    }

    /// The one of this id, as the administrator knows it.
    fn require<'k>(
        &self,
        known: &'k [Known],
        id: &str,
        if_match: &IfMatch,
    ) -> Result<&'k Known, ChangeRefused> {
        let found = known.iter().find(|known| known.own == id);
        let found = found.ok_or_else(|| ChangeRefused::not_found(self.kind, id))?;
        if_match.check(found.generation())?;
        Ok(found)
    }

    /// All in a server, in order.
    pub(super) async fn list(
        &self,
        ask: &Ask<'_>,
        server: &str,
    ) -> Result<Vec<Told>, ChangeRefused> {
        let kept = ask.kept().await?;
        let server = &find_server(&kept, server)?.id;
        Ok(self.all(&kept, server)?.iter().map(|known| self.tell(ask, server, known)).collect())
    }

    pub(super) async fn find(
        &self,
        ask: &Ask<'_>,
        server: &str,
        id: &str,
    ) -> Result<Told, ChangeRefused> {
        self.tell_one(ask, &*ask.kept().await?, server, id)
    }

    pub(super) async fn add(
        &self,
        ask: &Ask<'_>,
        server: &str,
        sent: &Value,
    ) -> Result<Told, ChangeRefused> {
        let id = ask.administration.new_id(self.prefix);
        let edit = |kept: &Snapshot| self.added(kept, server, &id, sent);
        let changed = ask.administration.change(&ask.actor, edit).await?;
        self.tell_one(ask, &changed.snapshot, server, &id)
    }

    pub(super) async fn put(
        &self,
        ask: &Ask<'_>,
        server: &str,
        id: &str,
        sent: &Value,
    ) -> Result<Told, ChangeRefused> {
        let edit = |kept: &Snapshot| self.changed(kept, server, (id, &ask.if_match), sent);
        let changed = ask.administration.change(&ask.actor, edit).await?;
        self.tell_one(ask, &changed.snapshot, server, id)
    }

    /// Deletes one that not every server has.
    pub(super) async fn remove(
        &self,
        ask: &Ask<'_>,
        server: &str,
        id: &str,
    ) -> Result<(), ChangeRefused> {
        let edit = |kept: &Snapshot| {
            let server = &find_server(kept, server)?.id;
            let all = self.all(kept, server)?;
            let known = self.require(&all, id, &ask.if_match)?;
            match &known.entity {
                Some(entity) if !known.is_system => Ok(vec![delete(entity)]),
                _ => Err(ChangeRefused::not_permitted()),
            }
        };
        ask.administration.change(&ask.actor, edit).await.map(|_| ())
    }

    /// What makes one of what is sent.
    pub(super) fn added(
        &self,
        kept: &Snapshot,
        server: &str,
        id: &str,
        sent: &Value,
    ) -> Result<Vec<Change>, ChangeRefused> {
        require(sent, self.required)?;
        let mut body = merge(self.members, sent, None);
        set(&mut body, "id", json!(id));
        let server = &find_server(kept, server)?.id;
        self.check_free(&body, self.all(kept, server)?.iter())?;
        let position = kept.next_position(self.kind, server);
        Ok(vec![create(self.kind, &below(server, id), position, &body)])
    }

    /// What puts what is sent in the place of one.
    pub(super) fn changed(
        &self,
        kept: &Snapshot,
        server: &str,
        (id, if_match): (&str, &IfMatch),
        sent: &Value,
    ) -> Result<Vec<Change>, ChangeRefused> {
        let server = &find_server(kept, server)?.id;
        let all = self.all(kept, server)?;
        let known = self.require(&all, id, if_match)?;
        if known.is_system && (self.changeable)(known, sent)? == Changeable::No {
            return Ok(Vec::new());
        }
        require(sent, self.required)?;
        let mut body = merge(self.members, sent, Some(&known.body));
        set(&mut body, "id", json!(id));
        self.check_free(&body, all.iter().filter(|known| known.own != id))?;
        Ok(vec![match &known.entity {
            Some(entity) => replace(entity, &body),
            None => {
                let position = kept.next_position(self.kind, server);
                create(self.kind, &below(server, id), position, &body)
            }
        }])
    }

    /// Whether a server has one of this id.
    pub(super) fn has(
        &self,
        kept: &Snapshot,
        server: &str,
        id: &str,
    ) -> Result<bool, ChangeRefused> {
        let server = &find_server(kept, server)?.id;
        Ok(self.all(kept, server)?.iter().any(|known| known.own == id))
    }

    fn check_free<'k>(
        &self,
        body: &Value,
        mut others: impl Iterator<Item = &'k Known>,
    ) -> Result<(), ChangeRefused> {
        match others.any(|known| (self.is_same)(&known.body, body)) {
            true => Err(ChangeRefused::taken("name")),
            false => Ok(()),
        }
    }
}
