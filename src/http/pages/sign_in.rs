//! `/signin`: user name and password.

use super::super::Surface;
use super::super::cookie::csrf_token;
use super::factor::set_session;
use super::layout::{Layout, Text, alert, hidden};
use super::{Instead, REQUEST, Visit, failed, redirect};
use crate::login::{Candidate, Invitation, Method, Pending, SignInRefused, invite};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

/// What stands on the page besides the form.
struct Shown<'s> {
    pending: Option<&'s Pending>,
    closed: Option<&'s str>,
    user_name: &'s str,
    alert: Option<&'s str>,
    csrf: &'s str,
}

/// `GET /signin`
pub(crate) async fn ask_sign_in(
    State(surface): State<Arc<Surface>>,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    let found = visit.pending(&surface)?;
    let pending = found.as_ref().map(|(_, pending)| pending);
    let hint = pending.and_then(Pending::request).and_then(|request| request.login_hint.as_deref());
    let shown = Shown {
        pending,
        closed: found.as_ref().map(|(closed, _)| closed.as_str()),
        user_name: hint.unwrap_or_default(),
        alert: None,
        csrf: &csrf_token(&visit.browser),
    };
    let page = page(&visit.layout_for(&surface, pending), StatusCode::OK, &shown);
    Ok(visit.keep_browser(page))
}

/// `POST /signin`
pub(crate) async fn sign_in(
    State(surface): State<Arc<Surface>>,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    visit.prove_form(&surface)?;
    let found = visit.pending(&surface)?;
    let refused = match try_sign_in(&surface, &visit, found.as_ref()).await {
        Ok(response) => return Ok(response),
        Err(refused) => refused,
    };
    let pending = found.as_ref().map(|(_, pending)| pending);
    let layout = visit.layout_for(&surface, pending);
    let words = layout.words;
    let told;
    let (status, alert) = match &refused {
        SignInRefused::Expired { user_id } => {
            return choose_another(&surface, &visit, user_id).await;
        }
        SignInRefused::Wrong | SignInRefused::Weak => (StatusCode::BAD_REQUEST, words.wrong),
        SignInRefused::Locked { seconds } => {
            told = words.locked(*seconds);
            (StatusCode::TOO_MANY_REQUESTS, told.as_str())
        }
        SignInRefused::Busy(_) => (StatusCode::SERVICE_UNAVAILABLE, words.busy),
        SignInRefused::Store(error) => return Ok(failed(&layout, &error.to_string())),
    };
    tracing::info!(why = %refused, "a sign-in was refused");
    let shown = Shown {
        pending,
        closed: found.as_ref().map(|(closed, _)| closed.as_str()),
        user_name: visit.form.find("username").unwrap_or_default(),
        alert: Some(alert),
        csrf: &csrf_token(&visit.browser),
    };
    Ok(page(&layout, status, &shown))
}

/// Sends on whose password has expired, as by a link that was made for them.
async fn choose_another(
    surface: &Surface,
    visit: &Visit,
    user_id: &str,
) -> Result<Response, Instead> {
    let (store, random) = (&surface.store, &surface.random);
    let made = invite(store, random, Invitation::Reset, user_id).await;
    let token = made.map_err(|error| failed(&visit.layout(surface), &error.to_string()))?;
    let word = Invitation::Reset.word();
    let location = format!("{}/{word}/{token}", visit.published.public_url());
    Ok(redirect(StatusCode::SEE_OTHER, &location))
}

async fn try_sign_in(
    surface: &Surface,
    visit: &Visit,
    found: Option<&(String, Pending)>,
) -> Result<Response, SignInRefused> {
    let login = visit.form.find("username").unwrap_or_default();
    let candidate = Candidate::new(visit.form.find("password").unwrap_or_default());
    let candidate = candidate.ok_or(SignInRefused::Wrong)?;
    let published = &visit.published;
    let proven = surface.login.prove_password(published, login, &candidate, visit.address).await?;
    let person = Arc::clone(&proven.user);
    let user = person.user();
    surface.login.accept(proven).await?;
    let (closed, pending) = match found {
        Some(found) => found.clone(),
        None => home(surface, visit)?,
    };
    if surface.login.find_factors(&user.id).await?.any() {
        let closed = closed_again(surface, &pending.with_proven(&user.id, visit.now))?;
        let location = format!("{}/signin/factor?{REQUEST}={closed}", published.public_url());
        return Ok(redirect(StatusCode::SEE_OTHER, &location));
    }
    let before = visit.cookies.session.as_ref();
    let methods = vec![Method::Password];
    let signed_in = surface.login.let_in(&user.id, methods, before, &visit.agent).await?;
    let mut response = visit.go_on(surface, &pending, &closed, &signed_in.session).await;
    set_session(&mut response, visit, &signed_in);
    Ok(response)
}

/// Who signs in for nothing in particular sees their account.
fn home(surface: &Surface, visit: &Visit) -> Result<(String, Pending), SignInRefused> {
    let pending = Pending::visit("/account".to_owned(), &visit.browser, visit.now);
    Ok((closed_again(surface, &pending)?, pending))
}

fn closed_again(surface: &Surface, pending: &Pending) -> Result<String, SignInRefused> {
    let failed = |error: crate::login::AuthorizationError| {
        SignInRefused::Store(crate::store::StoreError::Database(error.to_string()))
    };
    surface.login.close(pending).map_err(failed)
}

fn page(layout: &Layout<'_>, status: StatusCode, shown: &Shown<'_>) -> Response {
    let words = layout.words;
    let request = shown.pending.and_then(Pending::request);
    let client = request.and_then(|request| request.client(layout.published));
    let to = client.map_or_else(String::new, |client| {
        let label = Text(&client.label);
        format!("<p>{} <strong>{label}</strong></p>\n", words.to_continue_to)
    });
    let described = if shown.alert.is_some() { " aria-describedby=\"alert\"" } else { "" };
    // Who is known already goes on to the password.
    let (at_name, at_password) =
        if shown.user_name.is_empty() { (" autofocus", "") } else { ("", " autofocus") };
    let fields = format!(
        "{request}<label for=\"username\">{user_name}</label>\n\
         <input type=\"text\" id=\"username\" name=\"username\" value=\"{value}\" \
         autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" \
         required{at_name}{described}>\n\
         <label for=\"password\">{password}</label>\n\
         <input type=\"password\" id=\"password\" name=\"password\" \
         autocomplete=\"current-password\" required{at_password}>\n\
         <button type=\"submit\">{sign_in}</button>\n",
        request = shown.closed.map_or_else(String::new, |closed| hidden(REQUEST, closed)),
        user_name = words.user_name,
        value = Text(shown.user_name),
        password = words.password,
        sign_in = words.sign_in,
    );
    let text = layout.published.theme().sign_in_text.as_ref();
    let text = text.map_or_else(String::new, |text| format!("<p>{}</p>\n", Text(text)));
    let body =
        format!("{to}{text}{}{}", alert(shown.alert), layout.form("signin", shown.csrf, &fields));
    layout.render(status, words.sign_in, &body)
}
