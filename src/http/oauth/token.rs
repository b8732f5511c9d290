//! `POST /oauth2/{server}/v1/token` (RFC 6749 §3.2).

use super::super::Surface;
use super::super::answer::issued;
use super::super::extract::ServerId;
use super::with_form;
use crate::grant;
use axum::extract::{Request, State};
use axum::response::Response;
use std::sync::Arc;

pub(crate) async fn token(
    State(surface): State<Arc<Surface>>,
    ServerId(server): ServerId,
    request: Request,
) -> Response {
    with_form(&surface, request, async |published, presented| {
        let (people, around) = (&surface.login, surface.around());
        let tokens = grant::token(&published, &server, presented, people, &around).await?;
        Ok(issued(&tokens))
    })
    .await
}
