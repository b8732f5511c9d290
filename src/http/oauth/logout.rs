//! `/oauth2/{server}/v1/logout` (OpenID Connect RP-Initiated Logout 1.0).

use super::super::Surface;
use super::super::extract::ServerId;
use super::super::pages::{Instead, Visit, follow_logout};
use super::authorize::to_address;
use axum::extract::{Request, State};
use axum::response::Response;
use std::sync::Arc;

/// `GET`
pub(crate) async fn logout(
    State(surface): State<Arc<Surface>>,
    ServerId(server): ServerId,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    Ok(follow_logout(&surface, &visit, &server).await)
}

/// `POST`: sent to the address that says the same, as an authorization request is.
pub(crate) async fn logout_posted(
    State(surface): State<Arc<Surface>>,
    ServerId(server): ServerId,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    Ok(to_address(&visit, &server, "logout"))
}
