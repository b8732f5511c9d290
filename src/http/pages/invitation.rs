//! `/welcome/{token}` and `/reset/{token}`: a person sets a password by a link that was sent to them.

use super::super::Surface;
use super::super::cookie::csrf_token;
use super::layout::{Text, alert};
use super::{Instead, Visit, error_page, failed, redirect};
use crate::administration::{ChangeRefused, UserTurn};
use crate::audit::{Actor, ActorKind};
use crate::directory::{Person, User};
use crate::login::{Candidate, Followed, Invitation, SignInRefused};
use crate::store::BatchOutcome;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use std::sync::Arc;

/// `GET` asks for the new password, `POST` takes it.
pub(crate) fn invited(invitation: Invitation) -> MethodRouter<Arc<Surface>> {
    let asked = move |State(surface): State<Arc<Surface>>, Path(token): Path<String>, request| async move {
        ask(&surface, invitation, &token, request).await
    };
    let followed =
        move |State(surface): State<Arc<Surface>>, Path(token): Path<String>, request| async move {
            follow(&surface, invitation, &token, request).await
        };
    get(asked).post(followed)
}

/// The page changes nothing: programs that look at links before people do spend no token.
async fn ask(
    surface: &Surface,
    invitation: Invitation,
    token: &str,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(surface, request).await?;
    let person = find(surface, &visit, invitation, token).await?;
    let user = person.user();
    Ok(page(surface, &visit, (invitation, token), user, None))
}

async fn follow(
    surface: &Surface,
    invitation: Invitation,
    token: &str,
    request: Request,
) -> Result<Response, Instead> {
    let visit = Visit::read(surface, request).await?;
    visit.prove_form(surface)?;
    let person = find(surface, &visit, invitation, token).await?;
    let user = person.user();
    let Some(new) = Candidate::new(visit.form.find("new").unwrap_or_default()) else {
        return Ok(page(surface, &visit, (invitation, token), user, Some(visit.words.weak)));
    };
    let published = &visit.published;
    match surface.login.follow_invitation(published, invitation, token, new).await {
        Ok(Some(followed)) => {
            let stopped = |why: String| failed(&visit.layout(surface), &why);
            if !choose(surface, &followed).await.map_err(stopped)? {
                return Ok(over(surface, &visit));
            }
            let ended = surface.login.end_with_password(&user.id).await;
            ended.map_err(|error| stopped(error.to_string()))?;
            let home = format!("{}/account", published.public_url());
            Ok(redirect(StatusCode::SEE_OTHER, &home))
        }
        Ok(None) => Ok(over(surface, &visit)),
        Err(SignInRefused::Weak | SignInRefused::Wrong) => {
            Ok(page(surface, &visit, (invitation, token), user, Some(visit.words.weak)))
        }
        Err(refused) => Ok(failed(&visit.layout(surface), &refused.to_string())),
    }
}

/// Gives somebody the password they chose. Who may not sign in yet may with it: that is one write, so
/// that nobody is left with a link that is spent and no way in. Answers whether the link counted still.
async fn choose(surface: &Surface, followed: &Followed) -> Result<bool, String> {
    let (user, ops) = (followed.person.user(), &followed.ops);
    if !UserTurn::ChoosePassword.may_begin_at(user.status) {
        let done = surface.store.batch(ops.clone()).await.map_err(|error| error.to_string())?;
        return Ok(done.value == BatchOutcome::Applied);
    }
    let actor = Actor { kind: ActorKind::User, id: user.id.clone(), ..Actor::system() };
    match surface.administration.choose_password(&actor, &user.id, ops).await {
        Ok(_) => Ok(true),
        Err(ChangeRefused::Conflict) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

async fn find(
    surface: &Surface,
    visit: &Visit,
    invitation: Invitation,
    token: &str,
) -> Result<Arc<Person>, Instead> {
    let found = surface.login.find_invited(&visit.published, invitation, token).await;
    let found = found.map_err(|error| failed(&visit.layout(surface), &error.to_string()))?;
    found.ok_or_else(|| over(surface, visit).into())
}

fn over(surface: &Surface, visit: &Visit) -> Response {
    error_page(&visit.layout(surface), 400, visit.words.link_is_over)
}

fn page(
    surface: &Surface,
    visit: &Visit,
    (invitation, token): (Invitation, &str),
    user: &User,
    wrong: Option<&str>,
) -> Response {
    let layout = visit.layout(surface);
    let words = layout.words;
    let described = if wrong.is_some() { " aria-describedby=\"alert\"" } else { "" };
    let login = Text(&user.login);
    // The name is there for whatever keeps passwords.
    let fields = format!(
        "<input type=\"text\" name=\"username\" value=\"{login}\" autocomplete=\"username\" \
         readonly aria-label=\"{user_name}\">\n\
         <label for=\"new\">{new}</label>\n<input type=\"password\" id=\"new\" name=\"new\" \
         autocomplete=\"new-password\" required autofocus{described}>\n\
         <button type=\"submit\">{go_on}</button>\n",
        user_name = words.user_name,
        new = words.new_password,
        go_on = words.go_on,
    );
    let action = format!("{}/{token}", invitation.word());
    let form = layout.form(&action, &csrf_token(&visit.browser), &fields);
    let title = match invitation {
        Invitation::Welcome => words.welcome,
        Invitation::Reset => words.reset,
    };
    let status = if wrong.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    visit.keep_browser(layout.render(status, title, &format!("{}{form}", alert(wrong))))
}
