//! `/activate`: a person types the code that a device shows, sees which application asks for what,
//! and allows or denies it (RFC 8628 §3.3).

use super::super::Surface;
use super::super::address::with_parameters;
use super::layout::{Text, alert, hidden};
use super::{Instead, Visit, failed};
use crate::grant::WaitingDevice;
use crate::login::{Authenticator, Session, SignInRefused};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

/// The field with the code, by the name that addresses have for it (RFC 8628 §3.3.1).
const CODE: &str = "user_code";

/// `GET /activate`: the code is only filled in, since an address may come from anybody.
pub(crate) async fn ask_code(
    State(surface): State<Arc<Surface>>,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    visit.signed_in(&surface, &here(&visit)).await?;
    Ok(ask(&surface, &visit, StatusCode::OK, None))
}

/// `POST /activate`
pub(crate) async fn activate(
    State(surface): State<Arc<Surface>>,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    visit.prove_own_form(&surface)?;
    let (session, user) = visit.signed_in(&surface, &here(&visit)).await?;
    let typed = visit.form.find(CODE).unwrap_or_default();
    let around = surface.around();
    let found = surface.login.find_device(&around, &user.id, typed, visit.address);
    let device = match found.await {
        Ok(device) => device,
        Err(refused) => return Ok(refuse(&surface, &visit, &refused)),
    };
    let client = visit.published.directory().find_application(&device.request.client);
    if client.is_some_and(|client| Authenticator::needs_second_factor(client, session)) {
        return Err(visit.send_to(&surface, "signin/factor", &here(&visit)).into());
    }
    Ok(match visit.form.find("decision") {
        None => confirm(&surface, &visit, &device, typed),
        Some(decision) => decide(&surface, &visit, &device, session, decision == "allow").await,
    })
}

/// The page with the code filled in, which who signs in for it comes back to.
fn here(visit: &Visit) -> String {
    let typed = visit.form.find(CODE).map(|typed| (CODE, typed.to_owned()));
    with_parameters("/activate", typed.as_slice())
}

async fn decide(
    surface: &Surface,
    visit: &Visit,
    device: &WaitingDevice,
    session: &Session,
    allows: bool,
) -> Response {
    let layout = visit.layout(surface);
    let words = layout.words;
    let login = &surface.login;
    let decided = match allows {
        true => login.allow_device(&visit.published, device, session, visit.now).await,
        false => login.deny_device(device).await,
    };
    match decided {
        Ok(()) => {
            let text = if allows { words.device_allowed } else { words.device_denied };
            let body = format!("<p role=\"status\">{text}</p>\n");
            layout.render(StatusCode::OK, words.device, &body)
        }
        Err(error) if error.code == "interaction_required" => {
            visit.send_to(surface, "signin/factor", &here(visit))
        }
        Err(error) if matches!(error.code, "temporarily_unavailable" | "server_error") => {
            failed(&layout, &error.to_string())
        }
        Err(error) => {
            tracing::info!(code = error.code, why = %error, "a device was refused");
            ask(surface, visit, StatusCode::BAD_REQUEST, Some(&error.description))
        }
    }
}

fn refuse(surface: &Surface, visit: &Visit, refused: &SignInRefused) -> Response {
    let words = visit.words;
    match refused {
        SignInRefused::Wrong | SignInRefused::Weak | SignInRefused::Expired { .. } => {
            ask(surface, visit, StatusCode::BAD_REQUEST, Some(words.wrong_device))
        }
        SignInRefused::Locked { seconds } => {
            ask(surface, visit, StatusCode::TOO_MANY_REQUESTS, Some(&words.locked(*seconds)))
        }
        SignInRefused::Busy(_) | SignInRefused::Store(_) => {
            failed(&visit.layout(surface), &refused.to_string())
        }
    }
}

fn ask(surface: &Surface, visit: &Visit, status: StatusCode, wrong: Option<&str>) -> Response {
    let layout = visit.layout(surface);
    let words = layout.words;
    let described = if wrong.is_some() { " aria-describedby=\"alert\"" } else { "" };
    let fields = format!(
        "<p>{help}</p>\n<label for=\"{CODE}\">{label}</label>\n\
         <input type=\"text\" id=\"{CODE}\" name=\"{CODE}\" value=\"{value}\" autocomplete=\"off\" \
         autocapitalize=\"characters\" spellcheck=\"false\" required autofocus{described}>\n\
         <button type=\"submit\">{go_on}</button>\n",
        help = words.device_help,
        label = words.code,
        value = Text(visit.form.find(CODE).unwrap_or_default()),
        go_on = words.go_on,
    );
    let form = layout.form("activate", &visit.csrf(), &fields);
    layout.render(status, words.device, &format!("{}{form}", alert(wrong)))
}

/// Which application it is, before anything is allowed, also when the code came with the address
/// (RFC 8628 §5.4).
fn confirm(surface: &Surface, visit: &Visit, device: &WaitingDevice, typed: &str) -> Response {
    let layout = visit.layout(surface);
    let words = layout.words;
    let asked = &device.request;
    let client = visit.published.directory().find_application(&asked.client);
    let label = client.map_or(asked.client.as_str(), |client| &client.label);
    let server = visit.published.find_server(&asked.server);
    let scopes = server.map_or(&[][..], |server| &server.definition().scopes);
    let items: String = scopes
        .iter()
        .filter(|scope| match asked.scopes.as_slice() {
            [] => scope.is_default,
            named => named.contains(&scope.name),
        })
        .map(super::consent::item)
        .collect();
    let fields = format!(
        "{}<button type=\"submit\" name=\"decision\" value=\"allow\">{}</button>\n\
         <button type=\"submit\" name=\"decision\" value=\"deny\" class=\"second\">{}</button>\n",
        hidden(CODE, typed),
        words.allow,
        words.deny,
    );
    let body = format!(
        "<p><strong>{label}</strong> {wants}</p>\n<ul class=\"scopes\">\n{items}</ul>\n\
         <p>{check} <code>{code}</code></p>\n{form}",
        label = Text(label),
        wants = words.wants,
        check = words.device_check,
        code = Text(typed),
        form = layout.form("activate", &visit.csrf(), &fields),
    );
    layout.render(StatusCode::OK, words.consent, &body)
}
