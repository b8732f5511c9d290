//! `/api/v1/authorizationServers/{id}/scopes` and `/claims` (authorization-server §1.3, §1.4).

use super::call::{Answer, Call, Ids, Sent, nothing, object};
use super::operation::{Answers, Operation, Shape};
use super::servers::{Q, links, read_only, status};
use super::shape::FILTER;
use crate::administration::{claim, scope};
use axum::http::StatusCode;
use serde_json::{Value, json};

const SCOPES: &str = "/api/v1/authorizationServers/{authServerId}/scopes";
const ONE_SCOPE: &str = "/api/v1/authorizationServers/{authServerId}/scopes/{scopeId}";
const CLAIMS: &str = "/api/v1/authorizationServers/{authServerId}/claims";
const ONE_CLAIM: &str = "/api/v1/authorizationServers/{authServerId}/claims/{claimId}";

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::list(SCOPES, "listOAuth2Scopes", SCOPE, list_scopes).asking(&[Q, FILTER]),
        Operation::create(SCOPES, "createOAuth2Scope", SCOPE, create_scope)
            .answering(StatusCode::CREATED, Answers::One(SCOPE)),
        Operation::find(ONE_SCOPE, "getOAuth2Scope", SCOPE, find_scope),
        Operation::replace(ONE_SCOPE, "replaceOAuth2Scope", SCOPE, replace_scope),
        Operation::delete(ONE_SCOPE, "deleteOAuth2Scope", delete_scope),
        Operation::find(CLAIMS, "listOAuth2Claims", CLAIM, list_claims)
            .answering(StatusCode::OK, Answers::Many(CLAIM)),
        Operation::create(CLAIMS, "createOAuth2Claim", CLAIM, create_claim)
            .answering(StatusCode::CREATED, Answers::One(CLAIM)),
        Operation::find(ONE_CLAIM, "getOAuth2Claim", CLAIM, find_claim),
        Operation::replace(ONE_CLAIM, "replaceOAuth2Claim", CLAIM, replace_claim),
        Operation::delete(ONE_CLAIM, "deleteOAuth2Claim", delete_claim),
    ]
}

const SCOPE: Shape = Shape {
    name: "OAuth2Scope",
    schema: || {
        json!({
            "type": "object",
            "required": ["name"],
            "properties": {
                "id": read_only(json!({ "type": "string" })),
                "name": { "type": "string", "minLength": 1, "maxLength": 255 },
                "displayName": { "type": "string", "minLength": 1, "maxLength": 255 },
                "description": { "type": "string", "maxLength": 1024 },
                "consent": {
                    "type": "string", "enum": ["IMPLICIT", "REQUIRED", "FLEXIBLE"],
                },
                "optional": { "type": "boolean" },
                "default": { "type": "boolean" },
                "metadataPublish": { "type": "string", "enum": ["NO_CLIENTS", "ALL_CLIENTS"] },
                "system": read_only(json!({ "type": "boolean" })),
                "_links": links(),
            },
        })
    },
};

const CLAIM: Shape = Shape {
    name: "OAuth2Claim",
    schema: || {
        json!({
            "type": "object",
            "required": ["name", "claimType", "valueType"],
            "properties": {
                "id": read_only(json!({ "type": "string" })),
                "name": { "type": "string", "minLength": 1, "maxLength": 255 },
                "status": status(),
                "claimType": { "type": "string", "enum": ["RESOURCE", "IDENTITY"] },
                "valueType": { "type": "string", "enum": ["EXPRESSION", "GROUPS", "SYSTEM"] },
                "value": {
                    "type": "string", "maxLength": 1024,
                    "examples": ["user?.email", "app.clientId", "'a text'"],
                },
                "group_filter_type": {
                    "type": "string", "enum": ["STARTS_WITH", "EQUALS", "CONTAINS", "REGEX"],
                },
                "conditions": {
                    "type": "object",
                    "properties": { "scopes": {
                        "type": "array", "uniqueItems": true, "items": { "type": "string" },
                    } },
                },
                "alwaysIncludeInToken": { "type": "boolean" },
                "keepEmptyList": { "type": "boolean", "description": "Claimsmith's own" },
                "system": read_only(json!({ "type": "boolean" })),
                "_links": links(),
            },
        })
    },
};

async fn list_scopes(call: Call, Ids([server]): Ids<1>) -> Answer {
    let condition = call.filter(scope::ATTRIBUTES)?;
    let (ask, q) = (call.ask(), call.query("q"));
    call.tell_part(scope::list(&ask, &server, q, condition.as_ref()).await?)
}

async fn create_scope(call: Call, Ids([server]): Ids<1>, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::CREATED, &scope::add(&call.ask(), &server, &sent).await?)
}

async fn find_scope(call: Call, Ids([server, id]): Ids<2>) -> Answer {
    call.tell(StatusCode::OK, &scope::find(&call.ask(), &server, &id).await?)
}

async fn replace_scope(call: Call, Ids([server, id]): Ids<2>, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::OK, &scope::put(&call.ask(), &server, &id, &sent).await?)
}

async fn delete_scope(call: Call, Ids([server, id]): Ids<2>) -> Answer {
    scope::remove(&call.ask(), &server, &id).await?;
    Ok(nothing())
}

async fn list_claims(call: Call, Ids([server]): Ids<1>) -> Answer {
    let all = claim::list(&call.ask(), &server).await?;
    let all: Vec<Value> = all.into_iter().map(|told| told.value).collect();
    Ok(object(StatusCode::OK, &all.into()))
}

async fn create_claim(call: Call, Ids([server]): Ids<1>, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::CREATED, &claim::add(&call.ask(), &server, &sent).await?)
}

async fn find_claim(call: Call, Ids([server, id]): Ids<2>) -> Answer {
    call.tell(StatusCode::OK, &claim::find(&call.ask(), &server, &id).await?)
}

async fn replace_claim(call: Call, Ids([server, id]): Ids<2>, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::OK, &claim::put(&call.ask(), &server, &id, &sent).await?)
}

async fn delete_claim(call: Call, Ids([server, id]): Ids<2>) -> Answer {
    claim::remove(&call.ask(), &server, &id).await?;
    Ok(nothing())
}
