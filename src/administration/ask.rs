//! What a resource of the management API is asked with, and what it tells: JSON in Okta's shapes.
//! Addresses, status codes and pages are known to who asks.

use super::{Administration, ChangeRefused, IfMatch, read_body};
use crate::audit::Actor;
use crate::organization::Snapshot;
use crate::store::organization::{Entity, EntityKind};
use claimsmith_runtime::time::{DateTime, Zone};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Somebody who asks.
#[derive(Debug)]
pub struct Ask<'a> {
    /// Who changes the organization.
    pub administration: &'a Administration,
    /// On whose behalf.
    pub actor: Actor,
    /// What the links of answers begin with: the URL under which `/api/v1` is found.
    pub base: String,
    /// How what is to be changed is known.
    pub if_match: IfMatch,
}

/// A thing as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// As Okta's API has it.
    pub value: Value,
    /// How often it was written: its version.
    pub generation: i64,
    /// Its place in the order of a list, unique in that.
    pub order: String,
}

impl Told {
    pub(super) fn new(value: Value, entity: &Entity) -> Self {
        let order = format!("{:010}/{}", entity.position, entity.id);
        Self { value, generation: entity.generation, order }
    }
}

/// A part of a list of things in the order of the list: those after `after`, `limit` at most; and
/// behind what the next part begins, if there is one.
#[must_use]
pub fn part_of(all: Vec<Told>, after: Option<&str>, limit: u32) -> (Vec<Value>, Option<String>) {
    let mut rest = all.into_iter().filter(|told| after.is_none_or(|after| *told.order > *after));
    let part: Vec<Told> = rest.by_ref().take(limit as usize).collect();
    let next = part.last().map(|last| last.order.clone()).filter(|_| rest.next().is_some());
    (part.into_iter().map(|told| told.value).collect(), next)
}

impl Ask<'_> {
    pub(super) async fn kept(&self) -> Result<Arc<Snapshot>, ChangeRefused> {
        Ok(self.administration.snapshot().await?)
    }

    /// A link to a path below the API, with what may be done there.
    pub(super) fn link(&self, path: &str, allow: &[&str]) -> Value {
        json!({ "href": format!("{}{path}", self.base), "hints": { "allow": allow } })
    }

    /// `activate` or `deactivate`, whichever may be done to what has this status.
    pub(super) fn add_turn(&self, links: &mut Value, path: &str, status: &str) {
        let turn = if status == "INACTIVE" { "activate" } else { "deactivate" };
        super::set(links, turn, self.link(&format!("{path}/lifecycle/{turn}"), &["POST"]));
    }
}

/// The server of this id; `default` is the default one, whatever its id.
pub(super) fn find_server<'k>(
    kept: &'k Snapshot,
    id: &str,
) -> Result<&'k Arc<Entity>, ChangeRefused> {
    let found = kept.find(EntityKind::Server, id);
    let found = found.or_else(|| {
        let default = kept.list(EntityKind::Server).find(|server| {
            id == "default" && read_body(server).is_ok_and(|body| is_true(&body, "default"))
        })?;
        kept.find(EntityKind::Server, &default.id)
    });
    found.ok_or_else(|| ChangeRefused::not_found(EntityKind::Server, id))
}

/// Whether a member is true.
pub(super) fn is_true(body: &Value, name: &str) -> bool {
    body.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// What becomes of a member that what is sent does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// It is what it is by default: Okta's `PUT` takes the place of all.
    Default,
    /// It stays as it is kept, since Okta's SDKs do not know it; null clears it (decision 49).
    Kept,
    /// Only the server sets it, whatever is sent.
    Own,
}

/// A member that a body may have. What else is sent is ignored (authorization-server §1.1).
#[derive(Debug)]
pub(super) struct Member(
    pub(super) &'static str,
    pub(super) Absent,
    /// Of an object with members of its own; else none.
    pub(super) &'static [Self],
);

/// `users` and `groups`, each with these members.
pub(super) const fn people(lists: &'static [Member]) -> [Member; 2] {
    [Member("users", Absent::Default, lists), Member("groups", Absent::Default, lists)]
}

/// The body of what is sent in the place of what is kept, if there is something.
pub(super) fn merge(members: &[Member], sent: &Value, kept: Option<&Value>) -> Value {
    let merged = |Member(name, absent, inner): &Member| {
        let kept = kept.and_then(|kept| kept.get(*name));
        let value = match (sent.get(*name), absent) {
            (_, Absent::Own) | (None, Absent::Kept) => kept.cloned(),
            // What is in it may have to stay.
            (None, Absent::Default) => {
                Some(merge(inner, &json!({}), kept)).filter(|inner| *inner != json!({}))
            }
            (Some(sent), _) if sent.is_object() && !inner.is_empty() => {
                Some(merge(inner, sent, kept))
            }
            (Some(sent), _) => Some(stated(sent)),
        };
        value.filter(|value| !value.is_null()).map(|value| ((*name).to_owned(), value))
    };
    members.iter().filter_map(merged).collect::<Map<_, _>>().into()
}

/// What is sent without the members that are null, however deep: a null says nothing, and told again it
/// would be of another type than its member.
fn stated(sent: &Value) -> Value {
    match sent {
        Value::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            members.map(|(name, value)| (name.clone(), stated(value))).collect()
        }
        Value::Array(list) => list.iter().map(stated).collect(),
        _ => sent.clone(),
    }
}

/// That these members are sent and not empty.
pub(super) fn require(sent: &Value, names: &[&str]) -> Result<(), ChangeRefused> {
    let is_blank = |name: &&&str| match sent.get(**name) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        Some(_) => false,
    };
    match names.iter().find(is_blank) {
        Some(name) => Err(ChangeRefused::of_field(name, "The field cannot be left blank")),
        None => Ok(()),
    }
}

/// That no other of these bodies has this name.
pub(super) fn check_free<'b>(
    name: Option<&str>,
    others: impl IntoIterator<Item = &'b Value>,
) -> Result<(), ChangeRefused> {
    let is_taken = others.into_iter().any(|other| super::text_of(other, "name") == name);
    if is_taken && name.is_some() { Err(ChangeRefused::taken("name")) } else { Ok(()) }
}

/// That no other of a kind has what is in these fields of this body, whatever the case: they are names
/// of it.
pub(super) fn check_names(
    kept: &Snapshot,
    (kind, id): (EntityKind, &str),
    body: &Value,
    fields: &[&str],
) -> Result<(), ChangeRefused> {
    for field in fields {
        let name = super::text_of(body, field).unwrap_or_default().to_lowercase();
        let is_it = |known: &&Entity| {
            known.id != id && known.names.iter().any(|known| known.to_lowercase() == name)
        };
        if kept.list(kind).any(|known| is_it(&known)) {
            return Err(ChangeRefused::taken(field));
        }
    }
    Ok(())
}

/// A moment in microseconds since 1970, as Okta writes it: the milliseconds are always `.000`.
#[must_use]
pub fn moment(microseconds: Option<i64>) -> Value {
    let whole = microseconds.map(|at| at.div_euclid(1_000_000).saturating_mul(1_000_000));
    let time = whole.and_then(|at| DateTime::new(at, Zone::UTC));
    time.map_or(Value::Null, |time| Value::from(time.text()))
}
