//! `/api/v1/inlineHooks` (authorization-server §1.11).

use super::super::error::ManagementError;
use super::call::{Answer, Call, Ids, Sent, nothing, object};
use super::operation::{Answers, Operation, Parameter, Shape};
use super::shape::{links, read_only, status, time};
use crate::administration::inline_hook::{self, Sent as How};
use crate::directory::Status;
use crate::grant::try_hook;
use axum::http::StatusCode;
use serde_json::json;

const ALL: &str = "/api/v1/inlineHooks";
const ONE: &str = "/api/v1/inlineHooks/{inlineHookId}";
const EXECUTE: &str = "/api/v1/inlineHooks/{inlineHookId}/execute";
const ACTIVATE: &str = "/api/v1/inlineHooks/{inlineHookId}/lifecycle/activate";
const DEACTIVATE: &str = "/api/v1/inlineHooks/{inlineHookId}/lifecycle/deactivate";

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    let turned = |operation: Operation| operation.answering(StatusCode::OK, Answers::One(HOOK));
    vec![
        Operation::find(ALL, "listInlineHooks", HOOK, list)
            .answering(StatusCode::OK, Answers::Many(HOOK))
            .asking(&[TYPE]),
        Operation::create(ALL, "createInlineHook", HOOK, create),
        Operation::find(ONE, "getInlineHook", HOOK, find),
        Operation::replace(ONE, "replaceInlineHook", HOOK, replace),
        Operation::create(ONE, "updateInlineHook", HOOK, change),
        Operation::delete(ONE, "deleteInlineHook", delete),
        turned(Operation::act("post", ACTIVATE, "activateInlineHook", activate)),
        turned(Operation::act("post", DEACTIVATE, "deactivateInlineHook", deactivate)),
        Operation::create(EXECUTE, "executeInlineHook", PAYLOAD, execute),
    ]
}

const TYPE: Parameter = Parameter {
    name: "type",
    description: "of which type",
    schema: || json!({ "type": "string" }),
};

/// What a hook is sent, and what it answers.
const PAYLOAD: Shape = Shape { name: "InlineHookPayload", schema: || json!({ "type": "object" }) };

const HOOK: Shape = Shape {
    name: "InlineHook",
    schema: || {
        json!({
            "type": "object",
            "properties": {
                "id": read_only(json!({ "type": "string" })),
                "status": read_only(status()),
                "name": { "type": "string", "minLength": 1, "maxLength": 255 },
                "type": { "type": "string", "enum": ["com.okta.oauth2.tokens.transform"] },
                "version": { "type": "string", "enum": ["1.0.0", "1.0.1"] },
                "channel": {
                    "type": "object",
                    "properties": {
                        "type": { "type": "string", "enum": ["HTTP", "OAUTH"] },
                        "version": { "type": "string", "enum": ["1.0.0"] },
                        "config": {
                            "type": "object",
                            "properties": {
                                "uri": { "type": "string", "pattern": "^https://" },
                                "method": { "type": "string", "enum": ["POST"] },
                                "headers": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "properties": {
                                            "key": { "type": "string" },
                                            "value": { "type": "string" },
                                        },
                                    },
                                },
                                "authType": {
                                    "type": "string",
                                    "enum": ["client_secret_post", "private_key_jwt"],
                                },
                                "clientId": { "type": "string" },
                                "clientSecret": { "type": "string", "writeOnly": true },
                                "tokenUrl": { "type": "string", "pattern": "^https://" },
                                "scope": { "type": "string" },
                                "authScheme": {
                                    "type": "object",
                                    "properties": {
                                        "type": { "type": "string", "enum": ["HEADER"] },
                                        "key": { "type": "string" },
                                        "value": { "type": "string", "writeOnly": true },
                                    },
                                },
                            },
                        },
                    },
                },
                "onFailure": {
                    "type": "string", "enum": ["allow", "deny"], "description": "Claimsmith's own",
                },
                "created": time(),
                "lastUpdated": time(),
                "_links": links(),
            },
        })
    },
};

async fn list(call: Call) -> Answer {
    let all = inline_hook::list(&call.ask(), call.query("type")).await?;
    let all: Vec<_> = all.into_iter().map(|told| told.value).collect();
    Ok(object(StatusCode::OK, &all.into()))
}

async fn create(call: Call, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::OK, &inline_hook::add(&call.ask(), &sent).await?)
}

async fn find(call: Call, Ids([id]): Ids<1>) -> Answer {
    call.tell(StatusCode::OK, &inline_hook::find(&call.ask(), &id).await?)
}

async fn replace(call: Call, Ids([id]): Ids<1>, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::OK, &inline_hook::put(&call.ask(), &id, &sent, How::Whole).await?)
}

async fn change(call: Call, Ids([id]): Ids<1>, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::OK, &inline_hook::put(&call.ask(), &id, &sent, How::Part).await?)
}

async fn delete(call: Call, Ids([id]): Ids<1>) -> Answer {
    inline_hook::remove(&call.ask(), &id).await?;
    Ok(nothing())
}

async fn activate(call: Call, Ids([id]): Ids<1>) -> Answer {
    call.tell(StatusCode::OK, &inline_hook::turn(&call.ask(), &id, Status::Active).await?)
}

async fn deactivate(call: Call, Ids([id]): Ids<1>) -> Answer {
    call.tell(StatusCode::OK, &inline_hook::turn(&call.ask(), &id, Status::Inactive).await?)
}

/// Asks the hook with this payload, and tells what it answers as it does.
async fn execute(call: Call, Ids([id]): Ids<1>, Sent(sent): Sent) -> Answer {
    inline_hook::find(&call.ask(), &id).await?;
    let published = call.surface.issuer.version();
    let Some(hook) = published.find_hook(&id) else {
        return Err(ManagementError::invalid_member("status", "status", "The hook is not active."));
    };
    match try_hook(hook, &sent.to_string(), &call.surface.around().asking()).await {
        Ok(answer) => Ok(object(StatusCode::OK, &answer.unwrap_or_else(|| json!({})))),
        Err(why) => Err(ManagementError::invalid_member("channel", "channel", &why)),
    }
}
