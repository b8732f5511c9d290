//! `GET /oauth2/{server}/v1/keys`: the public keys (RFC 7517 §5).

use super::super::Surface;
use super::super::answer::public;
use super::super::extract::ServerId;
use super::no_server;
use crate::token::key_set::LIST_SECONDS;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub(crate) async fn keys(State(surface): State<Arc<Surface>>, ServerId(id): ServerId) -> Response {
    match surface.issuer.current().find_server(&id) {
        Some(server) => {
            // A key that is to sign is published twice as long before it does (authorization-server
            // §5.5), so that whoever keeps the list knows every key that signs meanwhile.
            let cache = format!("public, max-age={LIST_SECONDS}, must-revalidate");
            public(&cache, server.keys().jwks().to_owned())
        }
        None => no_server(&id).into_response(),
    }
}
