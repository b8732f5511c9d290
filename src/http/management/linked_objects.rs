//! `/api/v1/meta/schemas/user/linkedObjects`: relations between users; and
//! `/api/v1/users/{id}/linkedObjects`: who is linked to whom. In the shapes of Okta's API.

use super::call::{Answer, Call, Ids, Sent, nothing, object};
use super::operation::{Answers, Operation, Shape};
use super::shape::links;
use crate::administration::linked_object;
use axum::http::StatusCode;
use serde_json::{Value, json};

const ALL: &str = "/api/v1/meta/schemas/user/linkedObjects";
const ONE: &str = "/api/v1/meta/schemas/user/linkedObjects/{linkedObjectName}";
const OF_USER: &str = "/api/v1/users/{userId}/linkedObjects/{relationshipName}";
const LINK: &str = "/api/v1/users/{userId}/linkedObjects/{relationshipName}/{primaryUserId}";

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::find(ALL, "listLinkedObjectDefinitions", RELATION, list)
            .answering(StatusCode::OK, Answers::Many(RELATION)),
        Operation::create(ALL, "createLinkedObjectDefinition", RELATION, create)
            .answering(StatusCode::CREATED, Answers::One(RELATION)),
        Operation::find(ONE, "getLinkedObjectDefinition", RELATION, find),
        Operation::delete(ONE, "deleteLinkedObjectDefinition", delete),
        Operation::list(OF_USER, "listLinkedObjectsForUser", LINKED, list_linked),
        Operation::act("put", LINK, "setLinkedObjectForUser", link),
        Operation::delete(OF_USER, "deleteLinkedObjectForUser", unlink),
    ]
}

fn side() -> Value {
    json!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {
                "type": "string", "minLength": 1, "maxLength": 64,
                "pattern": "^[A-Za-z][A-Za-z0-9_]*$",
            },
            "title": { "type": "string", "maxLength": 255 },
            "description": { "type": "string", "maxLength": 1024 },
            "type": { "type": "string", "enum": ["USER"] },
        },
    })
}

const RELATION: Shape = Shape {
    name: "LinkedObject",
    schema: || {
        json!({
            "type": "object",
            "required": ["primary", "associated"],
            "properties": { "primary": side(), "associated": side(), "_links": links() },
        })
    },
};

/// Somebody who is linked.
const LINKED: Shape = Shape {
    name: "ResponseLinks",
    schema: || {
        json!({
            "type": "object",
            "required": ["_links"],
            "properties": { "_links": {
                "type": "object",
                "required": ["self"],
                "properties": { "self": {
                    "type": "object",
                    "required": ["href"],
                    "properties": { "href": { "type": "string" } },
                } },
            } },
        })
    },
};

async fn list(call: Call) -> Answer {
    let all = linked_object::list(&call.ask()).await?;
    let all: Vec<Value> = all.into_iter().map(|told| told.value).collect();
    Ok(object(StatusCode::OK, &all.into()))
}

async fn create(call: Call, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::CREATED, &linked_object::add(&call.ask(), &sent).await?)
}

async fn find(call: Call, Ids([name]): Ids<1>) -> Answer {
    call.tell(StatusCode::OK, &linked_object::find(&call.ask(), &name).await?)
}

async fn delete(call: Call, Ids([name]): Ids<1>) -> Answer {
    linked_object::remove(&call.ask(), &name).await?;
    Ok(nothing())
}

async fn list_linked(call: Call, Ids([user, name]): Ids<2>) -> Answer {
    let paging = call.paging(1000, 1000)?;
    let (ask, after) = (call.ask(), paging.after.as_deref());
    let linked = linked_object::list_linked(&ask, (&user, &name), after, paging.limit);
    let (ids, next) = linked.await?;
    let of_user = |id: &String| json!({ "_links": { "self": { "href": call.url(&format!("/api/v1/users/{id}")) } } });
    Ok(call.list(ids.iter().map(of_user).collect(), next.as_deref()))
}

async fn link(call: Call, Ids([user, name, primary]): Ids<3>) -> Answer {
    linked_object::link(&call.ask(), (&user, &primary), &name).await?;
    Ok(nothing())
}

async fn unlink(call: Call, Ids([user, name]): Ids<2>) -> Answer {
    linked_object::unlink(&call.ask(), &user, &name).await?;
    Ok(nothing())
}
