//! Scopes of authorization servers (authorization-server §1.3).

use super::ask::{Absent, Ask, Member, Told, is_true};
use super::condition::Condition;
use super::inherent::{Changeable, Inherent, Known};
use super::{ChangeRefused, set, text_of};
use crate::organization::scope_id;
use crate::server::SYSTEM_SCOPES;
use crate::store::organization::EntityKind;
use crate::token::digest;
use serde_json::{Value, json};

pub(super) const SCOPES: Inherent = Inherent {
    kind: EntityKind::Scope,
    prefix: "scp",
    list: "scopes",
    members: MEMBERS,
    required: &["name"],
    system,
    is_same: |one, other| text_of(one, "name") == text_of(other, "name"),
    value,
    changeable,
};

const MEMBERS: &[Member] = &[
    Member("id", Absent::Own, &[]),
    Member("name", Absent::Default, &[]),
    Member("displayName", Absent::Default, &[]),
    Member("description", Absent::Default, &[]),
    Member("consent", Absent::Default, &[]),
    Member("optional", Absent::Default, &[]),
    Member("default", Absent::Default, &[]),
    Member("metadataPublish", Absent::Default, &[]),
];

/// What a list can be asked for by.
pub const ATTRIBUTES: &[&str] = &[
    "id",
    "name",
    "displayName",
    "description",
    "system",
    "default",
    "optional",
    "consent",
    "metadataPublish",
];

fn system(server: &str) -> Vec<(String, Value)> {
    let system = SYSTEM_SCOPES.iter().map(|(name, description)| {
        let body = json!({
            "name": name, "displayName": name, "description": description,
            "metadataPublish": "ALL_CLIENTS",
        });
        (scope_id(server, name, &digest), body)
    });
    system.collect()
}

fn value(scope: &Known) -> Value {
    let body = &scope.body;
    let mut value = json!({
        "id": scope.own,
        "name": text_of(body, "name"),
        "description": text_of(body, "description").unwrap_or_default(),
        "system": scope.is_system,
        "default": is_true(body, "default"),
        "optional": is_true(body, "optional"),
        "consent": text_of(body, "consent").unwrap_or("IMPLICIT"),
        "metadataPublish": text_of(body, "metadataPublish").unwrap_or("NO_CLIENTS"),
    });
    if let Some(name) = text_of(body, "displayName") {
        set(&mut value, "displayName", json!(name));
    }
    value
}

/// A scope that every server has keeps its name.
fn changeable(scope: &Known, sent: &Value) -> Result<Changeable, ChangeRefused> {
    match text_of(sent, "name") {
        name if name.is_some() && name != text_of(&scope.body, "name") => {
            Err(ChangeRefused::read_only("name"))
        }
        _ => Ok(Changeable::Yes),
    }
}

/// The scopes of a server whose name holds `q` and of which the condition holds, in order.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn list(
    ask: &Ask<'_>,
    server: &str,
    q: Option<&str>,
    condition: Option<&Condition>,
) -> Result<Vec<Told>, ChangeRefused> {
    let mut all = SCOPES.list(ask, server).await?;
    let q = q.map(str::to_lowercase);
    all.retain(|told| {
        let name = text_of(&told.value, "name").unwrap_or_default().to_lowercase();
        q.as_ref().is_none_or(|q| name.contains(q))
            && condition.is_none_or(|condition| condition.holds(&told.value))
    });
    Ok(all)
}

/// The scope of this id.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find(ask: &Ask<'_>, server: &str, id: &str) -> Result<Told, ChangeRefused> {
    SCOPES.find(ask, server, id).await
}

/// Makes a scope.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn add(ask: &Ask<'_>, server: &str, sent: &Value) -> Result<Told, ChangeRefused> {
    SCOPES.add(ask, server, sent).await
}

/// Puts what is sent in the place of a scope. One that every server has keeps its name.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn put(
    ask: &Ask<'_>,
    server: &str,
    id: &str,
    sent: &Value,
) -> Result<Told, ChangeRefused> {
    SCOPES.put(ask, server, id, sent).await
}

/// Deletes a scope that is not one that every server has.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn remove(ask: &Ask<'_>, server: &str, id: &str) -> Result<(), ChangeRefused> {
    SCOPES.remove(ask, server, id).await
}
