//! Errors as the management API writes them (authorization-server §1.1), which every address that is
//! none of OAuth answers.

use super::answer::JSON;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error of the management API's shape.
#[derive(Clone, Debug)]
pub(super) struct ManagementError {
    status: StatusCode,
    code: &'static str,
    summary: String,
    /// Each an object with `errorSummary`.
    causes: Vec<Value>,
    /// What `WWW-Authenticate` says, where a token was tried.
    challenge: Option<&'static str>,
}

impl ManagementError {
    fn new(status: StatusCode, code: &'static str, summary: impl Into<String>) -> Self {
        Self { status, code, summary: summary.into(), causes: Vec::new(), challenge: None }
    }

    /// The same error, with one more thing that led to it.
    pub(super) fn because(self, cause: impl Into<String>) -> Self {
        self.caused(json!({ "errorSummary": cause.into() }))
    }

    fn caused(mut self, cause: Value) -> Self {
        self.causes.push(cause);
        self
    }

    /// What was sent for `object` is not valid; each cause says what of it, and why.
    pub(super) fn invalid(object: &str, causes: impl IntoIterator<Item = Value>) -> Self {
        let summary = format!("Api validation failed: {object}");
        let error = Self::new(StatusCode::BAD_REQUEST, "E0000001", summary);
        causes.into_iter().fold(error, Self::caused)
    }

    /// As [`ManagementError::invalid`], of one member.
    pub(super) fn invalid_member(object: &str, member: &str, message: &str) -> Self {
        Self::invalid(object, []).because(format!("{member}: {message}"))
    }

    /// There is no `kind` of this id.
    pub(super) fn no_such(kind: &str, id: &str) -> Self {
        Self::not_found(&format!("{id} ({kind})"))
    }

    /// No such address in the management API.
    pub(super) fn unknown_path() -> Self {
        let summary = "The requested path was not found";
        Self::new(StatusCode::NOT_FOUND, "E0000008", summary)
    }

    /// Neither a token nor a session.
    pub(super) fn no_session() -> Self {
        Self::new(StatusCode::FORBIDDEN, "E0000005", "Invalid session")
    }

    /// Whoever asks may not do this.
    pub(super) fn forbidden() -> Self {
        let summary = "You do not have permission to perform the requested action";
        Self::new(StatusCode::FORBIDDEN, "E0000006", summary)
    }

    /// This may not be done, for a reason of its own.
    pub(super) fn forbidden_as(code: &'static str, summary: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, summary)
    }

    /// The token lacks a scope (RFC 6750 §3.1).
    pub(super) fn insufficient_scope(scope: &str) -> Self {
        let challenge = Some("Bearer error=\"insufficient_scope\"");
        Self { challenge, ..Self::forbidden() }
            .because(format!("The access token provided does not contain the scope `{scope}`."))
    }

    /// A part of a list was asked for that there is not.
    pub(super) fn invalid_cursor() -> Self {
        let summary = "Invalid paging request.";
        Self::new(StatusCode::BAD_REQUEST, "E0000029", summary).because("Invalid cursor.")
    }

    /// `filter` or `search` is no condition, or asks for what there is not.
    pub(super) fn no_condition() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "E0000031", "Invalid search criteria.")
    }

    /// Another changed it meanwhile, or it is not what `If-Match` says.
    pub(super) fn conflict(why: &str) -> Self {
        let summary = "The request conflicts with the current state of the resource.";
        Self::new(StatusCode::CONFLICT, "E0000195", summary).because(why)
    }

    /// What is asked for is not what `If-Match` says any more (RFC 9110 §13.1.1).
    pub(super) fn precondition_failed() -> Self {
        Self {
            status: StatusCode::PRECONDITION_FAILED,
            ..Self::conflict("If-Match: it was changed.")
        }
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

    /// As [`ManagementError::invalid_token`], of one in `Authorization`.
    pub(super) fn refused_token() -> Self {
        let challenge = Some("Bearer error=\"invalid_token\"");
        Self { challenge, ..Self::invalid_token() }
    }

    pub(super) fn wrong_pass_code() -> Self {
        Self::new(StatusCode::FORBIDDEN, "E0000068", "Invalid Passcode/Answer")
            .because("Your passcode doesn't match our records. Please try again.")
    }

    /// The store failed.
    pub(super) fn failed(error: &crate::store::StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::unavailable()
    }

    /// Something of ours is busy or failed; what, is for the log only.
    pub(super) fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "E0000009", "Internal Server Error")
    }

    fn body(&self, id: &str) -> String {
        json!({
            "errorCode": self.code,
            "errorSummary": self.summary,
            "errorLink": self.code,
            "errorId": id,
            "errorCauses": self.causes,
        })
        .to_string()
    }

    /// The answer, once the number of the request is known.
    pub(super) fn with_id(&self, id: &str) -> Response {
        let mut response = (self.status, [JSON], self.body(id)).into_response();
        if let Some(challenge) = self.challenge {
            let challenge = HeaderValue::from_static(challenge);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
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
