//! Which pages of other origins may read an answer (Fetch Standard §3.3): of public documents every
//! page, of the other endpoints those of an origin that a client or the organization names. No
//! endpoint here takes cookies, so that no answer is for pages with credentials.

use super::Surface;
use crate::server::Trust;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, DELETE, OPTIONS");

/// What a page may send besides what every page may; Okta's SDKs put the last one on every call.
const HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, dpop, x-okta-user-agent-extended");

/// What a page may read besides what every page may.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "DPoP-Nonce, WWW-Authenticate, X-Okta-Request-Id, X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Reset",
);

/// How long a browser may keep the answer to its question, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// Around documents that everybody may read.
pub(super) async fn for_all(request: Request, next: Next) -> Response {
    let is_question = is_question(&request);
    let response = if is_question { answer() } else { next.run(request).await };
    let any = HeaderValue::from_static("*");
    with(response, any, is_question)
}

/// Around endpoints that the pages of clients call.
pub(super) async fn for_clients(
    State(surface): State<Arc<Surface>>,
    request: Request,
    next: Next,
) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let known = |origin: &HeaderValue| {
        origin.to_str().is_ok_and(|origin| surface.issuer.current().allows_origin(origin))
    };
    let allowed = origin.filter(known);
    let is_question = is_question(&request);
    let mut response = if is_question { answer() } else { next.run(request).await };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
    match allowed {
        Some(origin) => with(response, origin, is_question),
        None => response,
    }
}

/// Around endpoints that the pages of clients call to sign people in. Okta's SDKs call them with
/// credentials, though no cookie is read there.
pub(super) async fn for_signing_in(
    surface: State<Arc<Surface>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = for_clients(surface, request, next).await;
    if response.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        let yes = HeaderValue::from_static("true");
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
    }
    response
}

/// Around the management API, some of which the cookie of a session is enough for: only a trusted
/// origin's pages ask with it (decision 32).
pub(super) async fn for_trusted(
    State(surface): State<Arc<Surface>>,
    request: Request,
    next: Next,
) -> Response {
    let origin = request.headers().get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let published = surface.issuer.version();
    let is_trusted = origin.is_some_and(|origin| published.trusts(origin, Trust::Cors));
    drop(published);
    let mut response = for_clients(State(surface), request, next).await;
    if is_trusted {
        let yes = HeaderValue::from_static("true");
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
    }
    response
}

/// Whether a browser only asks if its page may.
fn is_question(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn answer() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

fn with(mut response: Response, origin: HeaderValue, is_question: bool) -> Response {
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    if is_question {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    }
    response
}
