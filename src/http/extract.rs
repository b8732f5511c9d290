//! Forms, queries and credentials out of requests. Nothing is guessed: what is not UTF-8, not a
//! form or too large is refused.

use super::ClientAddress;
use super::error::ManagementError;
use super::management::Base;
use crate::grant::{Basic, Form, Presented, PresentedToken, Refusal};
use crate::server::ORGANIZATION_SERVER;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::path::{ErrorKind, FailedToDeserializePathParams};
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use base64_simd::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::timeout;

/// Most bytes of a form.
pub(super) const FORM_BYTES: usize = 64 * 1024;

/// Most parameters of a form.
const PARAMETERS: usize = 256;

/// The id of a server in an address, or that of the organization's own where the address has none.
/// One that is no text is that of no server, and is answered so.
pub(super) struct ServerId(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for ServerId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(id)) if id != ORGANIZATION_SERVER => Ok(Self(id)),
            Err(PathRejection::FailedToDeserializePathParams(error)) if names_none(&error) => {
                Ok(Self(ORGANIZATION_SERVER.to_owned()))
            }
            Ok(_) | Err(_) => Ok(Self(parts.uri.path().to_owned())),
        }
    }
}

/// Where a request comes from, as far as that is known: every limit by address is of this one.
pub(super) fn client_address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ClientAddress>().map(|address| address.0)
}

/// Whether the address has no place for an id.
fn names_none(error: &FailedToDeserializePathParams) -> bool {
    matches!(error.kind(), ErrorKind::WrongNumberOfParameters { got: 0, .. })
}

/// What a client presented in a form and around it.
///
/// # Errors
/// A body that is no form, or a form or query that is not UTF-8.
pub(super) async fn presented(request: Request) -> Result<Presented, Refusal> {
    let (parts, body) = request.into_parts();
    let query = query_of(&parts.uri)?;
    let basic = basic(&parts.headers);
    let dpop = dpop(&parts.headers);
    let address = client_address(&parts);
    let base = parts.extensions.get::<Base>().map(|Base(base)| base.clone());
    Ok(Presented { form: read_form(&parts, body).await?, query, basic, dpop, address, base })
}

/// How long a body may take to arrive, beside a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyTime(pub(super) Duration);

/// The form that is the body of a request.
///
/// # Errors
/// A body that is no form, too long or not UTF-8.
pub(super) async fn read_form(parts: &Parts, body: Body) -> Result<Form, Refusal> {
    if !is_form(&parts.headers) {
        return Err(Refusal::no_form(
            "The request body must be of type application/x-www-form-urlencoded.",
        ));
    }
    parse(&read_bytes(body, parts, FORM_BYTES).await?)
}

async fn read_bytes(body: Body, parts: &Parts, most: usize) -> Result<Bytes, Refusal> {
    let body = to_bytes(body, most);
    let body = match parts.extensions.get::<BodyTime>() {
        Some(BodyTime(time)) => timeout(*time, body).await.map_err(|_| Refusal::body_too_slow())?,
        None => body.await,
    };
    body.map_err(|_| {
        Refusal::no_form("The request body could not be read, or is longer than 65536 bytes.")
    })
}

/// The body of a request, of at most `most` bytes.
///
/// # Errors
/// A body that is too long or late.
pub(super) async fn read_body(request: Request, most: usize) -> Result<Bytes, ManagementError> {
    let (parts, body) = request.into_parts();
    read_bytes(body, &parts, most).await.map_err(|_| ManagementError::malformed())
}

/// The JSON object of at most `most` bytes that is the body of a request.
///
/// # Errors
/// A body that is said to be something else, is too long, late or no object.
pub(super) async fn read_json(request: Request, most: usize) -> Result<Value, ManagementError> {
    let (parts, body) = request.into_parts();
    if essence(&parts.headers) != "application/json" {
        return Err(ManagementError::not_json());
    }
    let body = read_bytes(body, &parts, most).await.map_err(|_| ManagementError::malformed())?;
    let value: Option<Value> = serde_json::from_slice(&body).ok();
    value.filter(Value::is_object).ok_or_else(ManagementError::malformed)
}

/// The access token of a request: in `Authorization`, or in the form of a `POST` (RFC 6750 §2). One
/// in the address is not looked at: addresses are logged everywhere.
///
/// # Errors
/// More than one, or a form that is none.
pub(super) async fn bearer(request: Request) -> Result<Option<PresentedToken>, Refusal> {
    let mut values = request.headers().get_all(header::AUTHORIZATION).iter();
    let (first, second) = (values.next(), values.next());
    if second.is_some() {
        return Err(Refusal::several_tokens());
    }
    let (method, proofs) = (request.method().to_string(), dpop(request.headers()));
    let in_header = first.map(|value| {
        let (scheme, token) =
            value.to_str().unwrap_or_default().split_once(' ').unwrap_or_default();
        let by_dpop = scheme.eq_ignore_ascii_case("dpop");
        let is_known = by_dpop || scheme.eq_ignore_ascii_case("bearer");
        (if is_known { token.trim().to_owned() } else { String::new() }, by_dpop)
    });
    let may_be_in_form = request.method() == Method::POST && is_form(request.headers());
    let (parts, body) = request.into_parts();
    let in_form = match may_be_in_form {
        true => read_form(&parts, body).await?.find("access_token").map(str::to_owned),
        false => None,
    };
    if in_header.is_some() && in_form.is_some() {
        return Err(Refusal::several_tokens());
    }
    let token = in_header.or(in_form.map(|token| (token, false)));
    Ok(token.map(|(token, by_dpop)| PresentedToken { token, by_dpop, proofs, method }))
}

/// Every `DPoP` header; one that is no text is no proof.
pub(super) fn dpop(headers: &HeaderMap) -> Vec<String> {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    headers.get_all("dpop").iter().map(text).collect()
}

/// The parameters of an address.
///
/// # Errors
/// Parameters that are not UTF-8, or too many.
pub(super) fn query_of(uri: &Uri) -> Result<Form, Refusal> {
    parse(uri.query().unwrap_or_default().as_bytes())
}

/// Whether the client used `Authorization`.
pub(super) fn tried_basic(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION)
}

fn is_form(headers: &HeaderMap) -> bool {
    essence(headers) == "application/x-www-form-urlencoded"
}

/// What a body is said to be, without parameters and in lower case.
fn essence(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// `application/x-www-form-urlencoded` (URL Standard §5.1), but strict about UTF-8.
fn parse(text: &[u8]) -> Result<Form, Refusal> {
    let not_text = || Refusal::no_form("The request parameters are not valid UTF-8.");
    let text = std::str::from_utf8(text).map_err(|_| not_text())?;
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    if pairs.clone().nth(PARAMETERS).is_some() {
        return Err(Refusal::no_form("The request has more than 256 parameters."));
    }
    let parameter = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        decode(name).zip(decode(value)).ok_or_else(not_text)
    };
    pairs.map(parameter).collect::<Result<Vec<_>, _>>().map(Form::new)
}

/// One name or value; `None` if it is not UTF-8.
fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// The credentials in `Authorization`, if it is there. Another scheme is not one of a client.
fn basic(headers: &HeaderMap) -> Option<Basic> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?;
    let lone = values.next().is_none();
    let pair = value.to_str().ok().filter(|_| lone).and_then(decode_basic);
    Some(pair.unwrap_or(Basic::Malformed))
}

fn decode_basic(value: &str) -> Option<Basic> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode_to_vec(encoded.trim()).ok()?).ok()?;
    let Some((id, secret)) = text.split_once(':') else {
        return decode(&text).filter(|id| !id.is_empty()).map(Basic::ClientId);
    };
    if id.is_empty() {
        return None;
    }
    let raw = (id.to_owned(), secret.to_owned());
    Some(Basic::Pair { raw, decoded: decode(id).zip(decode(secret)) })
}
