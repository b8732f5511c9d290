//! `/consent`: whether an application may have what it asks for.

use super::super::Surface;
use super::layout::{Text, hidden};
use super::{Instead, REQUEST, Visit};
use crate::directory::User;
use crate::login::{Asked, Pending, Said, Step};
use crate::server::Scope;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

/// The field that names the scopes that were shown.
const SHOWN: &str = "scopes";

/// How the name of a box begins that is ticked for a scope that may be left out.
const TICKED: &str = "scope:";

/// `GET /consent`
pub(crate) async fn ask_consent(
    State(surface): State<Arc<Surface>>,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    go_on(&surface, &visit, Said::Nothing, StatusCode::FOUND).await
}

/// `POST /consent`
pub(crate) async fn answer_consent(
    State(surface): State<Arc<Surface>>,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(&surface, request).await?;
    visit.prove_form(&surface)?;
    let shown = visit.form.find(SHOWN).unwrap_or_default();
    let shown: Vec<String> = shown.split(' ').map(str::to_owned).collect();
    let is_left_out = |name: &&String| visit.form.find(&format!("{TICKED}{name}")).is_none();
    let left_out: Vec<String> = shown.iter().filter(is_left_out).cloned().collect();
    let said = match visit.form.find("decision") {
        Some("allow") => Said::Yes { shown: &shown, left_out: &left_out },
        Some("deny") => Said::No,
        _ => Said::Nothing,
    };
    go_on(&surface, &visit, said, StatusCode::SEE_OTHER).await
}

async fn go_on(
    surface: &Surface,
    visit: &Visit,
    said: Said<'_>,
    status: StatusCode,
) -> Result<Response, Instead> {
    let (closed, pending) = visit.the_pending(surface)?;
    let session = visit.session.as_ref().map(|found| &found.session);
    let published = &visit.published;
    let step =
        surface.login.advance(published, &pending, session, said, visit.now, visit.address).await;
    Ok(match step {
        Step::Consent(asked) => page(surface, visit, &pending, &closed, &asked),
        step => visit.follow(surface, &pending, &closed, step, status).await,
    })
}

fn page(
    surface: &Surface,
    visit: &Visit,
    pending: &Pending,
    closed: &str,
    asked: &Asked,
) -> Response {
    let layout = visit.layout_for(surface, Some(pending));
    let words = layout.words;
    let request = pending.request();
    let client = request.and_then(|request| request.client(&visit.published));
    let label = client.map_or("", |client| client.label.as_str());
    let server = request.and_then(|request| request.server(&visit.published));
    let scopes = server.map(|server| server.definition());
    let scopes = scopes.map_or(&[][..], |server| &server.scopes);
    let is_asked = |scope: &&Scope| asked.scopes.contains(&scope.name);
    let items: String = scopes.iter().filter(is_asked).map(choice).collect();
    let links = client.map_or_else(String::new, |client| {
        let links = [(&client.policy_uri, words.privacy), (&client.tos_uri, words.terms)];
        let links = links.into_iter().filter_map(|(uri, text)| uri.as_deref().zip(Some(text)));
        links.map(|(uri, text)| link(uri, text)).collect()
    });
    let fields = format!(
        "<ul class=\"scopes\">\n{items}</ul>\n{links}{}{}\
         <button type=\"submit\" name=\"decision\" value=\"allow\">{}</button>\n\
         <button type=\"submit\" name=\"decision\" value=\"deny\" class=\"second\">{}</button>\n",
        hidden(REQUEST, closed),
        hidden(SHOWN, &asked.scopes.join(" ")),
        words.allow,
        words.deny,
    );
    let body = format!(
        "<p><strong>{label}</strong> {wants}</p>\n{form}<p class=\"soft\">{signed_in_as} {who}</p>\n",
        label = Text(label),
        wants = words.wants,
        form = layout.form("consent", &visit.csrf(), &fields),
        signed_in_as = words.signed_in_as,
        who = Text(visit.user().map_or("", |user| &user.login)),
    );
    layout.render(StatusCode::OK, words.consent, &body)
}

/// A scope that is asked for, with a box to tick if it may be left out.
fn choice(scope: &Scope) -> String {
    if !scope.is_optional {
        return item(scope);
    }
    let (name, description) = (Text(&scope.display_name), Text(&scope.description));
    format!(
        "<li><label class=\"choice\"><input type=\"checkbox\" name=\"{TICKED}{}\" value=\"yes\" \
         checked><span><strong>{name}</strong> <span class=\"soft\">{description}</span></span>\
         </label></li>\n",
        Text(&scope.name)
    )
}

pub(super) fn item(scope: &Scope) -> String {
    let (name, description) = (Text(&scope.display_name), Text(&scope.description));
    format!("<li><strong>{name}</strong> <span class=\"soft\">{description}</span></li>\n")
}

fn link(uri: &str, text: &str) -> String {
    let rel = "noopener noreferrer";
    format!("<p><a href=\"{}\" target=\"_blank\" rel=\"{rel}\">{text}</a></p>\n", Text(uri))
}

impl Visit {
    /// Who is signed in.
    pub(super) fn user(&self) -> Option<&User> {
        self.person.as_ref().map(|person| person.user())
    }
}
