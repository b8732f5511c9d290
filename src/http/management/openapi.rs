//! `GET /api/v1/openapi.json`: what the management API takes and answers, as an OpenAPI 3.1 document
//! that is made of the list of its operations.

use super::operation::{Answers, Operation, Parameter, Shape, Takes};
use super::{authority, examples};
use serde_json::{Map, Value, json};

/// What every refusal looks like.
const ERROR: Shape = Shape {
    name: "Error",
    schema: || {
        json!({
            "type": "object",
            "required": ["errorCode", "errorSummary", "errorLink", "errorId", "errorCauses"],
            "properties": {
                "errorCode": { "type": "string" },
                "errorSummary": { "type": "string" },
                "errorLink": { "type": "string" },
                "errorId": { "type": "string" },
                "errorCauses": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["errorSummary"],
                        "properties": { "errorSummary": { "type": "string" } },
                    },
                },
            },
        })
    },
};

/// The document of these operations, which are found at `base`.
pub(super) fn document(operations: &[Operation], base: &str) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    let mut schemas: Map<String, Value> = Map::new();
    let mut name = |shape: &Shape| {
        schemas.entry(shape.name).or_insert_with(shape.schema);
        json!({ "$ref": format!("#/components/schemas/{}", shape.name) })
    };
    for operation in operations {
        let told = told(operation, &mut name);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Value::Object(path) = path {
            path.insert(operation.method.to_owned(), told);
        }
    }
    let token = |scheme: &str| json!({ "type": "apiKey", "in": "header", "name": "Authorization", "description": scheme });
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Claimsmith management API", "version": env!("CARGO_PKG_VERSION") },
        "servers": [{ "url": base }],
        "security": [{ "apiToken": [] }, { "accessToken": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "apiToken": token("`SSWS` and a token of the management API"),
                "accessToken": token(
                    "`Bearer` or `DPoP` and an access token of the organization's own server"
                ),
            },
        },
    })
}

/// A body of this form beside what is said of it.
fn with_example(mut content: Value, shape: &Shape) -> Value {
    let json = content.get_mut("application/json").and_then(Value::as_object_mut);
    if let (Some(json), Some(example)) = (json, examples::of(shape.name)) {
        json.insert("example".to_owned(), example);
    }
    content
}

fn told(operation: &Operation, name: &mut dyn FnMut(&Shape) -> Value) -> Value {
    let content = |schema: Value| json!({ "application/json": { "schema": schema } });
    let mut done = json!({ "description": "It is done." });
    let answer = match &operation.answers {
        Answers::Nothing => None,
        Answers::One(shape) => Some(name(shape)),
        Answers::Many(shape) => Some(json!({ "type": "array", "items": name(shape) })),
    };
    if let (Some(answer), Value::Object(done)) = (answer, &mut done) {
        done.insert("content".to_owned(), content(answer));
    }
    let refused = json!({ "description": "It was refused.", "content": content(name(&ERROR)) });
    let mut responses = Map::new();
    responses.insert(operation.status.as_str().to_owned(), done);
    responses.insert("default".to_owned(), refused);
    let in_path = operation.path.split('/').filter_map(|part| {
        let id = part.strip_prefix('{')?.strip_suffix('}')?;
        let mut told = json!({
            "name": id, "in": "path", "required": true,
            "schema": { "type": "string", "minLength": 1 },
        });
        let example = examples::IN_PATHS.iter().find(|(name, _)| *name == id);
        if let (Some((_, example)), Value::Object(told)) = (example, &mut told) {
            told.insert("example".to_owned(), Value::from(*example));
        }
        Some(told)
    });
    let in_query = operation.query.iter().map(|Parameter { name, description, schema }| {
        json!({ "name": name, "in": "query", "description": description, "schema": schema() })
    });
    let mut told = json!({
        "operationId": operation.id,
        "parameters": in_path.chain(in_query).collect::<Vec<Value>>(),
        "responses": responses,
    });
    if let Value::Object(told) = &mut told {
        let content = match &operation.takes {
            Takes::Nothing => None,
            Takes::One(shape) => Some(with_example(content(name(shape)), shape)),
            Takes::Bytes(kinds) => {
                let bytes = json!({ "schema": { "type": "string", "format": "binary" } });
                let kinds = kinds.iter().map(|kind| ((*kind).to_owned(), bytes.clone()));
                Some(kinds.collect::<Map<String, Value>>().into())
            }
        };
        if let Some(content) = content {
            let body = json!({ "required": true, "content": content });
            told.insert("requestBody".to_owned(), body);
        }
        if let Some(scope) = authority::scope_of(operation.method, operation.path) {
            told.insert("x-okta-scope".to_owned(), Value::from(scope));
        }
    }
    told
}
