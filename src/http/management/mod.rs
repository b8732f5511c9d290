//! The management API under `/api/v1`, one file per resource: what comes in is read, what is there is
//! told in Okta's shapes. What changes what is decided elsewhere.
//!
//! A handler takes a [`call::Call`], which knows who asks and how to answer, the [`call::Ids`] of its
//! address and, where there is one, the [`call::Sent`] body. Before any of them runs, the credentials
//! were looked at and the scope was there that `authority.rs` names for the address.

mod api_tokens;
mod app_assignments;
mod app_credentials;
mod app_keys;
mod apps;
mod authority;
mod call;
mod change;
mod client_tokens;
mod credentials;
mod examples;
mod factors;
mod group_rules;
mod groups;
mod held_tokens;
mod inline_hooks;
mod lifecycle;
mod linked_objects;
mod logs;
mod openapi;
mod operation;
mod policies;
mod polling;
mod preview;
mod schemas;
mod scopes;
mod servers;
mod sessions;
mod shape;
mod trusted_origins;
mod user_grants;
mod users;

pub(super) use call::Base;

use super::cors;
use super::limit;
use super::{Surface, wrong_method};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use call::object;
use operation::Operation;
use std::sync::Arc;

/// What every answer has, since it is about one moment (authorization-server §1.1).
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store")),
    (header::PRAGMA, HeaderValue::from_static("no-cache")),
    (header::EXPIRES, HeaderValue::from_static("0")),
    (header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
];

/// Everything that the management API does.
fn operations() -> Vec<Operation> {
    let resources: &[fn() -> Vec<Operation>] = &[
        api_tokens::operations,
        servers::operations,
        scopes::operations,
        policies::operations,
        preview::operations,
        users::operations,
        lifecycle::operations,
        credentials::operations,
        group_rules::operations,
        groups::operations,
        factors::operations,
        sessions::operations,
        schemas::operations,
        linked_objects::operations,
        user_grants::operations,
        apps::operations,
        app_credentials::operations,
        app_keys::operations,
        app_assignments::operations,
        client_tokens::operations,
        inline_hooks::operations,
        trusted_origins::operations,
        logs::operations,
    ];
    resources.iter().flat_map(|operations| operations()).collect()
}

/// Every address of the management API.
pub(super) fn router(surface: &Arc<Surface>) -> Router<Arc<Surface>> {
    let with = |surface: &Arc<Surface>| surface.clone();
    operations()
        .into_iter()
        .fold(Router::new(), |router, operation| router.route(operation.path, operation.handler))
        .method_not_allowed_fallback(wrong_method)
        .route_layer(middleware::from_fn_with_state(with(surface), authority::admit))
        .route_layer(middleware::from_fn_with_state(with(surface), limit::endpoints))
        .route_layer(middleware::from_fn_with_state(with(surface), cors::for_trusted))
        .route("/api/v1/openapi.json", get(describe))
        .route_layer(middleware::from_fn(not_kept))
}

/// What a session of a browser is enough for, and nothing else (decisions 32 and 50).
pub(super) fn for_browsers(surface: &Arc<Surface>) -> Router<Arc<Surface>> {
    router(surface).layer(middleware::from_fn(authority::only_by_session))
}

/// What the API is, for programs.
async fn describe(State(surface): State<Arc<Surface>>, request: Request) -> Response {
    let base = match request.extensions().get::<Base>() {
        Some(Base(base)) => base.clone(),
        None => surface.issuer.current().public_url().to_string(),
    };
    object(StatusCode::OK, &openapi::document(&operations(), &base))
}

/// Adds what every answer has.
async fn not_kept(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().extend(HEADERS);
    response
}
