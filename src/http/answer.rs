//! What answers of OAuth look like: tokens and refusals as RFC 6749 §5 writes them.

use crate::grant::{Issued, Refusal};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// The number of a request, in every answer and in the log.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-okta-request-id");

/// What the next proof of possession is to repeat (RFC 9449 §8).
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Answers that are about one client and one moment only (RFC 6749 §5.1).
const NO_STORE: [(HeaderName, HeaderValue); 2] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::PRAGMA, HeaderValue::from_static("no-cache")),
];

pub(super) const JSON: (HeaderName, HeaderValue) =
    (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));

/// A JSON text that nobody may keep.
pub(super) fn private(status: StatusCode, body: String) -> Response {
    (status, [JSON], NO_STORE, body).into_response()
}

/// Nothing, which nobody may keep either.
pub(super) fn nothing() -> Response {
    (StatusCode::OK, NO_STORE).into_response()
}

/// A JSON text that everybody may read and keep as `cache` says.
pub(super) fn public(cache: &str, body: String) -> Response {
    let cache = HeaderValue::from_str(cache).unwrap_or(HeaderValue::from_static("no-cache"));
    let headers = [(header::CACHE_CONTROL, cache)];
    ([JSON], headers, body).into_response()
}

/// The answer with tokens.
pub(super) fn issued(issued: &Issued) -> Response {
    let mut body = Map::new();
    body.insert("token_type".to_owned(), json!(issued.token_type));
    body.insert("expires_in".to_owned(), json!(issued.expires_in));
    body.insert("access_token".to_owned(), json!(issued.access_token));
    body.insert("scope".to_owned(), json!(issued.scope));
    if let Some(id_token) = &issued.id_token {
        body.insert("id_token".to_owned(), json!(id_token));
    }
    if let Some(issued_token_type) = issued.issued_token_type {
        body.insert("issued_token_type".to_owned(), json!(issued_token_type));
    }
    if let Some(refresh_token) = &issued.refresh_token {
        body.insert("refresh_token".to_owned(), json!(refresh_token));
    }
    private(StatusCode::OK, Value::Object(body).to_string())
}

/// A refusal. A client that tried `Authorization` and failed is told the scheme (RFC 6749 §5.2).
pub(super) fn refused(refusal: &Refusal, tried_basic: bool) -> Response {
    let description = describable(&refusal.description);
    let body = json!({"error": refusal.code, "error_description": description});
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = private(status, body.to_string());
    if tried_basic && refusal.code == "invalid_client" {
        let scheme = HeaderValue::from_static(r#"Basic realm="claimsmith", charset="UTF-8""#);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    if let Some(nonce) = refusal.nonce.as_ref().and_then(|nonce| HeaderValue::from_str(nonce).ok())
    {
        response.headers_mut().insert(DPOP_NONCE, nonce);
    }
    response.extensions_mut().insert(refusal.clone());
    response
}

/// A refusal of what was asked with an access token (RFC 6750 §3).
pub(super) fn refused_bearer(refusal: &Refusal) -> Response {
    let mut response = refused(refusal, false);
    if refusal.status == 401 || refusal.status == 403 {
        let (code, description) = (refusal.code, describable(&refusal.description));
        let scheme = if code == "invalid_dpop_proof" { "DPoP" } else { "Bearer" };
        let challenge = format!(r#"{scheme} error="{code}", error_description="{description}""#);
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
    }
    response
}

/// That an access token is needed: with no error, since none was tried (RFC 6750 §3.1).
pub(super) fn unasked_bearer() -> Response {
    let mut response = private(StatusCode::UNAUTHORIZED, "{}".to_owned());
    let challenge = HeaderValue::from_static(r#"Bearer realm="claimsmith""#);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// Most characters of a description.
const DESCRIPTION: usize = 1024;

/// The description in the characters that RFC 6749 §5.2 allows: names out of a request may have
/// others.
fn describable(description: &str) -> String {
    let may_stand = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    description.chars().take(DESCRIPTION).map(|c| if may_stand(c) { c } else { '?' }).collect()
}
