//! `/api/v1/groups/rules`: rules that put users into groups, in the shapes of Okta's API.

use super::call::{Answer, Call, Ids, Sent, nothing};
use super::operation::{Answers, Operation, Parameter, Shape};
use super::shape::{links, read_only, texts, time};
use crate::administration::group_rule::{self, Expand, Turn};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};

const ALL: &str = "/api/v1/groups/rules";
const ONE: &str = "/api/v1/groups/rules/{groupRuleId}";
const ACTIVATE: &str = "/api/v1/groups/rules/{groupRuleId}/lifecycle/activate";
const DEACTIVATE: &str = "/api/v1/groups/rules/{groupRuleId}/lifecycle/deactivate";

const SEARCH: Parameter = Parameter {
    name: "search",
    description: "what a name holds, whatever the case",
    schema: || json!({ "type": "string" }),
};

const EXPAND: Parameter = Parameter {
    name: "expand",
    description: "`groupIdToGroupNameMap`: the names of the groups are told too",
    schema: || json!({ "type": "string" }),
};

const REMOVE_USERS: Parameter = Parameter {
    name: "removeUsers",
    description: "taken and ignored: who came by the rule alone always leaves",
    schema: || json!({ "type": "boolean" }),
};

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::list(ALL, "listGroupRules", RULE, list).asking(&[SEARCH, EXPAND]),
        Operation::create(ALL, "createGroupRule", RULE, create),
        Operation::find(ONE, "getGroupRule", RULE, find).asking(&[EXPAND]),
        Operation::replace(ONE, "replaceGroupRule", RULE, replace),
        Operation::delete(ONE, "deleteGroupRule", delete)
            .answering(StatusCode::ACCEPTED, Answers::Nothing)
            .asking(&[REMOVE_USERS]),
        Operation::act("post", ACTIVATE, "activateGroupRule", activate),
        Operation::act("post", DEACTIVATE, "deactivateGroupRule", deactivate),
    ]
}

/// Whom a rule leaves alone.
fn except() -> Value {
    json!({
        "type": "object",
        "properties": {
            "include": { "type": "array", "maxItems": 0 },
            "exclude": {
                "type": "array", "uniqueItems": true, "maxItems": 100,
                "items": { "type": "string" },
            },
        },
    })
}

const RULE: Shape = Shape {
    name: "GroupRule",
    schema: || {
        json!({
            "type": "object",
            "required": ["name", "conditions", "actions"],
            "properties": {
                "id": read_only(json!({ "type": "string" })),
                "type": { "type": "string", "enum": ["group_rule"] },
                "name": { "type": "string", "minLength": 1, "maxLength": 50 },
                "status": read_only(json!({
                    "type": "string", "enum": ["ACTIVE", "INACTIVE", "INVALID"],
                })),
                "conditions": {
                    "type": "object",
                    "required": ["expression"],
                    "properties": {
                        "people": {
                            "type": "object",
                            "properties": { "users": except(), "groups": except() },
                        },
                        "expression": {
                            "type": "object",
                            "required": ["value"],
                            "properties": {
                                "type": {
                                    "type": "string", "enum": ["urn:okta:expression:1.0"],
                                },
                                "value": { "type": "string", "minLength": 1, "maxLength": 1024 },
                            },
                        },
                    },
                },
                "actions": {
                    "type": "object",
                    "required": ["assignUserToGroups"],
                    "properties": {
                        "assignUserToGroups": {
                            "type": "object",
                            "required": ["groupIds"],
                            "properties": { "groupIds": texts() },
                        },
                    },
                },
                "allGroupsValid": read_only(json!({ "type": "boolean" })),
                "created": time(),
                "lastUpdated": time(),
                "_embedded": read_only(json!({ "type": "object" })),
                "_links": links(),
            },
        })
    },
};

fn expand(call: &Call) -> Expand {
    match call.query("expand") {
        Some("groupIdToGroupNameMap") => Expand::GroupNames,
        _ => Expand::Nothing,
    }
}

async fn list(call: Call) -> Answer {
    let all = group_rule::list(&call.ask(), call.query("search"), expand(&call)).await?;
    call.tell_part_of(all, 50, 200)
}

async fn create(call: Call, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::OK, &group_rule::add(&call.ask(), &sent).await?)
}

async fn find(call: Call, Ids([id]): Ids<1>) -> Answer {
    call.tell(StatusCode::OK, &group_rule::find(&call.ask(), &id, expand(&call)).await?)
}

async fn replace(call: Call, Ids([id]): Ids<1>, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::OK, &group_rule::put(&call.ask(), &id, &sent).await?)
}

async fn delete(call: Call, Ids([id]): Ids<1>) -> Answer {
    group_rule::remove(&call.ask(), &id).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

async fn activate(call: Call, Ids([id]): Ids<1>) -> Answer {
    group_rule::turn(&call.ask(), &id, Turn::Activate).await?;
    Ok(nothing())
}

async fn deactivate(call: Call, Ids([id]): Ids<1>) -> Answer {
    group_rule::turn(&call.ask(), &id, Turn::Deactivate).await?;
    Ok(nothing())
}
