//! `/api/v1/apps/{id}/credentials/keys` and `csrs`: key pairs that are held for a client, with their
//! certificates, and requests for these (authorization-server §5.4).

use super::call::{Answer, Call, Ids, Sent, SentBytes, nothing, object};
use super::operation::{Answers, Operation, Parameter, Shape};
use super::shape::{links, read_only, texts, time};
use crate::administration::application::{
    clone_signing_key, find_request, find_signing_key, generate_signing_key, list_requests,
    list_signing_keys, make_request, publish_certificate, revoke_request,
};
use axum::http::StatusCode;
use serde_json::{Value, json};

const KEYS: &str = "/api/v1/apps/{appId}/credentials/keys";
const ONE_KEY: &str = "/api/v1/apps/{appId}/credentials/keys/{keyId}";
const GENERATE: &str = "/api/v1/apps/{appId}/credentials/keys/generate";
const CLONE: &str = "/api/v1/apps/{appId}/credentials/keys/{keyId}/clone";
const REQUESTS: &str = "/api/v1/apps/{appId}/credentials/csrs";
const ONE_REQUEST: &str = "/api/v1/apps/{appId}/credentials/csrs/{csrId}";
const PUBLISH: &str = "/api/v1/apps/{appId}/credentials/csrs/{csrId}/lifecycle/publish";

/// What a certificate is sent as.
const CERTIFICATES: &[&str] =
    &["application/pkix-cert", "application/x-x509-ca-cert", "application/x-pem-file"];

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    let made =
        |operation: Operation, shape| operation.answering(StatusCode::CREATED, Answers::One(shape));
    let publish = Operation::act("post", PUBLISH, "publishCsrFromApplication", publish);
    vec![
        Operation::find(KEYS, "listApplicationKeys", KEY, keys)
            .answering(StatusCode::OK, Answers::Many(KEY)),
        Operation::find(ONE_KEY, "getApplicationKey", KEY, key),
        made(Operation::act("post", GENERATE, "generateApplicationKey", generate), KEY)
            .asking(&[YEARS]),
        made(Operation::act("post", CLONE, "cloneApplicationKey", clone), KEY).asking(&[TARGET]),
        Operation::find(REQUESTS, "listCsrsForApplication", REQUEST, requests)
            .answering(StatusCode::OK, Answers::Many(REQUEST)),
        made(
            Operation::create(REQUESTS, "generateCsrForApplication", REQUEST, create_request)
                .taking(METADATA),
            REQUEST,
        ),
        Operation::find(ONE_REQUEST, "getCsrForApplication", REQUEST, request),
        Operation::delete(ONE_REQUEST, "revokeCsrFromApplication", delete_request),
        made(publish.taking_bytes(CERTIFICATES), KEY),
    ]
}

const YEARS: Parameter = Parameter {
    name: "validityYears",
    description: "how long its certificate counts",
    schema: || json!({ "type": "integer", "minimum": 2, "maximum": 10 }),
};

const TARGET: Parameter = Parameter {
    name: "targetAid",
    description: "the application that it is given to",
    schema: || json!({ "type": "string", "minLength": 1 }),
};

const KEY: Shape = Shape {
    name: "JsonWebKey",
    schema: || {
        let text = || json!({ "type": "string" });
        json!({
            "type": "object",
            "properties": {
                "kid": text(), "kty": text(), "use": text(), "alg": text(), "n": text(),
                "e": text(), "x5c": texts(), "x5t#S256": text(),
                "created": time(), "lastUpdated": time(), "expiresAt": time(),
            },
        })
    },
};

const REQUEST: Shape = Shape {
    name: "Csr",
    schema: || {
        json!({
            "type": "object",
            "properties": {
                "id": read_only(json!({ "type": "string" })),
                "csr": read_only(json!({ "type": "string" })),
                "kty": read_only(json!({ "type": "string", "enum": ["RSA"] })),
                "created": time(),
                "_links": links(),
            },
        })
    },
};

const METADATA: Shape = Shape {
    name: "CsrMetadata",
    schema: || {
        let text = |most: u32| json!({ "type": "string", "minLength": 1, "maxLength": most });
        json!({
            "type": "object",
            "required": ["subject"],
            "properties": {
                "subject": {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": false,
                    "properties": {
                        "countryName": { "type": "string", "pattern": "^[A-Za-z]{2}$" },
                        "stateOrProvinceName": text(128),
                        "localityName": text(128),
                        "organizationName": text(64),
                        "organizationalUnitName": text(64),
                        "commonName": text(64),
                    },
                },
                "subjectAltNames": {
                    "type": "object",
                    "properties": { "dnsNames": {
                        "type": "array", "maxItems": 100,
                        "items": { "type": "string", "pattern": "^[A-Za-z0-9*._-]{1,253}$" },
                    } },
                },
            },
        })
    },
};

fn all(told: Vec<Value>) -> Answer {
    Ok(object(StatusCode::OK, &told.into()))
}

async fn keys(call: Call, Ids([app]): Ids<1>) -> Answer {
    all(list_signing_keys(&call.ask(), &app).await?)
}

async fn key(call: Call, Ids([app, kid]): Ids<2>) -> Answer {
    Ok(object(StatusCode::OK, &find_signing_key(&call.ask(), &app, &kid).await?))
}

async fn generate(call: Call, Ids([app]): Ids<1>) -> Answer {
    let key = generate_signing_key(&call.ask(), &app, call.query("validityYears")).await?;
    Ok(object(StatusCode::CREATED, &key))
}

async fn clone(call: Call, Ids([app, kid]): Ids<2>) -> Answer {
    let key = clone_signing_key(&call.ask(), (&app, &kid), call.query("targetAid")).await?;
    Ok(object(StatusCode::CREATED, &key))
}

async fn requests(call: Call, Ids([app]): Ids<1>) -> Answer {
    all(list_requests(&call.ask(), &app).await?)
}

async fn create_request(call: Call, Ids([app]): Ids<1>, Sent(sent): Sent) -> Answer {
    Ok(object(StatusCode::CREATED, &make_request(&call.ask(), &app, &sent).await?))
}

async fn request(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    Ok(object(StatusCode::OK, &find_request(&call.ask(), &app, &id).await?))
}

async fn delete_request(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    revoke_request(&call.ask(), &app, &id).await?;
    Ok(nothing())
}

async fn publish(call: Call, Ids([app, id]): Ids<2>, SentBytes(sent): SentBytes) -> Answer {
    let key = publish_certificate(&call.ask(), (&app, &id), &sent).await?;
    Ok(object(StatusCode::CREATED, &key))
}
