//! What every handler of the management API is handed, and how it answers: pages with their links,
//! one thing with its version, or nothing.

use super::super::error::ManagementError;
use super::super::extract::{query_of, read_body, read_json};
use super::super::{ClientAddress, RequestId, Surface};
use crate::administration::{IfMatch, Told, part_of};
use crate::authority::Authority;
use crate::grant::Form;
use axum::body::{Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64_simd::URL_SAFE_NO_PAD;
use claimsmith_runtime::time::{DateTime, Zone};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::sync::Arc;

/// Where whoever asks finds the management API, if that is not the public address.
#[derive(Clone, Debug)]
pub(in super::super) struct Base(pub(in super::super) String);

/// What a handler answers.
pub(super) type Answer = Result<Response, ManagementError>;

/// Most bytes of a body.
const BODY_BYTES: usize = 1024 * 1024;

/// A request of the management API by somebody who was let in.
pub(super) struct Call {
    pub(super) surface: Arc<Surface>,
    pub(super) authority: Arc<Authority>,
    base: String,
    uri: Uri,
    query: Form,
    if_match: Option<String>,
    pub(super) address: Option<ClientAddress>,
    /// The number that the answer has, too.
    pub(super) request: Option<String>,
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Paging {
    /// How many at most.
    pub(super) limit: u32,
    /// What the part before gave as the next.
    pub(super) after: Option<String>,
}

impl FromRequestParts<Arc<Surface>> for Call {
    type Rejection = ManagementError;

    async fn from_request_parts(
        parts: &mut Parts,
        surface: &Arc<Surface>,
    ) -> Result<Self, ManagementError> {
        let query = query_of(&parts.uri).map_err(|_| ManagementError::malformed())?;
        let authority = parts.extensions.get::<Arc<Authority>>().cloned();
        let base = match parts.extensions.get::<Base>() {
            Some(Base(base)) => base.clone(),
            None => surface.issuer.current().public_url().to_string(),
        };
        let if_match = parts.headers.get(header::IF_MATCH);
        Ok(Self {
            surface: surface.clone(),
            authority: authority.ok_or_else(ManagementError::no_session)?,
            base,
            address: parts.extensions.get::<ClientAddress>().copied(),
            request: parts.extensions.get::<RequestId>().map(|RequestId(id)| id.clone()),
            uri: parts.uri.clone(),
            query,
            if_match: if_match.map(|value| value.to_str().unwrap_or_default().to_owned()),
        })
    }
}

impl Call {
    /// The URL of a path, which begins with `/`.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A parameter of the query, unless it is empty.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.find(name).filter(|value| !value.is_empty())
    }

    /// Which part of the list is asked for: `limit` things, `usual` if nothing is said, `most` at most.
    ///
    /// # Errors
    /// A limit that is no number above zero, or a cursor that is none of ours.
    pub(super) fn paging(&self, usual: u32, most: u32) -> Result<Paging, ManagementError> {
        let limit = match self.query("limit") {
            None => usual,
            Some(text) => match text.parse::<u64>() {
                Ok(limit) if limit > 0 => u32::try_from(limit).unwrap_or(most).min(most),
                _ => {
                    let message = "The limit must be an integer of 1 or more.";
                    return Err(ManagementError::invalid_member("limit", "limit", message));
                }
            },
        };
        let after = self.query("after").map(|text| {
            let bytes = URL_SAFE_NO_PAD.decode_to_vec(text).ok();
            bytes.and_then(|bytes| String::from_utf8(bytes).ok())
        });
        match after {
            Some(None) => Err(ManagementError::invalid_cursor()),
            None => Ok(Paging { limit, after: None }),
            Some(after) => Ok(Paging { limit, after }),
        }
    }

    /// A part of a list. `next` is behind what the next part begins, if there is one.
    pub(super) fn list(&self, items: Vec<Value>, next: Option<&str>) -> Response {
        let mut response = object(StatusCode::OK, &Value::from(items));
        let here = self.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut links = vec![format!("<{}>; rel=\"self\"", self.url(here))];
        if let Some(next) = next {
            let after = URL_SAFE_NO_PAD.encode_to_string(next);
            let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let others = self.query.iter().filter(|(name, _)| *name != "after");
            let mut query: Vec<String> = others
                .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
                .collect();
            query.push(format!("after={after}"));
            let url = format!("{}?{}", self.url(self.uri.path()), query.join("&"));
            links.push(format!("<{url}>; rel=\"next\""));
        }
        for link in links {
            if let Ok(value) = HeaderValue::from_str(&link) {
                response.headers_mut().append(header::LINK, value);
            }
        }
        response
    }

    /// One thing as it is told, with its version.
    pub(super) fn tell(&self, status: StatusCode, told: &Told) -> Answer {
        Ok(versioned(status, &told.value, told.generation))
    }

    /// The part of a list that is asked for, of 200 at most.
    pub(super) fn tell_part(&self, all: Vec<Told>) -> Answer {
        self.tell_part_of(all, 200, 200)
    }

    /// The part of a list that is asked for: `usual` things if nothing is said of it, `most` at most.
    pub(super) fn tell_part_of(&self, all: Vec<Told>, usual: u32, most: u32) -> Answer {
        let Paging { limit, after } = self.paging(usual, most)?;
        let (part, next) = part_of(all, after.as_deref(), limit);
        Ok(self.list(part, next.as_deref()))
    }

    /// As what the request knows what it is about (RFC 9110 §13.1.1). A tag that is none of ours fits
    /// nothing.
    pub(super) fn if_match(&self) -> IfMatch {
        let Some(wanted) = &self.if_match else { return IfMatch::Any };
        let tags = || wanted.split(',').map(str::trim);
        if tags().any(|tag| tag == "*") {
            return IfMatch::Any;
        }
        let generation = |tag: &str| tag.trim_matches('"').parse().ok();
        IfMatch::OneOf(tags().filter_map(generation).collect())
    }

    /// Whether what has this generation is what the request is about, if it says (RFC 9110 §13.1.1).
    ///
    /// # Errors
    /// It is another by now.
    pub(super) fn expects(&self, generation: i64) -> Result<(), ManagementError> {
        let Some(wanted) = &self.if_match else { return Ok(()) };
        let tag = entity_tag(generation);
        match wanted.split(',').map(str::trim).any(|one| one == "*" || one == tag) {
            true => Ok(()),
            false => Err(ManagementError::precondition_failed()),
        }
    }
}

fn entity_tag(generation: i64) -> String {
    format!("\"{generation}\"")
}

/// One thing.
pub(super) fn object(status: StatusCode, value: &Value) -> Response {
    written_object(status, value.to_string())
}

/// One thing, whose JSON is written already.
pub(super) fn written_object(status: StatusCode, json: String) -> Response {
    let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, content_type, json).into_response()
}

/// One thing, with its version.
pub(super) fn versioned(status: StatusCode, value: &Value, generation: i64) -> Response {
    let mut response = object(status, value);
    if let Ok(tag) = HeaderValue::from_str(&entity_tag(generation)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Nothing: it is done.
pub(super) fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// A link, with the methods that are allowed there.
pub(super) fn link(href: &str, methods: &[&str]) -> Value {
    json!({ "href": href, "hints": { "allow": methods } })
}

/// A moment, in seconds since 1970, as Okta writes it: with milliseconds that are always `.000`.
pub(super) fn moment(seconds: i64) -> Value {
    let time = DateTime::new(seconds.saturating_mul(1_000_000), Zone::UTC);
    time.map_or(Value::Null, |time| Value::from(time.text()))
}

/// What stands in the places of an address, in order.
pub(super) struct Ids<const N: usize>(pub(super) [String; N]);

impl<S: Send + Sync, const N: usize> FromRequestParts<S> for Ids<N> {
    type Rejection = ManagementError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ManagementError> {
        let values = RawPathParams::from_request_parts(parts, state).await;
        let values = values.map_err(|_| ManagementError::unknown_path())?;
        let values: Vec<String> = values.iter().map(|(_, value)| value.to_owned()).collect();
        values.try_into().map(Self).map_err(|_| ManagementError::unknown_path())
    }
}

/// The JSON object that was sent.
pub(super) struct Sent(pub(super) Value);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = ManagementError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ManagementError> {
        read_json(request, BODY_BYTES).await.map(Self)
    }
}

/// The bytes that were sent, whatever they are.
pub(super) struct SentBytes(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for SentBytes {
    type Rejection = ManagementError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ManagementError> {
        read_body(request, BODY_BYTES).await.map(Self)
    }
}

/// The JSON object that was sent, or an empty one where nothing was.
pub(super) struct SentOrNot(pub(super) Value);

impl<S: Send + Sync> FromRequest<S> for SentOrNot {
    type Rejection = ManagementError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ManagementError> {
        if request.body().is_end_stream() {
            return Ok(Self(json!({})));
        }
        read_json(request, BODY_BYTES).await.map(Self)
    }
}
