//! `/signin/factor`: the second factor, and its setting up where one is needed and there is none
//! (decision 38).

use super::super::Surface;
use super::super::cookie::{Cookie, csrf_token};
use super::layout::{Layout, Text, alert, hidden};
use super::passkey::{self, relying_party};
use super::qr_code::qr_code;
use super::{Instead, REQUEST, Visit, failed, redirect};
use crate::directory::{Person, User, UserStatus};
use crate::login::{
    Answered, AppSecret, AuthorizationError, Method, Pending, SignInRefused, SignedIn, usable,
};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;

/// The field with the secret of an app that is being set up, closed up.
pub(super) const APP: &str = "app";

/// `GET /signin/factor`
pub(crate) async fn ask_factor(
    State(surface): State<Arc<Surface>>,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    let (closed, pending, person) = visit.candidate(&surface).await?;
    let user = person.user();
    show(&surface, &visit, &closed, &pending, user, None).await
}

/// `POST /signin/factor`
pub(crate) async fn prove_factor(
    State(surface): State<Arc<Surface>>,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    visit.prove_form(&surface)?;
    let (closed, pending, person) = visit.candidate(&surface).await?;
    let user = person.user();
    match try_factor(&surface, &visit, &closed, &pending, user).await {
        Ok(response) => Ok(response),
        Err(refused) => show(&surface, &visit, &closed, &pending, user, Some(refused)).await,
    }
}

async fn try_factor(
    surface: &Surface,
    visit: &Visit,
    closed: &str,
    pending: &Pending,
    user: &User,
) -> Result<Response, SignInRefused> {
    let login = &surface.login;
    let code = visit.form.find("code").unwrap_or_default();
    let enrolling = visit.form.find(APP);
    let factors = login.find_factors(&user.id).await?;
    if let Some(answered) = visit.answered_by_passkey() {
        return by_passkey(surface, visit, (closed, pending), user, answered).await;
    }
    // Who has a factor cannot set up another instead of proving it.
    let recovery = match enrolling.filter(|_| !factors.any()) {
        Some(app) => {
            let secret = login.open_app_secret(&user.id, &visit.cookies.browsers, app).await?;
            let secret = secret.ok_or(SignInRefused::Wrong)?;
            Some(login.enrol_app(&user.id, &secret, code).await?)
        }
        None => {
            login.prove_factor(&user.id, code).await?;
            None
        }
    };
    let signed_in = let_in(surface, visit, pending, user, Method::OneTimePassword).await?;
    let mut response = match recovery {
        Some(codes) => told_once(&visit.layout_for(surface, Some(pending)), closed, &codes),
        None => visit.go_on(surface, pending, closed, &signed_in.session).await,
    };
    set_session(&mut response, visit, &signed_in);
    Ok(response)
}

async fn by_passkey(
    surface: &Surface,
    visit: &Visit,
    (closed, pending): (&str, &Pending),
    user: &User,
    answered: Answered<'_>,
) -> Result<Response, SignInRefused> {
    let party = relying_party(&visit.published).ok_or(SignInRefused::Wrong)?;
    let browsers = &visit.cookies.browsers;
    surface.login.prove_passkey(party, &user.id, browsers, answered).await?;
    let signed_in = let_in(surface, visit, pending, user, Method::Passkey).await?;
    let mut response = visit.go_on(surface, pending, closed, &signed_in.session).await;
    set_session(&mut response, visit, &signed_in);
    Ok(response)
}

/// Lets somebody in who proved this factor, and a password before or now.
async fn let_in(
    surface: &Surface,
    visit: &Visit,
    pending: &Pending,
    user: &User,
    factor: Method,
) -> Result<SignedIn, SignInRefused> {
    let methods = match &visit.session {
        Some(found) if pending.proven(visit.now).is_none() => {
            found.session.with_second_factor(factor)
        }
        _ => vec![Method::Password, factor, Method::SeveralFactors],
    };
    let before = visit.cookies.session.as_ref();
    surface.login.let_in(&user.id, methods, before, &visit.agent).await
}

pub(crate) fn set_session(response: &mut Response, visit: &Visit, signed_in: &SignedIn) {
    let cookie = Cookie::Session.set(&visit.published, &signed_in.secret);
    response.headers_mut().append(header::SET_COOKIE, cookie);
}

impl Visit {
    /// Who is to prove a factor: who proved the password a moment ago, else who is signed in, if
    /// their session will do for the request. Anybody else proves the password first; so does who
    /// has no factor yet and did not sign in for this request: whoever found an open browser must
    /// not make their own app the person's.
    async fn candidate(
        &self,
        surface: &Surface,
    ) -> Result<(String, Pending, Arc<Person>), Instead> {
        let layout = self.layout(surface);
        let (closed, pending) = self.the_pending(surface)?;
        let proven = match pending.proven(self.now) {
            Some(id) => self.published.find_person(id).await,
            None => Ok(None),
        };
        let proven = proven.map_err(|error| failed(&layout, &error.to_string()))?;
        let session = self.session.as_ref().map(|found| &found.session);
        let signed_in = usable(self.person.as_ref(), &pending, session, self.now);
        let is_fresh = proven.is_some()
            || signed_in.as_ref().is_some_and(|(session, _)| pending.is_for(session));
        let person = proven.or(signed_in.map(|(_, user)| user));
        let is_active = |person: &Arc<Person>| person.user().status == UserStatus::Active;
        if let Some(person) = person.filter(is_active) {
            let factors = surface.login.find_factors(&person.user().id).await;
            let factors = factors.map_err(|error| failed(&layout, &error.to_string()))?;
            if is_fresh || factors.any() {
                return Ok((closed, pending, person));
            }
        }
        let base = self.published.public_url();
        let location = format!("{base}/signin?{REQUEST}={closed}");
        Err(redirect(StatusCode::SEE_OTHER, &location).into())
    }
}

async fn show(
    surface: &Surface,
    visit: &Visit,
    closed: &str,
    pending: &Pending,
    user: &User,
    refused: Option<SignInRefused>,
) -> Result<Response, Instead> {
    let layout = visit.layout_for(surface, Some(pending));
    let words = layout.words;
    let (status, told) = match &refused {
        None => (StatusCode::OK, None),
        Some(SignInRefused::Wrong | SignInRefused::Weak | SignInRefused::Expired { .. }) => {
            (StatusCode::BAD_REQUEST, Some(words.wrong_code.to_owned()))
        }
        Some(SignInRefused::Locked { seconds }) => {
            (StatusCode::TOO_MANY_REQUESTS, Some(words.locked(*seconds)))
        }
        Some(SignInRefused::Busy(_)) => {
            (StatusCode::SERVICE_UNAVAILABLE, Some(words.busy.to_owned()))
        }
        Some(SignInRefused::Store(error)) => return Ok(failed(&layout, &error.to_string())),
    };
    let factors = surface.login.find_factors(&user.id).await;
    let factors = factors.map_err(|error| failed(&layout, &error.to_string()))?;
    let request = hidden(REQUEST, closed);
    let (title, fields) = if factors.any() {
        let help = format!("<p>{}</p>\n", words.factor_help);
        (words.factor, format!("{request}{help}{}", code_field(&layout, told.is_some())))
    } else {
        let shown = shown_app(surface, visit, user).await;
        let (secret, app) = shown.map_err(|error| failed(&layout, &error.to_string()))?;
        let fields = set_up(&layout, user, (&secret, &app), told.is_some());
        (words.set_up, format!("{request}{fields}"))
    };
    let csrf = csrf_token(&visit.browser);
    let form = layout.form("signin/factor", &csrf, &fields);
    let party = relying_party(&visit.published).filter(|_| !factors.passkeys.is_empty());
    let (layout, passkey) = match party {
        Some(party) => {
            let asked = surface.login.ask_for_passkey(party, &user.id, &visit.browser);
            let asked = asked.await.map_err(|error| failed(&layout, &error.to_string()))?;
            let form = passkey::form(&layout, "signin/factor", &csrf, &asked, &request);
            (layout.running(passkey::SCRIPT), form)
        }
        None => (layout, String::new()),
    };
    Ok(layout.render(status, title, &format!("{}{passkey}{form}", alert(told.as_deref()))))
}

/// The app that is being set up in this browser before anybody is signed in, or another if there is none:
/// its secret, and the same closed up.
async fn shown_app(
    surface: &Surface,
    visit: &Visit,
    user: &User,
) -> Result<(AppSecret, String), AuthorizationError> {
    let (login, browsers) = (&surface.login, &visit.cookies.browsers);
    if let Some(app) = visit.form.find(APP)
        && let Some(secret) = login.open_app_secret(&user.id, browsers, app).await?
    {
        return Ok((secret, app.to_owned()));
    }
    login.new_app_secret(&user.id, &visit.browser).await
}

/// What sets up an app: its secret to scan or type, the same closed up, and a field for its first
/// password.
pub(super) fn set_up(
    layout: &Layout<'_>,
    user: &User,
    (secret, closed): (&AppSecret, &str),
    is_wrong: bool,
) -> String {
    let words = layout.words;
    let uri = uri(layout, user, secret);
    format!(
        "{app}<p>{help}</p>\n{picture}<p><a href=\"{uri}\">{open}</a></p>\n<p><code>{secret}</code></p>\n{code}",
        app = hidden(APP, closed),
        help = words.set_up_help,
        open = words.open_app,
        picture = qr_code(&uri, words.set_up_picture).unwrap_or_default(),
        uri = Text(&uri),
        secret = grouped(&secret.base32()),
        code = code_field(layout, is_wrong),
    )
}

fn uri(layout: &Layout<'_>, user: &User, secret: &AppSecret) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    secret.uri(&encode(layout.published.organization_name()), &encode(&user.login))
}

/// In fours, as one reads and types them.
fn grouped(text: &str) -> String {
    let mut grouped = String::with_capacity(text.len() * 5 / 4);
    for (index, character) in text.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(character);
    }
    grouped
}

fn code_field(layout: &Layout<'_>, is_wrong: bool) -> String {
    let described = if is_wrong { " aria-describedby=\"alert\"" } else { "" };
    format!(
        "<label for=\"code\">{}</label>\n\
         <input type=\"text\" id=\"code\" name=\"code\" inputmode=\"numeric\" \
         autocomplete=\"one-time-code\" spellcheck=\"false\" required autofocus{described}>\n\
         <button type=\"submit\">{}</button>\n",
        layout.words.code, layout.words.go_on
    )
}

/// The recovery codes, which are told this once.
fn told_once(layout: &Layout<'_>, closed: &str, codes: &[String]) -> Response {
    let base = layout.published.public_url();
    let next = format!("{base}/consent?{REQUEST}={closed}");
    let next = format!("<p><a href=\"{}\">{}</a></p>\n", Text(&next), layout.words.go_on);
    layout.render(StatusCode::OK, layout.words.recovery, &listed(layout, codes, &next))
}

pub(super) fn listed(layout: &Layout<'_>, codes: &[String], next: &str) -> String {
    let items: String =
        codes.iter().map(|code| format!("<li><code>{}</code></li>\n", grouped(code))).collect();
    format!("<p>{}</p>\n<ul class=\"rows\">\n{items}</ul>\n{next}", layout.words.recovery_help)
}
