//! What answers look like: tokens and refusals as RFC 6749 §5 writes them, and errors as the
//! management API writes them (authorization-server §1.1).

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

const JSON: (HeaderName, HeaderValue) =
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

/// An error of the management API's shape.
#[derive(Clone, Debug)]
pub(super) struct ManagementError {
    status: StatusCode,
    code: &'static str,
    summary: String,
    cause: Option<&'static str>,
}

impl ManagementError {
    fn new(status: StatusCode, code: &'static str, summary: impl Into<String>) -> Self {
        Self { status, code, summary: summary.into(), cause: None }
    }

    fn because(self, cause: &'static str) -> Self {
        Self { cause: Some(cause), ..self }
    }

    pub(super) fn not_found(what: &str) -> Self {
        let summary = format!("Not found: Resource not found: {what}");
        Self::new(StatusCode::NOT_FOUND, "E0000007", summary)
    }

    pub(super) fn wrong_method() -> Self {
        let summary = "The endpoint does not support the provided HTTP method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "E0000022", summary)
    }

    pub(super) fn too_many() -> Self {
        let summary = "API call exceeded rate limit due to too many requests.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "E0000047", summary)
    }

    /// Metadata asked for by a client that does not exist (authorization-server §2.2).
    pub(super) fn unknown_client() -> Self {
        let summary = "Invalid value for 'client_id' parameter.";
        Self::new(StatusCode::BAD_REQUEST, "invalid_client", summary)
    }

    pub(super) fn not_json() -> Self {
        let summary = "Bad request. Accept and/or Content-Type headers likely do not match \
                       supported values.";
        Self::new(StatusCode::BAD_REQUEST, "E0000021", summary)
    }

    pub(super) fn malformed() -> Self {
        let summary = "The request body was not well-formed.";
        Self::new(StatusCode::BAD_REQUEST, "E0000003", summary)
    }

    /// Neither a person nor a token to go on with.
    pub(super) fn no_credentials() -> Self {
        let summary = "Api validation failed: authRequest";
        Self::new(StatusCode::BAD_REQUEST, "E0000001", summary)
            .because("The 'username' and 'password' attributes are required in this context.")
    }

    pub(super) fn no_pass_code() -> Self {
        let summary = "Api validation failed: passCode";
        Self::new(StatusCode::BAD_REQUEST, "E0000001", summary)
            .because("passCode: The field cannot be left blank")
    }

    pub(super) fn authentication_failed() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "E0000004", "Authentication failed")
    }

    pub(super) fn invalid_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "E0000011", "Invalid token provided")
    }

    pub(super) fn wrong_pass_code() -> Self {
        Self::new(StatusCode::FORBIDDEN, "E0000068", "Invalid Passcode/Answer")
            .because("Your passcode doesn't match our records. Please try again.")
    }

    /// Something of ours is busy or failed; what, is for the log only.
    pub(super) fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "E0000009", "Internal Server Error")
    }

    fn body(&self, id: &str) -> String {
        let causes: Vec<Value> =
            self.cause.iter().map(|cause| json!({ "errorSummary": cause })).collect();
        json!({
            "errorCode": self.code,
            "errorSummary": self.summary,
            "errorLink": self.code,
            "errorId": id,
            "errorCauses": causes,
        })
        .to_string()
    }

    /// The answer, once the number of the request is known.
    pub(super) fn with_id(&self, id: &str) -> Response {
        (self.status, [JSON], self.body(id)).into_response()
    }
}

/// The guard, which knows the number, writes the body.
impl IntoResponse for ManagementError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
