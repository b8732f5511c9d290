//! Scopes of the management API that a service was granted (decision 31).

use super::super::ask::{Ask, Told, moment, require};
use super::super::{ChangeRefused, replace, set, text_of};
use super::shape::{client_id_of, method_of};
use super::{path_of, read};
use crate::directory::AuthenticationMethod;
use crate::organization::{Snapshot, grant_id};
use crate::server::MANAGEMENT_SCOPES;
use crate::store::organization::Entity;
use crate::token::digest;
use serde_json::{Value, json};

/// The grants that are kept, each with its id.
fn kept(body: &Value, app: &str) -> Vec<Value> {
    let grants = body.get("grants").and_then(Value::as_array).cloned().unwrap_or_default();
    let with_id = |mut grant: Value| {
        if text_of(&grant, "id").is_none() {
            let id = grant_id(app, text_of(&grant, "scopeId").unwrap_or_default(), &digest);
            set(&mut grant, "id", json!(id));
        }
        grant
    };
    grants.into_iter().map(with_id).collect()
}

fn told(ask: &Ask<'_>, entity: &Entity, body: &Value, grant: &Value) -> Told {
    let id = text_of(grant, "id").unwrap_or_default();
    let path = path_of(&entity.id);
    let usual = moment(entity.created);
    let created = grant.get("created").unwrap_or(&usual);
    let scope = text_of(grant, "scopeId").unwrap_or_default();
    let mut app = ask.link(&path, &["GET"]);
    set(&mut app, "title", json!(text_of(body, "label")));
    let usual = json!({ "id": "system", "type": "System" });
    let value = json!({
        "id": id,
        "status": "ACTIVE",
        "created": created,
        "createdBy": grant.get("createdBy").unwrap_or(&usual),
        "lastUpdated": created,
        "issuer": ask.administration.version().public_url().to_string(),
        "clientId": client_id_of(body),
        "scopeId": scope,
        "source": "ADMIN",
        "_embedded": { "scope": { "id": scope } },
        "_links": {
            "app": app,
            "self": ask.link(&format!("{path}/grants/{id}"), &["GET", "DELETE"]),
        },
    });
    Told { value, generation: entity.generation, order: id.to_owned() }
}

/// The scopes that an application was granted.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn scopes_of(ask: &Ask<'_>, app: &str) -> Result<Vec<String>, ChangeRefused> {
    let all = ask.kept().await?;
    let (_, body) = read(&all, app)?;
    let grants = kept(&body, app);
    Ok(grants.iter().filter_map(|grant| text_of(grant, "scopeId")).map(str::to_owned).collect())
}

/// The grants of an application, in the order of their ids.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn list_grants(ask: &Ask<'_>, app: &str) -> Result<Vec<Told>, ChangeRefused> {
    let all = ask.kept().await?;
    let (entity, body) = read(&all, app)?;
    let grants = kept(&body, app);
    let mut told: Vec<Told> = grants.iter().map(|grant| told(ask, entity, &body, grant)).collect();
    told.sort_by(|one, other| one.order.cmp(&other.order));
    Ok(told)
}

/// A grant of an application.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find_grant(ask: &Ask<'_>, app: &str, id: &str) -> Result<Told, ChangeRefused> {
    let all = ask.kept().await?;
    let (entity, body) = read(&all, app)?;
    let grants = kept(&body, app);
    let found = grants.iter().find(|grant| text_of(grant, "id") == Some(id));
    Ok(told(ask, entity, &body, found.ok_or_else(|| no_such(id))?))
}

fn no_such(id: &str) -> ChangeRefused {
    ChangeRefused::NotFound { object: "OAuth2ScopeConsentGrant", id: id.to_owned() }
}

/// Grants a service a scope of the management API. One that it has already stays as it is. Whoever
/// asks must have it themselves, which whoever knows them has looked at.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn add_grant(ask: &Ask<'_>, app: &str, sent: &Value) -> Result<Told, ChangeRefused> {
    require(sent, &["issuer", "scopeId"])?;
    let url = ask.administration.version().public_url().to_string();
    let issuer = text_of(sent, "issuer").unwrap_or_default();
    if issuer.trim_end_matches('/') != url {
        return Err(ChangeRefused::of_field("issuer", format!("expected `{url}`")));
    }
    let scope = text_of(sent, "scopeId").unwrap_or_default();
    if !MANAGEMENT_SCOPES.contains(&scope) {
        return Err(ChangeRefused::of_field("scopeId", "is no scope of the management API"));
    }
    let id = ask.administration.new_id("oag");
    let now = moment(Some(ask.administration.clock.microseconds()));
    let edit = |all: &Snapshot| {
        let (entity, mut body) = read(all, app)?;
        let is_service =
            body.pointer("/settings/oauthClient/application_type") == Some(&json!("service"));
        if !is_service || method_of(&body) != AuthenticationMethod::PrivateKeyJwt {
            let words = "Only a service that proves itself by 'private_key_jwt' is granted scopes of \
                         the management API.";
            return Err(ChangeRefused::of_field("scopeId", words));
        }
        let mut grants = kept(&body, app);
        if grants.iter().any(|grant| text_of(grant, "scopeId") == Some(scope)) {
            return Ok(Vec::new());
        }
        grants.push(json!({
            "id": id, "issuer": url, "scopeId": scope, "created": now,
            "createdBy": { "id": ask.actor.id, "type": ask.actor.kind.word() },
        }));
        set(&mut body, "grants", grants.into());
        Ok(vec![replace(entity, &body)])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    let (entity, body) = read(&changed.snapshot, app)?;
    let grants = kept(&body, app);
    let found = grants.iter().find(|grant| text_of(grant, "scopeId") == Some(scope));
    Ok(told(ask, entity, &body, found.ok_or_else(|| no_such(&id))?))
}

/// Takes a grant back.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn remove_grant(ask: &Ask<'_>, app: &str, id: &str) -> Result<(), ChangeRefused> {
    let edit = |all: &Snapshot| {
        let (entity, mut body) = read(all, app)?;
        let mut grants = kept(&body, app);
        let n_before = grants.len();
        grants.retain(|grant| text_of(grant, "id") != Some(id));
        if grants.len() == n_before {
            return Err(no_such(id));
        }
        set(&mut body, "grants", grants.into());
        Ok(vec![replace(entity, &body)])
    };
    ask.administration.change(&ask.actor, edit).await.map(|_| ())
}
