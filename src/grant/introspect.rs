//! What a token says and whether it still counts (RFC 7662, authorization-server §2.8).

use super::client::authenticate_loosely;
use super::{Presented, Refusal, Request, Surroundings, family, find_server};
use crate::directory::UserStatus;
use crate::publish::{Published, RunningServer};
use crate::token::Claims;
use crate::token::opaque::{TokenKind, family_of_jti};
use serde_json::{Map, Value};

/// Claims of a token that the answer says by another name, or not at all.
const RENAMED: &[&str] = &["cid", "scp", "ver", "client_id", "scope"];

/// The answer to a client that asks about a token, as a JSON object. Of a token that does not count
/// it says nothing but that; a public client is told of its own tokens only.
///
/// # Errors
/// A client that is not proven, or no `token`.
pub async fn introspect(
    published: &Published,
    server_id: &str,
    presented: Presented,
    around: &Surroundings<'_>,
) -> Result<Map<String, Value>, Refusal> {
    let server = find_server(published, server_id)?;
    let request = Request::new(presented)?;
    let client = authenticate_loosely(published, &request)?;
    let token = request.form().find("token").ok_or_else(Refusal::no_token)?;
    let claims = accepted(published, server, token, around.now).filter(|claims| {
        !client.is_public() || claims.client() == Some(&client.application().client_id)
    });
    match claims {
        Some(claims) if goes_on(&claims, around).await? => Ok(describe(published, &claims)),
        _ => Ok(inactive()),
    }
}

fn inactive() -> Map<String, Value> {
    Map::from_iter([("active".to_owned(), Value::Bool(false))])
}

/// The claims of an access token of this server that still counts: it has not ended, its client is
/// active, and so is its user, if it has one.
fn accepted(
    published: &Published,
    server: &RunningServer,
    token: &str,
    now: i64,
) -> Option<Claims> {
    let bytes = server.keys().verifier().verify(token).ok()?;
    let claims = Claims::parse(&bytes).ok()?;
    claims.check(TokenKind::Access, server.issuer(), now).ok()?;
    let directory = published.directory();
    let client = directory.find_application(claims.client()?)?;
    let is_user_active = match claims.text("uid") {
        Some(id) => {
            let user = directory.users().get(directory.find_user_by_id(id)?)?;
            user.status == UserStatus::Active
        }
        None => true,
    };
    (client.status.is_active() && is_user_active).then_some(claims)
}

/// Whether the family of a token was not ended; what has none cannot be (decision 16).
async fn goes_on(claims: &Claims, around: &Surroundings<'_>) -> Result<bool, Refusal> {
    match claims.text("jti").and_then(family_of_jti) {
        Some(id) => Ok(family::find(around.store, id).await?.is_some()),
        None => Ok(true),
    }
}

fn describe(published: &Published, claims: &Claims) -> Map<String, Value> {
    let directory = published.directory();
    let user = claims.text("uid").and_then(|id| directory.find_user_by_id(id));
    let user = user.and_then(|index| directory.users().get(index));
    let own = [
        ("active", Some(Value::Bool(true))),
        ("token_type", Some(Value::from("Bearer"))),
        ("scope", claims.scope().map(Value::from)),
        ("client_id", claims.client().map(Value::from)),
        ("username", user.map(|user| Value::from(user.login.as_str()))),
    ];
    let mut answer: Map<String, Value> =
        own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    for (name, value) in claims.iter().filter(|(name, _)| !RENAMED.contains(name)) {
        answer.entry(name).or_insert_with(|| value.clone());
    }
    answer
}
