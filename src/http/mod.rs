//! The outside world: bytes in, bytes out. What is decided is decided elsewhere; here addresses are
//! matched, forms read and answers written.

mod answer;
mod connection;
mod cookie;
mod cors;
mod extract;
mod guard;
mod limit;
mod oauth;
mod operation;
mod pages;
mod serve;
#[cfg(test)]
mod tests;

pub use serve::serve;

use crate::clock::Clock;
use crate::grant::{DenyList, Surroundings};
use crate::login::Authenticator;
use crate::publish::Issuer;
use crate::random::Random;
use crate::store::Store;
use crate::traffic::Traffic;
use answer::ManagementError;
use axum::Router;
use axum::extract::Request;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::net::IpAddr;
use std::sync::Arc;

/// What every endpoint is handed.
#[derive(Debug)]
pub struct Surface {
    pub issuer: Issuer,
    pub store: Store,
    pub clock: Clock,
    pub random: Random,
    /// Access tokens that were revoked one by one.
    pub denied: DenyList,
    /// Who signs people in.
    pub login: Authenticator,
    /// Whom requests come from, and how many are taken.
    pub traffic: Traffic,
}

/// Where the connection of a request comes from, beside the request.
#[derive(Debug, Clone, Copy)]
struct PeerAddress(IpAddr);

/// The address of the client, also behind proxies, beside a request that passed the fence.
#[derive(Debug, Clone, Copy)]
struct ClientAddress(IpAddr);

impl Surface {
    /// What a grant is handed, at this moment.
    fn around(&self) -> Surroundings<'_> {
        let Self { store, random, denied, clock, .. } = self;
        Surroundings { store, random, denied, now: clock.seconds() }
    }
}

/// Every address that is served.
pub fn router(surface: Arc<Surface>) -> Router {
    let fence = middleware::from_fn_with_state(surface.clone(), guard::fence);
    Router::new()
        .merge(operation::public())
        .merge(pages(&surface))
        .merge(documents())
        .merge(endpoints(&surface))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(fence)
        .with_state(surface)
}

/// What is served to those who operate the server, at an address of their own.
pub fn management(surface: Arc<Surface>) -> Router {
    let fence = middleware::from_fn_with_state(surface.clone(), guard::fence);
    operation::management()
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(fence)
        .with_state(surface)
}

/// What everybody may read.
fn documents() -> Router<Arc<Surface>> {
    Router::new()
        .route("/oauth2/{server}/v1/keys", get(oauth::keys))
        .route("/oauth2/{server}/.well-known/openid-configuration", get(oauth::openid))
        .route("/oauth2/{server}/.well-known/oauth-authorization-server", get(oauth::metadata))
        .route("/.well-known/oauth-authorization-server/oauth2/{server}", get(oauth::metadata))
        .method_not_allowed_fallback(wrong_method)
        .route_layer(middleware::from_fn(cors::for_all))
}

/// What clients call, in browsers too.
fn endpoints(surface: &Arc<Surface>) -> Router<Arc<Surface>> {
    Router::new()
        .route("/oauth2/{server}/v1/token", post(oauth::token))
        .route("/oauth2/{server}/v1/introspect", post(oauth::introspect))
        .route("/oauth2/{server}/v1/device/authorize", post(oauth::device))
        .route("/oauth2/{server}/v1/revoke", post(oauth::revoke))
        .route("/oauth2/{server}/v1/par", post(oauth::par))
        .route("/oauth2/{server}/v1/userinfo", get(oauth::userinfo).post(oauth::userinfo))
        .method_not_allowed_fallback(wrong_method)
        .route_layer(middleware::from_fn_with_state(surface.clone(), limit::endpoints))
        .route_layer(middleware::from_fn_with_state(surface.clone(), cors::for_clients))
}

/// What people see, and where browsers are sent.
fn pages(surface: &Arc<Surface>) -> Router<Arc<Surface>> {
    Router::new()
        .route("/signin", get(pages::ask_sign_in).post(pages::sign_in))
        .route("/signin/factor", get(pages::ask_factor).post(pages::prove_factor))
        .route("/signout", get(pages::ask_sign_out).post(pages::sign_out))
        .route("/activate", get(pages::ask_code).post(pages::activate))
        .route("/account", get(pages::account))
        .route("/account/{what}", post(pages::change_account))
        .route("/consent", get(pages::ask_consent).post(pages::answer_consent))
        .route("/oauth2/{server}/v1/authorize", get(oauth::authorize).post(oauth::authorize_posted))
        .route("/oauth2/{server}/v1/logout", get(oauth::logout).post(oauth::logout_posted))
        .route_layer(middleware::from_fn_with_state(surface.clone(), limit::pages))
}

async fn unknown(request: Request) -> Response {
    let path = request.uri().path();
    ManagementError::not_found(path).into_response()
}

async fn wrong_method() -> Response {
    ManagementError::wrong_method().into_response()
}
