//! `/api/v1/apps/{id}/credentials`: the secrets and the public keys of a client (authorization-server
//! §1.9).

use super::call::{Answer, Call, Ids, Sent, SentOrNot, nothing, object};
use super::operation::{Answers, Operation, Shape};
use super::shape::{links, read_only, status, time};
use crate::administration::Told;
use crate::administration::application::{
    add_key, add_secret, find_key, find_secret, list_keys, list_secrets, remove_key, remove_secret,
    turn_key, turn_secret,
};
use crate::directory::Status;
use axum::http::StatusCode;
use serde_json::{Value, json};

const SECRETS: &str = "/api/v1/apps/{appId}/credentials/secrets";
const ONE_SECRET: &str = "/api/v1/apps/{appId}/credentials/secrets/{secretId}";
const ACTIVATE_SECRET: &str =
    "/api/v1/apps/{appId}/credentials/secrets/{secretId}/lifecycle/activate";
const DEACTIVATE_SECRET: &str =
    "/api/v1/apps/{appId}/credentials/secrets/{secretId}/lifecycle/deactivate";
const KEYS: &str = "/api/v1/apps/{appId}/credentials/jwks";
const ONE_KEY: &str = "/api/v1/apps/{appId}/credentials/jwks/{keyId}";
const ACTIVATE_KEY: &str = "/api/v1/apps/{appId}/credentials/jwks/{keyId}/lifecycle/activate";
const DEACTIVATE_KEY: &str = "/api/v1/apps/{appId}/credentials/jwks/{keyId}/lifecycle/deactivate";

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    let turned =
        |operation: Operation, shape| operation.answering(StatusCode::OK, Answers::One(shape));
    vec![
        Operation::find(SECRETS, "listOAuth2ClientSecrets", SECRET, secrets)
            .answering(StatusCode::OK, Answers::Many(SECRET)),
        Operation::create(SECRETS, "createOAuth2ClientSecret", SECRET, create_secret)
            .answering(StatusCode::CREATED, Answers::One(SECRET)),
        Operation::find(ONE_SECRET, "getOAuth2ClientSecret", SECRET, secret),
        Operation::delete(ONE_SECRET, "deleteOAuth2ClientSecret", delete_secret),
        turned(
            Operation::act("post", ACTIVATE_SECRET, "activateOAuth2ClientSecret", activate_secret),
            SECRET,
        ),
        turned(
            Operation::act(
                "post",
                DEACTIVATE_SECRET,
                "deactivateOAuth2ClientSecret",
                deactivate_secret,
            ),
            SECRET,
        ),
        Operation::find(KEYS, "listJwk", KEY, keys).answering(StatusCode::OK, Answers::Many(KEY)),
        Operation::create(KEYS, "addJwk", KEY, create_key)
            .answering(StatusCode::CREATED, Answers::One(KEY)),
        Operation::find(ONE_KEY, "getJwk", KEY, key),
        Operation::delete(ONE_KEY, "deletejwk", delete_key),
        turned(
            Operation::act("post", ACTIVATE_KEY, "activateOAuth2ClientJsonWebKey", activate_key),
            KEY,
        ),
        turned(
            Operation::act(
                "post",
                DEACTIVATE_KEY,
                "deactivateOAuth2ClientJsonWebKey",
                deactivate_key,
            ),
            KEY,
        ),
    ]
}

const SECRET: Shape = Shape {
    name: "OAuth2ClientSecret",
    schema: || {
        json!({
            "type": "object",
            "properties": {
                "id": read_only(json!({ "type": "string" })),
                "client_secret": {
                    "type": "string", "minLength": 14, "maxLength": 100,
                    "description": "told once, when it is made",
                },
                "status": status(),
                "created": time(),
                "lastUpdated": time(),
                "_links": links(),
            },
        })
    },
};

const KEY: Shape = Shape {
    name: "OAuth2ClientJsonWebKey",
    schema: || {
        json!({
            "type": "object",
            "required": ["kty"],
            "properties": {
                "id": read_only(json!({ "type": "string" })),
                "kty": { "type": "string", "enum": ["RSA", "EC", "OKP"] },
                "kid": { "type": "string" },
                "use": { "type": "string" },
                "alg": { "type": "string" },
                "n": { "type": "string" },
                "e": { "type": "string" },
                "crv": { "type": "string" },
                "x": { "type": "string" },
                "y": { "type": "string" },
                "status": status(),
                "created": time(),
                "lastUpdated": time(),
                "_links": links(),
            },
        })
    },
};

fn all(told: Vec<Told>) -> Answer {
    let all: Vec<Value> = told.into_iter().map(|told| told.value).collect();
    Ok(object(StatusCode::OK, &all.into()))
}

async fn secrets(call: Call, Ids([app]): Ids<1>) -> Answer {
    all(list_secrets(&call.ask(), &app).await?)
}

async fn create_secret(call: Call, Ids([app]): Ids<1>, SentOrNot(sent): SentOrNot) -> Answer {
    call.may_act_as(&app).await?;
    call.tell(StatusCode::CREATED, &add_secret(&call.ask(), &app, &sent).await?)
}

async fn secret(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    call.tell(StatusCode::OK, &find_secret(&call.ask(), &app, &id).await?)
}

async fn delete_secret(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    remove_secret(&call.ask(), &app, &id).await?;
    Ok(nothing())
}

async fn activate_secret(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    call.may_act_as(&app).await?;
    call.tell(StatusCode::OK, &turn_secret(&call.ask(), &app, &id, Status::Active).await?)
}

async fn deactivate_secret(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    call.tell(StatusCode::OK, &turn_secret(&call.ask(), &app, &id, Status::Inactive).await?)
}

async fn keys(call: Call, Ids([app]): Ids<1>) -> Answer {
    all(list_keys(&call.ask(), &app).await?)
}

async fn create_key(call: Call, Ids([app]): Ids<1>, Sent(sent): Sent) -> Answer {
    call.may_act_as(&app).await?;
    call.tell(StatusCode::CREATED, &add_key(&call.ask(), &app, &sent).await?)
}

async fn key(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    call.tell(StatusCode::OK, &find_key(&call.ask(), &app, &id).await?)
}

async fn delete_key(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    remove_key(&call.ask(), &app, &id).await?;
    Ok(nothing())
}

async fn activate_key(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    call.may_act_as(&app).await?;
    call.tell(StatusCode::OK, &turn_key(&call.ask(), &app, &id, Status::Active).await?)
}

async fn deactivate_key(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    call.tell(StatusCode::OK, &turn_key(&call.ask(), &app, &id, Status::Inactive).await?)
}
