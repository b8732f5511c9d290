//! `/api/v1/authorizationServers/{id}/policies`, `/rules` in them, and `/tokenPolicies`
//! (authorization-server §1.5, §1.6; decisions 1, 2 and 7).

use super::call::{Answer, Call, Ids, Sent, nothing};
use super::operation::{Answers, Operation, Shape};
use super::servers::{links, read_only, status, time};
use crate::administration::List;
use axum::http::StatusCode;
use serde_json::{Value, json};

const POLICIES: &str = "/api/v1/authorizationServers/{authServerId}/policies";
const RULES: &str = "/api/v1/authorizationServers/{authServerId}/policies/{policyId}/rules";
const TOKEN_POLICIES: &str = "/api/v1/authorizationServers/{authServerId}/tokenPolicies";

macro_rules! below {
    ($list:literal) => {
        concat!("/api/v1/authorizationServers/{authServerId}/", $list)
    };
}

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    const POLICY_ONE: &str = below!("policies/{policyId}");
    const POLICY_ON: &str = below!("policies/{policyId}/lifecycle/activate");
    const POLICY_OFF: &str = below!("policies/{policyId}/lifecycle/deactivate");
    const RULE_ONE: &str = below!("policies/{policyId}/rules/{ruleId}");
    const RULE_ON: &str = below!("policies/{policyId}/rules/{ruleId}/lifecycle/activate");
    const RULE_OFF: &str = below!("policies/{policyId}/rules/{ruleId}/lifecycle/deactivate");
    const TOKEN_ONE: &str = below!("tokenPolicies/{tokenPolicyId}");
    const TOKEN_ON: &str = below!("tokenPolicies/{tokenPolicyId}/lifecycle/activate");
    const TOKEN_OFF: &str = below!("tokenPolicies/{tokenPolicyId}/lifecycle/deactivate");
    let made =
        |operation: Operation, shape| operation.answering(StatusCode::CREATED, Answers::One(shape));
    vec![
        Operation::list(POLICIES, "listAuthorizationServerPolicies", POLICY, list_policies),
        made(
            Operation::create(POLICIES, "createAuthorizationServerPolicy", POLICY, add_policy),
            POLICY,
        ),
        Operation::find(POLICY_ONE, "getAuthorizationServerPolicy", POLICY, find),
        Operation::replace(POLICY_ONE, "replaceAuthorizationServerPolicy", POLICY, put),
        Operation::delete(POLICY_ONE, "deleteAuthorizationServerPolicy", remove),
        Operation::act("post", POLICY_ON, "activateAuthorizationServerPolicy", activate),
        Operation::act("post", POLICY_OFF, "deactivateAuthorizationServerPolicy", deactivate),
        Operation::list(RULES, "listAuthorizationServerPolicyRules", RULE, list_rules),
        made(Operation::create(RULES, "createAuthorizationServerPolicyRule", RULE, add_rule), RULE),
        Operation::find(RULE_ONE, "getAuthorizationServerPolicyRule", RULE, find_rule),
        Operation::replace(RULE_ONE, "replaceAuthorizationServerPolicyRule", RULE, put_rule),
        Operation::delete(RULE_ONE, "deleteAuthorizationServerPolicyRule", remove_rule),
        Operation::act("post", RULE_ON, "activateAuthorizationServerPolicyRule", activate_rule),
        Operation::act(
            "post",
            RULE_OFF,
            "deactivateAuthorizationServerPolicyRule",
            deactivate_rule,
        ),
        Operation::list(TOKEN_POLICIES, "listTokenPolicies", TOKEN_POLICY, list_token_policies),
        made(
            Operation::create(TOKEN_POLICIES, "createTokenPolicy", TOKEN_POLICY, add_token_policy),
            TOKEN_POLICY,
        ),
        Operation::find(TOKEN_ONE, "getTokenPolicy", TOKEN_POLICY, find_token_policy),
        Operation::replace(TOKEN_ONE, "replaceTokenPolicy", TOKEN_POLICY, put_token_policy),
        Operation::delete(TOKEN_ONE, "deleteTokenPolicy", remove_token_policy),
        Operation::act("post", TOKEN_ON, "activateTokenPolicy", activate_token_policy),
        Operation::act("post", TOKEN_OFF, "deactivateTokenPolicy", deactivate_token_policy),
    ]
}

/// What all of them have.
fn alike(others: Value) -> Value {
    let mut properties = json!({
        "id": read_only(json!({ "type": "string" })),
        "name": { "type": "string", "minLength": 1, "maxLength": 100 },
        "status": status(),
        "priority": { "type": "integer", "minimum": 1 },
        "created": time(),
        "lastUpdated": time(),
        "_links": links(),
    });
    if let (Value::Object(properties), Value::Object(others)) = (&mut properties, others) {
        properties.extend(others);
    }
    json!({ "type": "object", "required": ["name"], "properties": properties })
}

fn texts() -> Value {
    json!({ "type": "array", "uniqueItems": true, "items": { "type": "string" } })
}

fn include() -> Value {
    json!({ "type": "object", "properties": { "include": texts() } })
}

const POLICY: Shape = Shape {
    name: "AuthorizationServerPolicy",
    schema: || {
        alike(json!({
            "type": { "type": "string", "enum": ["OAUTH_AUTHORIZATION_POLICY"] },
            "description": { "type": "string", "maxLength": 255 },
            "system": read_only(json!({ "type": "boolean" })),
            "conditions": { "type": "object", "properties": { "clients": include() } },
        }))
    },
};

const RULE: Shape = Shape {
    name: "AuthorizationServerPolicyRule",
    schema: || {
        let both = json!({
            "type": "object", "properties": { "include": texts(), "exclude": texts() },
        });
        alike(json!({
            "type": { "type": "string", "enum": ["RESOURCE_ACCESS"] },
            "system": read_only(json!({ "type": "boolean" })),
            "conditions": {
                "type": "object",
                "required": ["grantTypes", "scopes"],
                "properties": {
                    "people": {
                        "type": "object", "properties": { "users": both, "groups": both },
                    },
                    "grantTypes": include(),
                    "scopes": include(),
                    "audiences": include(),
                    "elCondition": {
                        "type": "object", "description": "Claimsmith's own",
                        "properties": { "condition": { "type": "string" } },
                    },
                },
            },
            "actions": {
                "type": "object",
                "properties": {
                    "access": {
                        "type": "string", "enum": ["ALLOW", "DENY"],
                        "description": "Claimsmith's own",
                    },
                    "secondFactor": {
                        "type": "string", "enum": ["REQUIRED", "OPTIONAL"],
                        "description": "Claimsmith's own",
                    },
                    "token": {
                        "type": "object",
                        "properties": {
                            "accessTokenLifetimeMinutes": {
                                "type": "integer", "minimum": 5, "maximum": 1440,
                            },
                            "refreshTokenLifetimeMinutes": { "type": "integer", "minimum": 0 },
                            "refreshTokenWindowMinutes": {
                                "type": "integer", "minimum": 5, "maximum": 2_628_000,
                            },
                            "inlineHook": {
                                "type": "object",
                                "properties": { "id": { "type": "string" } },
                            },
                        },
                    },
                },
            },
        }))
    },
};

const TOKEN_POLICY: Shape = Shape {
    name: "TokenPolicy",
    schema: || {
        alike(json!({
            "description": { "type": "string" },
            "conditions": {
                "type": "object",
                "properties": {
                    "groups": include(), "audiences": include(), "clients": include(),
                    "scopes": include(),
                    "userAttributes": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["name", "operator", "value"],
                            "properties": {
                                "name": { "type": "string" },
                                "operator": { "type": "string", "enum": ["EQUALS", "IN"] },
                            },
                        },
                    },
                    "elCondition": {
                        "type": "object", "properties": { "condition": { "type": "string" } },
                    },
                },
            },
            "actions": {
                "type": "object",
                "properties": { "claims": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "value", "claimType"],
                        "properties": {
                            "name": { "type": "string" },
                            "value": { "type": "string" },
                            "claimType": { "type": "string", "enum": ["RESOURCE", "IDENTITY"] },
                            "alwaysIncludeInToken": { "type": "boolean" },
                            "keepEmptyList": { "type": "boolean" },
                        },
                    },
                } },
            },
        }))
    },
};

async fn tell_all(call: &Call, list: List<'_>, server: &str) -> Answer {
    call.tell_part(list.all(&call.ask(), server).await?)
}

async fn create(call: &Call, list: List<'_>, server: &str, sent: &Value) -> Answer {
    call.tell(StatusCode::CREATED, &list.add(&call.ask(), server, sent).await?)
}

async fn tell_one(call: &Call, list: List<'_>, server: &str, id: &str) -> Answer {
    call.tell(StatusCode::OK, &list.find(&call.ask(), server, id).await?)
}

async fn replace(call: &Call, list: List<'_>, server: &str, id: &str, sent: &Value) -> Answer {
    call.tell(StatusCode::OK, &list.put(&call.ask(), server, id, sent).await?)
}

async fn turn(call: &Call, list: List<'_>, server: &str, id: &str, status: &str) -> Answer {
    list.turn(&call.ask(), server, id, status).await?;
    Ok(nothing())
}

async fn delete(call: &Call, list: List<'_>, server: &str, id: &str) -> Answer {
    list.remove(&call.ask(), server, id).await?;
    Ok(nothing())
}

async fn list_policies(call: Call, Ids([server]): Ids<1>) -> Answer {
    tell_all(&call, List::Policies, &server).await
}

async fn add_policy(call: Call, Ids([server]): Ids<1>, Sent(sent): Sent) -> Answer {
    create(&call, List::Policies, &server, &sent).await
}

async fn find(call: Call, Ids([server, id]): Ids<2>) -> Answer {
    tell_one(&call, List::Policies, &server, &id).await
}

async fn put(call: Call, Ids([server, id]): Ids<2>, Sent(sent): Sent) -> Answer {
    replace(&call, List::Policies, &server, &id, &sent).await
}

async fn remove(call: Call, Ids([server, id]): Ids<2>) -> Answer {
    delete(&call, List::Policies, &server, &id).await
}

async fn activate(call: Call, Ids([server, id]): Ids<2>) -> Answer {
    turn(&call, List::Policies, &server, &id, "ACTIVE").await
}

async fn deactivate(call: Call, Ids([server, id]): Ids<2>) -> Answer {
    turn(&call, List::Policies, &server, &id, "INACTIVE").await
}

async fn list_rules(call: Call, Ids([server, policy]): Ids<2>) -> Answer {
    tell_all(&call, List::Rules(&policy), &server).await
}

async fn add_rule(call: Call, Ids([server, policy]): Ids<2>, Sent(sent): Sent) -> Answer {
    create(&call, List::Rules(&policy), &server, &sent).await
}

async fn find_rule(call: Call, Ids([server, policy, id]): Ids<3>) -> Answer {
    tell_one(&call, List::Rules(&policy), &server, &id).await
}

async fn put_rule(call: Call, Ids([server, policy, id]): Ids<3>, Sent(sent): Sent) -> Answer {
    replace(&call, List::Rules(&policy), &server, &id, &sent).await
}

async fn remove_rule(call: Call, Ids([server, policy, id]): Ids<3>) -> Answer {
    delete(&call, List::Rules(&policy), &server, &id).await
}

async fn activate_rule(call: Call, Ids([server, policy, id]): Ids<3>) -> Answer {
    turn(&call, List::Rules(&policy), &server, &id, "ACTIVE").await
}

async fn deactivate_rule(call: Call, Ids([server, policy, id]): Ids<3>) -> Answer {
    turn(&call, List::Rules(&policy), &server, &id, "INACTIVE").await
}

async fn list_token_policies(call: Call, Ids([server]): Ids<1>) -> Answer {
    tell_all(&call, List::TokenPolicies, &server).await
}

async fn add_token_policy(call: Call, Ids([server]): Ids<1>, Sent(sent): Sent) -> Answer {
    create(&call, List::TokenPolicies, &server, &sent).await
}

async fn find_token_policy(call: Call, Ids([server, id]): Ids<2>) -> Answer {
    tell_one(&call, List::TokenPolicies, &server, &id).await
}

async fn put_token_policy(call: Call, Ids([server, id]): Ids<2>, Sent(sent): Sent) -> Answer {
    replace(&call, List::TokenPolicies, &server, &id, &sent).await
}

async fn remove_token_policy(call: Call, Ids([server, id]): Ids<2>) -> Answer {
    delete(&call, List::TokenPolicies, &server, &id).await
}

async fn activate_token_policy(call: Call, Ids([server, id]): Ids<2>) -> Answer {
    turn(&call, List::TokenPolicies, &server, &id, "ACTIVE").await
}

async fn deactivate_token_policy(call: Call, Ids([server, id]): Ids<2>) -> Answer {
    turn(&call, List::TokenPolicies, &server, &id, "INACTIVE").await
}
