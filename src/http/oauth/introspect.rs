//! `POST /oauth2/{server}/v1/introspect` (RFC 7662).

use super::super::Surface;
use super::super::answer::{private, refused};
use super::super::extract::{ServerId, presented, tried_basic};
use crate::grant;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

pub(crate) async fn introspect(
    State(surface): State<Arc<Surface>>,
    ServerId(server): ServerId,
    request: Request,
) -> Response {
    let tried_basic = tried_basic(request.headers());
    let presented = match presented(request).await {
        Ok(presented) => presented,
        Err(refusal) => return refused(&refusal, tried_basic),
    };
    // The one load of the version that this request sees.
    let published = surface.issuer.current();
    match grant::introspect(&published, &server, presented, surface.clock.seconds()) {
        Ok(answer) => private(StatusCode::OK, Value::Object(answer).to_string()),
        Err(refusal) => refused(&refusal, tried_basic),
    }
}
