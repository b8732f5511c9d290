//! `GET /oauth2/{server}/v1/keys`: the public keys (RFC 7517 §5).

use super::super::Surface;
use super::super::answer::public;
use super::super::extract::ServerId;
use super::no_server;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// A key that is to sign is published this long before it does (authorization-server §5.5).
const CACHE: &str = "public, max-age=3600, must-revalidate";

pub(crate) async fn keys(State(surface): State<Arc<Surface>>, ServerId(id): ServerId) -> Response {
    match surface.issuer.current().find_server(&id) {
        Some(server) => public(CACHE, server.keys().jwks().to_owned()),
        None => no_server(&id).into_response(),
    }
}
