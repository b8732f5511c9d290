//! The public keys of an application, by which it signs its assertions.

use super::super::ask::{Ask, Told, moment};
use super::super::{ChangeRefused, object_at, replace, set, text_of};
use super::{KIND, path_of, read, word_of};
use crate::directory::Status;
use crate::organization::{Snapshot, key_id};
use crate::store::organization::Entity;
use crate::token::{ForeignKey, digest};
use serde_json::{Map, Value, json};
use std::sync::Arc;

const KEYS: &str = "/settings/oauthClient/jwks/keys";

/// The keys of the application `id`, each with its id and status.
pub(super) fn kept(body: &Value, id: &str) -> Vec<Value> {
    let keys = body.pointer(KEYS).and_then(Value::as_array).cloned().unwrap_or_default();
    let whole = |(index, mut key): (usize, Value)| {
        if text_of(&key, "id").is_none() {
            set(&mut key, "id", json!(key_id(id, index, &digest)));
        }
        if text_of(&key, "status").is_none() {
            set(&mut key, "status", json!("ACTIVE"));
        }
        key
    };
    keys.into_iter().enumerate().map(whole).collect()
}

/// Looks at the keys that an application is sent with, and gives each an id: that of the key it was
/// `before`, if it was there.
pub(super) fn number(
    ask: &Ask<'_>,
    body: &mut Value,
    before: Option<&Value>,
) -> Result<(), ChangeRefused> {
    let id = text_of(body, "id").unwrap_or_default().to_owned();
    let known = before.map(|before| kept(before, &id)).unwrap_or_default();
    let Some(keys) = body.pointer_mut(KEYS).and_then(Value::as_array_mut) else { return Ok(()) };
    for key in keys {
        let same = known.iter().find(|known| is_same(known, key));
        *key = numbered(ask, key, same)?;
    }
    Ok(())
}

fn is_same(known: &Value, sent: &Value) -> bool {
    let both = |name: &str| text_of(known, name).is_some_and(|k| text_of(sent, name) == Some(k));
    both("id") || both("kid")
}

/// What only the server says of a key.
const OWN: &[&str] = &["id", "created", "lastUpdated", "_links"];

/// The key as it is kept, if it is one.
fn numbered(ask: &Ask<'_>, sent: &Value, known: Option<&Value>) -> Result<Value, ChangeRefused> {
    let Some(members) = sent.as_object() else {
        return Err(ChangeRefused::of_whole("JsonWebKey", "expected an object"));
    };
    let member = |name: &str| members.get(name).and_then(Value::as_str);
    if let Err(error) = ForeignKey::from_jwk(&member) {
        return Err(ChangeRefused::of_whole("JsonWebKey", &error.to_string()));
    }
    let now = moment(Some(ask.administration.clock.microseconds()));
    let mut key: Map<String, Value> =
        members.iter().filter(|(name, _)| !OWN.contains(&name.as_str())).map(owned).collect();
    key.retain(|_, value| !value.is_null());
    let kept = |name: &str| known.and_then(|known| known.get(name)).cloned();
    let id = kept("id").unwrap_or_else(|| json!(ask.administration.new_id("pks")));
    key.insert("id".to_owned(), id);
    key.entry("status").or_insert_with(|| kept("status").unwrap_or_else(|| json!("ACTIVE")));
    key.entry("use").or_insert_with(|| json!("sig"));
    key.insert("created".to_owned(), kept("created").unwrap_or_else(|| now.clone()));
    key.insert("lastUpdated".to_owned(), kept("lastUpdated").unwrap_or(now));
    Ok(key.into())
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

fn told(ask: &Ask<'_>, entity: &Entity, mut key: Value) -> Told {
    let id = text_of(&key, "id").unwrap_or_default().to_owned();
    let status = text_of(&key, "status").unwrap_or("ACTIVE").to_owned();
    let path = format!("{}/credentials/jwks/{id}", path_of(&entity.id));
    let mut links = json!({ "self": ask.link(&path, &["GET", "DELETE"]) });
    ask.add_turn(&mut links, &path, &status);
    set(&mut key, "_links", links);
    Told { value: key, generation: entity.generation, order: id }
}

/// The keys of an application.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn list_keys(ask: &Ask<'_>, app: &str) -> Result<Vec<Told>, ChangeRefused> {
    let all = ask.kept().await?;
    let (entity, body) = read(&all, app)?;
    Ok(kept(&body, app).into_iter().map(|key| told(ask, entity, key)).collect())
}

/// A key of an application.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find_key(ask: &Ask<'_>, app: &str, id: &str) -> Result<Told, ChangeRefused> {
    tell(ask, &*ask.kept().await?, app, id)
}

fn tell(ask: &Ask<'_>, all: &Snapshot, app: &str, id: &str) -> Result<Told, ChangeRefused> {
    let (entity, body) = read(all, app)?;
    let mut keys = kept(&body, app);
    let index = position(&keys, id)?;
    Ok(told(ask, entity, keys.swap_remove(index)))
}

fn position(keys: &[Value], id: &str) -> Result<usize, ChangeRefused> {
    let found = keys.iter().position(|key| text_of(key, "id") == Some(id));
    found.ok_or_else(|| ChangeRefused::NotFound { object: "JsonWebKey", id: id.to_owned() })
}

/// Gives an application one more key.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn add_key(ask: &Ask<'_>, app: &str, sent: &Value) -> Result<Told, ChangeRefused> {
    let key = numbered(ask, sent, None)?;
    let edit = |keys: &mut Vec<Value>| {
        let kid = text_of(&key, "kid");
        if kid.is_some() && keys.iter().any(|known| text_of(known, "kid") == kid) {
            return Err(ChangeRefused::taken("kid"));
        }
        keys.push(key.clone());
        Ok(())
    };
    let all = change(ask, app, edit).await?;
    tell(ask, &all, app, text_of(&key, "id").unwrap_or_default())
}

/// Turns a key on or off.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn turn_key(
    ask: &Ask<'_>,
    app: &str,
    id: &str,
    status: Status,
) -> Result<Told, ChangeRefused> {
    let now = moment(Some(ask.administration.clock.microseconds()));
    let edit = |keys: &mut Vec<Value>| {
        let index = position(keys, id)?;
        if let Some(key) = keys.get_mut(index) {
            set(key, "status", json!(word_of(status)));
            set(key, "lastUpdated", now.clone());
        }
        Ok(())
    };
    let all = change(ask, app, edit).await?;
    tell(ask, &all, app, id)
}

/// Takes an inactive key away.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn remove_key(ask: &Ask<'_>, app: &str, id: &str) -> Result<(), ChangeRefused> {
    let edit = |keys: &mut Vec<Value>| {
        let index = position(keys, id)?;
        let key = keys.remove(index);
        match text_of(&key, "status") {
            Some("INACTIVE") => Ok(()),
            _ => Err(ChangeRefused::of_whole(
                "JsonWebKey",
                "The JSON Web Key must be deactivated before deletion.",
            )),
        }
    };
    change(ask, app, edit).await.map(|_| ())
}

/// Changes the keys of an application as `edit` does.
async fn change(
    ask: &Ask<'_>,
    app: &str,
    edit: impl Fn(&mut Vec<Value>) -> Result<(), ChangeRefused> + Send + Sync,
) -> Result<Arc<Snapshot>, ChangeRefused> {
    let whole = |all: &Snapshot| {
        let (entity, mut body) = read(all, app)?;
        ask.if_match.check(entity.generation)?;
        let mut keys = kept(&body, app);
        edit(&mut keys)?;
        match object_at(&mut body, &["settings", "oauthClient"]) {
            Some(settings) if keys.is_empty() => {
                settings.remove("jwks");
            }
            Some(settings) => {
                settings.insert("jwks".to_owned(), json!({ "keys": keys }));
            }
            None => {}
        }
        Ok(vec![replace(entity, &body)])
    };
    let changed = ask.administration.change(&ask.actor, whole).await?;
    changed.find(KIND, app)?;
    Ok(changed.snapshot)
}
