//! Inline hooks (authorization-server §1.11): who is asked before tokens are signed. What proves to a
//! hook who asks is kept closed under the master key and never told again.

use super::ask::{Absent, Ask, Member, Told, merge, moment, require};
use super::body::turned;
use super::{
    ChangeRefused, IfMatch, Required, create, delete, object_at, read_body, replace, set, text_of,
};
use crate::directory::Status;
use crate::organization::Snapshot;
use crate::store::organization::{Entity, EntityKind};
use serde_json::{Value, json};

const KIND: EntityKind = EntityKind::Hook;

/// The only type of hooks.
const TYPE: &str = "com.okta.oauth2.tokens.transform";

const CHANNEL: &[Member] = &[
    Member("type", Absent::Default, &[]),
    Member("version", Absent::Default, &[]),
    Member(
        "config",
        Absent::Default,
        &[
            Member("uri", Absent::Default, &[]),
            Member("method", Absent::Default, &[]),
            Member("headers", Absent::Default, &[]),
            Member("authScheme", Absent::Default, &[]),
        ],
    ),
];

/// The last one is ours, and Okta's SDKs do not know it.
const MEMBERS: &[Member] = &[
    Member("id", Absent::Own, &[]),
    Member("status", Absent::Own, &[]),
    Member("name", Absent::Default, &[]),
    Member("type", Absent::Default, &[]),
    Member("version", Absent::Default, &[]),
    Member("channel", Absent::Default, CHANNEL),
    Member("onFailure", Absent::Kept, &[]),
];

/// Where what proves who asks stands.
const SCHEME: &str = "/channel/config/authScheme";

fn told(ask: &Ask<'_>, entity: &Entity) -> Result<Told, ChangeRefused> {
    let body = read_body(entity)?;
    let path = format!("/api/v1/inlineHooks/{}", entity.id);
    let status = text_of(&body, "status").unwrap_or("ACTIVE");
    let mut channel = body.get("channel").cloned().unwrap_or_default();
    if let Some(scheme) = channel.pointer_mut("/config/authScheme").and_then(Value::as_object_mut) {
        scheme.remove("value");
        scheme.entry("type").or_insert_with(|| json!("HEADER"));
    }
    let version = json!(text_of(&channel, "version").unwrap_or("1.0.0"));
    set(&mut channel, "version", version);
    if let Some(config) = object_at(&mut channel, &["config"]) {
        config.entry("method").or_insert_with(|| json!("POST"));
        config.entry("headers").or_insert_with(|| json!([]));
    }
    let mut links = json!({
        "self": ask.link(&path, &["GET", "PUT", "POST", "DELETE"]),
        "execute": ask.link(&format!("{path}/execute"), &["POST"]),
    });
    ask.add_turn(&mut links, &path, status);
    let value = json!({
        "id": entity.id,
        "status": status,
        "name": text_of(&body, "name"),
        "type": TYPE,
        "version": text_of(&body, "version").unwrap_or("1.0.0"),
        "channel": channel,
        "onFailure": text_of(&body, "onFailure").unwrap_or("allow"),
        "created": moment(entity.created),
        "lastUpdated": moment(entity.last_updated.or(entity.created)),
        "_links": links,
    });
    Ok(Told::new(value, entity))
}

/// The hooks, of this type if one is named, in order.
///
/// # Errors
/// That the store cannot be read.
pub async fn list(ask: &Ask<'_>, of_type: Option<&str>) -> Result<Vec<Told>, ChangeRefused> {
    let kept = ask.kept().await?;
    let is_wanted = of_type.is_none_or(|of_type| of_type == TYPE);
    let hooks = kept.list(KIND).filter(|_| is_wanted).map(|entity| told(ask, entity));
    let mut all = hooks.collect::<Result<Vec<Told>, _>>()?;
    all.sort_by(|one, other| one.order.cmp(&other.order));
    Ok(all)
}

/// The hook of this id.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find(ask: &Ask<'_>, id: &str) -> Result<Told, ChangeRefused> {
    told(ask, ask.kept().await?.require(KIND, id, &IfMatch::Any)?)
}

/// Has the secret of a hook be kept closed: the one that is sent, or the one of before if none is and
/// it is for the same header.
fn keep_secret(
    ask: &Ask<'_>,
    id: &str,
    body: &mut Value,
    before: Option<&Value>,
) -> Result<(), ChangeRefused> {
    let Some(scheme) = body.pointer_mut(SCHEME).filter(|scheme| scheme.is_object()) else {
        return Ok(());
    };
    let value = match scheme.get("value") {
        Some(Value::String(secret)) if secret.is_empty() => None,
        Some(Value::String(secret)) if is_header_text(secret) => {
            Some(json!({ "sealed": ask.administration.seal(id, secret)? }))
        }
        None | Some(Value::Null) => {
            let before = before.and_then(|before| before.pointer(SCHEME));
            let same = before.filter(|before| before.get("key") == scheme.get("key"));
            same.and_then(|before| before.get("value")).cloned()
        }
        Some(_) => {
            let field = "channel.config.authScheme.value";
            return Err(ChangeRefused::of_field(field, "expected a text of printable ASCII"));
        }
    };
    let Some(value) = value else {
        let field = "channel.config.authScheme.value";
        return Err(ChangeRefused::of_field(field, "The field cannot be left blank"));
    };
    set(scheme, "value", value);
    Ok(())
}

fn is_header_text(text: &str) -> bool {
    text.len() <= 4096 && text.chars().all(|c| matches!(c, ' '..='~'))
}

fn check_name(kept: &Snapshot, id: &str, body: &Value) -> Result<(), ChangeRefused> {
    let found = kept.find_by_name(KIND, text_of(body, "name").unwrap_or_default());
    match found.is_some_and(|found| found.id != id) {
        true => Err(ChangeRefused::taken("name")),
        false => Ok(()),
    }
}

/// Makes a hook, which is active.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn add(ask: &Ask<'_>, sent: &Value) -> Result<Told, ChangeRefused> {
    require(sent, &["name", "type", "channel"])?;
    let id = ask.administration.new_id("cal");
    let mut body = merge(MEMBERS, sent, None);
    set(&mut body, "id", json!(id));
    set(&mut body, "status", json!("ACTIVE"));
    keep_secret(ask, &id, &mut body, None)?;
    let edit = |kept: &Snapshot| {
        check_name(kept, &id, &body)?;
        Ok(vec![create(KIND, &id, kept.next_position(KIND, ""), &body)])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    told(ask, changed.find(KIND, &id)?)
}

/// What is sent is all of it, or only what changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    Whole,
    Part,
}

/// Puts what is sent in the place of a hook, or of a part of it.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn put(ask: &Ask<'_>, id: &str, sent: &Value, how: Sent) -> Result<Told, ChangeRefused> {
    if how == Sent::Whole {
        require(sent, &["name", "channel"])?;
    }
    let edit = |kept: &Snapshot| {
        let entity = kept.require(KIND, id, &ask.if_match)?;
        let before = read_body(entity)?;
        let mut whole = sent.clone();
        if how == Sent::Part {
            let (mut patched, change) = (before.clone(), sent.clone());
            patch(&mut patched, change);
            whole = patched;
            // What is kept is no text that is sent; none means the same one.
            if whole.pointer(SCHEME) == before.pointer(SCHEME)
                && let Some(scheme) = whole.pointer_mut(SCHEME).and_then(Value::as_object_mut)
            {
                scheme.remove("value");
            }
        }
        set(&mut whole, "type", json!(TYPE));
        let mut body = merge(MEMBERS, &whole, Some(&before));
        keep_secret(ask, id, &mut body, Some(&before))?;
        check_name(kept, id, &body)?;
        Ok(vec![replace(entity, &body)])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    told(ask, changed.find(KIND, id)?)
}

/// A JSON merge patch (RFC 7396), but that a null stays.
fn patch(target: &mut Value, change: Value) {
    let Value::Object(change) = change else {
        *target = change;
        return;
    };
    let Some(target) = target.as_object_mut() else { return };
    for (name, value) in change {
        match target.get_mut(&name) {
            // How it proves who it is is one thing.
            Some(kept) if kept.is_object() && value.is_object() && name != "authScheme" => {
                patch(kept, value);
            }
            _ => {
                target.insert(name, value);
            }
        }
    }
}

/// Turns a hook on or off.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn turn(ask: &Ask<'_>, id: &str, status: Status) -> Result<Told, ChangeRefused> {
    let edit = |kept: &Snapshot| turned(kept.require(KIND, id, &ask.if_match)?, status);
    let changed = ask.administration.change(&ask.actor, edit).await?;
    told(ask, changed.find(KIND, id)?)
}

/// Deletes a hook that is inactive.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn remove(ask: &Ask<'_>, id: &str) -> Result<(), ChangeRefused> {
    let edit = |kept: &Snapshot| {
        let entity = kept.require(KIND, id, &ask.if_match)?;
        match text_of(&read_body(entity)?, "status") {
            Some("INACTIVE") => Ok(vec![delete(entity)]),
            _ => Err(ChangeRefused::of_field("status", "Only an inactive hook can be deleted.")),
        }
    };
    ask.administration.change(&ask.actor, edit).await.map(|_| ())
}
