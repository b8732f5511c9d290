//! Where bodies speak of users and groups, so that they can be found and left out.

use super::{OF_GROUP, OF_USER};
use crate::store::organization::{Entity, EntityKind};
use serde_json::Value;

/// The lists that name groups, and those that name users.
type Lists = (&'static [&'static str], &'static [&'static str]);

/// Of each kind that names somebody.
const fn lists_of(kind: EntityKind) -> Lists {
    match kind {
        EntityKind::Application => (&["/assignments/groups"], &["/assignments/users"]),
        EntityKind::Rule => (
            &["/conditions/people/groups/include", "/conditions/people/groups/exclude"],
            &["/conditions/people/users/include", "/conditions/people/users/exclude"],
        ),
        EntityKind::GroupRule => (
            &["/actions/assignUserToGroups/groupIds", "/conditions/people/groups/exclude"],
            &["/conditions/people/users/exclude"],
        ),
        EntityKind::TokenPolicy => (&["/conditions/groups/include"], &[]),
        _ => (&[], &[]),
    }
}

/// The list by which policies of this kind name clients.
const fn clients_of(kind: EntityKind) -> &'static [&'static str] {
    match kind {
        EntityKind::Policy | EntityKind::TokenPolicy => &["/conditions/clients/include"],
        _ => &[],
    }
}

/// The tag of what names this user.
#[must_use]
pub fn tag_of_user(id: &str) -> String {
    format!("{OF_USER}{id}")
}

/// The tag of users in this group, and of what is assigned to it.
#[must_use]
pub fn tag_of_group(id: &str) -> String {
    format!("{OF_GROUP}{id}")
}

/// The ids of the groups of a user, but for the one of every user.
pub fn groups_of(user: &Entity) -> impl Iterator<Item = &str> {
    user.tags.iter().filter_map(|tag| tag.strip_prefix(OF_GROUP))
}

/// The ids and logins by which an entity names users.
#[must_use]
pub fn users_named_in(entity: &Entity) -> Vec<String> {
    let (_, lists) = lists_of(entity.kind);
    if lists.is_empty() {
        return Vec::new();
    }
    let body: Value = serde_json::from_str(&entity.body).unwrap_or_default();
    let listed = lists.iter().filter_map(|list| body.pointer(list)?.as_array()).flatten();
    listed.filter_map(named).map(str::to_owned).collect()
}

/// A text, or an assignment.
fn named(element: &Value) -> Option<&str> {
    let member = |name: &str| element.get(name)?.as_str();
    element.as_str().or_else(|| member("id")).or_else(|| member("login"))
}

/// Leaves a group out of a body. Answers whether it was in it.
pub fn without_group(kind: EntityKind, body: &mut Value, id: &str) -> bool {
    without(lists_of(kind).0, body, id)
}

/// Leaves a user out of a body. Answers whether they were in it.
pub fn without_user(kind: EntityKind, body: &mut Value, id: &str) -> bool {
    without(lists_of(kind).1, body, id)
}

/// Leaves a client out of a body. Answers whether it was in it. A policy that names none after that is
/// for none.
pub fn without_client(kind: EntityKind, body: &mut Value, client_id: &str) -> bool {
    without(clients_of(kind), body, client_id)
}

fn without(lists: &[&str], body: &mut Value, id: &str) -> bool {
    let mut is_found = false;
    for list in lists {
        if let Some(listed) = body.pointer_mut(list).and_then(Value::as_array_mut) {
            let n_listed = listed.len();
            listed.retain(|element| named(element) != Some(id));
            is_found |= listed.len() < n_listed;
        }
    }
    is_found
}
