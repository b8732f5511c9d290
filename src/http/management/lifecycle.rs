//! `/api/v1/users/{id}/lifecycle/…`: what is done to somebody, and the links by which they choose a
//! password. No mail is sent: whoever asks is told the link.

use super::super::error::ManagementError;
use super::call::{Answer, Call, Ids, object};
use super::operation::{Answers, Operation, Parameter, Shape};
use super::users::{SHAPE as USER, changed_to, done, named, told};
use crate::administration::{ChangedUser, IfMatch, Unsent, UserTurn, read_body};
use crate::login::{Candidate, ENDED_WITH_PASSWORD, Invitation, SignInRefused, invite};
use crate::store::organization::Entity;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Characters of a password that is made for somebody to change.
const TEMPORARY: usize = 16;

const REVOKING: &[Parameter] = &[Parameter {
    name: "revokeSessions",
    description: "whether every session of the user ends",
    schema: || json!({ "type": "boolean", "default": false }),
}];

const MAILING: &[Parameter] = &[Parameter {
    name: "sendEmail",
    description: "taken and ignored: no mail is sent, the link is always told",
    schema: || json!({ "type": "boolean" }),
}];

/// What there is to be done.
pub(super) fn operations() -> Vec<Operation> {
    let ok = StatusCode::OK;
    let turn = |path, id, turn| {
        Operation::act("post", path, id, move |call: Call, ids: Ids<1>| turned(call, ids, turn))
            .answering(ok, Answers::One(DONE))
    };
    vec![
        Operation::act("post", "/api/v1/users/{id}/lifecycle/activate", "activateUser", activate)
            .answering(ok, Answers::One(ACTIVATION))
            .asking(MAILING),
        Operation::act(
            "post",
            "/api/v1/users/{id}/lifecycle/reactivate",
            "reactivateUser",
            reactivate,
        )
        .answering(ok, Answers::One(ACTIVATION))
        .asking(MAILING),
        turn("/api/v1/users/{id}/lifecycle/deactivate", "deactivateUser", UserTurn::Deactivate),
        turn("/api/v1/users/{id}/lifecycle/suspend", "suspendUser", UserTurn::Suspend),
        turn("/api/v1/users/{id}/lifecycle/unsuspend", "unsuspendUser", UserTurn::Unsuspend),
        Operation::act("post", "/api/v1/users/{id}/lifecycle/unlock", "unlockUser", unlock)
            .answering(ok, Answers::One(DONE)),
        Operation::act(
            "post",
            "/api/v1/users/{id}/lifecycle/expire_password",
            "expirePassword",
            expire_password,
        )
        .answering(ok, Answers::One(USER)),
        Operation::act(
            "post",
            "/api/v1/users/{id}/lifecycle/expire_password_with_temp_password",
            "expirePasswordWithTempPassword",
            expire_with_temporary,
        )
        .answering(ok, Answers::One(TEMPORARY_PASSWORD))
        .asking(REVOKING),
        Operation::act(
            "post",
            "/api/v1/users/{id}/lifecycle/reset_password",
            "resetPassword",
            reset_password,
        )
        .answering(ok, Answers::One(RESET))
        .asking(MAILING)
        .asking(REVOKING),
    ]
}

/// Nothing more to say.
const DONE: Shape = Shape { name: "Done", schema: || json!({ "type": "object" }) };

const ACTIVATION: Shape =
    Shape { name: "UserActivationToken", schema: || texts(&["activationUrl", "activationToken"]) };

const RESET: Shape = Shape { name: "ResetPasswordToken", schema: || texts(&["resetPasswordUrl"]) };

const TEMPORARY_PASSWORD: Shape =
    Shape { name: "TempPassword", schema: || texts(&["tempPassword"]) };

fn texts(names: &[&str]) -> Value {
    let properties: serde_json::Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
    json!({ "type": "object", "properties": properties })
}

async fn turn(
    call: &Call,
    user: &Entity,
    turn: UserTurn,
    has_password: bool,
) -> Result<Entity, ManagementError> {
    let administration = &call.surface.administration;
    Ok(administration.turn_user(&call.actor(), &user.id, turn, has_password).await?)
}

async fn turned(call: Call, Ids([id]): Ids<1>, what: UserTurn) -> Answer {
    let user = named(&call, &id).await?;
    turn(&call, &user, what, false).await?;
    done()
}

/// Who has a password is active; who has none is told how to choose one.
async fn activate(call: Call, Ids([id]): Ids<1>) -> Answer {
    let user = named(&call, &id).await?;
    let published = call.surface.issuer.version();
    let person = published.find_person(&user.id).await;
    let person = person.map_err(|error| ManagementError::failed(&error))?;
    let has_password = match &person {
        Some(person) => match call.surface.login.has_password(person.user()).await {
            Ok(has_password) => has_password,
            Err(SignInRefused::Store(error)) => return Err(ManagementError::failed(&error)),
            Err(_) => return Err(ManagementError::unavailable()),
        },
        None => false,
    };
    turn(&call, &user, UserTurn::Activate, has_password).await?;
    if has_password { done() } else { welcome(&call, &user).await }
}

async fn reactivate(call: Call, Ids([id]): Ids<1>) -> Answer {
    let user = named(&call, &id).await?;
    turn(&call, &user, UserTurn::Reactivate, false).await?;
    welcome(&call, &user).await
}

async fn welcome(call: &Call, user: &Entity) -> Answer {
    let (token, url) = link(call, user, Invitation::Welcome).await?;
    Ok(object(StatusCode::OK, &json!({ "activationUrl": url, "activationToken": token })))
}

async fn reset_password(call: Call, Ids([id]): Ids<1>) -> Answer {
    let user = named(&call, &id).await?;
    let (administration, ends) = (&call.surface.administration, ends(&call));
    let what = (UserTurn::ResetPassword, false);
    administration.turn_user_ending(&call.actor(), &user.id, what, ends).await?;
    end_sessions(&call, &user).await?;
    let (_, url) = link(&call, &user, Invitation::Reset).await?;
    Ok(object(StatusCode::OK, &json!({ "resetPasswordUrl": url })))
}

/// A link by which somebody chooses a password, and the token in it.
async fn link(
    call: &Call,
    user: &Entity,
    invitation: Invitation,
) -> Result<(String, String), ManagementError> {
    let (store, random) = (&call.surface.store, &call.surface.random);
    let made = invite(store, random, invitation, &user.id).await;
    let token = made.map_err(|error| ManagementError::failed(&error))?;
    let published = call.surface.issuer.version();
    let url = format!("{}/{}/{token}", published.public_url(), invitation.word());
    Ok((token, url))
}

/// What ends with a password, if that is wanted.
fn ends(call: &Call) -> &'static [&'static str] {
    if call.query("revokeSessions") == Some("true") { ENDED_WITH_PASSWORD } else { &[] }
}

/// Ends what more there is than a batch ends.
async fn end_sessions(call: &Call, user: &Entity) -> Result<(), ManagementError> {
    if !ends(call).is_empty() {
        let ended = call.surface.login.end_with_password(&user.id).await;
        ended.map_err(|error| ManagementError::failed(&error))?;
    }
    Ok(())
}

/// What locked somebody out ends by itself; this ends it now.
async fn unlock(call: Call, Ids([id]): Ids<1>) -> Answer {
    let user = named(&call, &id).await?;
    let body = read_body(&user)?;
    let login = body.pointer("/profile/login").and_then(Value::as_str).unwrap_or_default();
    let unlocked = call.surface.login.unlock(login).await;
    let was_locked = unlocked.map_err(|error| ManagementError::failed(&error))?;
    match turn(&call, &user, UserTurn::Unlock, false).await {
        Err(_) if was_locked => done(),
        Err(error) => Err(error),
        Ok(_) => done(),
    }
}

async fn expire_password(call: Call, Ids([id]): Ids<1>) -> Answer {
    let user = named(&call, &id).await?;
    told(&call, &turn(&call, &user, UserTurn::ExpirePassword, false).await?)
}

/// The password becomes one that is told this once, and is to be changed.
async fn expire_with_temporary(call: Call, Ids([id]): Ids<1>) -> Answer {
    let user = named(&call, &id).await?;
    let text = call.surface.random.base62(TEMPORARY);
    let candidate = Candidate::new(&text).ok_or_else(ManagementError::unavailable)?;
    let hash = call.surface.login.hasher.make(candidate).await;
    let hash = hash.map_err(|_| ManagementError::unavailable())?;
    let change = ChangedUser {
        profile: None,
        unsent: Unsent::Kept,
        password: Some(&hash),
        turn: Some(UserTurn::ExpirePassword),
        ends: ends(&call),
        if_match: IfMatch::Any,
    };
    changed_to(&call, &user, &change).await?;
    Ok(object(StatusCode::OK, &json!({ "tempPassword": text })))
}
