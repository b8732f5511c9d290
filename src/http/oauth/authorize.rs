//! `/oauth2/{server}/v1/authorize` (RFC 6749 §3.1, OpenID Connect Core §3.1.2).

use super::super::Surface;
use super::super::address::with_parameters;
use super::super::extract::ServerId;
use super::super::pages::{Instead, Visit, error_page, failed, redirect, set_session};
use super::AuthorizationAnswer;
use crate::grant::{self, Form, Refusal};
use crate::login::{self, Pending, Refused, Said, SignInRefused, SignedIn};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use std::sync::Arc;

/// `GET`
pub(crate) async fn authorize(
    State(surface): State<Arc<Surface>>,
    ServerId(server): ServerId,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    let published = &visit.published;
    let form = match requested(&surface, &visit, &server).await {
        Ok(form) => form,
        Err(refusal) if refusal.status >= 500 => {
            return Ok(failed(&visit.layout(&surface), &refusal.to_string()));
        }
        Err(refusal) => {
            visit.note_unread(&surface, &server, refusal.code, &refusal.description);
            return Ok(error_page(&visit.layout(&surface), 400, &refusal.description));
        }
    };
    let request = match login::read(published, &server, &form) {
        Ok(request) => request,
        Err(Refused::Stranded(error)) => {
            visit.note_unread(&surface, &server, error.code, &error.description);
            return Ok(error_page(&visit.layout(&surface), 400, &error.description));
        }
        Err(Refused::Returned(address, error)) => {
            visit.note_unread(&surface, &server, error.code, &error.description);
            let answer = AuthorizationAnswer::error(&error);
            return Ok(answer.send(&surface, &address, StatusCode::FOUND));
        }
    };
    let mut request = request;
    // Nobody is asked anything in a frame of another page (decision 46).
    request.prompt.none |= visit.is_framed;
    let before = visit.session.as_ref().map(|found| &found.session);
    let when = (&surface.random, visit.now);
    let pending = Pending::begin(request, &visit.browser, before, when);
    let closed = match surface.login.close(&pending) {
        Ok(closed) => closed,
        Err(error) => return Ok(failed(&visit.layout(&surface), &error.to_string())),
    };
    let signed_in = match redeemed(&surface, &visit, &pending, &form).await {
        Ok(signed_in) => signed_in,
        Err(refused) => return Ok(failed(&visit.layout(&surface), &refused.to_string())),
    };
    let session = signed_in.as_ref().map(|signed_in| &signed_in.session).or(before);
    let step = surface
        .login
        .advance(published, &pending, session, Said::Nothing, visit.now, visit.address)
        .await;
    let response = visit.follow(&surface, &pending, &closed, step, StatusCode::FOUND).await;
    let mut response = visit.keep_browser(response);
    if let Some(signed_in) = &signed_in {
        set_session(&mut response, &visit, signed_in);
    }
    Ok(response)
}

impl Visit {
    fn note_unread(&self, surface: &Surface, server: &str, code: &str, why: &str) {
        tracing::info!(code, why, "no authorization");
        let client_id = self.form.find("client_id");
        let why = format!("{code}: {why}");
        surface.login.note_unread(server, client_id, self.address, &why);
    }
}

/// Who comes with a session token, if this client lets people come so: whoever has a link with one
/// could sign others in as themselves (decision 39).
async fn redeemed(
    surface: &Surface,
    visit: &Visit,
    pending: &Pending,
    form: &Form,
) -> Result<Option<SignedIn>, SignInRefused> {
    let client = pending.request().and_then(|request| request.client(&visit.published));
    let token = form.find("sessionToken");
    let Some(token) = token.filter(|_| client.is_some_and(|client| client.session_token)) else {
        return Ok(None);
    };
    let before = visit.cookies.session.as_ref();
    surface.login.redeem(&visit.published, token, before, &visit.agent).await
}

/// The parameters of the request: those of the address, or what was pushed under the name they give
/// (RFC 9126 §4), and then those alone.
async fn requested<'v>(
    surface: &Surface,
    visit: &'v Visit,
    server: &str,
) -> Result<Cow<'v, Form>, Refusal> {
    let Some(request_uri) = visit.form.find("request_uri") else {
        return Ok(Cow::Borrowed(&visit.form));
    };
    let server = grant::find_server(&visit.published, server)?;
    let (id, client_id) = (&server.definition().id, visit.form.find("client_id"));
    grant::take_pushed(&surface.around(), id, client_id, request_uri).await.map(Cow::Owned)
}

/// `POST`: the same parameters in a form. The browser is sent to the address that says them, since
/// it keeps its cookies to itself when another site's page posts here.
pub(crate) async fn authorize_posted(
    State(surface): State<Arc<Surface>>,
    ServerId(server): ServerId,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    Ok(to_address(&visit, &server, "authorize"))
}

/// Sends a browser that posted its parameters to the address that says them.
pub(super) fn to_address(visit: &Visit, server: &str, endpoint: &str) -> Response {
    let pairs = visit.form.iter().map(|(name, value)| (name, value.to_owned()));
    let address = match visit.published.find_server(server) {
        Some(server) => format!("{}/v1/{endpoint}", server.base()),
        None => {
            let server = utf8_percent_encode(server, NON_ALPHANUMERIC);
            format!("{}/oauth2/{server}/v1/{endpoint}", visit.published.public_url())
        }
    };
    redirect(StatusCode::SEE_OTHER, &with_parameters(&address, &pairs.collect::<Vec<_>>()))
}
