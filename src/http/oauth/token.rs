//! `POST /oauth2/{server}/v1/token` (RFC 6749 §3.2).

use super::super::Surface;
use super::super::answer::{issued, refused};
use super::super::extract::{ServerId, presented, tried_basic};
use crate::grant::{self, Mint};
use axum::extract::{Request, State};
use axum::response::Response;
use std::sync::Arc;

pub(crate) async fn token(
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
    let mint = Mint { random: &surface.random, now: surface.clock.seconds() };
    match grant::token(&published, &server, presented, &mint) {
        Ok(tokens) => issued(&tokens),
        Err(refusal) => refused(&refusal, tried_basic),
    }
}
