//! `/api/v1/groups`: groups and who is in them (authorization-server §1.10).

use super::super::error::ManagementError;
use super::call::{Answer, Call, Ids, Sent, nothing, versioned};
use super::operation::{Operation, Parameter, Shape};
use super::users::{SHAPE as USER, parameter, told_list};
use crate::administration::condition::{Condition, find as attribute, order};
use crate::administration::{ChangeRefused, Membership, WantedUsers, group_value, text_of};
use crate::store::organization::{Entity, EntityKind};
use axum::http::StatusCode;
use serde_json::{Value, json};

const ALL: &str = "/api/v1/groups";
const ONE: &str = "/api/v1/groups/{groupId}";
const MEMBERS: &str = "/api/v1/groups/{groupId}/users";
const MEMBER: &str = "/api/v1/groups/{groupId}/users/{userId}";

const SEARCH: &[Parameter] = &[
    parameter("q", "what the name begins with"),
    parameter("filter", "a condition, in SCIM's words"),
    parameter("search", "a condition, in SCIM's words"),
    parameter("sortBy", "the attribute by which the list is sorted"),
    Parameter {
        name: "sortOrder",
        description: "from which end",
        schema: || json!({ "enum": ["asc", "desc"] }),
    },
];

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::list(ALL, "listGroups", SHAPE, list).asking(SEARCH),
        Operation::create(ALL, "addGroup", SHAPE, create).taking(NEW),
        Operation::find(ONE, "getGroup", SHAPE, find),
        Operation::replace(ONE, "replaceGroup", SHAPE, replace).taking(NEW),
        Operation::delete(ONE, "deleteGroup", delete),
        Operation::list(MEMBERS, "listGroupUsers", USER, list_members),
        Operation::act("put", MEMBER, "assignUserToGroup", join),
        Operation::delete(MEMBER, "unassignUserFromGroup", leave),
    ]
}

fn profile() -> Value {
    json!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": 255 },
            "description": { "type": ["string", "null"], "maxLength": 1024 },
        },
    })
}

/// A group.
pub(super) const SHAPE: Shape = Shape {
    name: "Group",
    schema: || {
        let time = json!({ "type": ["string", "null"], "format": "date-time", "readOnly": true });
        json!({
            "type": "object",
            "required": ["id", "type", "profile", "_links"],
            "properties": {
                "id": { "type": "string", "readOnly": true },
                "created": time,
                "lastUpdated": time,
                "lastMembershipUpdated": time,
                "objectClass": { "type": "array", "items": { "enum": ["okta:user_group"] } },
                "type": { "enum": ["OKTA_GROUP", "APP_GROUP", "BUILT_IN"], "readOnly": true },
                "profile": profile(),
                "_links": { "type": "object", "readOnly": true },
            },
        })
    },
};

const NEW: Shape = Shape {
    name: "NewGroup",
    schema: || json!({ "type": "object", "required": ["profile"], "properties": { "profile": profile() } }),
};

/// What groups have beside their profile.
const ATTRIBUTES: &[&str] =
    &["id", "type", "created", "lastUpdated", "lastMembershipUpdated", "objectClass"];

fn is_attribute(name: &str) -> bool {
    ATTRIBUTES.contains(&name) || name.starts_with("profile.")
}

/// `GET /api/v1/groups`: all of them are in memory.
async fn list(call: Call) -> Answer {
    let paging = call.paging(10_000, 10_000)?;
    let text = call.query("search").or_else(|| call.query("filter"));
    let condition = text.map(|text| Condition::read(text, &is_attribute)).transpose();
    let condition = condition.map_err(|_| ManagementError::no_condition())?;
    let words = call.query("q").map(str::to_lowercase);
    let sort_by = call.query("sortBy").unwrap_or("id");
    if !is_attribute(sort_by) {
        return Err(ManagementError::no_condition());
    }
    let kept = call.surface.administration.snapshot().await;
    let kept = kept.map_err(|error| ManagementError::failed(&error))?;
    let mut groups = Vec::new();
    for group in kept.list(EntityKind::Group) {
        let value = group_value(group)?;
        let name = attribute(&value, "profile.name").and_then(Value::as_str).unwrap_or_default();
        let is_named = words.as_ref().is_none_or(|q| name.to_lowercase().starts_with(q));
        if is_named && condition.as_ref().is_none_or(|condition| condition.holds(&value)) {
            groups.push(value);
        }
    }
    let id = |group: &Value| text_of(group, "id").unwrap_or_default().to_owned();
    groups.sort_by(|one, other| {
        let by_name = order(attribute(one, sort_by), attribute(other, sort_by));
        by_name.then_with(|| id(one).cmp(&id(other)))
    });
    if call.query("sortOrder") == Some("desc") {
        groups.reverse();
    }
    let start = paging.after.and_then(|after| groups.iter().position(|group| id(group) == after));
    let rest = groups.split_off(start.map_or(0, |index| index + 1));
    let is_more = rest.len() > paging.limit as usize;
    let part: Vec<Value> = rest.into_iter().take(paging.limit as usize).collect();
    let next = part.last().map(id).filter(|_| is_more);
    let told = part.into_iter().map(|group| linked(&call, group)).collect();
    Ok(call.list(told, next.as_deref()))
}

/// `POST /api/v1/groups`
async fn create(call: Call, Sent(body): Sent) -> Answer {
    let made = call.surface.administration.add_group(&call.actor(), &body).await?;
    told(&call, &made)
}

/// `GET /api/v1/groups/{id}`
async fn find(call: Call, Ids([id]): Ids<1>) -> Answer {
    told(&call, &named(&call, &id).await?)
}

/// `PUT /api/v1/groups/{id}`
async fn replace(call: Call, Ids([id]): Ids<1>, Sent(body): Sent) -> Answer {
    named(&call, &id).await?;
    let (actor, if_match) = (call.actor(), call.if_match());
    let changed = call.surface.administration.put_group(&actor, &id, &if_match, &body).await?;
    told(&call, &changed)
}

/// `DELETE /api/v1/groups/{id}`
async fn delete(call: Call, Ids([id]): Ids<1>) -> Answer {
    let (actor, if_match) = (call.actor(), call.if_match());
    call.surface.administration.delete_group(&actor, &id, &if_match).await?;
    Ok(nothing())
}

/// `GET /api/v1/groups/{id}/users`: of the group of every user, everybody.
async fn list_members(call: Call, Ids([id]): Ids<1>) -> Answer {
    let paging = call.paging(1000, 1000)?;
    let group = group_value(&named(&call, &id).await?)?;
    let is_everyone = text_of(&group, "type") == Some("BUILT_IN");
    let wanted = WantedUsers {
        words: None,
        condition: None,
        group: Some(id.as_str()).filter(|_| !is_everyone),
        sort: None,
        after: paging.after.as_deref(),
        limit: paging.limit,
    };
    told_list(&call, wanted).await
}

/// `PUT /api/v1/groups/{id}/users/{userId}`
async fn join(call: Call, ids: Ids<2>) -> Answer {
    turn(&call, ids, Membership::Joined).await
}

/// `DELETE /api/v1/groups/{id}/users/{userId}`
async fn leave(call: Call, ids: Ids<2>) -> Answer {
    turn(&call, ids, Membership::Left).await
}

async fn turn(call: &Call, Ids([group, user]): Ids<2>, membership: Membership) -> Answer {
    let administration = &call.surface.administration;
    administration.turn_member(&call.actor(), (&user, &group), membership).await?;
    Ok(nothing())
}

async fn named(call: &Call, id: &str) -> Result<Entity, ManagementError> {
    let kept = call.surface.administration.snapshot().await;
    let kept = kept.map_err(|error| ManagementError::failed(&error))?;
    let group = kept.find(EntityKind::Group, id).map(|group| Entity::clone(group));
    group.ok_or_else(|| ChangeRefused::not_found(EntityKind::Group, id).into())
}

fn told(call: &Call, group: &Entity) -> Answer {
    let value = linked(call, group_value(group)?);
    Ok(versioned(StatusCode::OK, &value, group.generation))
}

/// A group with its links.
pub(super) fn linked(call: &Call, mut group: Value) -> Value {
    let own = call.url(&format!("{ALL}/{}", text_of(&group, "id").unwrap_or_default()));
    let links = json!({
        "self": { "href": own },
        "users": { "href": format!("{own}/users") },
        "apps": { "href": format!("{own}/apps") },
    });
    if let Some(members) = group.as_object_mut() {
        members.insert("_links".to_owned(), links);
    }
    group
}
