//! `/api/v1/authorizationServers`: the servers, their keys, and whom they trust (authorization-server
//! §1.2, §1.7).

use super::call::{Answer, Call, Ids, Sent, nothing, object};
use super::operation::{Answers, Operation, Parameter, Shape};
use crate::administration::{key, server};
use axum::http::StatusCode;
use serde_json::{Value, json};

const ALL: &str = "/api/v1/authorizationServers";
const ONE: &str = "/api/v1/authorizationServers/{authServerId}";
const ACTIVATE: &str = "/api/v1/authorizationServers/{authServerId}/lifecycle/activate";
const DEACTIVATE: &str = "/api/v1/authorizationServers/{authServerId}/lifecycle/deactivate";
const KEYS: &str = "/api/v1/authorizationServers/{authServerId}/credentials/keys";
const KEY: &str = "/api/v1/authorizationServers/{authServerId}/credentials/keys/{keyId}";
const ROTATE: &str = "/api/v1/authorizationServers/{authServerId}/credentials/lifecycle/keyRotate";
const TRUSTED: &str = "/api/v1/authorizationServers/{authServerId}/associatedServers";
const ONE_TRUSTED: &str =
    "/api/v1/authorizationServers/{authServerId}/associatedServers/{associatedServerId}";

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::list(ALL, "listAuthorizationServers", SERVER, list).asking(&[Q]),
        Operation::create(ALL, "createAuthorizationServer", SERVER, create)
            .answering(StatusCode::CREATED, Answers::One(SERVER)),
        Operation::find(ONE, "getAuthorizationServer", SERVER, find),
        Operation::replace(ONE, "replaceAuthorizationServer", SERVER, replace),
        Operation::delete(ONE, "deleteAuthorizationServer", delete),
        Operation::act("post", ACTIVATE, "activateAuthorizationServer", activate),
        Operation::act("post", DEACTIVATE, "deactivateAuthorizationServer", deactivate),
        Operation::find(KEYS, "listAuthorizationServerKeys", KEY_SHAPE, keys)
            .answering(StatusCode::OK, Answers::Many(KEY_SHAPE)),
        Operation::find(KEY, "getAuthorizationServerKey", KEY_SHAPE, one_key),
        Operation::create(ROTATE, "rotateAuthorizationServerKeys", ROTATION, rotate)
            .answering(StatusCode::OK, Answers::Many(KEY_SHAPE)),
        Operation::list(TRUSTED, "listAssociatedServersByTrustedType", SERVER, associated)
            .asking(&[Q, TRUSTED_ONLY]),
        Operation::create(TRUSTED, "createAssociatedServers", ASSOCIATION, associate)
            .answering(StatusCode::OK, Answers::Many(SERVER)),
        Operation::delete(ONE_TRUSTED, "deleteAssociatedServer", dissociate),
    ]
}

/// What the name holds.
pub(super) const Q: Parameter = Parameter {
    name: "q",
    description: "what the name holds, whatever the case",
    schema: || json!({ "type": "string" }),
};

const TRUSTED_ONLY: Parameter = Parameter {
    name: "trusted",
    description: "those that are trusted, or those that are not",
    schema: || json!({ "type": "boolean" }),
};

/// What only the server says.
pub(super) fn read_only(mut schema: Value) -> Value {
    crate::administration::set(&mut schema, "readOnly", json!(true));
    schema
}

/// When something was written.
pub(super) fn time() -> Value {
    read_only(json!({ "type": ["string", "null"], "format": "date-time" }))
}

/// A status.
pub(super) fn status() -> Value {
    json!({ "type": "string", "enum": ["ACTIVE", "INACTIVE"] })
}

/// Links, which only the server says.
pub(super) fn links() -> Value {
    read_only(json!({ "type": ["object", "null"] }))
}

pub(super) const SERVER: Shape = Shape {
    name: "AuthorizationServer",
    schema: || {
        json!({
            "type": "object",
            "required": ["name", "audiences"],
            "properties": {
                "id": read_only(json!({ "type": "string" })),
                "name": { "type": "string", "minLength": 1, "maxLength": 100 },
                "description": { "type": "string", "maxLength": 255 },
                "audiences": {
                    "type": "array", "minItems": 1,
                    "items": { "type": "string", "minLength": 1 },
                },
                "issuer": read_only(json!({ "type": "string" })),
                "issuerMode": { "type": "string", "enum": ["ORG_URL", "DYNAMIC"] },
                "status": read_only(status()),
                "default": read_only(json!({ "type": "boolean" })),
                "created": time(),
                "lastUpdated": time(),
                "credentials": {
                    "type": "object",
                    "properties": { "signing": {
                        "type": "object",
                        "properties": {
                            "alg": {
                                "type": "string",
                                "enum": crate::server::ALGORITHMS,
                                "description": "Claimsmith's own",
                            },
                            "kid": read_only(json!({ "type": "string" })),
                            "use": { "type": "string", "enum": ["sig"] },
                            "rotationMode": { "type": "string", "enum": ["AUTO", "MANUAL"] },
                            "lastRotated": time(),
                            "nextRotation": time(),
                        },
                    } },
                },
                "accessTokenEncryptedResponseAlgorithm": { "type": "null" },
                "accessTokenFormat": {
                    "type": "string", "enum": ["okta", "rfc9068", "both"],
                    "description": "Claimsmith's own",
                },
                "strictErrors": { "type": "boolean", "description": "Claimsmith's own" },
                "refreshPolicy": {
                    "type": "string", "enum": ["CURRENT", "SNAPSHOT"],
                    "description": "Claimsmith's own",
                },
                "legacyGrants": {
                    "type": "array", "description": "Claimsmith's own", "uniqueItems": true,
                    "items": { "type": "string", "enum": ["password", "implicit", "hybrid"] },
                },
                "_links": links(),
            },
        })
    },
};

const KEY_SHAPE: Shape = Shape {
    name: "AuthorizationServerJsonWebKey",
    schema: || {
        json!({
            "type": "object",
            "required": ["kid", "kty", "status"],
            "properties": {
                "kid": { "type": "string" },
                "kty": { "type": "string" },
                "alg": { "type": "string" },
                "use": { "type": "string", "enum": ["sig"] },
                "status": { "type": "string", "enum": ["ACTIVE", "NEXT", "EXPIRED"] },
                "n": { "type": "string" },
                "e": { "type": "string" },
                "crv": { "type": "string" },
                "x": { "type": "string" },
                "y": { "type": "string" },
                "_links": links(),
            },
        })
    },
};

const ROTATION: Shape = Shape {
    name: "JwkUse",
    schema: || {
        json!({
            "type": "object",
            "required": ["use"],
            "properties": { "use": { "type": "string", "enum": ["sig"] } },
        })
    },
};

const ASSOCIATION: Shape = Shape {
    name: "AssociatedServerMediated",
    schema: || {
        json!({
            "type": "object",
            "required": ["trusted"],
            "properties": { "trusted": {
                "type": "array", "minItems": 1, "uniqueItems": true, "items": { "type": "string" },
            } },
        })
    },
};

async fn list(call: Call) -> Answer {
    call.tell_part(server::list(&call.ask(), call.query("q")).await?)
}

async fn create(call: Call, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::CREATED, &server::add(&call.ask(), &sent).await?)
}

async fn find(call: Call, Ids([id]): Ids<1>) -> Answer {
    call.tell(StatusCode::OK, &server::find(&call.ask(), &id).await?)
}

async fn replace(call: Call, Ids([id]): Ids<1>, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::OK, &server::put(&call.ask(), &id, &sent).await?)
}

async fn delete(call: Call, Ids([id]): Ids<1>) -> Answer {
    server::remove(&call.ask(), &id).await?;
    Ok(nothing())
}

async fn activate(call: Call, Ids([id]): Ids<1>) -> Answer {
    server::turn(&call.ask(), &id, "ACTIVE").await?;
    Ok(nothing())
}

async fn deactivate(call: Call, Ids([id]): Ids<1>) -> Answer {
    server::turn(&call.ask(), &id, "INACTIVE").await?;
    Ok(nothing())
}

async fn keys(call: Call, Ids([id]): Ids<1>) -> Answer {
    Ok(object(StatusCode::OK, &key::list(&call.ask(), &id).await?.into()))
}

async fn one_key(call: Call, Ids([id, kid]): Ids<2>) -> Answer {
    Ok(object(StatusCode::OK, &key::find(&call.ask(), &id, &kid).await?))
}

async fn rotate(call: Call, Ids([id]): Ids<1>, Sent(sent): Sent) -> Answer {
    Ok(object(StatusCode::OK, &key::rotate(&call.ask(), &id, &sent).await?.into()))
}

async fn associated(call: Call, Ids([id]): Ids<1>) -> Answer {
    let is_trusted = call.query("trusted") != Some("false");
    let found = server::associated(&call.ask(), &id, is_trusted, call.query("q")).await?;
    call.tell_part(found)
}

async fn associate(call: Call, Ids([id]): Ids<1>, Sent(sent): Sent) -> Answer {
    Ok(object(StatusCode::OK, &server::associate(&call.ask(), &id, &sent).await?.into()))
}

async fn dissociate(call: Call, Ids([id, other]): Ids<2>) -> Answer {
    server::dissociate(&call.ask(), &id, &other).await?;
    Ok(nothing())
}
