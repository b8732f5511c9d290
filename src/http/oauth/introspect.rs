//! `POST /oauth2/{server}/v1/introspect` (RFC 7662).

use super::super::Surface;
use super::super::answer::private;
use super::super::extract::ServerId;
use super::with_form;
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
    with_form(&surface, request, async |published, presented| {
        let told = grant::introspect(&published, &server, presented, &surface.around()).await?;
        Ok(private(StatusCode::OK, Value::Object(told).to_string()))
    })
    .await
}
