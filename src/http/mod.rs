//! The outside world: bytes in, bytes out. What is decided is decided elsewhere; here addresses are
//! matched, forms read and answers written.

mod answer;
mod extract;
mod guard;
mod oauth;
mod serve;
#[cfg(test)]
mod tests;

pub use serve::serve;

use crate::clock::Clock;
use crate::grant::Surroundings;
use crate::publish::Issuer;
use crate::random::Random;
use crate::store::Store;
use answer::{ManagementError, private};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::sync::Arc;

/// What every endpoint is handed.
#[derive(Debug)]
pub struct Surface {
    pub issuer: Issuer,
    pub store: Store,
    pub clock: Clock,
    pub random: Random,
}

impl Surface {
    /// What a grant is handed, at this moment.
    fn around(&self) -> Surroundings<'_> {
        Surroundings { store: &self.store, random: &self.random, now: self.clock.seconds() }
    }
}

/// Every address that is served.
pub fn router(surface: Arc<Surface>) -> Router {
    let fence = middleware::from_fn_with_state(surface.clone(), guard::fence);
    Router::new()
        .route("/health", get(health))
        .route("/oauth2/{server}/v1/token", post(oauth::token))
        .route("/oauth2/{server}/v1/introspect", post(oauth::introspect))
        .route("/oauth2/{server}/v1/keys", get(oauth::keys))
        .route("/oauth2/{server}/.well-known/openid-configuration", get(oauth::openid))
        .route("/oauth2/{server}/.well-known/oauth-authorization-server", get(oauth::metadata))
        .route("/.well-known/oauth-authorization-server/oauth2/{server}", get(oauth::metadata))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(fence)
        .with_state(surface)
}

/// Whether requests are answered.
async fn health() -> Response {
    private(StatusCode::OK, r#"{"status":"ok"}"#.to_owned())
}

async fn unknown(request: Request) -> Response {
    let path = request.uri().path();
    ManagementError::not_found(path).into_response()
}

async fn wrong_method() -> Response {
    ManagementError::wrong_method().into_response()
}
