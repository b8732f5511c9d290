//! What those who operate the server ask: whether it lives, whether it should be sent requests, and
//! what it counts.

use super::answer::private;
use super::error::ManagementError;
use super::{PeerAddress, Surface};
use crate::metrics::{METRICS, Text};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use std::sync::Arc;

/// Headers by which a proxy shows that it is one.
const FORWARDED: [HeaderName; 3] =
    [header::FORWARDED, HeaderName::from_static("x-forwarded-for"), header::VIA];

/// At the public address: health for everybody, figures for this machine unless they are elsewhere.
pub(super) fn public() -> Router<Arc<Surface>> {
    health().route("/metrics", get(metrics_for_this_machine))
}

/// At the address of those who operate the server.
pub(super) fn management() -> Router<Arc<Surface>> {
    health().route("/metrics", get(metrics))
}

fn health() -> Router<Arc<Surface>> {
    Router::new()
        .route("/health", get(lives))
        .route("/health/live", get(lives))
        .route("/health/ready", get(is_ready))
}

/// Whether requests are answered.
async fn lives() -> Response {
    private(StatusCode::OK, r#"{"status":"ok"}"#.to_owned())
}

/// Whether requests should be sent here: not while this node is out of touch (decision 40), its store
/// cannot be read or written, or it is about to stop.
async fn is_ready(State(surface): State<Arc<Surface>>) -> Response {
    let not_ready = |reason: &str| {
        let body = json!({"status": "unavailable", "reason": reason}).to_string();
        private(StatusCode::SERVICE_UNAVAILABLE, body)
    };
    if surface.traffic.stopping.is_begun() {
        return not_ready("stopping");
    }
    if surface.issuer.freshness().is_stale(surface.clock.monotonic()) {
        return not_ready("out of date");
    }
    match surface.store.batch(Vec::new()).await {
        Ok(_) => lives().await,
        Err(error) => {
            tracing::warn!(%error, "not ready");
            not_ready("store")
        }
    }
}

async fn metrics_for_this_machine(
    State(surface): State<Arc<Surface>>,
    request: Request,
) -> Response {
    let is_here = request.extensions().get().is_none_or(|PeerAddress(peer)| peer.is_loopback());
    if surface.traffic.is_managed_elsewhere || !is_here || is_forwarded(request.headers()) {
        return ManagementError::not_found("/metrics").into_response();
    }
    metrics(State(surface)).await
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDED.iter().any(|name| headers.contains_key(name))
}

async fn metrics(State(surface): State<Arc<Surface>>) -> Response {
    let mut text = Text::default();
    METRICS.write(&mut text);
    let published = surface.issuer.version();
    let servers = published.servers();
    let n_compiled = servers.iter().filter(|server| server.programs().is_compiled()).count();
    let name = "claimsmith_authorization_servers";
    text.head(name, "gauge", "Authorization servers that are served, by what runs their programs.");
    text.value(name, &[("engine", "native")], n_compiled);
    text.value(name, &[("engine", "interpreter")], servers.len().saturating_sub(n_compiled));
    let stale = surface.issuer.freshness().is_stale(surface.clock.monotonic());
    let help = "Whether nothing was heard from the store for too long.";
    text.gauge("claimsmith_stale", help, u8::from(stale));
    ([(header::CONTENT_TYPE, Text::CONTENT_TYPE)], text.finish()).into_response()
}
