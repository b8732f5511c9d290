//! Around every request: a number for it, a fence that a panic of ours does not pass, a time after
//! which it is given up, and a line in the log when it was refused.

use super::Surface;
use super::answer::{ManagementError, REQUEST_ID, refused};
use crate::grant::Refusal;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use std::time::Duration;

/// How long a request may take, its body included.
const DEADLINE: Duration = Duration::from_secs(30);

/// Bytes of randomness in the number of a request.
const ID_BYTES: usize = 15;

/// Runs a request behind the fence. It runs as a task of its own, so that a client that hangs up
/// leaves nothing half done.
pub(super) async fn fence(
    State(surface): State<Arc<Surface>>,
    request: Request,
    next: Next,
) -> Response {
    let id = surface.random.base64url(ID_BYTES);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let is_stale = surface.issuer.freshness().is_stale(surface.clock.monotonic());
    if is_stale && !is_safe_when_stale(&path) {
        tracing::error!(request = id, %method, path, "nothing was heard from the store");
        return with_id(refused(&Refusal::out_of_date(), false), &id);
    }
    let task = tokio::spawn(tokio::time::timeout(DEADLINE, next.run(request)));
    let mut response = match task.await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => refused(&Refusal::no_form("The request took too long to arrive."), false),
        Err(error) => refused(&Refusal::failure(&error.to_string()), false),
    };
    if let Some(error) = response.extensions_mut().remove::<ManagementError>() {
        let headers = std::mem::take(response.headers_mut());
        response = error.with_id(&id);
        response.headers_mut().extend(headers);
    }
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        let status = refusal.status;
        let (code, why) = (refusal.code, refusal.cause.as_deref().unwrap_or(&refusal.description));
        if status >= 500 {
            tracing::error!(request = id, %method, path, code, why, "a request failed");
        } else {
            tracing::info!(request = id, %method, path, code, why, "a request was refused");
        }
    }
    with_id(response, &id)
}

/// Keys and metadata are the same whatever became of a person, and who asks for the health of the
/// process does not ask for the store's.
fn is_safe_when_stale(path: &str) -> bool {
    path == "/health" || path.ends_with("/v1/keys") || path.contains("/.well-known/")
}

fn with_id(mut response: Response, id: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
