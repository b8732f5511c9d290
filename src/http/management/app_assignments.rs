//! `/api/v1/apps/{id}/users` and `/groups`: who may use an application, and `/grants`: which scopes of
//! the management API it was granted (authorization-server §1.8, §1.9).

use super::super::error::ManagementError;
use super::call::{Answer, Call, Ids, Sent, SentOrNot, nothing, object};
use super::operation::{Answers, Operation, Shape};
use super::shape::{EXPAND, Q, links, read_only, time};
use crate::administration::application::{
    add_grant, assign_group, assign_user, find_grant, find_group, find_user, list_grants,
    list_groups, list_users, remove_grant, unassign_group, unassign_user,
};
use axum::http::StatusCode;
use serde_json::{Value, json};

const USERS: &str = "/api/v1/apps/{appId}/users";
const ONE_USER: &str = "/api/v1/apps/{appId}/users/{userId}";
const GROUPS: &str = "/api/v1/apps/{appId}/groups";
const ONE_GROUP: &str = "/api/v1/apps/{appId}/groups/{groupId}";
const GRANTS: &str = "/api/v1/apps/{appId}/grants";
const ONE_GRANT: &str = "/api/v1/apps/{appId}/grants/{grantId}";

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::list(USERS, "listApplicationUsers", USER, users).asking(&[Q, EXPAND]),
        Operation::create(USERS, "assignUserToApplication", USER, create_user),
        Operation::find(ONE_USER, "getApplicationUser", USER, user).asking(&[EXPAND]),
        Operation::create(ONE_USER, "updateApplicationUser", USER, change_user),
        Operation::delete(ONE_USER, "unassignUserFromApplication", delete_user),
        Operation::list(GROUPS, "listApplicationGroupAssignments", GROUP, groups)
            .asking(&[Q, EXPAND]),
        Operation::replace(ONE_GROUP, "assignGroupToApplication", GROUP, put_group),
        Operation::find(ONE_GROUP, "getApplicationGroupAssignment", GROUP, group).asking(&[EXPAND]),
        Operation::delete(ONE_GROUP, "unassignApplicationFromGroup", delete_group),
        Operation::find(GRANTS, "listScopeConsentGrants", GRANT, grants)
            .answering(StatusCode::OK, Answers::Many(GRANT))
            .asking(&[EXPAND]),
        Operation::create(GRANTS, "grantConsentToScope", GRANT, create_grant)
            .answering(StatusCode::CREATED, Answers::One(GRANT)),
        Operation::find(ONE_GRANT, "getScopeConsentGrant", GRANT, grant).asking(&[EXPAND]),
        Operation::delete(ONE_GRANT, "revokeScopeConsentGrant", delete_grant),
    ]
}

const USER: Shape = Shape {
    name: "AppUser",
    schema: || {
        json!({
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "scope": { "type": "string", "enum": ["USER", "GROUP"] },
                "status": read_only(json!({ "type": "string", "enum": ["ACTIVE"] })),
                "syncState": read_only(json!({ "type": "string", "enum": ["DISABLED"] })),
                "created": time(),
                "lastUpdated": time(),
                "statusChanged": time(),
                "credentials": {
                    "type": "object",
                    "properties": { "userName": { "type": ["string", "null"], "maxLength": 100 } },
                },
                "profile": { "type": "object" },
                "_links": links(),
            },
        })
    },
};

const GROUP: Shape = Shape {
    name: "ApplicationGroupAssignment",
    schema: || {
        json!({
            "type": "object",
            "properties": {
                "id": read_only(json!({ "type": "string" })),
                "lastUpdated": time(),
                "priority": { "type": "integer", "minimum": 0, "maximum": 100 },
                "profile": { "type": "object" },
                "_links": links(),
            },
        })
    },
};

const GRANT: Shape = Shape {
    name: "AppScopeConsentGrant",
    schema: || {
        json!({
            "type": "object",
            "required": ["issuer", "scopeId"],
            "properties": {
                "id": read_only(json!({ "type": "string" })),
                "status": read_only(json!({ "type": "string", "enum": ["ACTIVE"] })),
                "created": time(),
                "createdBy": read_only(json!({ "type": "object" })),
                "lastUpdated": time(),
                "issuer": { "type": "string" },
                "clientId": read_only(json!({ "type": "string" })),
                "scopeId": { "type": "string" },
                "source": read_only(json!({ "type": "string", "enum": ["ADMIN"] })),
                "_embedded": read_only(json!({ "type": "object" })),
                "_links": links(),
            },
        })
    },
};

async fn users(call: Call, Ids([app]): Ids<1>) -> Answer {
    let all = list_users(&call.ask(), &app, call.query("q")).await?;
    call.tell_part_of(all, 50, 500)
}

async fn create_user(call: Call, Ids([app]): Ids<1>, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::OK, &assign_user(&call.ask(), &app, None, &sent).await?)
}

async fn user(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    call.tell(StatusCode::OK, &find_user(&call.ask(), &app, &id).await?)
}

async fn change_user(call: Call, Ids([app, id]): Ids<2>, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::OK, &assign_user(&call.ask(), &app, Some(&id), &sent).await?)
}

async fn delete_user(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    unassign_user(&call.ask(), &app, &id).await?;
    Ok(nothing())
}

async fn groups(call: Call, Ids([app]): Ids<1>) -> Answer {
    let all = list_groups(&call.ask(), &app).await?;
    call.tell_part_of(all, 20, 200)
}

async fn put_group(call: Call, Ids([app, id]): Ids<2>, SentOrNot(sent): SentOrNot) -> Answer {
    call.tell(StatusCode::OK, &assign_group(&call.ask(), &app, &id, &sent).await?)
}

async fn group(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    call.tell(StatusCode::OK, &find_group(&call.ask(), &app, &id).await?)
}

async fn delete_group(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    unassign_group(&call.ask(), &app, &id).await?;
    Ok(nothing())
}

async fn grants(call: Call, Ids([app]): Ids<1>) -> Answer {
    let all = list_grants(&call.ask(), &app).await?;
    let all: Vec<Value> = all.into_iter().map(|told| told.value).collect();
    Ok(object(StatusCode::OK, &all.into()))
}

async fn create_grant(call: Call, Ids([app]): Ids<1>, Sent(sent): Sent) -> Answer {
    let scope = sent.get("scopeId").and_then(Value::as_str).unwrap_or_default();
    if crate::server::MANAGEMENT_SCOPES.contains(&scope) && !call.authority.covers(scope) {
        let why = format!("scopeId: you lack `{scope}` yourself");
        return Err(ManagementError::forbidden().because(why));
    }
    call.tell(StatusCode::CREATED, &add_grant(&call.ask(), &app, &sent).await?)
}

async fn grant(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    call.tell(StatusCode::OK, &find_grant(&call.ask(), &app, &id).await?)
}

async fn delete_grant(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    remove_grant(&call.ask(), &app, &id).await?;
    Ok(nothing())
}
