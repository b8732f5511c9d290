//! Tokens that a client gives back (RFC 7009, authorization-server §2.8): a refresh token with all
//! that came of its grant, an access token by itself.

use super::client::authenticate_loosely;
use super::record::Record;
use super::{
    Endpoint, Presented, ProvenClient, Refusal, Request, Surroundings, accept, family, find_server,
};
use crate::audit::{EventType, Outcome};
use crate::publish::{Published, RunningServer};
use crate::token::refresh::looks_like_refresh_token;

/// Ends a token. One that is unknown, has ended or is of no such kind is ended already.
///
/// # Errors
/// A client that is not proven, no `token`, or a token of another client (RFC 7009 §2.1).
pub async fn revoke(
    published: &Published,
    server_id: &str,
    presented: Presented,
    around: &Surroundings<'_>,
) -> Result<(), Refusal> {
    let mut record = Record::begin(&presented);
    let revoked = end(published, server_id, presented, around, &mut record).await;
    record.told(EventType::TokenRevoked, revoked, around).await
}

async fn end(
    published: &Published,
    server_id: &str,
    presented: Presented,
    around: &Surroundings<'_>,
    record: &mut Record,
) -> Result<(), Refusal> {
    let server = find_server(published, server_id)?;
    record.at(server);
    let request = Request::new(presented)?;
    let endpoint = Endpoint::new(published, server, "revoke", "POST");
    let client = authenticate_loosely(published, &request, &endpoint, around).await?;
    record.of(client);
    let token = request.form().find("token").ok_or_else(Refusal::no_token)?;
    if looks_like_refresh_token(token) {
        revoke_family(client, server, token, around).await
    } else {
        revoke_access(client, server, token, around).await
    }
}

/// Any refresh token that the family ever had ends it: who gives it back means all of it.
async fn revoke_family(
    client: ProvenClient<'_>,
    server: &RunningServer,
    token: &str,
    around: &Surroundings<'_>,
) -> Result<(), Refusal> {
    let Some(token) = client.published().keyring().refresh.read(token) else { return Ok(()) };
    let id = token.family.text();
    let Some(found) = family::find(around.store, &id).await? else { return Ok(()) };
    let grant = &found.family.grant;
    if grant.client != client.application().client_id {
        return Err(Refusal::grant_of_another_client());
    }
    if grant.server != server.definition().id {
        return Ok(());
    }
    let event = (EventType::TokenRevoked, Outcome::Success);
    family::revoke_recorded(around, &found, server, event).await
}

async fn revoke_access(
    client: ProvenClient<'_>,
    server: &RunningServer,
    token: &str,
    around: &Surroundings<'_>,
) -> Result<(), Refusal> {
    let Some(claims) = accept::read(server, token, around.now) else { return Ok(()) };
    if claims.client() != Some(&client.application().client_id) {
        return Err(Refusal::grant_of_another_client());
    }
    let (Some(jti), Some(end)) = (claims.text("jti"), claims.integer("exp")) else { return Ok(()) };
    around.denied.add(around.store, jti, end).await
}
