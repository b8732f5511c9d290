//! `POST /oauth2/{server}/v1/device/authorize` (RFC 8628 §3.1).

use super::super::Surface;
use super::super::answer::private;
use super::super::extract::ServerId;
use super::with_form;
use crate::grant;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use std::sync::Arc;

pub(crate) async fn device(
    State(surface): State<Arc<Surface>>,
    ServerId(server): ServerId,
    request: Request,
) -> Response {
    with_form(&surface, request, async |published, presented| {
        let around = surface.around();
        let begun = grant::authorize_device(&published, &server, presented, &around).await?;
        let page = format!("{}/activate", published.public_url());
        let body = json!({
            "device_code": begun.device_code,
            "user_code": begun.user_code,
            "verification_uri": page,
            "verification_uri_complete": format!("{page}?user_code={}", begun.user_code),
            "expires_in": begun.expires_in,
            "interval": begun.interval,
        });
        Ok(private(StatusCode::OK, body.to_string()))
    })
    .await
}
