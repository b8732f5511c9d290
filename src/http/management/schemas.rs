//! `/api/v1/meta/schemas/user`: what profiles of users may hold, and `/api/v1/meta/types/user`: the
//! one type of users there is.

use super::super::error::ManagementError;
use super::call::{Answer, Call, Ids, Sent, object};
use super::operation::{Answers, Operation, Shape};
use crate::administration::{USER_TYPE, set, text_of};
use axum::http::StatusCode;
use serde_json::{Value, json};

const SCHEMA: &str = "/api/v1/meta/schemas/user/{schemaId}";

/// The id of the one schema, besides `default`.
const SCHEMA_ID: &str = "oscclaimsmithdefault";

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::find(SCHEMA, "getUserSchema", SHAPE, find),
        Operation::create(SCHEMA, "updateUserProfile", SHAPE, change),
        Operation::find("/api/v1/meta/types/user", "listUserTypes", TYPE, list_types)
            .answering(StatusCode::OK, Answers::Many(TYPE)),
        Operation::find("/api/v1/meta/types/user/{typeId}", "getUserType", TYPE, find_type),
    ]
}

const SHAPE: Shape = Shape {
    name: "UserSchema",
    schema: || {
        let types = json!(["string", "boolean", "integer", "number", "array"]);
        let attribute = json!({
            "type": ["object", "null"],
            "properties": {
                "title": { "type": "string" },
                "description": { "type": "string" },
                "type": { "enum": types },
                "items": {
                    "type": "object",
                    "properties": { "type": { "enum": ["string", "integer", "number"] } },
                },
                "required": { "type": "boolean" },
                "mutability": { "enum": ["READ_WRITE"] },
                "scope": { "enum": ["NONE"] },
            },
        });
        let definition = json!({
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "type": { "enum": ["object"] },
                "properties": { "type": "object", "additionalProperties": attribute },
                "required": { "type": "array", "items": { "type": "string" } },
            },
        });
        json!({
            "type": "object",
            "properties": {
                "$schema": { "type": "string" },
                "id": { "type": "string" },
                "name": { "type": "string" },
                "title": { "type": "string" },
                "type": { "type": "string" },
                "created": { "type": ["string", "null"] },
                "lastUpdated": { "type": ["string", "null"] },
                "definitions": {
                    "type": "object",
                    "properties": { "base": definition, "custom": definition },
                },
                "properties": { "type": "object" },
                "_links": { "type": "object", "readOnly": true },
            },
        })
    },
};

const TYPE: Shape = Shape {
    name: "UserType",
    schema: || {
        json!({
            "type": "object",
            "required": ["id", "name", "displayName", "default"],
            "properties": {
                "id": { "type": "string" },
                "name": { "type": "string" },
                "displayName": { "type": "string" },
                "description": { "type": "string" },
                "default": { "type": "boolean" },
                "_links": { "type": "object", "readOnly": true },
            },
        })
    },
};

fn check(id: &str) -> Result<(), ManagementError> {
    match id {
        "default" | SCHEMA_ID => Ok(()),
        _ => Err(ManagementError::no_such("UserSchema", id)),
    }
}

/// `GET /api/v1/meta/schemas/user/default`
async fn find(call: Call, Ids([id]): Ids<1>) -> Answer {
    check(&id)?;
    Ok(told(&call, call.surface.administration.user_schema_value().await?))
}

/// `POST /api/v1/meta/schemas/user/default`: what is sent is declared, changed or, if null, taken back.
async fn change(call: Call, Ids([id]): Ids<1>, Sent(body): Sent) -> Answer {
    check(&id)?;
    let changed = call.surface.administration.change_user_schema(&call.actor(), &body).await?;
    Ok(told(&call, changed))
}

fn told(call: &Call, mut schema: Value) -> axum::response::Response {
    let own = call.url("/api/v1/meta/schemas/user/default");
    set(&mut schema, "id", json!(own));
    set(&mut schema, "_links", json!({ "self": { "href": own } }));
    object(StatusCode::OK, &schema)
}

/// `GET /api/v1/meta/types/user`
async fn list_types(call: Call) -> Answer {
    Ok(call.list(vec![user_type(&call)], None))
}

/// `GET /api/v1/meta/types/user/{id}`
async fn find_type(call: Call, Ids([id]): Ids<1>) -> Answer {
    let told = user_type(&call);
    match id == "default" || text_of(&told, "id") == Some(&id) {
        true => Ok(object(StatusCode::OK, &told)),
        false => Err(ManagementError::no_such("UserType", &id)),
    }
}

fn user_type(call: &Call) -> Value {
    let own = call.url(&format!("/api/v1/meta/types/user/{USER_TYPE}"));
    json!({
        "id": USER_TYPE,
        "name": "user",
        "displayName": "User",
        "description": "Users of the organization",
        "default": true,
        "_links": {
            "self": { "href": own },
            "schema": { "href": call.url("/api/v1/meta/schemas/user/default") },
        },
    })
}
