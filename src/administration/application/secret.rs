//! The secrets of an application, two while one takes the place of the other. What they are is told
//! when they are made and never again.

use super::super::ask::{Ask, Told, moment};
use super::super::{ChangeRefused, object_at, replace, set, text_of};
use super::credential::{Provided, not_used};
use super::shape::method_of;
use super::{KIND, path_of, read, word_of};
use crate::directory::Status;
use crate::organization::{Snapshot, secret_id};
use crate::store::organization::Entity;
use crate::token::digest;
use serde_json::{Value, json};

/// Most secrets of a client.
const AT_MOST: usize = 2;

/// What is kept of the secrets of the application `id`, each with its id and status.
pub(super) fn kept(body: &Value, id: &str) -> Vec<Value> {
    let secrets = match body.pointer("/credentials/oauthClient/client_secret") {
        Some(Value::Array(secrets)) => secrets.clone(),
        Some(secret @ Value::Object(_)) => vec![secret.clone()],
        _ => Vec::new(),
    };
    let with_id = |(index, mut secret): (usize, Value)| {
        if text_of(&secret, "id").is_none() {
            set(&mut secret, "id", json!(secret_id(id, index, &digest)));
        }
        secret
    };
    secrets.into_iter().enumerate().map(with_id).collect()
}

pub(super) fn is_active(secret: &Value) -> bool {
    text_of(secret, "status") != Some("INACTIVE")
}

fn told(ask: &Ask<'_>, entity: &Entity, kept: &Value, secret: Option<&str>) -> Told {
    let id = text_of(kept, "id").unwrap_or_default();
    let path = format!("{}/credentials/secrets/{id}", path_of(&entity.id));
    let status = word_of(if is_active(kept) { Status::Active } else { Status::Inactive });
    let usual = moment(entity.created);
    let created = kept.get("created").unwrap_or(&usual);
    let mut links = json!({ "self": ask.link(&path, &["GET", "DELETE"]) });
    if status == "INACTIVE" {
        set(&mut links, "delete", ask.link(&path, &["DELETE"]));
    }
    ask.add_turn(&mut links, &path, status);
    let mut value = json!({
        "id": id,
        "status": status,
        "created": created,
        "lastUpdated": kept.get("lastUpdated").unwrap_or(created),
        "_links": links,
    });
    if let Some(secret) = secret {
        set(&mut value, "client_secret", json!(secret));
    }
    Told { value, generation: entity.generation, order: id.to_owned() }
}

/// The secrets of an application.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn list_secrets(ask: &Ask<'_>, app: &str) -> Result<Vec<Told>, ChangeRefused> {
    let all = ask.kept().await?;
    let (entity, body) = read(&all, app)?;
    Ok(kept(&body, app).iter().map(|kept| told(ask, entity, kept, None)).collect())
}

/// A secret of an application.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find_secret(ask: &Ask<'_>, app: &str, id: &str) -> Result<Told, ChangeRefused> {
    tell(ask, &*ask.kept().await?, app, id, None)
}

fn tell(
    ask: &Ask<'_>,
    all: &Snapshot,
    app: &str,
    id: &str,
    secret: Option<&str>,
) -> Result<Told, ChangeRefused> {
    let (entity, body) = read(all, app)?;
    let secrets = kept(&body, app);
    let index = position(&secrets, id)?;
    let found = secrets.get(index).ok_or_else(|| no_such(id))?;
    Ok(told(ask, entity, found, secret))
}

fn position(secrets: &[Value], id: &str) -> Result<usize, ChangeRefused> {
    let is_it = |secret: &Value| text_of(secret, "id") == Some(id);
    secrets.iter().position(is_it).ok_or_else(|| no_such(id))
}

fn no_such(id: &str) -> ChangeRefused {
    ChangeRefused::NotFound { object: "OAuth2ClientSecret", id: id.to_owned() }
}

/// Gives an application one more secret: what is sent, else one that is made.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn add_secret(ask: &Ask<'_>, app: &str, sent: &Value) -> Result<Told, ChangeRefused> {
    let status = match text_of(sent, "status") {
        Some("INACTIVE") => Status::Inactive,
        None | Some("ACTIVE") => Status::Active,
        Some(_) => return Err(ChangeRefused::of_field("status", "expected ACTIVE or INACTIVE")),
    };
    let method = method_of(&read(&*ask.kept().await?, app)?.1);
    let provided = Provided::of(ask, sent.get("client_secret"), method)?;
    let edit = |secrets: &mut Vec<Value>, body: &Value| {
        // It may have become another since.
        let method = method_of(body);
        if !method.needs_secret() {
            return Err(not_used(method));
        }
        if secrets.len() >= AT_MOST {
            let words = "You've reached the maximum number of client secrets per client.";
            return Err(ChangeRefused::of_whole("client_secret", words));
        }
        let mut new = provided.kept(ask, app, method)?;
        set(&mut new, "status", json!(word_of(status)));
        secrets.push(new);
        Ok(())
    };
    let all = change(ask, app, edit).await?;
    tell(ask, &all, app, provided.id(), Some(provided.secret()))
}

/// Turns a secret on or off.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn turn_secret(
    ask: &Ask<'_>,
    app: &str,
    id: &str,
    status: Status,
) -> Result<Told, ChangeRefused> {
    let now = moment(Some(ask.administration.clock.microseconds()));
    let edit = |secrets: &mut Vec<Value>, _: &Value| {
        let index = position(secrets, id)?;
        if let Some(secret) = secrets.get_mut(index) {
            set(secret, "status", json!(word_of(status)));
            set(secret, "lastUpdated", now.clone());
        }
        match secrets.iter().any(is_active) {
            true => Ok(()),
            false => Err(ChangeRefused::of_whole(
                "client_secret",
                "At least one client secret must be active.",
            )),
        }
    };
    let all = change(ask, app, edit).await?;
    tell(ask, &all, app, id, None)
}

/// Takes an inactive secret away.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn remove_secret(ask: &Ask<'_>, app: &str, id: &str) -> Result<(), ChangeRefused> {
    let edit = |secrets: &mut Vec<Value>, _: &Value| {
        let index = position(secrets, id)?;
        if secrets.get(index).is_some_and(is_active) {
            let words = "The client secret must be deactivated before deletion.";
            return Err(ChangeRefused::of_whole("client_secret", words));
        }
        secrets.remove(index);
        Ok(())
    };
    change(ask, app, edit).await.map(|_| ())
}

/// Changes the secrets of an application as `edit` does.
async fn change(
    ask: &Ask<'_>,
    app: &str,
    edit: impl Fn(&mut Vec<Value>, &Value) -> Result<(), ChangeRefused> + Send + Sync,
) -> Result<std::sync::Arc<Snapshot>, ChangeRefused> {
    let whole = |all: &Snapshot| {
        let (entity, mut body) = read(all, app)?;
        ask.if_match.check(entity.generation)?;
        let mut secrets = kept(&body, app);
        edit(&mut secrets, &body)?;
        if let Some(client) = object_at(&mut body, &["credentials", "oauthClient"]) {
            client.insert("client_secret".to_owned(), secrets.into());
        }
        Ok(vec![replace(entity, &body)])
    };
    let changed = ask.administration.change(&ask.actor, whole).await?;
    changed.find(KIND, app)?;
    Ok(changed.snapshot)
}
