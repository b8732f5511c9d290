//! Passwords as administrators set them: typed, or as the hash that another system kept.

use super::super::error::ManagementError;
use super::super::limit::told_until;
use super::call::{Answer, Call, Ids, Sent, object};
use super::operation::{Operation, Shape};
use super::users::{changed_to, named};
use crate::administration::{ChangedUser, IfMatch, Unsent, text_of};
use crate::login::{
    Candidate, ENDED_WITH_PASSWORD, PasswordHash, SignInRefused, may_be_password_of,
};
use crate::store::organization::Entity;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::create(
            "/api/v1/users/{id}/credentials/change_password",
            "changePassword",
            CREDENTIALS,
            change,
        )
        .taking(CHANGE),
    ]
}

/// A password, or the hash of one.
pub(super) fn password() -> Value {
    json!({
        "type": "object",
        "properties": {
            "value": { "type": "string", "writeOnly": true },
            "hash": {
                "type": "object",
                "writeOnly": true,
                "properties": {
                    "algorithm": { "enum": ["BCRYPT", "PBKDF2"] },
                    "workFactor": { "type": "integer" },
                    "salt": { "type": "string" },
                    "value": { "type": "string" },
                    "iterationCount": { "type": "integer" },
                    "keySize": { "type": "integer" },
                    "digestAlgorithm": { "enum": ["SHA256_HMAC", "SHA512_HMAC"] },
                },
            },
        },
    })
}

const CREDENTIALS: Shape = Shape {
    name: "UserCredentials",
    schema: || {
        json!({
            "type": "object",
            "properties": {
                "password": { "type": "object" },
                "provider": { "type": "object" },
            },
        })
    },
};

const CHANGE: Shape = Shape {
    name: "ChangePasswordRequest",
    schema: || {
        let value = json!({
            "type": "object",
            "required": ["value"],
            "properties": { "value": { "type": "string", "writeOnly": true } },
        });
        json!({
            "type": "object",
            "required": ["oldPassword", "newPassword"],
            "properties": {
                "oldPassword": value,
                "newPassword": value,
                "revokeSessions": { "type": "boolean" },
            },
        })
    },
};

const TOO_WEAK: &str = "Password requirements were not met. Password requirements: at least 8 \
                        characters, not the username.";

/// The hash of the password that is sent for whoever has this login, if one is.
///
/// # Errors
/// One that nobody may have, a hash that cannot be checked, or that too many wait to be hashed.
pub(super) async fn hashed(
    call: &Call,
    body: &Value,
    login: &str,
) -> Result<Option<String>, ManagementError> {
    let Some(password) = body.pointer("/credentials/password") else { return Ok(None) };
    if let Some(hash) = password.get("hash").filter(|hash| !hash.is_null()) {
        let wrong = |words: &str| {
            let member = "credentials.password.hash";
            ManagementError::invalid_member(member, member, words)
        };
        let text = imported(hash).ok_or_else(|| wrong("expected a hash of BCRYPT or PBKDF2"))?;
        PasswordHash::parse(&text).map_err(|error| wrong(&error.to_string()))?;
        return Ok(Some(text));
    }
    let Some(value) = password.get("value").filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let weak = || ManagementError::invalid_member("password", "password", TOO_WEAK);
    let candidate = value.as_str().and_then(Candidate::new).ok_or_else(weak)?;
    if !may_be_password_of(login, &candidate) {
        return Err(weak());
    }
    let hash = call.surface.login.hasher.make(candidate).await;
    hash.map(Some).map_err(|_| ManagementError::unavailable())
}

/// A hash as Okta takes it, as it is kept.
fn imported(hash: &Value) -> Option<String> {
    let text = |name: &str| text_of(hash, name);
    let number = |name: &str| hash.get(name)?.as_u64();
    match text("algorithm")? {
        "BCRYPT" => {
            let (cost, salt, value) = (number("workFactor")?, text("salt")?, text("value")?);
            Some(format!("$2a${cost:02}${salt}{value}"))
        }
        "PBKDF2" => {
            let digest = match text("digestAlgorithm")? {
                "SHA256_HMAC" => "sha256",
                "SHA512_HMAC" => "sha512",
                _ => return None,
            };
            let (count, size) = (number("iterationCount")?, number("keySize")?);
            let plain = |text: &str| text.trim_end_matches('=').to_owned();
            let (salt, value) = (plain(text("salt")?), plain(text("value")?));
            Some(format!("$pbkdf2-{digest}$i={count},l={size}${salt}${value}"))
        }
        _ => None,
    }
}

/// `POST /api/v1/users/{id}/credentials/change_password`: by whoever knows the old one.
async fn change(call: Call, Ids([id]): Ids<1>, Sent(body): Sent) -> Answer {
    let user = named(&call, &id).await?;
    let refused = |words: &str| {
        ManagementError::forbidden_as("E0000014", "Update of credentials failed").because(words)
    };
    let sent = |name: &str| body.get(name).and_then(|password| text_of(password, "value"));
    let candidate = |name| sent(name).and_then(Candidate::new);
    let (Some(old), Some(new)) = (candidate("oldPassword"), candidate("newPassword")) else {
        return Err(refused("oldPassword: The credentials provided were incorrect."));
    };
    let published = call.surface.issuer.version();
    let found = published.find_person(&user.id).await;
    let person = found.map_err(|error| ManagementError::failed(&error))?;
    let person = person.ok_or_else(|| ManagementError::no_such("User", &id))?;
    let (login, passwords) = (&call.surface.login, (&old, new.clone()));
    let changed = login.change_password(&published, person.user(), passwords, None).await;
    let changed_to = object(
        StatusCode::OK,
        &json!({ "password": {}, "provider": { "type": "OKTA", "name": "OKTA" } }),
    );
    match changed {
        Ok(()) => {
            let administration = &call.surface.administration;
            administration.note_password_changed(&call.actor(), &user.id).await?;
            Ok(changed_to)
        }
        Err(SignInRefused::Expired { .. }) => {
            renew(&call, &user, new).await?;
            Ok(changed_to)
        }
        Err(SignInRefused::Wrong) => {
            Err(refused("oldPassword: The credentials provided were incorrect."))
        }
        Err(SignInRefused::Weak) => Err(refused(&format!("newPassword: {TOO_WEAK}"))),
        Err(SignInRefused::Locked { seconds }) => {
            let reset = call.surface.clock.seconds().saturating_add(seconds);
            Ok(told_until(reset, ManagementError::too_many().into_response()))
        }
        Err(SignInRefused::Busy(_)) => Err(ManagementError::unavailable()),
        Err(SignInRefused::Store(error)) => Err(ManagementError::failed(&error)),
    }
}

/// Whoever had to have another password has this one, and is let in again.
async fn renew(call: &Call, user: &Entity, new: Candidate) -> Result<(), ManagementError> {
    let hash = call.surface.login.hasher.make(new).await;
    let hash = hash.map_err(|_| ManagementError::unavailable())?;
    let change = ChangedUser {
        profile: None,
        unsent: Unsent::Kept,
        password: Some(&hash),
        turn: None,
        ends: ENDED_WITH_PASSWORD,
        if_match: IfMatch::Any,
    };
    changed_to(call, user, &change).await.map(|_| ())
}
