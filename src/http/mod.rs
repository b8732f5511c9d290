//! The outside world: bytes in, bytes out. What is decided is decided elsewhere; here addresses are
//! matched, forms read and answers written.

mod address;
mod answer;
mod authn;
mod connection;
mod cookie;
mod cors;
mod error;
mod extract;
mod finish;
mod guard;
mod limit;
mod management;
mod oauth;
mod operation;
mod organization;
mod pages;
mod serve;
#[cfg(test)]
mod tests;

pub use serve::serve;

use crate::administration::Administration;
use crate::clock::Clock;
use crate::fetch::ClientKeys;
use crate::grant::{DenyList, Surroundings};
use crate::login::{Authenticator, Invitation};
use crate::publish::{Issuer, Published};
use crate::random::Random;
use crate::store::Store;
use crate::store::journal::Journal;
use crate::traffic::Traffic;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use error::ManagementError;
use management::Base;
use std::net::IpAddr;
use std::sync::Arc;

/// What every endpoint is handed.
#[derive(Debug)]
pub struct Surface {
    pub issuer: Arc<Issuer>,
    pub store: Store,
    pub clock: Clock,
    pub random: Random,
    /// Access tokens that were revoked one by one.
    pub denied: DenyList,
    /// Where events go that need not be there before the answer.
    pub journal: Journal,
    /// Where they are written then.
    pub events: Store,
    /// Keys that clients publish themselves.
    pub client_keys: ClientKeys,
    /// Who signs people in.
    pub login: Authenticator,
    /// Whom requests come from, and how many are taken.
    pub traffic: Traffic,
    /// Who changes the organization.
    pub administration: Administration,
}

/// Where the connection of a request comes from, beside the request.
#[derive(Debug, Clone, Copy)]
struct PeerAddress(IpAddr);

/// The address of the client, also behind proxies, beside a request that passed the fence.
#[derive(Debug, Clone, Copy)]
struct ClientAddress(IpAddr);

/// The number of a request, as the answer has it in `X-Okta-Request-Id`, beside the request.
#[derive(Debug, Clone)]
struct RequestId(String);

impl Surface {
    /// The version that serves, as it is found under the URL whose host this request names
    /// (decision 24). It is to be asked for once the request is whole: bodies may take their time.
    fn published(&self, host: Option<&HeaderValue>) -> Arc<Published> {
        self.issuer.version_at(host.and_then(|host| host.to_str().ok()))
    }

    /// What a grant is handed, at this moment.
    fn around(&self) -> Surroundings<'_> {
        let Self { store, random, denied, journal, client_keys, clock, .. } = self;
        let now = clock.seconds();
        Surroundings { store, random, denied, journal, client_keys, now }
    }
}

/// Every address that is served.
pub fn router(surface: Arc<Surface>) -> Router {
    let fence = middleware::from_fn_with_state(surface.clone(), guard::fence);
    // Where it is managed elsewhere, only what pages of people's browsers ask for is here.
    let managed = match surface.traffic.is_managed_elsewhere {
        true => management::for_browsers(&surface),
        false => management::router(&surface),
    };
    Router::new()
        .merge(operation::public())
        .merge(pages(&surface))
        .merge(documents())
        .merge(endpoints(&surface))
        .merge(authentication(&surface))
        .merge(managed)
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(fence)
        .with_state(surface)
}

/// What is served to those who operate the server, at an address of their own; the organization's own
/// server too, whose tokens they need (decision 50).
/// `url` is where they find it.
pub fn management(surface: Arc<Surface>, url: String) -> Router {
    let fence = middleware::from_fn_with_state(surface.clone(), guard::fence);
    let limits = middleware::from_fn_with_state(surface.clone(), limit::endpoints);
    let token = Router::new().route("/oauth2/v1/token", post(oauth::token)).route_layer(limits);
    operation::management()
        .merge(token)
        .merge(management::router(&surface))
        .route("/.well-known/okta-organization", get(organization::organization))
        .layer(Extension(Base(url)))
        .route("/oauth2/v1/keys", get(oauth::keys))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(fence)
        .with_state(surface)
}

/// Under what the endpoints of servers lie: of the document's, and of the organization's own, whose
/// addresses name no server (decision 43).
const BASES: [&str; 2] = ["/oauth2/{server}/v1", "/oauth2/v1"];

/// An endpoint of every server.
fn at_each(
    router: Router<Arc<Surface>>,
    path: &str,
    method: &MethodRouter<Arc<Surface>>,
) -> Router<Arc<Surface>> {
    let add = |router: Router<_>, base| router.route(&format!("{base}/{path}"), method.clone());
    BASES.into_iter().fold(router, add)
}

/// What everybody may read.
fn documents() -> Router<Arc<Surface>> {
    at_each(Router::new(), "keys", &get(oauth::keys))
        .route("/.well-known/okta-organization", get(organization::organization))
        .route("/.well-known/openid-configuration", get(oauth::openid))
        .route("/.well-known/oauth-authorization-server", get(oauth::metadata))
        .route("/oauth2/{server}/.well-known/openid-configuration", get(oauth::openid))
        .route("/oauth2/{server}/.well-known/oauth-authorization-server", get(oauth::metadata))
        .route("/.well-known/oauth-authorization-server/oauth2/{server}", get(oauth::metadata))
        .method_not_allowed_fallback(wrong_method)
        .route_layer(middleware::from_fn(cors::for_all))
}

/// What clients call, in browsers too.
fn endpoints(surface: &Arc<Surface>) -> Router<Arc<Surface>> {
    let endpoints = [
        ("token", post(oauth::token)),
        ("introspect", post(oauth::introspect)),
        ("device/authorize", post(oauth::device)),
        ("revoke", post(oauth::revoke)),
        ("par", post(oauth::par)),
        ("userinfo", get(oauth::userinfo).post(oauth::userinfo)),
    ];
    let add = |router, (path, method): &(&str, _)| at_each(router, path, method);
    endpoints
        .iter()
        .fold(Router::new(), add)
        .method_not_allowed_fallback(wrong_method)
        .route_layer(middleware::from_fn_with_state(surface.clone(), limit::endpoints))
        .route_layer(middleware::from_fn_with_state(surface.clone(), cors::for_clients))
}

/// Where programs sign people in.
fn authentication(surface: &Arc<Surface>) -> Router<Arc<Surface>> {
    Router::new()
        .route("/api/v1/authn", post(authn::begin))
        .route("/api/v1/authn/introspect", post(authn::introspect))
        .route("/api/v1/authn/cancel", post(authn::cancel))
        .route("/api/v1/authn/factors/{id}/verify", post(authn::verify))
        .method_not_allowed_fallback(wrong_method)
        .route_layer(middleware::from_fn_with_state(surface.clone(), limit::endpoints))
        .route_layer(middleware::from_fn_with_state(surface.clone(), cors::for_signing_in))
}

/// What people see, and where browsers are sent.
fn pages(surface: &Arc<Surface>) -> Router<Arc<Surface>> {
    let authorize = get(oauth::authorize).post(oauth::authorize_posted);
    let router = at_each(Router::new(), "authorize", &authorize);
    at_each(router, "logout", &get(oauth::logout).post(oauth::logout_posted))
        .route("/signin", get(pages::ask_sign_in).post(pages::sign_in))
        .route("/signin/factor", get(pages::ask_factor).post(pages::prove_factor))
        .route("/signout", get(pages::ask_sign_out).post(pages::sign_out))
        .route("/activate", get(pages::ask_code).post(pages::activate))
        .route("/welcome/{token}", pages::invited(Invitation::Welcome))
        .route("/reset/{token}", pages::invited(Invitation::Reset))
        .route("/account", get(pages::account))
        .route("/account/{what}", post(pages::change_account))
        .route("/consent", get(pages::ask_consent).post(pages::answer_consent))
        .route_layer(middleware::from_fn_with_state(surface.clone(), limit::pages))
        .route_layer(middleware::from_fn(without_head))
}

/// Who asks with `HEAD` what would be at an address does not come to sign in or out, and would be
/// given a code that nobody reads.
async fn without_head(request: Request, next: Next) -> Response {
    if request.method() != Method::HEAD {
        return next.run(request).await;
    }
    let allow = [(header::ALLOW, HeaderValue::from_static("GET, POST"))];
    (allow, ManagementError::wrong_method()).into_response()
}

async fn unknown(request: Request) -> Response {
    let path = request.uri().path();
    let error = match path.starts_with("/api/v1/") {
        true => ManagementError::unknown_path(),
        false => ManagementError::not_found(path),
    };
    error.into_response()
}

async fn wrong_method() -> Response {
    ManagementError::wrong_method().into_response()
}
