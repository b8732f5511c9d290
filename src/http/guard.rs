//! Around every request: a number for it, a fence that a panic of ours does not pass, a time after
//! which it is given up, and a line in the log when it was refused.

use super::answer::{REQUEST_ID, refused};
use super::error::ManagementError;
use super::extract::BodyTime;
use super::finish::Finish;
use super::{ClientAddress, PeerAddress, RequestId, Surface};
use crate::clock::Stopwatch;
use crate::grant::Refusal;
use crate::metrics::{METRICS, SPANS, outcome_of_status};
use crate::traffic::Patience;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;
use std::sync::Arc;
use tracing::{Instrument, Span};

/// Bytes of randomness in the number of a request.
const ID_BYTES: usize = 15;

/// Runs a request behind the fence, and counts it.
pub(super) async fn fence(
    State(surface): State<Arc<Surface>>,
    mut request: Request,
    next: Next,
) -> Response {
    let watch = Stopwatch::start();
    let pattern = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(BodyTime(surface.traffic.patience.body));
    if let Some(address) = client_address(&surface, &request) {
        request.extensions_mut().insert(ClientAddress(address));
    }
    let id = surface.random.base64url(ID_BYTES);
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = span(&request, pattern.as_ref(), &id);
    let mut response = answer(&surface, request, next, &span).await;
    let mut outcome = outcome_of_status(response.status().as_u16());
    // Collectors want it signed; of unsigned numbers they are told the digits.
    span.record("http.response.status_code", i64::from(response.status().as_u16()));
    if let Some(error) = response.extensions_mut().remove::<ManagementError>() {
        let headers = std::mem::take(response.headers_mut());
        response = error.with_id(&id);
        response.headers_mut().extend(headers);
    }
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        outcome = refusal.code;
        log(&refusal, &id, &method, &path);
    }
    METRICS.requests.count(pattern.as_ref().map(MatchedPath::as_str), outcome, watch.nanoseconds());
    let is_secure = surface.issuer.current().public_url().is_secure();
    with_id(response, &id, is_secure)
}

/// What a collector of traces is told of a request, where there is one. Of its address only what we
/// made of it ourselves: the rest may hold what is secret.
fn span(request: &Request, pattern: Option<&MatchedPath>, id: &str) -> Span {
    let span = tracing::info_span!(
        target: SPANS,
        "request",
        otel.name = tracing::field::Empty,
        otel.kind = "server",
        http.request.method = %request.method(),
        http.route = tracing::field::Empty,
        http.response.status_code = tracing::field::Empty,
        request.id = id,
    );
    if span.is_disabled() {
        return span;
    }
    let route = pattern.map_or("", MatchedPath::as_str);
    span.record("otel.name", format!("{} {route}", request.method()).trim_end());
    span.record("http.route", route);
    #[cfg(feature = "telemetry")]
    crate::telemetry::follow(&span, request);
    span
}

/// What becomes of the request. A client that hangs up leaves nothing half done.
async fn answer(surface: &Surface, request: Request, next: Next, span: &Span) -> Response {
    let is_stale = surface.issuer.freshness().is_stale(surface.clock.monotonic());
    if is_stale && !is_safe_when_stale(request.uri().path()) {
        return refused(&Refusal::out_of_date(), false);
    }
    let Patience { body, answer, .. } = surface.traffic.patience;
    let running = tokio::time::timeout(body + answer, next.run(request));
    match Finish::new(running.instrument(span.clone())).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => refused(&Refusal::too_slow(), false),
        Err(error) => refused(&Refusal::failure(&error.to_string()), false),
    }
}

fn log(refusal: &Refusal, id: &str, method: &Method, path: &str) {
    let (code, why) = (refusal.code, refusal.cause.as_deref().unwrap_or(&refusal.description));
    if refusal.status >= 500 {
        tracing::error!(request = id, %method, path, code, why, "a request failed");
    } else {
        tracing::info!(request = id, %method, path, code, why, "a request was refused");
    }
}

/// Whom the request is of: of whoever connected, or of whom trusted proxies say.
fn client_address(surface: &Surface, request: &Request) -> Option<IpAddr> {
    let PeerAddress(peer) = request.extensions().get()?;
    let proxies = &surface.traffic.proxies;
    let values = request.headers().get_all(proxies.header()).iter();
    let values: Vec<&str> = values.map(|value| value.to_str().unwrap_or_default()).collect();
    Some(proxies.client_address(*peer, values.into_iter()))
}

/// Keys and metadata are the same whatever became of a person, and who asks for the health of the
/// process does not ask for the store's.
fn is_safe_when_stale(path: &str) -> bool {
    path.starts_with("/health")
        || path == "/metrics"
        || path.ends_with("/v1/keys")
        || path.contains("/.well-known/")
}

/// How long a browser is to use TLS for everything here, in seconds (RFC 6797 §6.1.1).
const TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The response with what every one has (authorization-server §1.1).
fn with_id(mut response: Response, id: &str, is_secure: bool) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TRANSPORT);
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
