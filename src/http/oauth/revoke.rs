//! `POST /oauth2/{server}/v1/revoke` (RFC 7009).

use super::super::Surface;
use super::super::answer::nothing;
use super::super::extract::ServerId;
use super::with_form;
use crate::grant;
use axum::extract::{Request, State};
use axum::response::Response;
use std::sync::Arc;

pub(crate) async fn revoke(
    State(surface): State<Arc<Surface>>,
    ServerId(server): ServerId,
    request: Request,
) -> Response {
    with_form(&surface, request, async |published, presented| {
        grant::revoke(&published, &server, presented, &surface.around()).await?;
        Ok(nothing())
    })
    .await
}
