//! What a token says and whether it still counts (RFC 7662, authorization-server §2.8).

use super::accept::{Accepted, accept, accept_identity};
use super::client::authenticate_loosely;
use super::family::{self, Standing};
use super::{Endpoint, Presented, ProvenClient, Refusal, Request, Surroundings, find_server};
use crate::directory::UserStatus;
use crate::publish::{Published, RunningServer};
use crate::token::refresh::looks_like_refresh_token;
use serde_json::{Map, Value};

/// The hint without which no ID token counts: who asks whether a request may pass must not take one
/// for an access token (decision 15).
const ID_TOKEN: &str = "id_token";

/// Claims of a token that the answer says by another name, or not at all.
const RENAMED: &[&str] = &["cid", "scp", "ver", "client_id", "scope"];

/// The answer to a client that asks about a token, as a JSON object. Of a token that does not count
/// it says nothing but that; a public client is told of its own tokens only, and of a refresh token
/// its own client only.
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
    let endpoint = Endpoint::new(published, server, "introspect", "POST");
    let client = authenticate_loosely(published, &request, &endpoint, around).await?;
    let token = request.form().find("token").ok_or_else(Refusal::no_token)?;
    let is_said = request.form().find("token_type_hint") == Some(ID_TOKEN);
    let identity = match is_said && !looks_like_refresh_token(token) {
        true => accept_identity(published, server, token, around.now).await?,
        false => None,
    };
    let told = if looks_like_refresh_token(token) {
        of_refresh_token(client, server, token, around).await?
    } else if let Some(identity) = identity {
        let may_ask = !client.is_public() || is_of(client, &identity);
        may_ask.then(|| describe_identity(&identity))
    } else {
        let accepted = accept(published, server, token, around).await?;
        accepted.filter(|accepted| may_ask(client, accepted)).map(|accepted| describe(&accepted))
    };
    Ok(told.unwrap_or_else(inactive))
}

fn inactive() -> Map<String, Value> {
    Map::from_iter([("active".to_owned(), Value::Bool(false))])
}

/// Whether this client may ask about this token. Where applications are bound to its audience, only
/// they and its own client may (decision 14).
pub(super) fn may_ask(client: ProvenClient<'_>, accepted: &Accepted<'_>) -> bool {
    if is_of(client, accepted) {
        return true;
    }
    let asker = client.application();
    let audience = accepted.claims.text("aud").unwrap_or_default();
    let mut bound = client.published().directory().bound_to(audience).peekable();
    let is_free = bound.peek().is_none();
    !client.is_public() && (is_free || bound.any(|known| known.client_id == asker.client_id))
}

fn is_of(client: ProvenClient<'_>, accepted: &Accepted<'_>) -> bool {
    accepted.client.client_id == client.application().client_id
}

/// An ID token is nothing to be presented, so that nothing is said of how and for what.
fn describe_identity(accepted: &Accepted<'_>) -> Map<String, Value> {
    let user = accepted.user.as_ref().map(|person| person.user());
    let mut answer = object([
        ("active", Some(Value::Bool(true))),
        ("client_id", Some(Value::from(accepted.client.client_id.as_str()))),
        ("username", user.map(|user| Value::from(user.login.as_str()))),
    ]);
    for (name, value) in accepted.claims.iter().filter(|(name, _)| *name != "ver") {
        answer.entry(name).or_insert_with(|| value.clone());
    }
    answer
}

fn describe(accepted: &Accepted<'_>) -> Map<String, Value> {
    let claims = &accepted.claims;
    let user = accepted.user.as_ref().map(|person| person.user());
    let is_bound = claims.iter().any(|(name, _)| name == "cnf");
    let own = [
        ("active", Some(Value::Bool(true))),
        ("token_type", Some(Value::from(if is_bound { "DPoP" } else { "Bearer" }))),
        ("scope", claims.scope().map(Value::from)),
        ("client_id", claims.client().map(Value::from)),
        ("username", user.map(|user| Value::from(user.login.as_str()))),
    ];
    let mut answer = object(own);
    for (name, value) in claims.iter().filter(|(name, _)| !RENAMED.contains(name)) {
        answer.entry(name).or_insert_with(|| value.clone());
    }
    answer
}

/// What a client is told of its own refresh token.
async fn of_refresh_token(
    client: ProvenClient<'_>,
    server: &RunningServer,
    token: &str,
    around: &Surroundings<'_>,
) -> Result<Option<Map<String, Value>>, Refusal> {
    let published = client.published();
    let Some(token) = published.keyring().refresh.read(token) else { return Ok(None) };
    let Some(found) = family::find(around.store, &token.family.text()).await? else {
        return Ok(None);
    };
    let grant = &found.family.grant;
    let leeway = i64::from(client.application().refresh_leeway);
    let standing = found.family.standing(token.generation, leeway, found.at);
    let person = published.find_person(&grant.user).await?;
    let user = person.as_ref().map(|person| person.user());
    let Some(user) = user.filter(|user| user.status == UserStatus::Active) else {
        return Ok(None);
    };
    let is_own = grant.client == client.application().client_id
        && grant.server == server.definition().id
        && matches!(standing, Standing::Current | Standing::Predecessor);
    Ok(is_own.then(|| {
        object([
            ("active", Some(Value::Bool(true))),
            ("token_type", Some(Value::from("Bearer"))),
            ("scope", Some(Value::from(grant.scopes.join(" ")))),
            ("client_id", Some(Value::from(grant.client.as_str()))),
            ("username", Some(Value::from(user.login.as_str()))),
            ("sub", Some(Value::from(user.login.as_str()))),
            ("uid", Some(Value::from(user.id.as_str()))),
            ("iss", Some(Value::from(server.issuer()))),
            ("iat", Some(Value::from(found.family.begun_at))),
            ("exp", found.family.refresh_ends_at().map(Value::from)),
        ])
    }))
}

fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
