//! Whether a token of a server still counts: for introspection, userinfo, revocation and exchange
//! alike (decisions 15 and 16).

use super::family::{self, Family};
use super::{Refusal, Surroundings};
use crate::directory::{Application, Person, UserStatus};
use crate::publish::{Published, RunningServer};
use crate::token::Claims;
use crate::token::opaque::{TokenKind, family_of_jti};
use std::sync::Arc;

/// An access token that counts.
#[derive(Debug)]
pub(super) struct Accepted<'p> {
    pub(super) claims: Claims,
    pub(super) client: &'p Application,
    /// Its user; `None` where a program has it for itself.
    pub(super) user: Option<Arc<Person>>,
    /// What it comes of; tokens of programs and of operators have none.
    pub(super) family: Option<Family>,
}

/// The access token of this server that a text is, if it was signed here and has not ended. Whether
/// it was revoked is not asked.
pub(super) fn read(server: &RunningServer, token: &str, now: i64) -> Option<Claims> {
    read_as(server, token, TokenKind::Access, now)
}

fn read_as(server: &RunningServer, token: &str, kind: TokenKind, now: i64) -> Option<Claims> {
    let bytes = server.keys().verifier().verify_as(token, kind).ok()?;
    let claims = Claims::parse(&bytes).ok()?;
    claims.check(kind, server.issuer_named(claims.text("iss")), now).ok()?;
    Some(claims)
}

/// The ID token of this server that a text is, while its time is not over and its client and its
/// user are active.
pub(super) async fn accept_identity<'p>(
    published: &'p Published,
    server: &RunningServer,
    token: &str,
    now: i64,
) -> Result<Option<Accepted<'p>>, Refusal> {
    let read = read_as(server, token, TokenKind::Identity, now);
    let Some(claims) = read else { return Ok(None) };
    let Some(client_id) = claims.text("aud") else { return Ok(None) };
    let found = active(published, client_id, claims.text("sub")).await?;
    Ok(found.map(|(client, user)| Accepted { claims, client, user, family: None }))
}

/// The access token that a text is, if it counts: it has not ended and was not revoked, its client
/// is active, and so is its user, if it has one.
pub(super) async fn accept<'p>(
    published: &'p Published,
    server: &RunningServer,
    token: &str,
    around: &Surroundings<'_>,
) -> Result<Option<Accepted<'p>>, Refusal> {
    let Some(claims) = read(server, token, around.now) else { return Ok(None) };
    let Some((client, user)) = owners(published, &claims).await? else { return Ok(None) };
    let jti = claims.text("jti").unwrap_or_default();
    if around.denied.contains(jti) {
        return Ok(None);
    }
    let family = match family_of_jti(jti) {
        Some(id) => match family::find(around.store, id).await? {
            Some(found) => Some(found.family),
            None => return Ok(None),
        },
        None => {
            let signed_at = claims.integer("iat").unwrap_or(i64::MIN);
            let server_id = &server.definition().id;
            if around.denied.is_of_before(signed_at, &client.client_id, server_id) {
                return Ok(None);
            }
            None
        }
    };
    Ok(Some(Accepted { claims, client, user, family }))
}

/// Client and user of a token, while both are active.
async fn owners<'p>(
    published: &'p Published,
    claims: &Claims,
) -> Result<Option<(&'p Application, Option<Arc<Person>>)>, Refusal> {
    let Some(client_id) = claims.client() else { return Ok(None) };
    active(published, client_id, claims.text("uid")).await
}

async fn active<'p>(
    published: &'p Published,
    client_id: &str,
    user_id: Option<&str>,
) -> Result<Option<(&'p Application, Option<Arc<Person>>)>, Refusal> {
    let client = published.directory().find_application(client_id);
    let Some(client) = client.filter(|client| client.status.is_active()) else { return Ok(None) };
    let Some(id) = user_id else { return Ok(Some((client, None))) };
    let user = published.find_person(id).await?;
    let user = user.filter(|user| user.user().status == UserStatus::Active);
    Ok(user.map(|user| (client, Some(user))))
}
