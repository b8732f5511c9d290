//! Scopes of authorization servers (authorization-server §1.3).

use super::ask::{Absent, Ask, Member, Told, check_free, find_server, is_true, merge, require};
use super::inherent::{self, Known, all_known, self_link};
use super::{ChangeRefused, IfMatch, create, delete, replace, set, text_of};
use crate::organization::{Snapshot, below, scope_id};
use crate::server::SYSTEM_SCOPES;
use crate::store::organization::EntityKind;
use crate::token::digest;
use serde_json::{Value, json};

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

fn all(kept: &Snapshot, server: &str) -> Result<Vec<Known>, ChangeRefused> {
    let system = SYSTEM_SCOPES.iter().map(|(name, description)| {
        let body = json!({
            "name": name, "displayName": name, "description": description,
            "metadataPublish": "ALL_CLIENTS",
        });
        (scope_id(server, name, &digest), body)
    });
    let is_same = |one: &Value, other: &Value| text_of(one, "name") == text_of(other, "name");
    all_known(kept, (EntityKind::Scope, server), system.collect(), is_same)
}

fn told(ask: &Ask<'_>, server: &str, scope: &Known) -> Told {
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
        "_links": self_link(ask, server, "scopes", scope),
    });
    if let Some(name) = text_of(body, "displayName") {
        set(&mut value, "displayName", json!(name));
    }
    scope.told(value)
}

/// The scopes of a server whose name holds `q`, in order.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn list(
    ask: &Ask<'_>,
    server: &str,
    q: Option<&str>,
) -> Result<Vec<Told>, ChangeRefused> {
    let kept = ask.kept().await?;
    let server = &find_server(&kept, server)?.id;
    let is_about = |scope: &&Known| {
        let name = text_of(&scope.body, "name").unwrap_or_default().to_lowercase();
        q.is_none_or(|q| name.contains(&q.to_lowercase()))
    };
    Ok(all(&kept, server)?.iter().filter(is_about).map(|scope| told(ask, server, scope)).collect())
}

/// The scope of this id.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find(ask: &Ask<'_>, server: &str, id: &str) -> Result<Told, ChangeRefused> {
    tell(ask, &*ask.kept().await?, server, id)
}

fn tell(ask: &Ask<'_>, kept: &Snapshot, server: &str, id: &str) -> Result<Told, ChangeRefused> {
    let server = &find_server(kept, server)?.id;
    let all = all(kept, server)?;
    let scope = inherent::require(&all, (EntityKind::Scope, id), &IfMatch::Any)?;
    Ok(told(ask, server, scope))
}

/// Makes a scope.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn add(ask: &Ask<'_>, server: &str, sent: &Value) -> Result<Told, ChangeRefused> {
    require(sent, &["name"])?;
    let id = ask.administration.new_id("scp");
    let mut body = merge(MEMBERS, sent, None);
    set(&mut body, "id", json!(id));
    let edit = |kept: &Snapshot| {
        let server = &find_server(kept, server)?.id;
        check_free(text_of(&body, "name"), all(kept, server)?.iter().map(|known| &known.body))?;
        let position = kept.next_position(EntityKind::Scope, server);
        Ok(vec![create(EntityKind::Scope, &below(server, &id), position, &body)])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    tell(ask, &changed.snapshot, server, &id)
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
    require(sent, &["name"])?;
    let edit = |kept: &Snapshot| {
        let server = &find_server(kept, server)?.id;
        let all = all(kept, server)?;
        let scope = inherent::require(&all, (EntityKind::Scope, id), &ask.if_match)?;
        let mut body = merge(MEMBERS, sent, Some(&scope.body));
        set(&mut body, "id", json!(id));
        let name = text_of(&body, "name");
        if scope.is_system && name != text_of(&scope.body, "name") {
            return Err(ChangeRefused::read_only("name"));
        }
        let others = all.iter().filter(|known| known.own != id).map(|known| &known.body);
        check_free(name, others)?;
        Ok(vec![match &scope.entity {
            Some(entity) => replace(entity, &body),
            None => {
                let position = kept.next_position(EntityKind::Scope, server);
                create(EntityKind::Scope, &below(server, id), position, &body)
            }
        }])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    tell(ask, &changed.snapshot, server, id)
}

/// Deletes a scope that is not one that every server has.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn remove(ask: &Ask<'_>, server: &str, id: &str) -> Result<(), ChangeRefused> {
    let edit = |kept: &Snapshot| {
        let server = &find_server(kept, server)?.id;
        let all = all(kept, server)?;
        let scope = inherent::require(&all, (EntityKind::Scope, id), &ask.if_match)?;
        match &scope.entity {
            Some(entity) if !scope.is_system => Ok(vec![delete(entity)]),
            _ => Err(ChangeRefused::not_permitted()),
        }
    };
    ask.administration.change(&ask.actor, edit).await.map(|_| ())
}
