//! `/api/v1/users`: people, their profiles and the groups they are in (authorization-server §1.10).

use super::super::error::ManagementError;
use super::call::{Answer, Call, Ids, Sent, nothing, object, versioned};
use super::operation::{Answers, Operation, Parameter, Shape};
use super::{credentials, groups};
use crate::administration::condition::Condition;
use crate::administration::{
    ChangedUser, NewUser, USER_TYPE, Unsent, UserTurn, WantedUsers, read_body, text_of, user_value,
};
use crate::directory::UserStatus;
use crate::login::ENDED_WITH_PASSWORD;
use crate::store::organization::{Entity, EntityKind};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

const ALL: &str = "/api/v1/users";
const ONE: &str = "/api/v1/users/{id}";

/// Of a list, as Okta has them.
const SEARCH: &[Parameter] = &[
    parameter("q", "what a first name, a last name or an address begins with"),
    parameter("filter", "a condition, in SCIM's words"),
    parameter("search", "a condition, in SCIM's words"),
    parameter("sortBy", "the attribute by which a search is sorted"),
    Parameter {
        name: "sortOrder",
        description: "from which end",
        schema: || json!({ "enum": ["asc", "desc"] }),
    },
];

/// Of a new user.
const BEGINNING: &[Parameter] = &[
    Parameter {
        name: "activate",
        description: "whether the user is activated at once",
        schema: || json!({ "type": "boolean", "default": true }),
    },
    Parameter {
        name: "nextLogin",
        description: "`changePassword` if the password is to be changed",
        schema: || json!({ "enum": ["changePassword"] }),
    },
];

/// A parameter that is a text.
pub(super) const fn parameter(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, description, schema: || json!({ "type": "string" }) }
}

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    let groups = Answers::Many(groups::SHAPE);
    vec![
        Operation::list(ALL, "listUsers", SHAPE, list).asking(SEARCH),
        Operation::create(ALL, "createUser", SHAPE, create).taking(NEW).asking(BEGINNING),
        Operation::find(ONE, "getUser", SHAPE, find),
        Operation::create(ONE, "updateUser", SHAPE, update).taking(CHANGED),
        Operation::replace(ONE, "replaceUser", SHAPE, replace).taking(NEW),
        Operation::delete(ONE, "deleteUser", delete),
        Operation::find("/api/v1/users/{id}/groups", "listUserGroups", groups::SHAPE, list_groups)
            .answering(StatusCode::OK, groups),
    ]
}

const STATUSES: &[&str] = &[
    "STAGED",
    "PROVISIONED",
    "ACTIVE",
    "RECOVERY",
    "PASSWORD_EXPIRED",
    "LOCKED_OUT",
    "SUSPENDED",
    "DEPROVISIONED",
];

fn profile() -> Value {
    json!({
        "type": "object",
        "description": "the base attributes, and those that the schema of users declares",
        "properties": {
            "login": { "type": "string", "minLength": 5, "maxLength": 100 },
            "email": { "type": "string", "examples": ["ada@example.com"] },
            "firstName": { "type": ["string", "null"] },
            "lastName": { "type": ["string", "null"] },
        },
    })
}

/// A user.
pub(super) const SHAPE: Shape = Shape {
    name: "User",
    schema: || {
        let text = json!({ "type": "string", "readOnly": true });
        let time = json!({ "type": ["string", "null"], "format": "date-time", "readOnly": true });
        json!({
            "type": "object",
            "required": ["id", "status", "profile", "credentials", "_links"],
            "properties": {
                "id": text,
                "status": { "enum": STATUSES, "readOnly": true },
                "created": time,
                "activated": time,
                "statusChanged": time,
                "lastLogin": time,
                "lastUpdated": time,
                "passwordChanged": time,
                "type": { "type": "object", "properties": { "id": { "type": "string" } } },
                "profile": profile(),
                "credentials": {
                    "type": "object",
                    "properties": {
                        "password": { "type": "object" },
                        "provider": {
                            "type": "object",
                            "properties": {
                                "type": { "enum": ["OKTA"] },
                                "name": { "enum": ["OKTA"] },
                            },
                        },
                    },
                },
                "_links": { "type": "object", "readOnly": true },
            },
        })
    },
};

fn taken(required: &[&str]) -> Value {
    json!({
        "type": "object",
        "required": required,
        "properties": {
            "profile": profile(),
            "credentials": {
                "type": "object",
                "properties": { "password": credentials::password() },
            },
            "groupIds": { "type": "array", "items": { "type": "string" } },
        },
    })
}

const NEW: Shape = Shape { name: "NewUser", schema: || taken(&["profile"]) };
const CHANGED: Shape = Shape { name: "ChangedUser", schema: || taken(&[]) };

/// `GET /api/v1/users`
async fn list(call: Call) -> Answer {
    let words = call.query("q");
    let paging = call.paging(if words.is_some() { 10 } else { 200 }, 200)?;
    let condition = condition_of_users(&call)?;
    let sort = call.query("sortBy").map(|name| (name, call.query("sortOrder") == Some("desc")));
    if sort.is_some_and(|(name, _)| !call.surface.administration.is_attribute_of_users(name)) {
        return Err(ManagementError::no_condition());
    }
    let wanted = WantedUsers {
        words,
        condition: condition.as_ref(),
        group: None,
        sort,
        after: paging.after.as_deref(),
        limit: paging.limit,
    };
    told_list(&call, wanted).await
}

/// A part of a list of users.
pub(super) async fn told_list(call: &Call, wanted: WantedUsers<'_>) -> Answer {
    let found = call.surface.administration.list_users(wanted).await?;
    let told = found.users.into_iter().map(|mut user| {
        let id = text_of(&user, "id").unwrap_or_default();
        let links = json!({ "self": { "href": call.url(&format!("{ALL}/{id}")) } });
        add_links(&mut user, links);
        user
    });
    Ok(call.list(told.collect(), found.next.as_deref()))
}

fn add_links(value: &mut Value, links: Value) {
    if let Some(members) = value.as_object_mut() {
        members.insert("_links".to_owned(), links);
    }
}

/// `search`, or else `filter`.
fn condition_of_users(call: &Call) -> Result<Option<Condition>, ManagementError> {
    let text = call.query("search").or_else(|| call.query("filter"));
    let is_known = |name: &str| call.surface.administration.is_attribute_of_users(name);
    let read = text.map(|text| Condition::read(text, &is_known)).transpose();
    read.map_err(|_| ManagementError::no_condition())
}

/// `GET /api/v1/users/{id or login}`, or `me` for whoever asks.
async fn find(call: Call, Ids([id]): Ids<1>) -> Answer {
    told(&call, &named(&call, &id).await?)
}

/// `POST /api/v1/users`
async fn create(call: Call, Sent(body): Sent) -> Answer {
    let blank = Value::Null;
    let profile = body.get("profile").unwrap_or(&blank);
    let login = text_of(profile, "login").unwrap_or_default();
    let password = credentials::hashed(&call, &body, login).await?;
    let is_active = call.query("activate") != Some("false");
    let must_change = call.query("nextLogin") == Some("changePassword");
    let status = match (is_active, password.is_some()) {
        (false, _) => UserStatus::Staged,
        (true, false) => UserStatus::Provisioned,
        (true, true) if must_change => UserStatus::PasswordExpired,
        (true, true) => UserStatus::Active,
    };
    let groups = texts(body.get("groupIds"), "groupIds")?;
    let new = NewUser { profile, password: password.as_deref(), groups: &groups, status };
    let made = call.surface.administration.add_user(&call.actor(), &new).await?;
    told(&call, &made)
}

/// A list of texts, if there is one.
pub(super) fn texts(list: Option<&Value>, name: &str) -> Result<Vec<String>, ManagementError> {
    let texts = match list {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(list)) => {
            list.iter().map(|one| one.as_str().map(str::to_owned)).collect()
        }
        Some(_) => None,
    };
    texts.ok_or_else(|| ManagementError::invalid_member(name, name, "expected a list of texts"))
}

/// `POST /api/v1/users/{id}`: what is sent is changed.
async fn update(call: Call, ids: Ids<1>, sent: Sent) -> Answer {
    change(call, ids, sent, Unsent::Kept).await
}

/// `PUT /api/v1/users/{id}`: of the profile only what is sent stays.
async fn replace(call: Call, ids: Ids<1>, sent: Sent) -> Answer {
    change(call, ids, sent, Unsent::Gone).await
}

async fn change(call: Call, Ids([id]): Ids<1>, Sent(body): Sent, unsent: Unsent) -> Answer {
    let user = named(&call, &id).await?;
    let kept = read_body(&user)?;
    let login_in =
        |body: &Value| body.pointer("/profile/login").and_then(Value::as_str).map(str::to_owned);
    let login = login_in(&body).or_else(|| login_in(&kept)).unwrap_or_default();
    let password = credentials::hashed(&call, &body, &login).await?;
    let profile = body.get("profile").filter(|profile| !profile.is_null());
    if profile.is_none() && unsent == Unsent::Gone && password.is_none() {
        let message = "The field cannot be left blank";
        return Err(ManagementError::invalid_member("profile", "profile", message));
    }
    let change = ChangedUser {
        profile,
        unsent,
        password: password.as_deref(),
        turn: None,
        ends: if password.is_some() { ENDED_WITH_PASSWORD } else { &[] },
        if_match: call.if_match(),
    };
    told(&call, &changed_to(&call, &user, &change).await?)
}

/// The user once that was changed; what ends with it has.
pub(super) async fn changed_to(
    call: &Call,
    user: &Entity,
    change: &ChangedUser<'_>,
) -> Result<Entity, ManagementError> {
    let administration = &call.surface.administration;
    let changed = administration.update_user(&call.actor(), &user.id, change).await?;
    if !change.ends.is_empty() {
        // More than one batch ends.
        let ended = call.surface.login.end_with_password(&user.id).await;
        ended.map_err(|error| ManagementError::failed(&error))?;
    }
    Ok(changed)
}

/// `DELETE /api/v1/users/{id}`: who is not deactivated yet is; who is, is deleted.
async fn delete(call: Call, Ids([id]): Ids<1>) -> Answer {
    let user = named(&call, &id).await?;
    call.if_match().check(user.generation)?;
    let administration = &call.surface.administration;
    if status(&user)? == UserStatus::Deprovisioned {
        administration.delete_user(&call.actor(), &user.id).await?;
    } else {
        let turn = UserTurn::Deactivate;
        administration.turn_user(&call.actor(), &user.id, turn, false).await?;
    }
    Ok(nothing())
}

/// `GET /api/v1/users/{id}/groups`
async fn list_groups(call: Call, Ids([id]): Ids<1>) -> Answer {
    let user = named(&call, &id).await?;
    let all = call.surface.administration.groups_of_user(&user).await?;
    Ok(call.list(all.into_iter().map(|group| groups::linked(&call, group)).collect(), None))
}

/// The user of this id or login; `me` is whoever asks.
pub(super) async fn named(call: &Call, id: &str) -> Result<Entity, ManagementError> {
    let id = match (id, call.authority.user_id()) {
        ("me", Some(own)) => own,
        ("me", None) => {
            return Err(ManagementError::no_such("User", "me"));
        }
        (id, _) => id,
    };
    Ok(call.surface.administration.find_user(id).await?)
}

/// Where a user stands.
pub(super) fn status(user: &Entity) -> Result<UserStatus, ManagementError> {
    let body = read_body(user)?;
    let word = text_of(&body, "status").unwrap_or("ACTIVE");
    let known = UserStatus::WORDS.iter().find(|(known, _)| *known == word);
    Ok(known.map_or(UserStatus::Active, |(_, status)| *status))
}

/// One user, with what may be done to them.
pub(super) fn told(call: &Call, user: &Entity) -> Answer {
    let mut value = user_value(user)?;
    add_links(&mut value, links(call, &user.id, status(user)?));
    debug_assert_eq!(user.kind, EntityKind::User);
    Ok(versioned(StatusCode::OK, &value, user.generation))
}

/// What may be done to somebody: the name of the link, and its address below theirs.
const TURNS: &[(&str, &str, Option<UserTurn>)] = &[
    ("activate", "lifecycle/activate", Some(UserTurn::Activate)),
    ("reactivate", "lifecycle/reactivate", Some(UserTurn::Reactivate)),
    ("suspend", "lifecycle/suspend", Some(UserTurn::Suspend)),
    ("unsuspend", "lifecycle/unsuspend", Some(UserTurn::Unsuspend)),
    ("unlock", "lifecycle/unlock", Some(UserTurn::Unlock)),
    ("resetPassword", "lifecycle/reset_password", Some(UserTurn::ResetPassword)),
    ("expirePassword", "lifecycle/expire_password", Some(UserTurn::ExpirePassword)),
    ("deactivate", "lifecycle/deactivate", Some(UserTurn::Deactivate)),
    ("resetFactors", "lifecycle/reset_factors", None),
    ("changePassword", "credentials/change_password", None),
];

fn links(call: &Call, id: &str, status: UserStatus) -> Value {
    let href = |path: &str| call.url(path);
    let mut links = Map::new();
    let own = format!("{ALL}/{id}");
    links.insert("self".to_owned(), json!({ "href": href(&own) }));
    links.insert("schema".to_owned(), json!({ "href": href("/api/v1/meta/schemas/user/default") }));
    let of_type = format!("/api/v1/meta/types/user/{USER_TYPE}");
    links.insert("type".to_owned(), json!({ "href": href(&of_type) }));
    for (name, path, turn) in TURNS {
        let may = turn.map_or(status == UserStatus::Active, |turn| turn.may_begin_at(status));
        if may {
            let link = json!({ "href": href(&format!("{own}/{path}")), "method": "POST" });
            links.insert((*name).to_owned(), link);
        }
    }
    links.into()
}

/// What is done and says nothing more.
pub(super) fn done() -> Answer {
    Ok(object(StatusCode::OK, &json!({})))
}
