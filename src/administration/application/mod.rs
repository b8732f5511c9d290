//! Applications, the OAuth clients (authorization-server §1.9): made, replaced, turned on and off, and
//! told in Okta's shapes. What they prove themselves with, who may use them and which scopes of the
//! management API they were granted are in files of their own.

mod assignment;
mod credential;
mod grant;
mod key;
mod secret;
mod shape;
mod signing;

pub use assignment::{
    assign_group, assign_user, find_group, find_user, list_groups, list_users, unassign_group,
    unassign_user,
};
pub use grant::{add_grant, find_grant, list_grants, remove_grant, scopes_of};
pub use key::{add_key, find_key, list_keys, remove_key, turn_key};
pub use secret::{add_secret, find_secret, list_secrets, remove_secret, turn_secret};
pub use signing::{
    clone_signing_key, find_request, find_signing_key, generate_signing_key, list_requests,
    list_signing_keys, make_request, publish_certificate, revoke_request,
};

use super::ask::{Ask, Told, merge, require};
use super::condition::{Condition, Operator};
use super::{ChangeRefused, Required, create, delete, object_at, read_body, replace, set, text_of};
use crate::directory::Status;
use crate::organization::{Snapshot, groups_of, without_client};
use crate::store::organization::{Entity, EntityKind};
use credential::Provided;
use serde_json::{Value, json};
use shape::{MEMBERS, client_id_of, told};

const KIND: EntityKind = EntityKind::Application;

/// The only name that an application of OpenID Connect has.
const NAME: &str = "oidc_client";

/// The path of an application in the API.
fn path_of(id: &str) -> String {
    format!("/api/v1/apps/{id}")
}

/// What a list of applications is asked for by.
#[derive(Debug, Default)]
pub struct Wanted<'w> {
    /// What label or name begins with.
    pub words: Option<&'w str>,
    /// What holds of them; the attributes are [`ATTRIBUTES`].
    pub condition: Option<&'w Condition>,
}

/// What applications can be asked for by.
pub const ATTRIBUTES: &[&str] = &["status", "name", "id", "user.id", "group.id"];

/// The applications wanted, in the order of their ids.
///
/// # Errors
/// That the store cannot be read.
pub async fn list(ask: &Ask<'_>, wanted: Wanted<'_>) -> Result<Vec<Told>, ChangeRefused> {
    let kept = ask.kept().await?;
    let users = match wanted.condition {
        Some(condition) => groups_of_users(ask, &kept, condition).await?,
        None => Vec::new(),
    };
    let mut all = Vec::new();
    for entity in kept.list(KIND) {
        let body = read_body(entity)?;
        let begins = |words: &str| {
            let words = words.to_lowercase();
            let label = text_of(&body, "label").unwrap_or_default().to_lowercase();
            label.starts_with(&words) || NAME.starts_with(&words)
        };
        let holds = |condition: &Condition| condition.holds(&facts(&body, &users));
        if wanted.words.is_none_or(begins) && wanted.condition.is_none_or(holds) {
            all.push(told(ask, entity, &body, None));
        }
    }
    all.sort_by(|one, other| one.order.cmp(&other.order));
    Ok(all)
}

/// The applications that a group is assigned to, in the order of their ids.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn list_of_group(ask: &Ask<'_>, group: &str) -> Result<Vec<Told>, ChangeRefused> {
    ask.kept().await?.require(EntityKind::Group, group, &super::IfMatch::Any)?;
    let is_it = Condition::Compared("group.id".to_owned(), Operator::Equal, json!(group));
    list(ask, Wanted { words: None, condition: Some(&is_it) }).await
}

/// Where a user finds the applications that they are assigned to and that are active.
///
/// # Errors
/// That the store cannot be read.
pub async fn list_links(ask: &Ask<'_>, user: &str) -> Result<Vec<Value>, ChangeRefused> {
    let of = |name: &str, value: &str| {
        Condition::Compared(name.to_owned(), Operator::Equal, json!(value))
    };
    let are_theirs = Condition::All(vec![of("user.id", user), of("status", "ACTIVE")]);
    let apps = list(ask, Wanted { words: None, condition: Some(&are_theirs) }).await?;
    let link = |(index, told): (usize, Told)| {
        let app = told.value;
        let text = |pointer: &str| app.pointer(pointer).and_then(Value::as_str);
        let start = text("/settings/oauthClient/initiate_login_uri");
        json!({
            "id": text("/id"),
            "label": text("/label"),
            "linkUrl": start.or_else(|| text("/settings/oauthClient/client_uri")),
            "logoUrl": text("/settings/oauthClient/logo_uri"),
            "appName": NAME,
            "appInstanceId": text("/id"),
            "appAssignmentId": user,
            "credentialsSetup": false,
            "hidden": app.pointer("/visibility/hide/web").unwrap_or(&Value::Bool(false)),
            "sortOrder": index,
        })
    };
    Ok(apps.into_iter().enumerate().map(link).collect())
}

/// The users that a condition names, with the groups they are in: that of everyone, too.
async fn groups_of_users(
    ask: &Ask<'_>,
    kept: &Snapshot,
    condition: &Condition,
) -> Result<Vec<(String, Vec<String>)>, ChangeRefused> {
    let mut users = Vec::new();
    let mut named = Vec::new();
    name_users(condition, &mut named);
    for id in named {
        let found = ask.administration.organizations().find(EntityKind::User, &id).await?;
        if let Some(user) = found {
            let everyone = kept.find_by_name(EntityKind::Group, crate::directory::EVERYONE);
            let everyone = everyone.map(|everyone| everyone.id.clone());
            let groups = groups_of(&user).map(str::to_owned).chain(everyone);
            users.push((id, groups.collect()));
        }
    }
    Ok(users)
}

fn name_users(condition: &Condition, named: &mut Vec<String>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| name_users(part, named));
        }
        Condition::Not(part) => name_users(part, named),
        Condition::Compared(name, Operator::Equal, Value::String(id)) if name == "user.id" => {
            named.push(id.clone());
        }
        Condition::Compared(..) | Condition::Present(_) => {}
    }
}

/// What a condition asks of an application. Who comes by a group of theirs is assigned, too.
fn facts(body: &Value, users: &[(String, Vec<String>)]) -> Value {
    let groups = assignment::ids(body, "groups");
    let mut assigned = assignment::ids(body, "users");
    let by_group = |(_, of): &&(String, Vec<String>)| of.iter().any(|id| groups.contains(id));
    assigned.extend(users.iter().filter(by_group).map(|(id, _)| id.clone()));
    json!({
        "id": text_of(body, "id"),
        "name": NAME,
        "status": shape::status(body),
        "user": { "id": assigned },
        "group": { "id": groups },
    })
}

/// The application of this id.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find(ask: &Ask<'_>, id: &str) -> Result<Told, ChangeRefused> {
    tell(ask, &*ask.kept().await?, id, None)
}

/// `secret` is a secret that was made or changed by what is answered, to be told this once.
fn tell(
    ask: &Ask<'_>,
    kept: &Snapshot,
    id: &str,
    secret: Option<&str>,
) -> Result<Told, ChangeRefused> {
    let entity = kept.require(KIND, id, &super::IfMatch::Any)?;
    Ok(told(ask, entity, &read_body(entity)?, secret))
}

/// The application and its body.
fn read<'k>(kept: &'k Snapshot, id: &str) -> Result<(&'k Entity, Value), ChangeRefused> {
    let entity = kept.require(KIND, id, &super::IfMatch::Any)?;
    Ok((entity, read_body(entity)?))
}

/// Makes an application, with whom it is assigned to if that is said. A secret that it needs and that was
/// not sent is made; either is told once.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn add(ask: &Ask<'_>, sent: &Value, status: Status) -> Result<Told, ChangeRefused> {
    check_kind(sent)?;
    require(sent, &["label"])?;
    let id = ask.administration.new_id("0oa");
    let provided = Provided::read(ask, sent)?;
    let mut body = merge(MEMBERS, sent, None);
    set(&mut body, "id", json!(id));
    set(&mut body, "name", json!(NAME));
    set(&mut body, "signOnMode", json!("OPENID_CONNECT"));
    set(&mut body, "status", json!(word_of(status)));
    if let Some(credentials) = object_at(&mut body, &["credentials", "oauthClient"])
        && let Some(client_id) = sent.pointer("/credentials/oauthClient/client_id")
        && !client_id.is_null()
    {
        credentials.insert("client_id".to_owned(), client_id.clone());
    }
    assignment::begin_with(sent, &mut body)?;
    key::number(ask, &mut body, None)?;
    provided.keep(ask, &mut body, None)?;
    let edit = |kept: &Snapshot| {
        check_client_id(kept, &body)?;
        Ok(vec![create(KIND, &id, kept.next_position(KIND, ""), &body)])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    let secret = provided.told(changed.find(KIND, &id)?)?;
    tell(ask, &changed.snapshot, &id, secret)
}

/// Puts what is sent in the place of an application. Its client id and type stay, and so do its
/// secrets where none is sent; what Okta's SDKs do not know stays as well (decision 49).
///
/// # Errors
/// [`ChangeRefused`].
pub async fn put(ask: &Ask<'_>, id: &str, sent: &Value) -> Result<Told, ChangeRefused> {
    check_kind(sent)?;
    require(sent, &["label"])?;
    let provided = Provided::read(ask, sent)?;
    let edit = |kept: &Snapshot| {
        let entity = kept.require(KIND, id, &ask.if_match)?;
        let before = read_body(entity)?;
        check_immutable(&before, sent)?;
        let mut body = merge(MEMBERS, sent, Some(&before));
        key::number(ask, &mut body, Some(&before))?;
        provided.keep(ask, &mut body, Some(&before))?;
        Ok(vec![replace(entity, &body)])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    let secret = provided.told(changed.find(KIND, id)?)?;
    tell(ask, &changed.snapshot, id, secret)
}

/// By which issuer the ID tokens of an application are: `ORG_URL`, or `DYNAMIC` for that of the address
/// that it asks.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn issuer_mode(ask: &Ask<'_>, id: &str) -> Result<Value, ChangeRefused> {
    let told = find(ask, id).await?.value;
    Ok(told.pointer("/settings/oauthClient/issuer_mode").cloned().unwrap_or_default())
}

/// Has the ID tokens of an application be by another issuer, which `issuerMode` says.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn set_issuer_mode(ask: &Ask<'_>, id: &str, sent: &Value) -> Result<(), ChangeRefused> {
    require(sent, &["issuerMode"])?;
    let edit = |kept: &Snapshot| {
        let entity = kept.require(KIND, id, &ask.if_match)?;
        let mut body = read_body(entity)?;
        if let Some(settings) = object_at(&mut body, &["settings", "oauthClient"]) {
            settings.insert(
                "issuer_mode".to_owned(),
                sent.get("issuerMode").cloned().unwrap_or_default(),
            );
        }
        Ok(vec![replace(entity, &body)])
    };
    ask.administration.change(&ask.actor, edit).await.map(|_| ())
}

/// Turns an application on or off.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn turn(ask: &Ask<'_>, id: &str, status: Status) -> Result<(), ChangeRefused> {
    let edit = |kept: &Snapshot| {
        let entity = kept.require(KIND, id, &ask.if_match)?;
        let mut body = read_body(entity)?;
        if shape::status(&body) == word_of(status) {
            return Ok(Vec::new());
        }
        set(&mut body, "status", json!(word_of(status)));
        Ok(vec![replace(entity, &body)])
    };
    ask.administration.change(&ask.actor, edit).await.map(|_| ())
}

/// Deletes an application that is inactive, and what policies say of it.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn remove(ask: &Ask<'_>, id: &str) -> Result<(), ChangeRefused> {
    let edit = |kept: &Snapshot| {
        let entity = kept.require(KIND, id, &ask.if_match)?;
        let body = read_body(entity)?;
        if shape::status(&body) != word_of(Status::Inactive) {
            return Err(ChangeRefused::Active);
        }
        let client_id = client_id_of(&body);
        let mut changes = vec![delete(entity)];
        for entity in kept.all().filter(|entity| entity.body.contains(client_id)) {
            let mut body = read_body(entity)?;
            if without_client(entity.kind, &mut body, client_id) {
                changes.push(replace(entity, &body));
            }
        }
        Ok(changes)
    };
    ask.administration.change(&ask.actor, edit).await.map(|_| ())
}

fn word_of(status: Status) -> &'static str {
    if status.is_active() { "ACTIVE" } else { "INACTIVE" }
}

/// There are applications of OpenID Connect and no others.
fn check_kind(sent: &Value) -> Result<(), ChangeRefused> {
    for (name, only) in [("name", NAME), ("signOnMode", "OPENID_CONNECT")] {
        let is_other = |value: &&Value| !value.is_null() && value.as_str() != Some(only);
        if sent.get(name).filter(is_other).is_some() {
            return Err(ChangeRefused::of_field(name, format!("expected `{only}`")));
        }
    }
    let template = sent.pointer("/credentials/userNameTemplate/template");
    if template.and_then(Value::as_str).is_some_and(|template| template != shape::USER_NAME) {
        let words = format!("expected `{}`", shape::USER_NAME);
        return Err(ChangeRefused::of_field("credentials.userNameTemplate.template", words));
    }
    let kid = sent.pointer("/credentials/signing/kid");
    if kid.is_some_and(|kid| !kid.is_null()) {
        let words = "ID tokens are signed by the key of the authorization server";
        return Err(ChangeRefused::of_field("credentials.signing.kid", words));
    }
    Ok(())
}

/// The client id and the type of an application never change.
fn check_immutable(before: &Value, sent: &Value) -> Result<(), ChangeRefused> {
    let text = |pointer: &str| sent.pointer(pointer).filter(|value| !value.is_null());
    let client_id = text("/credentials/oauthClient/client_id");
    if client_id.is_some_and(|sent| sent.as_str() != Some(client_id_of(before))) {
        return Err(ChangeRefused::of_field(
            "credentials.oauthClient.client_id",
            "'client_id' cannot be changed once the application is there.",
        ));
    }
    let kind = "/settings/oauthClient/application_type";
    if text(kind).is_some_and(|sent| Some(sent) != before.pointer(kind)) {
        return Err(ChangeRefused::of_field(
            "settings.oauthClient.application_type",
            "'application_type' cannot be changed once the application is there.",
        ));
    }
    Ok(())
}

/// Another application may have it. That no user does is looked at where it is written (decision 9).
fn check_client_id(kept: &Snapshot, body: &Value) -> Result<(), ChangeRefused> {
    let client_id = client_id_of(body);
    match kept.find_by_name(KIND, client_id) {
        Some(_) => Err(ChangeRefused::taken("client_id")),
        None => Ok(()),
    }
}
