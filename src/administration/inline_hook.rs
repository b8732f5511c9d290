//! Inline hooks (authorization-server §1.11): who is asked before tokens are signed. What proves to a
//! hook who asks is kept closed under the master key and never told again.

use super::ask::{Absent, Ask, Member, Told, check_names, merge, moment, require};
use super::body::turned;
use super::{
    ChangeRefused, IfMatch, Required, create, delete, object_at, read_body, replace, set, text_of,
};
use crate::directory::Status;
use crate::organization::Snapshot;
use crate::publish::origin_of;
use crate::store::organization::{Entity, EntityKind};
use serde_json::{Map, Value, json};

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
            // Okta's SDK for Python reads it and does not put it back.
            Member("authScheme", Absent::Kept, &[]),
            Member("authType", Absent::Default, &[]),
            Member("clientId", Absent::Default, &[]),
            Member("clientSecret", Absent::Default, &[]),
            Member("tokenUrl", Absent::Default, &[]),
            Member("scope", Absent::Default, &[]),
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

/// A secret that proves who asks.
struct Secret {
    /// Where what it belongs to stands.
    at: &'static str,
    name: &'static str,
    /// As long as these beside it are the same, the secret of before may stay.
    belongs_to: &'static [&'static str],
    /// Whom it is told to: it was given for that host, and for no other.
    told_to: &'static str,
}

const URI: &str = "/channel/config/uri";

const SECRETS: &[Secret] = &[
    Secret { at: "/channel/config/authScheme", name: "value", belongs_to: &["key"], told_to: URI },
    Secret {
        at: "/channel/config",
        name: "clientSecret",
        belongs_to: &["authType", "clientId", "tokenUrl"],
        told_to: "/channel/config/tokenUrl",
    },
];

impl Secret {
    /// What it belongs to, where there is to be such a secret.
    fn place<'b>(&self, body: &'b mut Value) -> Option<&'b mut Value> {
        let place = body.pointer_mut(self.at).filter(|place| place.is_object())?;
        let is_needed =
            self.name == "value" || text_of(place, "authType") == Some("client_secret_post");
        is_needed.then_some(place)
    }

    /// That of before, if it is for the same.
    fn former(&self, body: &Value, before: Option<&Value>) -> Option<Value> {
        let (former, place) = (before?.pointer(self.at)?, body.pointer(self.at)?);
        let is_same = self.belongs_to.iter().all(|name| former.get(name) == place.get(name));
        let host = |body: &Value| origin_of(body.pointer(self.told_to)?.as_str()?);
        let is_told_to_the_same = host(before?).is_some_and(|known| host(body) == Some(known));
        former.get(self.name).filter(|_| is_same && is_told_to_the_same).cloned()
    }
}

fn told(ask: &Ask<'_>, entity: &Entity) -> Result<Told, ChangeRefused> {
    let body = read_body(entity)?;
    let path = format!("/api/v1/inlineHooks/{}", entity.id);
    let status = text_of(&body, "status").unwrap_or("ACTIVE");
    let mut channel = body.get("channel").cloned().unwrap_or_default();
    if let Some(scheme) = channel.pointer_mut("/config/authScheme").and_then(Value::as_object_mut) {
        scheme.remove("value");
        scheme.entry("type").or_insert_with(|| json!("HEADER"));
    }
    if let Some(config) = object_at(&mut channel, &["config"]) {
        config.remove("clientSecret");
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

/// Has the secrets of a hook be kept closed: those that are sent, or those of before where none is
/// and they are for the same.
fn keep_secrets(
    ask: &Ask<'_>,
    id: &str,
    body: &mut Value,
    before: Option<&Value>,
) -> Result<(), ChangeRefused> {
    leave_scheme(body, before);
    for secret in SECRETS {
        let former = secret.former(body, before);
        let Some(place) = secret.place(body) else { continue };
        let refused = |words| {
            let field = format!("{}/{}", secret.at, secret.name).replace('/', ".");
            ChangeRefused::of_field(field.trim_start_matches('.'), words)
        };
        let value = match place.get(secret.name) {
            // What is kept came along with what was not sent.
            Some(Value::Object(kept)) if before_is(secret, kept, before) => former,
            Some(Value::String(text)) if text.is_empty() => None,
            Some(Value::String(text)) if is_header_text(text) => {
                Some(json!({ "sealed": ask.administration.seal(id, text)? }))
            }
            None | Some(Value::Null) => former,
            Some(_) => return Err(refused("expected a text of printable ASCII")),
        };
        let value = value.ok_or_else(|| refused("The field cannot be left blank"))?;
        set(place, secret.name, value);
    }
    Ok(())
}

/// Whether this is the very secret that is kept.
fn before_is(secret: &Secret, kept: &Map<String, Value>, before: Option<&Value>) -> bool {
    let former = before.and_then(|before| before.pointer(secret.at)?.get(secret.name));
    former.and_then(Value::as_object) == Some(kept)
}

/// A hook that is asked with access tokens from now on has no header of before.
fn leave_scheme(body: &mut Value, before: Option<&Value>) {
    const SCHEME: &str = "/channel/config/authScheme";
    let is_kept = body.pointer(SCHEME) == before.and_then(|before| before.pointer(SCHEME));
    let is_other = body.pointer("/channel/type").and_then(Value::as_str) == Some("OAUTH");
    if is_kept
        && is_other
        && let Some(config) = object_at(body, &["channel", "config"])
    {
        config.remove("authScheme");
    }
}

fn is_header_text(text: &str) -> bool {
    text.len() <= 4096 && text.chars().all(|c| matches!(c, ' '..='~'))
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
    keep_secrets(ask, &id, &mut body, None)?;
    let edit = |kept: &Snapshot| {
        check_names(kept, (KIND, &id), &body, &["name"])?;
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
            for secret in SECRETS {
                let former = before.pointer(secret.at).and_then(|at| at.get(secret.name));
                if let Some(place) = whole.pointer_mut(secret.at).and_then(Value::as_object_mut)
                    && place.get(secret.name) == former
                {
                    place.remove(secret.name);
                }
            }
        }
        set(&mut whole, "type", json!(TYPE));
        let mut body = merge(MEMBERS, &whole, Some(&before));
        keep_secrets(ask, id, &mut body, Some(&before))?;
        check_names(kept, (KIND, id), &body, &["name"])?;
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
