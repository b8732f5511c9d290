//! `/api/v1/authn`: signing in by a program (Okta's Authentication API, decision 39). It takes no
//! cookie and sets none: what it gives is a session token, which the authorization endpoint takes.

use super::answer::private;
use super::error::ManagementError;
use super::extract::{FORM_BYTES, read_json};
use super::limit::told_until;
use super::{ClientAddress, Surface};
use crate::directory::User;
use crate::document::Json;
use crate::login::{Candidate, SignInRefused, Stage, Transaction};
use crate::publish::Published;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use claimsmith_runtime::time::{DateTime, Zone};
use serde_json::{Value, json};
use std::sync::Arc;

const MICROSECONDS_A_SECOND: i64 = 1_000_000;

/// Attributes of a person that are told to who signs them in.
const PROFILE: &[(&str, &str)] = &[
    ("login", "login"),
    ("firstName", "firstName"),
    ("lastName", "lastName"),
    ("locale", "locale"),
    ("timeZone", "timezone"),
];

/// `POST /api/v1/authn`: begins with `username` and `password`, or tells where a `stateToken` stands.
pub(super) async fn begin(State(surface): State<Arc<Surface>>, request: Request) -> Response {
    let address = request.extensions().get::<ClientAddress>().map(|address| address.0);
    let body = match read_json(request, FORM_BYTES).await {
        Ok(body) => body,
        Err(error) => return error.into_response(),
    };
    let (Some(login), Some(password)) = (text(&body, "username"), text(&body, "password")) else {
        return match text(&body, "stateToken") {
            Some(token) => stand(&surface, token).await,
            None => ManagementError::no_credentials().into_response(),
        };
    };
    let published = surface.issuer.version();
    let Some(candidate) = Candidate::new(password) else {
        return ManagementError::authentication_failed().into_response();
    };
    let begun = surface.login.begin_transaction(&published, login, &candidate, address).await;
    match begun {
        Ok(transaction) => tell(&published, &transaction),
        Err(refused) => refuse(&surface, &refused, ManagementError::authentication_failed()),
    }
}

/// `POST /api/v1/authn/introspect`
pub(super) async fn introspect(State(surface): State<Arc<Surface>>, request: Request) -> Response {
    match read_json(request, FORM_BYTES).await {
        Ok(body) => stand(&surface, text(&body, "stateToken").unwrap_or_default()).await,
        Err(error) => error.into_response(),
    }
}

/// `POST /api/v1/authn/factors/{id}/verify`: goes on with `passCode`.
pub(super) async fn verify(
    State(surface): State<Arc<Surface>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let body = match read_json(request, FORM_BYTES).await {
        Ok(body) => body,
        Err(error) => return error.into_response(),
    };
    let token = text(&body, "stateToken").unwrap_or_default();
    let published = surface.issuer.version();
    let found = match surface.login.find_transaction(&published, token).await {
        Ok(Some(found)) => found,
        Ok(None) => return ManagementError::invalid_token().into_response(),
        Err(refused) => return refuse(&surface, &refused, ManagementError::invalid_token()),
    };
    if !matches!(&found.stage, Stage::Factor { factor_id, .. } if *factor_id == id) {
        return ManagementError::not_found(&format!("{id} (Factor)")).into_response();
    }
    let Some(code) = text(&body, "passCode") else {
        return ManagementError::no_pass_code().into_response();
    };
    match surface.login.prove_transaction(&published, token, code).await {
        Ok(Some(transaction)) => tell(&published, &transaction),
        Ok(None) => ManagementError::invalid_token().into_response(),
        Err(refused) => refuse(&surface, &refused, ManagementError::wrong_pass_code()),
    }
}

/// `POST /api/v1/authn/cancel`
pub(super) async fn cancel(State(surface): State<Arc<Surface>>, request: Request) -> Response {
    let body = match read_json(request, FORM_BYTES).await {
        Ok(body) => body,
        Err(error) => return error.into_response(),
    };
    let token = text(&body, "stateToken").unwrap_or_default();
    match surface.login.cancel_transaction(token).await {
        Ok(true) => private(StatusCode::OK, "{}".to_owned()),
        Ok(false) => ManagementError::invalid_token().into_response(),
        Err(refused) => refuse(&surface, &refused, ManagementError::invalid_token()),
    }
}

async fn stand(surface: &Surface, state_token: &str) -> Response {
    let published = surface.issuer.version();
    match surface.login.find_transaction(&published, state_token).await {
        Ok(Some(transaction)) => tell(&published, &transaction),
        Ok(None) => ManagementError::invalid_token().into_response(),
        Err(refused) => refuse(surface, &refused, ManagementError::invalid_token()),
    }
}

fn text<'b>(body: &'b Value, name: &str) -> Option<&'b str> {
    body.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// `wrong` is for what was guessed wrong.
fn refuse(surface: &Surface, refused: &SignInRefused, wrong: ManagementError) -> Response {
    tracing::info!(why = %refused, "a sign-in by a program was refused");
    match refused {
        SignInRefused::Wrong | SignInRefused::Weak | SignInRefused::Expired { .. } => {
            wrong.into_response()
        }
        SignInRefused::Locked { seconds } => {
            let reset = surface.clock.seconds().saturating_add(*seconds);
            told_until(reset, ManagementError::too_many().into_response())
        }
        SignInRefused::Busy(_) | SignInRefused::Store(_) => {
            ManagementError::unavailable().into_response()
        }
    }
}

fn tell(published: &Published, transaction: &Transaction) -> Response {
    let base = published.public_url();
    let user = Some(transaction.user.user());
    let (told, expires_at) = (user.map(told_of), time(transaction.expires_at));
    let body = match &transaction.stage {
        Stage::Done { session_token } => json!({
            "expiresAt": expires_at,
            "status": "SUCCESS",
            "sessionToken": session_token,
            "_embedded": { "user": told },
        }),
        Stage::Factor { state_token, factor_id } => {
            let verify = format!("{base}/api/v1/authn/factors/{factor_id}/verify");
            let factor = json!({
                "id": factor_id,
                "factorType": "token:software:totp",
                "provider": "GOOGLE",
                "vendorName": "GOOGLE",
                "profile": { "credentialId": user.map(|user| &user.login) },
                "_links": { "verify": link(&verify) },
            });
            json!({
                "expiresAt": expires_at,
                "status": "MFA_REQUIRED",
                "stateToken": state_token,
                "_embedded": { "user": told, "factors": [factor] },
                "_links": { "cancel": link(&format!("{base}/api/v1/authn/cancel")) },
            })
        }
    };
    private(StatusCode::OK, body.to_string())
}

fn told_of(user: &User) -> Value {
    let told = PROFILE.iter().filter_map(|(name, attribute)| match user.attribute(attribute)? {
        Json::Text(value) => Some(((*name).to_owned(), Value::from(value.as_str()))),
        _ => None,
    });
    json!({ "id": user.id, "profile": Value::Object(told.collect()) })
}

fn link(href: &str) -> Value {
    json!({ "href": href, "hints": { "allow": ["POST"] } })
}

fn time(seconds: i64) -> Option<String> {
    let time = DateTime::new(seconds.saturating_mul(MICROSECONDS_A_SECOND), Zone::UTC)?;
    Some(time.text())
}
