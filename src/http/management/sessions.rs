//! `/api/v1/sessions`: who is signed in at a browser, and `/api/v1/users/{userId}/sessions`, by which
//! all of somebody's end (authorization-server §1.8, §1.10).

use super::super::error::ManagementError;
use super::call::{Answer, Call, Ids, Sent, moment, nothing, object};
use super::factors::note;
use super::operation::{Answers, Operation, Parameter, Shape};
use super::users::named;
use crate::administration::text_of;
use crate::authority::Credential;
use crate::login::{FoundSession, Method, Session, SignInRefused};
use axum::http::StatusCode;
use serde_json::{Value, json};

const ALL: &str = "/api/v1/sessions";
const ONE: &str = "/api/v1/sessions/{sessionId}";

const TOKENS: &[Parameter] = &[Parameter {
    name: "oauthTokens",
    description: "whether every token of the user ends too",
    schema: || json!({ "type": "boolean", "default": false }),
}];

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::create(ALL, "createSession", SHAPE, create).taking(TOKEN),
        Operation::find(ONE, "getSession", SHAPE, find),
        Operation::delete(ONE, "revokeSession", delete),
        Operation::act(
            "post",
            "/api/v1/sessions/{sessionId}/lifecycle/refresh",
            "refreshSession",
            refresh,
        )
        .answering(StatusCode::OK, Answers::One(SHAPE)),
        Operation::delete("/api/v1/users/{userId}/sessions", "revokeUserSessions", delete_all)
            .asking(TOKENS),
    ]
}

const TOKEN: Shape = Shape {
    name: "CreateSessionRequest",
    schema: || {
        json!({
            "type": "object",
            "required": ["sessionToken"],
            "properties": { "sessionToken": { "type": "string", "writeOnly": true } },
        })
    },
};

const SHAPE: Shape = Shape {
    name: "Session",
    schema: || {
        let time = json!({ "type": ["string", "null"], "format": "date-time" });
        json!({
            "type": "object",
            "required": ["id", "userId", "status", "createdAt", "expiresAt", "amr"],
            "properties": {
                "id": { "type": "string" },
                "userId": { "type": "string" },
                "login": { "type": "string" },
                "status": { "enum": ["ACTIVE"] },
                "createdAt": time,
                "expiresAt": time,
                "lastPasswordVerification": time,
                "lastFactorVerification": time,
                "amr": { "type": "array", "items": { "enum": ["pwd", "mfa", "otp", "swk"] } },
                "idp": {
                    "type": "object",
                    "properties": { "id": { "type": "string" }, "type": { "enum": ["OKTA"] } },
                },
                "mfaActive": { "type": "boolean" },
                "_links": { "type": "object" },
            },
        })
    },
};

/// `POST /api/v1/sessions`: a session token becomes a session.
async fn create(call: Call, Sent(body): Sent) -> Answer {
    let token = text_of(&body, "sessionToken").unwrap_or_default();
    let published = call.surface.issuer.version();
    match call.surface.login.redeem(&published, token, None, "").await {
        Ok(Some(signed_in)) => told(&call, &signed_in.session).await,
        Ok(None) => Err(ManagementError::authentication_failed()),
        Err(SignInRefused::Store(error)) => Err(ManagementError::failed(&error)),
        Err(_) => Err(ManagementError::unavailable()),
    }
}

/// `GET /api/v1/sessions/{id}`, or `me` for that of the browser that asks.
async fn find(call: Call, Ids([id]): Ids<1>) -> Answer {
    told(&call, &known(&call, &id).await?.session).await
}

/// `POST /api/v1/sessions/{id}/lifecycle/refresh`
async fn refresh(call: Call, Ids([id]): Ids<1>) -> Answer {
    let session = known(&call, &id).await?;
    let refreshed = call.surface.login.refresh_session(session).await;
    told(&call, &refreshed.map_err(|error| ManagementError::failed(&error))?.session).await
}

/// `DELETE /api/v1/sessions/{id}`. No token ends with it (decision 16).
async fn delete(call: Call, Ids([id]): Ids<1>) -> Answer {
    let session = known(&call, &id).await?;
    let ended = call.surface.login.end_found_session(&session).await;
    ended.map_err(|error| ManagementError::failed(&error))?;
    Ok(nothing())
}

/// `DELETE /api/v1/users/{id}/sessions`; with `oauthTokens=true` every token ends too (decision 16).
async fn delete_all(call: Call, Ids([id]): Ids<1>) -> Answer {
    let user = named(&call, &id).await?;
    let login = &call.surface.login;
    let ended = match call.query("oauthTokens") {
        Some("true") => login.end_with_password(&user.id).await,
        _ => login.end_sessions(&user.id).await,
    };
    ended.map_err(|error| ManagementError::failed(&error))?;
    note(&call, "user.session.clear", &user).await?;
    Ok(nothing())
}

async fn known(call: &Call, id: &str) -> Result<FoundSession, ManagementError> {
    let own = match &call.authority.credential {
        Credential::Session { id, .. } => Some(id.as_str()),
        _ => None,
    };
    let wanted = if id == "me" { own } else { Some(id) };
    let found = match wanted {
        Some(id) => call.surface.login.find_session_by_id(id).await,
        None => Ok(None),
    };
    let found = found.map_err(|error| ManagementError::failed(&error))?;
    found.ok_or_else(|| ManagementError::no_such("AppSession", id))
}

async fn told(call: &Call, session: &Session) -> Answer {
    let published = call.surface.issuer.version();
    let person = published.find_person(&session.user_id).await;
    let person = person.map_err(|error| ManagementError::failed(&error))?;
    let login = person.map(|person| person.user().login.clone()).unwrap_or_default();
    let proven = |methods: &[Method]| {
        let is_proven = session.methods.iter().any(|method| methods.contains(method));
        if is_proven { moment(session.auth_time) } else { Value::Null }
    };
    let own = call.url(&format!("{ALL}/{}", session.id));
    let told = json!({
        "id": session.id,
        "userId": session.user_id,
        "login": login,
        "status": "ACTIVE",
        "createdAt": moment(session.created_at),
        "expiresAt": moment(session.expires_at()),
        "lastPasswordVerification": proven(&[Method::Password]),
        "lastFactorVerification": proven(&[Method::OneTimePassword, Method::Passkey]),
        "amr": session.methods.iter().map(|method| method.word()).collect::<Vec<_>>(),
        "idp": { "id": published.organization_id(), "type": "OKTA" },
        "mfaActive": session.has_second_factor(),
        "_links": {
            "self": { "href": own, "hints": { "allow": ["GET", "DELETE"] } },
            "refresh": {
                "href": format!("{own}/lifecycle/refresh"), "hints": { "allow": ["POST"] },
            },
            "user": {
                "href": call.url(&format!("/api/v1/users/{}", session.user_id)),
                "hints": { "allow": ["GET"] },
            },
        },
    });
    Ok(object(StatusCode::OK, &told))
}
