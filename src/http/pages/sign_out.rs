//! `/signout`, and where clients send people to sign out: the session ends, tokens do not
//! (decision 16).

use super::super::Surface;
use super::super::address::with_parameters;
use super::super::cookie::Cookie;
use super::layout::hidden;
use super::{Instead, Visit, error_page, failed, redirect};
use crate::login::{Logout, read_logout};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use std::sync::Arc;

/// The field that names the server of a request to sign out.
const SERVER: &str = "server";

/// What of such a request the page carries on, besides the client whose it is. Not the ID token: it
/// may be another person's.
const CARRIED: &[&str] = &["post_logout_redirect_uri", "state"];

/// `GET /signout`: the person is asked, since any page can lead here.
pub(crate) async fn ask_sign_out(
    State(surface): State<Arc<Surface>>,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    Ok(match visit.session {
        Some(_) => ask(&surface, &visit, None, None),
        None => signed_out(&surface, &visit),
    })
}

/// `POST /signout`
pub(crate) async fn sign_out(
    State(surface): State<Arc<Surface>>,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    visit.prove_form(&surface)?;
    let logout = match visit.form.find(SERVER) {
        Some(server) => read_logout(&visit.published, server, &visit.form),
        None => Ok(Logout::default()),
    };
    Ok(match logout {
        Ok(logout) => end(&surface, &visit, &logout, StatusCode::SEE_OTHER).await,
        Err(error) => error_page(&visit.layout(&surface), 400, &error.description),
    })
}

/// A client's request: followed at once where it has the person's ID token.
pub(crate) async fn follow_logout(surface: &Surface, visit: &Visit, server: &str) -> Response {
    let logout = match read_logout(&visit.published, server, &visit.form) {
        Ok(logout) => logout,
        Err(error) => return error_page(&visit.layout(surface), 400, &error.description),
    };
    let signed_in = visit.session.as_ref().map(|found| &found.session.user_id);
    if signed_in.is_some() && signed_in != logout.user_id.as_ref() {
        return ask(surface, visit, Some(server), logout.client_id.as_deref());
    }
    end(surface, visit, &logout, StatusCode::FOUND).await
}

/// Ends the session and sends the browser on, as the answer to a form (`303`) or to an address
/// (`302`).
async fn end(surface: &Surface, visit: &Visit, logout: &Logout, status: StatusCode) -> Response {
    if let Some(secret) = &visit.cookies.session
        && let Err(error) = surface.login.end_session(secret).await
    {
        return failed(&visit.layout(surface), &error.to_string());
    }
    let mut response = match &logout.location {
        Some(location) => {
            let state = logout.state.iter().map(|state| ("state", state.clone()));
            redirect(status, &with_parameters(location, &state.collect::<Vec<_>>()))
        }
        None => signed_out(surface, visit),
    };
    if let Some(secret) = &visit.cookies.session {
        let cookie = Cookie::Session.clear(&visit.published, secret);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn ask(
    surface: &Surface,
    visit: &Visit,
    server: Option<&str>,
    client_id: Option<&str>,
) -> Response {
    let layout = visit.layout(surface);
    let layout = match visit.form.find("post_logout_redirect_uri") {
        Some(_) if server.is_some() => layout.leading_away(),
        _ => layout,
    };
    let words = layout.words;
    let carried = CARRIED.iter().filter_map(|name| Some((*name, visit.form.find(name)?)));
    let carried = client_id.map(|id| ("client_id", id)).into_iter().chain(carried);
    let carried = server.into_iter().map(|id| (SERVER, id)).chain(carried);
    let carried: String = carried.map(|(name, value)| hidden(name, value)).collect();
    let fields = format!("{carried}<button type=\"submit\">{}</button>\n", words.sign_out);
    let form = layout.form("signout", &visit.csrf(), &fields);
    let body = format!("<p>{}</p>\n{form}", words.sign_out_ask);
    visit.keep_browser(layout.render(StatusCode::OK, words.sign_out, &body))
}

fn signed_out(surface: &Surface, visit: &Visit) -> Response {
    let layout = visit.layout(surface);
    let words = layout.words;
    let body = format!("<p>{}</p>\n", words.signed_out_help);
    layout.render(StatusCode::OK, words.signed_out, &body)
}
