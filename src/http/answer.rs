//! What answers of OAuth look like: tokens and refusals as RFC 6749 §5 writes them.

use crate::grant::{Issued, Refusal};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

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
    private_bytes(status, body.into_bytes())
}

fn private_bytes(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [JSON], NO_STORE, Body::from(body)).into_response()
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

/// The members of an answer with tokens (RFC 6749 §5.1).
#[derive(Serialize)]
struct Tokens<'i> {
    token_type: &'i str,
    expires_in: i64,
    access_token: &'i str,
    scope: &'i str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'i str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'i str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'i str>,
}

/// The answer with tokens.
pub(super) fn issued(issued: &Issued) -> Response {
    let tokens = Tokens {
        token_type: issued.token_type,
        expires_in: issued.expires_in,
        access_token: &issued.access_token,
        scope: &issued.scope,
        id_token: issued.id_token.as_deref(),
        issued_token_type: issued.issued_token_type,
        refresh_token: issued.refresh_token.as_deref(),
    };
    let [access, identity] = [Some(&issued.access_token), issued.id_token.as_ref()];
    let length = [access, identity].into_iter().flatten().map(String::len).sum::<usize>();
    let mut body = Vec::with_capacity(length + 512);
    // What is written has texts for keys and goes to memory: nothing can go wrong with it.
    let written = serde_json::to_writer(&mut body, &tokens);
    debug_assert!(written.is_ok(), "a text in memory takes everything");
    private_bytes(StatusCode::OK, body)
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
