//! Trusted origins (authorization-server §1.10): whose pages may read answers with cookies, be where
//! browsers go after signing out, or show pages of ours in a frame.

use super::ask::{Absent, Ask, Member, Told, check_names, merge, moment, require};
use super::body::turned;
use super::condition::Condition;
use super::{ChangeRefused, IfMatch, Required, create, delete, read_body, replace, set, text_of};
use crate::directory::Status;
use crate::organization::Snapshot;
use crate::store::organization::{Entity, EntityKind};
use serde_json::{Value, json};

const KIND: EntityKind = EntityKind::TrustedOrigin;

const MEMBERS: &[Member] = &[
    Member("id", Absent::Own, &[]),
    Member("status", Absent::Own, &[]),
    Member("name", Absent::Default, &[]),
    Member("origin", Absent::Default, &[]),
    Member("scopes", Absent::Default, &[]),
];

/// What no two have alike.
const NAMES: &[&str] = &["name", "origin"];

/// What a list can be asked for by; the type is that of any of its scopes.
pub const ATTRIBUTES: &[&str] = &["id", "name", "origin", "status", "type"];

/// What a condition asks of an origin.
fn facts(told: &Value) -> Value {
    let scopes = told.get("scopes").and_then(Value::as_array);
    let types = scopes.into_iter().flatten().filter_map(|scope| scope.get("type").cloned());
    let mut facts = told.clone();
    set(&mut facts, "type", types.collect());
    facts
}

fn told(ask: &Ask<'_>, entity: &Entity) -> Result<Told, ChangeRefused> {
    let body = read_body(entity)?;
    let path = format!("/api/v1/trustedOrigins/{}", entity.id);
    let status = text_of(&body, "status").unwrap_or("ACTIVE");
    let mut links = json!({ "self": ask.link(&path, &["GET", "PUT", "DELETE"]) });
    ask.add_turn(&mut links, &path, status);
    let value = json!({
        "id": entity.id,
        "name": text_of(&body, "name"),
        "origin": text_of(&body, "origin"),
        "scopes": body.get("scopes"),
        "status": status,
        "created": moment(entity.created),
        "lastUpdated": moment(entity.last_updated.or(entity.created)),
        "_links": links,
    });
    Ok(Told::new(value, entity))
}

/// The origins whose name or origin begins with `q` and of which the condition holds, in order.
///
/// # Errors
/// That the store cannot be read.
pub async fn list(
    ask: &Ask<'_>,
    q: Option<&str>,
    condition: Option<&Condition>,
) -> Result<Vec<Told>, ChangeRefused> {
    let q = q.map(str::to_lowercase);
    let kept = ask.kept().await?;
    let begins = |told: &Told, q: &str| {
        ["name", "origin"].iter().any(|name| {
            text_of(&told.value, name).is_some_and(|text| text.to_lowercase().starts_with(q))
        })
    };
    let mut all =
        kept.list(KIND).map(|entity| told(ask, entity)).collect::<Result<Vec<Told>, _>>()?;
    all.retain(|told| {
        q.as_ref().is_none_or(|q| begins(told, q))
            && condition.is_none_or(|condition| condition.holds(&facts(&told.value)))
    });
    all.sort_by(|one, other| one.order.cmp(&other.order));
    Ok(all)
}

/// The origin of this id.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find(ask: &Ask<'_>, id: &str) -> Result<Told, ChangeRefused> {
    told(ask, ask.kept().await?.require(KIND, id, &IfMatch::Any)?)
}

/// What is kept of a scope is its type; what applications may be embedded by it is not looked at, so
/// that nobody may believe it is.
fn body_of(sent: &Value, before: Option<&Value>) -> Result<Value, ChangeRefused> {
    let mut body = merge(MEMBERS, sent, before);
    let scopes = body.get_mut("scopes").and_then(Value::as_array_mut);
    for scope in scopes.into_iter().flatten() {
        let limits = scope.get("allowedOktaApps").and_then(Value::as_array);
        if limits.is_some_and(|limits| !limits.is_empty()) {
            return Err(ChangeRefused::of_field("scopes.allowedOktaApps", "is not supported"));
        }
        if let Some(members) = scope.as_object_mut() {
            members.retain(|name, _| name == "type");
        }
    }
    Ok(body)
}

/// Trusts an origin.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn add(ask: &Ask<'_>, sent: &Value) -> Result<Told, ChangeRefused> {
    require(sent, &["name", "origin", "scopes"])?;
    let id = ask.administration.new_id("tos");
    let mut body = body_of(sent, None)?;
    set(&mut body, "id", json!(id));
    set(&mut body, "status", json!("ACTIVE"));
    let edit = |kept: &Snapshot| {
        check_names(kept, (KIND, &id), &body, NAMES)?;
        Ok(vec![create(KIND, &id, kept.next_position(KIND, ""), &body)])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    told(ask, changed.find(KIND, &id)?)
}

/// Puts what is sent in the place of an origin.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn put(ask: &Ask<'_>, id: &str, sent: &Value) -> Result<Told, ChangeRefused> {
    require(sent, &["name", "origin", "scopes"])?;
    let edit = |kept: &Snapshot| {
        let entity = kept.require(KIND, id, &ask.if_match)?;
        let body = body_of(sent, Some(&read_body(entity)?))?;
        check_names(kept, (KIND, id), &body, NAMES)?;
        Ok(vec![replace(entity, &body)])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    told(ask, changed.find(KIND, id)?)
}

/// Trusts an origin again, or no more.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn turn(ask: &Ask<'_>, id: &str, status: Status) -> Result<Told, ChangeRefused> {
    let edit = |kept: &Snapshot| turned(kept.require(KIND, id, &ask.if_match)?, status);
    let changed = ask.administration.change(&ask.actor, edit).await?;
    told(ask, changed.find(KIND, id)?)
}

/// Forgets an origin.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn remove(ask: &Ask<'_>, id: &str) -> Result<(), ChangeRefused> {
    let edit = |kept: &Snapshot| Ok(vec![delete(kept.require(KIND, id, &ask.if_match)?)]);
    ask.administration.change(&ask.actor, edit).await.map(|_| ())
}
