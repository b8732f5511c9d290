//! Who asks, and whether they may: a token of the management API or of the organization's own server,
//! and the scope that the address needs (decisions 31 and 32).

use super::super::Surface;
use super::super::cookie::Cookies;
use super::super::error::ManagementError;
use super::super::extract::dpop;
use super::call::Base;
use crate::authority::{Access, Authority, find_by_secret};
use crate::directory::UserStatus;
use crate::grant::{PresentedToken, admit as admit_token};
use crate::server::Trust;
use crate::store::StoreError;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Which scopes what lies at an address needs; the first that fits counts. `*` is any one part.
const RESOURCES: &[(&str, &str)] = &[
    ("apps/*/grants", "appGrants"),
    ("apps", "apps"),
    ("internal/apps", "apps"),
    ("authorizationServers", "authorizationServers"),
    ("users/*/sessions", "sessions"),
    ("users", "users"),
    ("groups", "groups"),
    ("sessions", "sessions"),
    ("inlineHooks", "inlineHooks"),
    ("trustedOrigins", "trustedOrigins"),
    ("api-tokens", "apiTokens"),
    ("meta/schemas/user/linkedObjects", "linkedObjects"),
    ("meta/schemas", "schemas"),
    ("meta/types", "schemas"),
    ("meta/layouts", "schemas"),
    ("meta/linkedObjects", "linkedObjects"),
    ("logs", "logs"),
    ("org", "schemas"),
];

/// What is asked with a body and yet only reads.
const READING: &[&str] = &["authorizationServers/*/tokens/preview"];

/// How a token is presented. Some SDKs leave out the space behind the scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    ApiToken,
    Bearer,
    Dpop,
}

const SCHEMES: &[(&str, Scheme)] =
    &[("ssws", Scheme::ApiToken), ("bearer", Scheme::Bearer), ("dpop", Scheme::Dpop)];

/// Lets in who may do what they ask, with their authority beside the request.
pub(super) async fn admit(
    State(surface): State<Arc<Surface>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    match authority(&surface, &parts).await {
        Ok(authority) => {
            parts.extensions.insert(Arc::new(authority));
            next.run(Request::from_parts(parts, body)).await
        }
        Err(error) => error.into_response(),
    }
}

async fn authority(surface: &Surface, request: &Parts) -> Result<Authority, ManagementError> {
    let Some((scheme, token)) = presented(&request.headers)? else {
        return of_session(surface, request).await;
    };
    let authority = match scheme {
        Scheme::ApiToken => of_api_token(surface, &token).await?,
        Scheme::Bearer | Scheme::Dpop => {
            let by_dpop = scheme == Scheme::Dpop;
            of_access_token(surface, request, token, by_dpop).await?
        }
    };
    let path = request.uri.path();
    let reads = matches!(request.method, Method::GET | Method::HEAD);
    let needed = needed(path, reads).ok_or_else(ManagementError::unknown_path)?;
    let (resource, access) = needed;
    match authority.may(resource, access) {
        true => Ok(authority),
        false => Err(ManagementError::insufficient_scope(&scope(needed))),
    }
}

/// What is done at an address, to what kind of thing. `reads` is whether the method only reads.
fn needed(path: &str, reads: bool) -> Option<(&'static str, Access)> {
    let path = path.strip_prefix("/api/v1/")?;
    let (_, resource) = RESOURCES.iter().find(|(pattern, _)| is_under(path, pattern))?;
    let reads = reads || READING.iter().any(|pattern| is_under(path, pattern));
    Some((resource, if reads { Access::Read } else { Access::Manage }))
}

fn scope((resource, access): (&str, Access)) -> String {
    let word = if access == Access::Read { "read" } else { "manage" };
    format!("okta.{resource}.{word}")
}

/// The scope that an operation needs, as the document names it.
pub(super) fn scope_of(method: &str, path: &str) -> Option<String> {
    needed(path, method == "get").map(scope)
}

/// Whether an address begins with the parts of a pattern.
fn is_under(path: &str, pattern: &str) -> bool {
    let mut parts = path.split('/');
    pattern
        .split('/')
        .all(|wanted| parts.next().is_some_and(|part| wanted == "*" || wanted == part))
}

/// The token in `Authorization`, if there is one. What has another scheme, or none, is a token that
/// lets nobody in.
fn presented(headers: &HeaderMap) -> Result<Option<(Scheme, String)>, ManagementError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let value = value.to_str().ok().filter(|_| values.next().is_none());
    let found = value.and_then(|value| {
        let scheme = |(name, scheme): &(&str, Scheme)| {
            let (start, rest) = value.split_at_checked(name.len())?;
            start.eq_ignore_ascii_case(name).then(|| (*scheme, rest.trim().to_owned()))
        };
        SCHEMES.iter().find_map(scheme)
    });
    found
        .filter(|(_, token)| !token.is_empty())
        .map(Some)
        .ok_or_else(ManagementError::refused_token)
}

/// What the session of a browser is enough for, from a page of a trusted origin (decision 32).
const BY_SESSION: &[(Method, &str)] = &[
    (Method::GET, "/api/v1/sessions/me"),
    (Method::DELETE, "/api/v1/sessions/me"),
    (Method::POST, "/api/v1/sessions/me/lifecycle/refresh"),
    (Method::GET, "/api/v1/users/me"),
];

fn is_by_session(method: &Method, asked: &str) -> bool {
    BY_SESSION.iter().any(|(known, path)| known == method && *path == asked)
}

/// Has nothing else be there.
pub(super) async fn only_by_session(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_asked = match request.method() {
        // Before it asks, a browser asks whether it may.
        &Method::OPTIONS => BY_SESSION.iter().any(|(_, known)| *known == path),
        method => is_by_session(method, path),
    };
    if is_asked { next.run(request).await } else { ManagementError::unknown_path().into_response() }
}

/// A cookie comes with whatever a page asks; the page says where it is from, and that must be trusted.
async fn of_session(surface: &Surface, request: &Parts) -> Result<Authority, ManagementError> {
    if !is_by_session(&request.method, request.uri.path()) {
        return Err(ManagementError::no_session());
    }
    let published = surface.issuer.version();
    let origin = request.headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    if !origin.is_some_and(|origin| published.trusts(origin, Trust::Cors)) {
        return Err(ManagementError::no_session());
    }
    let cookies = Cookies::read(published.public_url(), &request.headers);
    let secret = cookies.session.ok_or_else(ManagementError::no_session)?;
    let found = surface.login.find_session(&secret).await.map_err(|error| failed(&error))?;
    let session = found.ok_or_else(ManagementError::no_session)?.session;
    let person = published.find_person(&session.user_id).await.map_err(|error| failed(&error))?;
    match person.filter(|person| person.user().status == UserStatus::Active) {
        Some(_) => Ok(Authority::of_session(session.id, session.user_id)),
        None => Err(ManagementError::no_session()),
    }
}

/// A token counts as long as its user is active.
async fn of_api_token(surface: &Surface, secret: &str) -> Result<Authority, ManagementError> {
    let token = find_by_secret(&surface.store, secret).await.map_err(|error| failed(&error))?;
    let token = token.ok_or_else(ManagementError::refused_token)?;
    let published = surface.issuer.version();
    let person = published.find_person(&token.user_id).await.map_err(|error| failed(&error))?;
    match person.filter(|person| person.user().status == UserStatus::Active) {
        Some(_) => Ok(Authority::of_api_token(token)),
        None => Err(ManagementError::refused_token()),
    }
}

async fn of_access_token(
    surface: &Surface,
    request: &Parts,
    token: String,
    by_dpop: bool,
) -> Result<Authority, ManagementError> {
    let (method, proofs) = (request.method.to_string(), dpop(&request.headers));
    let presented = PresentedToken { token, by_dpop, proofs, method };
    let published = surface.issuer.version();
    let path = request.uri.path();
    let base = request.extensions.get::<Base>().map(|Base(base)| format!("{base}{path}"));
    let urls: Vec<String> =
        std::iter::once(format!("{}{path}", published.public_url())).chain(base).collect();
    let admitted = admit_token(&published, &presented, &urls, &surface.around()).await;
    admitted.map(Authority::of_access_token).map_err(|refusal| {
        tracing::info!(why = %refusal.description, "an access token did not let in");
        if refusal.status >= 500 {
            ManagementError::unavailable()
        } else {
            ManagementError::refused_token()
        }
    })
}

fn failed(error: &StoreError) -> ManagementError {
    tracing::error!(%error, "credentials could not be looked at");
    ManagementError::unavailable()
}
