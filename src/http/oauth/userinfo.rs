//! `GET` and `POST /oauth2/{server}/v1/userinfo` (OpenID Connect Core §5.3).

use super::super::Surface;
use super::super::answer::{private, refused_bearer, unasked_bearer};
use super::super::extract::{ServerId, bearer};
use crate::grant;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use std::sync::Arc;

pub(crate) async fn userinfo(
    State(surface): State<Arc<Surface>>,
    ServerId(server): ServerId,
    request: Request,
) -> Response {
    let host = request.headers().get(header::HOST).cloned();
    let token = match bearer(request).await {
        Ok(Some(token)) => token,
        Ok(None) => return unasked_bearer(),
        Err(refusal) => return refused_bearer(&refusal),
    };
    let published = surface.published(host.as_ref());
    match grant::userinfo(&published, &server, &token, &surface.around()).await {
        Ok(claims) => private(StatusCode::OK, claims),
        Err(refusal) => refused_bearer(&refusal),
    }
}
