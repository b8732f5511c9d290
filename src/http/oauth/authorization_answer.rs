//! How the answer to an authorization request travels: in the address, after its `#`, as a form
//! that posts itself, or as a message between windows. `iss` is always in it (RFC 9207).

use super::super::Surface;
use super::super::address::{query_of, with_parameters};
use super::super::pages::{Text, redirect};
use crate::grant::FrontTokens;
use crate::login::{AuthorizationError, ResponseMode, ReturnAddress, origin};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

/// Bytes of the nonce that lets the script of a page run.
const NONCE_BYTES: usize = 16;

/// The parameters of an answer, but for `state` and `iss`.
pub(crate) struct AuthorizationAnswer(Vec<(&'static str, String)>);

impl AuthorizationAnswer {
    /// A code, tokens, or both.
    pub(crate) fn of(code: Option<String>, tokens: Option<FrontTokens>) -> Self {
        let mut parameters: Vec<_> = code.into_iter().map(|code| ("code", code)).collect();
        let Some(FrontTokens { access_token, expires_in, scope, id_token }) = tokens else {
            return Self(parameters);
        };
        if let Some(access_token) = access_token {
            parameters.push(("access_token", access_token));
            parameters.push(("token_type", "Bearer".to_owned()));
            parameters.push(("expires_in", expires_in.to_string()));
            parameters.push(("scope", scope));
        }
        parameters.extend(id_token.map(|id_token| ("id_token", id_token)));
        Self(parameters)
    }

    /// A refusal, always with its description: some clients see no error without one.
    pub(crate) fn error(error: &AuthorizationError) -> Self {
        let why = error.cause.as_deref().unwrap_or(&error.description);
        tracing::info!(code = error.code, why, "an authorization was refused");
        Self(vec![
            ("error", error.code.to_owned()),
            ("error_description", error.description.clone()),
        ])
    }

    /// Sends the browser back to the client with it.
    pub(crate) fn send(
        mut self,
        surface: &Surface,
        address: &ReturnAddress,
        status: StatusCode,
    ) -> Response {
        self.0.extend(address.state.clone().map(|state| ("state", state)));
        self.0.push(("iss", address.issuer.clone()));
        let uri = &address.redirect_uri;
        match address.mode {
            ResponseMode::Query => redirect(status, &with_parameters(uri, &self.0)),
            ResponseMode::Fragment => redirect(status, &format!("{uri}#{}", query_of(&self.0))),
            ResponseMode::FormPost => self.post(surface, uri),
            ResponseMode::PostMessage => self.message(surface, uri),
        }
    }

    /// A page with a form that posts itself, or by its button where no script runs (OAuth 2.0 Form
    /// Post Response Mode).
    fn post(&self, surface: &Surface, uri: &str) -> Response {
        let field = |(name, value): &(&str, String)| {
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", Text(value))
        };
        let fields: String = self.0.iter().map(field).collect();
        let body = format!(
            "<form method=\"post\" action=\"{}\">\n{fields}\
             <noscript><button type=\"submit\">Continue</button></noscript>\n</form>\n",
            Text(uri)
        );
        // No `form-action`: the client may send the browser on from there.
        let page = page(surface, &body, "document.forms[0].submit();", "frame-ancestors 'none'");
        let deny = HeaderValue::from_static("DENY");
        ([(header::X_FRAME_OPTIONS, deny)], page).into_response()
    }

    /// A page that tells the window that opened or frames it, if that is at the origin of the
    /// redirect URI (decision 46).
    fn message(&self, surface: &Surface, uri: &str) -> Response {
        let to = origin(uri).unwrap_or("null");
        let pairs = self.0.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into()));
        let message = Value::Object(pairs.collect::<Map<_, _>>());
        let script = format!(
            "(window.opener || window.parent).postMessage({}, {});",
            in_script(&message),
            in_script(&Value::from(to))
        );
        let policy = format!("frame-ancestors {to}");
        page(surface, "", &script, &policy)
    }
}

/// JSON that cannot end the script it stands in.
fn in_script(value: &Value) -> String {
    value
        .to_string()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn page(surface: &Surface, body: &str, script: &str, policy: &str) -> Response {
    let nonce = surface.random.base64url(NONCE_BYTES);
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Continue</title>\
         </head>\n<body>\n{body}<script nonce=\"{nonce}\">{script}</script>\n</body>\n</html>\n"
    );
    let policy =
        format!("default-src 'none'; script-src 'nonce-{nonce}'; base-uri 'none'; {policy}");
    let policy = HeaderValue::from_str(&policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
    let fixed = HeaderValue::from_static;
    let headers = [
        (header::CONTENT_TYPE, fixed("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, fixed("no-store")),
        (header::PRAGMA, fixed("no-cache")),
        (header::REFERRER_POLICY, fixed("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
    ];
    (StatusCode::OK, headers, page).into_response()
}
