//! `/api/v1/trustedOrigins` (authorization-server §1.10).

use super::call::{Answer, Call, Ids, Sent, nothing};
use super::operation::{Answers, Operation, Shape};
use super::shape::{FILTER, Q, links, read_only, status, time};
use crate::administration::trusted_origin::{self, ATTRIBUTES};
use crate::directory::Status;
use axum::http::StatusCode;
use serde_json::json;

const ALL: &str = "/api/v1/trustedOrigins";
const ONE: &str = "/api/v1/trustedOrigins/{trustedOriginId}";
const ACTIVATE: &str = "/api/v1/trustedOrigins/{trustedOriginId}/lifecycle/activate";
const DEACTIVATE: &str = "/api/v1/trustedOrigins/{trustedOriginId}/lifecycle/deactivate";

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    let turned = |operation: Operation| operation.answering(StatusCode::OK, Answers::One(ORIGIN));
    vec![
        Operation::list(ALL, "listTrustedOrigins", ORIGIN, list).asking(&[Q, FILTER]),
        Operation::create(ALL, "createTrustedOrigin", ORIGIN, create),
        Operation::find(ONE, "getTrustedOrigin", ORIGIN, find),
        Operation::replace(ONE, "replaceTrustedOrigin", ORIGIN, replace),
        Operation::delete(ONE, "deleteTrustedOrigin", delete),
        turned(Operation::act("post", ACTIVATE, "activateTrustedOrigin", activate)),
        turned(Operation::act("post", DEACTIVATE, "deactivateTrustedOrigin", deactivate)),
    ]
}

const ORIGIN: Shape = Shape {
    name: "TrustedOrigin",
    schema: || {
        json!({
            "type": "object",
            "required": ["name", "origin", "scopes"],
            "properties": {
                "id": read_only(json!({ "type": "string" })),
                "name": { "type": "string", "minLength": 1, "maxLength": 255 },
                "origin": { "type": "string", "minLength": 1, "maxLength": 255 },
                "scopes": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["type"],
                        "properties": {
                            "type": {
                                "type": "string", "enum": ["CORS", "REDIRECT", "IFRAME_EMBED"],
                            },
                        },
                    },
                },
                "status": read_only(status()),
                "created": time(),
                "lastUpdated": time(),
                "_links": links(),
            },
        })
    },
};

async fn list(call: Call) -> Answer {
    let condition = call.filter(ATTRIBUTES)?;
    let all = trusted_origin::list(&call.ask(), call.query("q"), condition.as_ref()).await?;
    call.tell_part_of(all, 20, 200)
}

async fn create(call: Call, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::OK, &trusted_origin::add(&call.ask(), &sent).await?)
}

async fn find(call: Call, Ids([id]): Ids<1>) -> Answer {
    call.tell(StatusCode::OK, &trusted_origin::find(&call.ask(), &id).await?)
}

async fn replace(call: Call, Ids([id]): Ids<1>, Sent(sent): Sent) -> Answer {
    call.tell(StatusCode::OK, &trusted_origin::put(&call.ask(), &id, &sent).await?)
}

async fn delete(call: Call, Ids([id]): Ids<1>) -> Answer {
    trusted_origin::remove(&call.ask(), &id).await?;
    Ok(nothing())
}

async fn activate(call: Call, Ids([id]): Ids<1>) -> Answer {
    call.tell(StatusCode::OK, &trusted_origin::turn(&call.ask(), &id, Status::Active).await?)
}

async fn deactivate(call: Call, Ids([id]): Ids<1>) -> Answer {
    call.tell(StatusCode::OK, &trusted_origin::turn(&call.ask(), &id, Status::Inactive).await?)
}
