//! The pages that people see, rendered here, usable without JavaScript. A page's markup stands
//! beside its handler; what all pages share is in `layout`, what they say in `words`.

mod account;
mod activate;
mod consent;
mod error;
mod factor;
mod invitation;
mod layout;
mod passkey;
mod qr_code;
mod sign_in;
mod sign_out;
mod words;

pub(super) use account::{account, change_account};
pub(super) use activate::{activate, ask_code};
pub(super) use consent::{answer_consent, ask_consent};
pub(super) use error::{error_page, failed};
pub(super) use factor::{ask_factor, prove_factor, set_session};
pub(super) use invitation::invited;
pub(super) use layout::{Layout, Text};
pub(super) use sign_in::{ask_sign_in, sign_in};
pub(super) use sign_out::{ask_sign_out, follow_logout, sign_out};
pub(super) use words::Words;

use super::Surface;
use super::cookie::{Cookie, Cookies, csrf_token};
use super::extract::{client_address, query_of, read_form};
use super::oauth::AuthorizationAnswer;
use crate::directory::Person;
use crate::grant::Form;
use crate::login::{FoundSession, Pending, Said, Session, SessionSecret, Step};
use crate::publish::Published;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

/// The parameter that carries an authorization request from page to page.
pub(super) const REQUEST: &str = "request";

/// A page that is shown instead of the one that was asked for.
#[derive(Debug)]
pub(super) struct Instead(Box<Response>);

impl From<Response> for Instead {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for Instead {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// Somebody at a browser, and what they look at.
pub(super) struct Visit {
    pub(super) published: Arc<Published>,
    pub(super) cookies: Cookies,
    /// The session of the cookie, if it goes on.
    pub(super) session: Option<FoundSession>,
    /// Whose session it is.
    pub(super) person: Option<Arc<Person>>,
    /// Of the address, or of the form that was posted.
    pub(super) form: Form,
    pub(super) words: &'static Words,
    /// What the browser calls itself.
    pub(super) agent: String,
    /// What the browser is known by before anybody signs in; kept by [`Visit::keep_browser`].
    pub(super) browser: SessionSecret,
    /// Whether the page is shown in a frame of another page.
    pub(super) is_framed: bool,
    /// Where the browser is.
    pub(super) address: Option<IpAddr>,
    /// By the clock of the store, as what is kept of a sign-in.
    pub(super) now: i64,
}

impl Visit {
    /// Reads a visit: who comes, and with what.
    ///
    /// # Errors
    /// The page that says what is wrong.
    pub(super) async fn read(surface: &Surface, request: Request) -> Result<Self, Instead> {
        let (parts, body) = request.into_parts();
        let words = Words::of(&parts.headers);
        let form = match parts.method {
            axum::http::Method::POST => read_form(&parts, body).await,
            _ => query_of(&parts.uri),
        };
        let published = surface.published(parts.headers.get(header::HOST));
        let layout = Layout::new(surface, &published, words);
        let form = form.map_err(|refusal| error_page(&layout, 400, &refusal.description))?;
        let cookies = Cookies::read(published.public_url(), &parts.headers);
        let session = match &cookies.session {
            Some(secret) => surface.login.find_session(secret).await,
            None => Ok(None),
        };
        let session = session.map_err(|error| failed(&layout, &error.to_string()))?;
        let person = match &session {
            Some(found) => published.find_person(&found.session.user_id).await,
            None => Ok(None),
        };
        let person = person.map_err(|error| failed(&layout, &error.to_string()))?;
        let agent = agent(&parts);
        let known = cookies.browsers.first().cloned();
        let browser = known.unwrap_or_else(|| SessionSecret::generate(&surface.random));
        let is_framed = is_framed(&parts);
        let address = client_address(&parts);
        let time = surface.store.time().await;
        let now = time.map_err(|error| failed(&layout, &error.to_string()))?.seconds();
        Ok(Self {
            published,
            cookies,
            session,
            person,
            form,
            words,
            agent,
            browser,
            is_framed,
            address,
            now,
        })
    }

    /// The answer, with what a browser that came without is known by from now on.
    pub(super) fn keep_browser(&self, mut response: Response) -> Response {
        if self.cookies.browsers.is_empty() {
            let cookie = Cookie::Browser.set(&self.published, &self.browser);
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    pub(super) fn layout<'s>(&'s self, surface: &'s Surface) -> Layout<'s> {
        Layout::new(surface, &self.published, self.words)
    }

    /// A page about an authorization request, in the language that it asks for.
    pub(super) fn layout_for<'s>(
        &'s self,
        surface: &'s Surface,
        pending: Option<&Pending>,
    ) -> Layout<'s> {
        let request = pending.and_then(Pending::request);
        let asked = request.and_then(|request| request.ui_locales.as_deref());
        let layout = Layout::new(surface, &self.published, self.words.asked(asked));
        if request.is_some() { layout.leading_away() } else { layout }
    }

    /// What forms of this visit are proven with; the session where there is one.
    pub(super) fn csrf(&self) -> String {
        let session = self.session.as_ref().and(self.cookies.session.as_ref());
        csrf_token(session.unwrap_or(&self.browser))
    }

    /// The request that the page is about, if it is about one.
    ///
    /// # Errors
    /// The page that says that it is of another browser, or too old.
    pub(super) fn pending(&self, surface: &Surface) -> Result<Option<(String, Pending)>, Instead> {
        let Some(closed) = self.form.find(REQUEST) else { return Ok(None) };
        let pending = surface.login.open(closed, &self.cookies.browsers, self.now);
        let pending = pending.ok_or_else(|| self.lost(surface))?;
        Ok(Some((closed.to_owned(), pending)))
    }

    /// The request that the page is about, where it must be about one.
    ///
    /// # Errors
    /// As [`Visit::pending`].
    pub(super) fn the_pending(&self, surface: &Surface) -> Result<(String, Pending), Instead> {
        self.pending(surface)?.ok_or_else(|| self.lost(surface).into())
    }

    fn lost(&self, surface: &Surface) -> Response {
        error_page(&self.layout(surface), 400, self.words.request_lost)
    }

    /// Refuses a form that is not from a page of ours.
    ///
    /// # Errors
    /// The page that says so.
    pub(super) fn prove_form(&self, surface: &Surface) -> Result<(), Instead> {
        if self.cookies.prove(self.form.find(super::cookie::CSRF)) {
            return Ok(());
        }
        let words = self.words;
        Err(error_page(&self.layout(surface), 403, words.form_too_old).into())
    }

    /// As [`Visit::prove_form`], for what belongs to the person: only a page of the session counts.
    ///
    /// # Errors
    /// The page that says so.
    pub(super) fn prove_own_form(&self, surface: &Surface) -> Result<(), Instead> {
        let own = Cookies { browsers: Vec::new(), session: self.cookies.session.clone() };
        if self.session.is_none() || own.prove(self.form.find(super::cookie::CSRF)) {
            return Ok(());
        }
        Err(error_page(&self.layout(surface), 403, self.words.form_too_old).into())
    }

    /// What follows for somebody who just signed in.
    pub(super) async fn go_on(
        &self,
        surface: &Surface,
        pending: &Pending,
        closed: &str,
        session: &Session,
    ) -> Response {
        let Self { published, now, address, .. } = self;
        let (session, said) = (Some(session), Said::Nothing);
        let step = surface.login.advance(published, pending, session, said, *now, *address).await;
        self.follow(surface, pending, closed, step, StatusCode::SEE_OTHER).await
    }

    /// Where a step takes the browser, as the answer to a form (`303`) or to an address (`302`).
    pub(super) async fn follow(
        &self,
        surface: &Surface,
        pending: &Pending,
        closed: &str,
        step: Step,
        status: StatusCode,
    ) -> Response {
        let page = match step {
            Step::SignIn => "signin",
            Step::SecondFactor => "signin/factor",
            Step::Consent(_) => "consent",
            Step::Page(page) => {
                let base = self.published.public_url();
                return redirect(status, &format!("{base}{page}"));
            }
            Step::Strand(error) => {
                tracing::info!(why = %error, "a request is answered no more");
                return error_page(&self.layout(surface), 400, &error.description);
            }
            Step::Answer { code, tokens } => {
                let answer = AuthorizationAnswer::of(code, tokens);
                return self.answer(surface, pending, answer, status);
            }
            Step::Refuse(error) => {
                return self.answer(surface, pending, AuthorizationAnswer::error(&error), status);
            }
        };
        let base = self.published.public_url();
        redirect(status, &format!("{base}/{page}?{REQUEST}={closed}"))
    }
}

impl Visit {
    fn answer(
        &self,
        surface: &Surface,
        pending: &Pending,
        answer: AuthorizationAnswer,
        status: StatusCode,
    ) -> Response {
        match pending.request() {
            Some(request) => answer.send(surface, &request.answer, status),
            None => self.lost(surface),
        }
    }
}

fn agent(parts: &Parts) -> String {
    let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    agent.unwrap_or_default().to_owned()
}

/// Whether what is asked for is to fill a frame, as far as browsers say (Fetch Metadata).
fn is_framed(parts: &Parts) -> bool {
    let destination = parts.headers.get("sec-fetch-dest").and_then(|value| value.to_str().ok());
    destination.is_some_and(|word| ["iframe", "frame", "embed", "object"].contains(&word))
}

/// Sends the browser on. Nothing of where it was goes with it.
pub(super) fn redirect(status: StatusCode, location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (status, headers).into_response()
}
