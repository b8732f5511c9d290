//! `/api/v1/api-tokens`: tokens of the management API. Okta has them made in its console only; here
//! `POST` makes one and shows it once (decision 32).

use super::super::error::ManagementError;
use super::call::{Answer, Call, Ids, Sent, link, moment, nothing, versioned};
use super::operation::{Operation, Shape};
use crate::authority::{self, ApiToken, ApiTokenError, Credential, NewApiToken};
use crate::directory::UserStatus;
use crate::server::MANAGEMENT_SCOPES;
use crate::store::StoreError;
use axum::http::StatusCode;
use serde_json::{Value, json};

const KIND: &str = "Token";

const ALL: &str = "/api/v1/api-tokens";
const ONE: &str = "/api/v1/api-tokens/{apiTokenId}";

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::list(ALL, "listApiTokens", SHAPE, list),
        Operation::create(ALL, "createApiToken", SHAPE, create),
        Operation::find(ONE, "getApiToken", SHAPE, find),
        Operation::delete(ONE, "revokeApiToken", delete),
    ]
}

const SHAPE: Shape = Shape {
    name: "ApiToken",
    schema: || {
        let (text, time) = (
            json!({ "type": "string", "readOnly": true }),
            json!({ "type": "string", "format": "date-time", "readOnly": true }),
        );
        json!({
            "type": "object",
            "required": ["name", "scopes"],
            "properties": {
                "id": text,
                "name": { "type": "string", "minLength": 1, "maxLength": 255 },
                "userId": { "type": "string" },
                "scopes": { "type": "array", "minItems": 1, "items": { "enum": MANAGEMENT_SCOPES } },
                "tokenWindow": text,
                "token": text,
                "created": time,
                "lastUpdated": time,
                "expiresAt": { "type": "string", "format": "date-time" },
                "_link": { "type": "object", "readOnly": true },
            },
        })
    },
};

/// `GET /api/v1/api-tokens`
async fn list(call: Call) -> Answer {
    let paging = call.paging(200, 200)?;
    let listed = authority::list(&call.surface.store, paging.after.as_deref(), paging.limit).await;
    let (tokens, next) = listed.map_err(|error| failed(&error))?;
    let told = tokens.iter().map(|token| told(&call, token)).collect();
    Ok(call.list(told, next.as_deref()))
}

/// `GET /api/v1/api-tokens/{id}`
async fn find(call: Call, Ids([id]): Ids<1>) -> Answer {
    let token = named(&call, &id).await?;
    Ok(versioned(StatusCode::OK, &told(&call, &token), token.generation))
}

/// `POST /api/v1/api-tokens`
async fn create(call: Call, Sent(body): Sent) -> Answer {
    let new = wanted(&call, &body).await?;
    if let Some(scope) = new.scopes.iter().find(|scope| !call.authority.covers(scope)) {
        let why = format!("scopes: you lack `{scope}` yourself");
        return Err(ManagementError::forbidden().because(why));
    }
    let (store, random) = (&call.surface.store, &call.surface.random);
    let created = authority::create(store, random, new).await;
    let (token, secret) = created.map_err(|error| match error {
        ApiTokenError::Invalid { field, message } => {
            ManagementError::invalid_member("apiToken", field, &message)
        }
        ApiTokenError::Store(error) => failed(&error),
    })?;
    let mut told = told(&call, &token);
    if let Value::Object(told) = &mut told {
        told.insert("token".to_owned(), Value::from(secret));
    }
    Ok(versioned(StatusCode::OK, &told, token.generation))
}

/// `DELETE /api/v1/api-tokens/{id}`, or `current` for the one that is used.
async fn delete(call: Call, Ids([id]): Ids<1>) -> Answer {
    let id = match &call.authority.credential {
        Credential::ApiToken { id: own, .. } if id == "current" => own.clone(),
        _ => id,
    };
    let token = named(&call, &id).await?;
    call.expects(token.generation)?;
    let ended = authority::revoke(&call.surface.store, token, Vec::new())
        .await
        .map_err(|error| failed(&error))?;
    if ended { Ok(nothing()) } else { Err(ManagementError::no_such(KIND, &id)) }
}

async fn named(call: &Call, id: &str) -> Result<ApiToken, ManagementError> {
    let found = authority::find(&call.surface.store, id).await.map_err(|error| failed(&error))?;
    found.ok_or_else(|| ManagementError::no_such(KIND, id))
}

/// What is to be made: for whoever asks, unless another user is named.
async fn wanted(call: &Call, body: &Value) -> Result<NewApiToken, ManagementError> {
    let invalid = |member, message| ManagementError::invalid_member("apiToken", member, message);
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let user_id = text("userId").or_else(|| call.authority.user_id());
    let user_id = user_id.ok_or_else(|| invalid("userId", "The field cannot be left blank"))?;
    let person =
        call.surface.issuer.version().find_person(user_id).await.map_err(|error| failed(&error))?;
    if !person.is_some_and(|person| person.user().status == UserStatus::Active) {
        return Err(invalid("userId", "There is no active user of this id"));
    }
    let scopes = body.get("scopes").and_then(Value::as_array);
    let scopes = scopes.ok_or_else(|| invalid("scopes", "The field cannot be left blank"))?;
    let scopes = scopes.iter().map(|scope| scope.as_str().map(str::to_owned)).collect();
    let scopes: Option<Vec<String>> = scopes;
    let expires_at = text("expiresAt").map(|text| {
        let time = claimsmith_runtime::time::read(text);
        time.map(|time| time.microseconds().div_euclid(1_000_000))
    });
    let expires_at = match expires_at {
        Some(None) => return Err(invalid("expiresAt", "Expected a time as RFC 3339 writes it")),
        Some(at) => at,
        None => None,
    };
    Ok(NewApiToken {
        name: text("name").unwrap_or_default().to_owned(),
        user_id: user_id.to_owned(),
        scopes: scopes.ok_or_else(|| invalid("scopes", "Expected a list of texts"))?,
        expires_at,
    })
}

fn told(call: &Call, token: &ApiToken) -> Value {
    let ApiToken { id, name, user_id, scopes, created_at, expires_at, .. } = token;
    let href = call.url(&format!("/api/v1/api-tokens/{id}"));
    let seconds = expires_at.saturating_sub(*created_at);
    json!({
        "id": id,
        "name": name,
        "userId": user_id,
        "scopes": scopes,
        "tokenWindow": format!("PT{seconds}S"),
        "created": moment(*created_at),
        "lastUpdated": moment(*created_at),
        "expiresAt": moment(*expires_at),
        "_link": { "self": link(&href, &["GET", "DELETE"]) },
    })
}

fn failed(error: &StoreError) -> ManagementError {
    tracing::error!(%error, "the store failed");
    ManagementError::unavailable()
}
