//! `/account`: what a person can see and change of their own: password, second factor, what they
//! allowed applications, where they are signed in.

use super::super::Surface;
use super::factor::{APP, listed, set_session, set_up};
use super::layout::{Layout, Text, alert, hidden};
use super::passkey::{self, relying_party};
use super::{Instead, REQUEST, Visit, failed, redirect};
use crate::directory::User;
use crate::login::{
    Agreement, Answered, AppSecret, Candidate, Factors, FoundSession, Method, Pending, Session,
    SignInRefused,
};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use claimsmith_runtime::time::{DateTime, Zone};
use std::sync::Arc;

/// Where the page is.
const HOME: &str = "/account";

/// What the page says at its top.
enum Notice {
    None,
    Done,
    Wrong(String),
}

/// `GET /account`
pub(crate) async fn account(
    State(surface): State<Arc<Surface>>,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    let (session, user) = visit.signed_in(&surface, HOME).await?;
    Ok(show(&surface, &visit, session, user, Notice::None).await)
}

/// `POST /account/{what}`
pub(crate) async fn change_account(
    State(surface): State<Arc<Surface>>,
    Path(what): Path<String>,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    visit.prove_own_form(&surface)?;
    let (session, user) = visit.signed_in(&surface, HOME).await?;
    let wrong = visit.words.wrong_password;
    let (changed, wrong) = match what.as_str() {
        "password" => (change_password(&surface, &visit, user).await, wrong),
        "factor" => change_factor(&surface, &visit, session, user).await,
        "passkey" => change_passkeys(&surface, &visit, session, user).await,
        "consent" => (revoke(&surface, &visit, user).await, wrong),
        "session" => (end_session(&surface, &visit, user).await, wrong),
        _ => return Ok(StatusCode::NOT_FOUND.into_response()),
    };
    let notice = match changed {
        Ok(Some(response)) => return Ok(response),
        Ok(None) => Notice::Done,
        Err(SignInRefused::Wrong) => Notice::Wrong(wrong.to_owned()),
        Err(refused) => Notice::Wrong(told(&visit, &refused)),
    };
    Ok(show(&surface, &visit, session, user, notice).await)
}

/// What a change came to: another page, or nothing but that it is done; and what is said where what
/// was to prove the person was wrong.
type Changed = (Result<Option<Response>, SignInRefused>, &'static str);

fn told(visit: &Visit, refused: &SignInRefused) -> String {
    let words = visit.words;
    match refused {
        SignInRefused::Wrong | SignInRefused::Expired { .. } => words.wrong_password.to_owned(),
        SignInRefused::Weak => words.weak.to_owned(),
        SignInRefused::Locked { seconds } => words.locked(*seconds),
        SignInRefused::Busy(_) | SignInRefused::Store(_) => words.busy.to_owned(),
    }
}

impl Visit {
    /// Who is signed in, with the second factor if they have one.
    ///
    /// # Errors
    /// Where they sign in, and are sent to `page` from.
    pub(super) async fn signed_in(
        &self,
        surface: &Surface,
        page: &str,
    ) -> Result<(&Session, &User), Instead> {
        let layout = self.layout(surface);
        let found = self.session.as_ref().map(|found| &found.session).zip(self.user());
        let Some((session, user)) = found.filter(|(_, user)| user.status.may_sign_in()) else {
            return Err(self.send_to(surface, "signin", page).into());
        };
        let factors = surface.login.find_factors(&user.id).await;
        let factors = factors.map_err(|error| failed(&layout, &error.to_string()))?;
        if factors.any() && !session.has_second_factor() {
            return Err(self.send_to(surface, "signin/factor", page).into());
        }
        Ok((session, user))
    }

    /// Sends somebody to sign in by one page of ours for another.
    pub(super) fn send_to(&self, surface: &Surface, by: &str, page: &str) -> Response {
        let pending = Pending::visit(page.to_owned(), &self.browser, self.now);
        let closed = match surface.login.close(&pending) {
            Ok(closed) => closed,
            Err(error) => return failed(&self.layout(surface), &error.description),
        };
        let public_url = self.published.public_url();
        let location = format!("{public_url}/{by}?{REQUEST}={closed}");
        self.keep_browser(redirect(StatusCode::SEE_OTHER, &location))
    }
}

async fn change_password(
    surface: &Surface,
    visit: &Visit,
    user: &User,
) -> Result<Option<Response>, SignInRefused> {
    let field = |name: &str| Candidate::new(visit.form.find(name).unwrap_or_default());
    let current = field("current").ok_or(SignInRefused::Wrong)?;
    let new = field("new").ok_or(SignInRefused::Weak)?;
    let (login, passwords) = (&surface.login, (&current, new));
    login.change_password(&visit.published, user, passwords, visit.address).await?;
    // Every other browser signs in again, and this one gets another secret.
    let methods = visit.session.as_ref().map(|found| found.session.methods.clone());
    let methods = methods.unwrap_or_default();
    let signed_in = login.let_in(&user.id, methods, None, &visit.agent).await?;
    let mut response = visit.back_to_account();
    set_session(&mut response, visit, &signed_in);
    Ok(Some(response))
}

async fn change_factor(
    surface: &Surface,
    visit: &Visit,
    session: &Session,
    user: &User,
) -> Changed {
    let words = visit.words;
    let code = visit.form.find("code").unwrap_or_default();
    match (visit.form.find("do"), visit.form.find(APP)) {
        (Some("remove"), _) => (remove(surface, user, code).await, words.wrong_code),
        (_, Some(app)) => {
            let response = enrol(surface, visit, session, user, app, code).await;
            (Ok(Some(response)), words.wrong_code)
        }
        (_, None) => (begin_to_enrol(surface, visit, user).await, words.wrong_password),
    }
}

async fn remove(
    surface: &Surface,
    user: &User,
    code: &str,
) -> Result<Option<Response>, SignInRefused> {
    surface.login.prove_factor(&user.id, code).await?;
    surface.login.remove_app(&user.id).await?;
    Ok(None)
}

/// That who is there knows the password.
async fn prove_current(surface: &Surface, visit: &Visit, user: &User) -> Result<(), SignInRefused> {
    let login = &surface.login;
    let current = Candidate::new(visit.form.find("current").unwrap_or_default());
    let current = current.ok_or(SignInRefused::Wrong)?;
    let (published, address) = (&visit.published, visit.address);
    let proven = login.prove_password(published, &user.login, &current, address).await?;
    login.accept(proven).await
}

/// Makes a passkey, or takes one away; both for who knows the password.
async fn change_passkeys(
    surface: &Surface,
    visit: &Visit,
    session: &Session,
    user: &User,
) -> Changed {
    let words = visit.words;
    match (visit.form.find("do"), visit.answered_by_passkey()) {
        (Some("remove"), _) => (remove_passkey(surface, visit, user).await, words.wrong_password),
        (_, Some(answered)) => {
            let made = add_passkey(surface, visit, session, user, answered).await;
            (made.map(Some), words.passkey_failed)
        }
        (_, None) => (ask_for_passkey(surface, visit, user).await, words.wrong_password),
    }
}

async fn remove_passkey(
    surface: &Surface,
    visit: &Visit,
    user: &User,
) -> Result<Option<Response>, SignInRefused> {
    prove_current(surface, visit, user).await?;
    let id = visit.form.find("key").unwrap_or_default();
    surface.login.remove_passkey(&user.id, id).await?;
    Ok(None)
}

async fn ask_for_passkey(
    surface: &Surface,
    visit: &Visit,
    user: &User,
) -> Result<Option<Response>, SignInRefused> {
    prove_current(surface, visit, user).await?;
    let layout = visit.layout(surface);
    let words = layout.words;
    let party = relying_party(&visit.published).ok_or(SignInRefused::Wrong)?;
    let own = visit.cookies.session.as_ref().ok_or(SignInRefused::Wrong)?;
    let person = (user.id.as_str(), user.login.as_str());
    let asked = match surface.login.ask_for_new_passkey(party, person, own).await {
        Ok(asked) => asked,
        Err(error) => return Ok(Some(failed(&layout, &error.to_string()))),
    };
    let form = passkey::form(&layout, "account/passkey", &visit.csrf(), &asked, "");
    let body = format!("<p>{}</p>\n{form}", words.passkey_help);
    let layout = layout.running(passkey::SCRIPT);
    Ok(Some(layout.render(StatusCode::OK, words.add_passkey, &body)))
}

async fn add_passkey(
    surface: &Surface,
    visit: &Visit,
    session: &Session,
    user: &User,
    answered: Answered<'_>,
) -> Result<Response, SignInRefused> {
    let party = relying_party(&visit.published).ok_or(SignInRefused::Wrong)?;
    let own = visit.cookies.session.clone().ok_or(SignInRefused::Wrong)?;
    let made = surface.login.enrol_passkey(party, &user.id, &[own], answered).await?;
    let methods = session.with_second_factor(Method::Passkey);
    let before = visit.cookies.session.as_ref();
    let signed_in = surface.login.let_in(&user.id, methods, before, &visit.agent).await?;
    let mut response = match made.as_slice() {
        [] => visit.back_to_account(),
        codes => recovery_page(surface, visit, codes),
    };
    set_session(&mut response, visit, &signed_in);
    Ok(response)
}

/// The recovery codes, which are told this once.
fn recovery_page(surface: &Surface, visit: &Visit, codes: &[String]) -> Response {
    let layout = visit.layout(surface);
    let home = format!("{}{HOME}", visit.published.public_url());
    let next = format!("<p><a href=\"{}\">{}</a></p>\n", Text(&home), layout.words.go_on);
    let body = listed(&layout, codes, &next);
    layout.render(StatusCode::OK, layout.words.recovery, &body)
}

/// Shows the secret of a new app to who knows the password: whoever found an open browser must not
/// make their own app the person's.
async fn begin_to_enrol(
    surface: &Surface,
    visit: &Visit,
    user: &User,
) -> Result<Option<Response>, SignInRefused> {
    let login = &surface.login;
    prove_current(surface, visit, user).await?;
    if login.find_factors(&user.id).await?.app_since.is_some() {
        return Ok(Some(visit.back_to_account()));
    }
    let browser = visit.cookies.session.as_ref().ok_or(SignInRefused::Wrong)?;
    let (secret, app) = match login.new_app_secret(&user.id, browser).await {
        Ok(fresh) => fresh,
        Err(error) => return Ok(Some(failed(&visit.layout(surface), &error.to_string()))),
    };
    Ok(Some(set_up_page(surface, visit, user, (&secret, &app), None)))
}

/// Sets up the app that a page of this session showed.
async fn enrol(
    surface: &Surface,
    visit: &Visit,
    session: &Session,
    user: &User,
    app: &str,
    code: &str,
) -> Response {
    let browser = visit.cookies.session.as_slice();
    let secret = match surface.login.open_app_secret(&user.id, browser, app).await {
        Ok(Some(secret)) => secret,
        Ok(None) => {
            let notice = Notice::Wrong(visit.words.form_too_old.to_owned());
            return show(surface, visit, session, user, notice).await;
        }
        Err(error) => return failed(&visit.layout(surface), &error.to_string()),
    };
    match finish_enrolling(surface, visit, session, user, &secret, code).await {
        Ok(response) => response,
        Err(SignInRefused::Wrong) => {
            set_up_page(surface, visit, user, (&secret, app), Some(visit.words.wrong_code))
        }
        Err(refused) => {
            show(surface, visit, session, user, Notice::Wrong(told(visit, &refused))).await
        }
    }
}

/// The session has proven the app too from then on.
async fn finish_enrolling(
    surface: &Surface,
    visit: &Visit,
    session: &Session,
    user: &User,
    secret: &AppSecret,
    code: &str,
) -> Result<Response, SignInRefused> {
    let login = &surface.login;
    if login.find_factors(&user.id).await?.app_since.is_some() {
        return Ok(visit.back_to_account());
    }
    let codes = login.enrol_app(&user.id, secret, code).await?;
    let methods = session.with_second_factor(Method::OneTimePassword);
    let before = visit.cookies.session.as_ref();
    let signed_in = login.let_in(&user.id, methods, before, &visit.agent).await?;
    let mut response = recovery_page(surface, visit, &codes);
    set_session(&mut response, visit, &signed_in);
    Ok(response)
}

fn set_up_page(
    surface: &Surface,
    visit: &Visit,
    user: &User,
    app: (&AppSecret, &str),
    wrong: Option<&str>,
) -> Response {
    let layout = visit.layout(surface);
    let fields = set_up(&layout, user, app, wrong.is_some());
    let form = layout.form("account/factor", &visit.csrf(), &fields);
    let status = if wrong.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    layout.render(status, layout.words.set_up, &format!("{}{form}", alert(wrong)))
}

async fn revoke(
    surface: &Surface,
    visit: &Visit,
    user: &User,
) -> Result<Option<Response>, SignInRefused> {
    let find = |name: &str| visit.form.find(name).unwrap_or_default();
    surface.login.revoke_agreement(&user.id, find("client"), find("server")).await?;
    Ok(Some(visit.back_to_account()))
}

async fn end_session(
    surface: &Surface,
    visit: &Visit,
    user: &User,
) -> Result<Option<Response>, SignInRefused> {
    let id = visit.form.find("session").unwrap_or_default();
    surface.login.end_session_of(&user.id, id).await?;
    Ok(Some(visit.back_to_account()))
}

impl Visit {
    fn back_to_account(&self) -> Response {
        redirect(StatusCode::SEE_OTHER, &format!("{}/account", self.published.public_url()))
    }
}

async fn show(
    surface: &Surface,
    visit: &Visit,
    session: &Session,
    user: &User,
    notice: Notice,
) -> Response {
    let layout = visit.layout(surface);
    let login = &surface.login;
    let read = async {
        let agreements = login.list_agreements(&user.id).await?;
        let sessions = login.list_sessions(&user.id).await?;
        Ok::<_, crate::store::StoreError>((
            agreements,
            sessions,
            login.find_factors(&user.id).await?,
        ))
    };
    let (agreements, sessions, factors) = match read.await {
        Ok(read) => read,
        Err(error) => return failed(&layout, &error.to_string()),
    };
    let csrf = visit.csrf();
    let words = layout.words;
    let (status, top) = match &notice {
        Notice::None => (StatusCode::OK, String::new()),
        Notice::Done => (StatusCode::OK, format!("<p role=\"status\">{}</p>\n", words.done)),
        Notice::Wrong(text) => (StatusCode::BAD_REQUEST, alert(Some(text))),
    };
    let body = format!(
        "{top}<p>{signed_in_as} <strong>{who}</strong></p>\n{sign_out}\
         <h2>{password}</h2>\n{password_form}<h2>{factor}</h2>\n{factor_form}{passkeys}\
         <h2>{consents}</h2>\n{agreements}<h2>{sessions_title}</h2>\n{sessions}",
        signed_in_as = words.signed_in_as,
        who = Text(&user.login),
        sign_out = layout.form("signout", &csrf, &button("second", words.sign_out)),
        password = words.password,
        password_form = password_form(&layout, &csrf),
        factor = words.factor,
        factor_form =
            factor_form(&layout, &csrf, factors.app_since.is_some(), factors.n_recovery_codes),
        passkeys = passkeys(&layout, &csrf, &factors),
        consents = words.consents,
        agreements = rows_of(words, agreements.iter().map(|one| agreement(&layout, &csrf, one))),
        sessions_title = words.sessions,
        sessions =
            rows_of(words, sessions.iter().map(|one| session_row(&layout, &csrf, one, session))),
    );
    layout.render(status, words.account, &body)
}

fn button(class: &str, text: &str) -> String {
    format!("<button type=\"submit\" class=\"{class}\">{text}</button>\n")
}

fn rows_of(words: &super::Words, rows: impl Iterator<Item = String>) -> String {
    let rows: String = rows.collect();
    if rows.is_empty() {
        return format!("<p class=\"soft\">{}</p>\n", words.none);
    }
    format!("<ul class=\"rows\">\n{rows}</ul>\n")
}

fn password_field(id: &str, name: &str, label: &str) -> String {
    format!(
        "<label for=\"{id}\">{label}</label>\n<input type=\"password\" id=\"{id}\" \
         name=\"{name}\" autocomplete=\"{name}-password\" required>\n"
    )
}

fn password_form(layout: &Layout<'_>, csrf: &str) -> String {
    let words = layout.words;
    let fields = [
        password_field("current", "current", words.current_password),
        password_field("new", "new", words.new_password),
        button("", words.change_password),
    ];
    layout.form("account/password", csrf, &fields.concat())
}

fn factor_form(layout: &Layout<'_>, csrf: &str, has_app: bool, n_codes: usize) -> String {
    let words = layout.words;
    if !has_app {
        let fields = [
            password_field("factor-current", "current", words.current_password),
            button("second", words.set_up),
        ];
        return layout.form("account/factor", csrf, &fields.concat());
    }
    let fields = format!(
        "<p>{} {n_codes}</p>\n{}<label for=\"code\">{}</label>\n\
         <input type=\"text\" id=\"code\" name=\"code\" autocomplete=\"one-time-code\" required>\n{}",
        words.codes_left,
        hidden("do", "remove"),
        words.code,
        button("second", words.remove_factor),
    );
    layout.form("account/factor", csrf, &fields)
}

/// The passkeys of a person, and how to make one, where there can be any.
fn passkeys(layout: &Layout<'_>, csrf: &str, factors: &Factors) -> String {
    let words = layout.words;
    if relying_party(layout.published).is_none() {
        return String::new();
    }
    let rows = factors.passkeys.iter().enumerate().map(|(index, (id, since))| {
        let day = day(*since).unwrap_or_default();
        let fields = [
            hidden("do", "remove"),
            hidden("key", id),
            password_field(&format!("passkey-{index}"), "current", words.current_password),
            button("small second", words.remove_passkey),
        ];
        let form = layout.form("account/passkey", csrf, &fields.concat());
        format!("<li><span>{} {day}</span>{form}</li>\n", words.passkey)
    });
    let fields = [
        password_field("passkey-current", "current", words.current_password),
        button("second", words.add_passkey),
    ];
    let add = layout.form("account/passkey", csrf, &fields.concat());
    format!("<h3>{}</h3>\n{}{add}", words.passkeys, rows_of(words, rows))
}

/// The day of a time in seconds since 1970, in UTC (RFC 3339).
fn day(seconds: i64) -> Option<String> {
    let time = DateTime::new(seconds.saturating_mul(1_000_000), Zone::UTC)?.text();
    time.split('T').next().map(str::to_owned)
}

fn agreement(layout: &Layout<'_>, csrf: &str, agreement: &Agreement) -> String {
    let client = layout.published.directory().find_application(&agreement.client_id);
    let label = client.map_or(agreement.client_id.as_str(), |client| &client.label);
    let scopes: Vec<&str> = agreement.scopes.keys().map(String::as_str).collect();
    let fields = [
        hidden("client", &agreement.client_id),
        hidden("server", &agreement.server),
        button("small second", layout.words.revoke),
    ];
    format!(
        "<li><span><strong>{}</strong> <span class=\"soft\">{}</span></span>{}</li>\n",
        Text(label),
        Text(&scopes.join(", ")),
        layout.form("account/consent", csrf, &fields.concat()),
    )
}

fn session_row(layout: &Layout<'_>, csrf: &str, found: &FoundSession, own: &Session) -> String {
    let words = layout.words;
    let Session { id, agent, .. } = &found.session;
    let agent = if agent.is_empty() { words.unknown_browser } else { agent };
    let agent = Text(agent);
    if *id == own.id {
        return format!(
            "<li><span>{agent}</span><span class=\"soft\">{}</span></li>\n",
            words.this_browser
        );
    }
    let fields = [hidden("session", id), button("small second", words.end)];
    let form = layout.form("account/session", csrf, &fields.concat());
    format!("<li><span>{agent}</span>{form}</li>\n")
}
