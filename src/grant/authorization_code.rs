//! `authorization_code`: a client spends the code that a person's browser brought it (RFC 6749
//! §4.1.3, RFC 7636 §4.5, authorization-server §2.6).

use super::code::{self, CodeGrant};
use super::family::{self, Beginning};
use super::{AllowedGrant, Issued, ProvenClient, Refusal, Request, Surroundings};
use crate::audit::{EventType, Outcome};
use crate::publish::RunningServer;
use crate::token::opaque::is_verifier_of;

pub(super) async fn exchange(
    allowed: AllowedGrant<'_>,
    server: &RunningServer,
    request: &Request,
    around: &Surroundings<'_>,
) -> Result<Issued, Refusal> {
    let client = allowed.client;
    let secret = request.form().find("code").ok_or_else(|| Refusal::missing("code"))?;
    let Some(unspent) = code::find(around, secret).await? else {
        return Err(replayed(client, server, secret, around).await?);
    };
    check(&unspent.code, client, server, request)?;
    let (spend, at) = (unspent.spend(), unspent.at);
    let CodeGrant { grant, nonce, .. } = unspent.code;
    let beginning = Beginning { grant, secret, nonce, spend, at };
    match family::begin(&allowed, server, beginning, around).await? {
        Some(issued) => Ok(issued),
        None => Err(replayed(client, server, secret, around).await?),
    }
}

/// Holds the request against what the code stands for. A code that is presented wrongly is not
/// spent: who has not all that belongs to it gets nothing, and its client may still come.
fn check(
    code: &CodeGrant,
    client: ProvenClient<'_>,
    server: &RunningServer,
    request: &Request,
) -> Result<(), Refusal> {
    let CodeGrant { grant, redirect_uri, code_challenge, .. } = code;
    if grant.client != client.application().client_id {
        return Err(Refusal::grant_of_another_client());
    }
    if grant.server != server.definition().id {
        return Err(Refusal::grant_of_another_server());
    }
    let form = request.form();
    if form.find("redirect_uri") != Some(redirect_uri) {
        return Err(Refusal::another_redirect_uri());
    }
    check_verifier(code_challenge.as_deref(), form.find("code_verifier"), client)?;
    super::audience::check_repeated(server.definition(), form, &grant.audience)
}

/// A verifier without a challenge is an attempt to do without it (RFC 9700 §4.8.2).
fn check_verifier(
    challenge: Option<&str>,
    verifier: Option<&str>,
    client: ProvenClient<'_>,
) -> Result<(), Refusal> {
    match (challenge, verifier) {
        (Some(challenge), Some(verifier)) if is_verifier_of(challenge, verifier) => Ok(()),
        (Some(_), Some(_)) => Err(Refusal::wrong_verifier()),
        (Some(_), None) => Err(Refusal::no_verifier()),
        (None, Some(_)) => Err(Refusal::no_challenge()),
        (None, None) if client.application().pkce_required => Err(Refusal::no_verifier()),
        (None, None) => Ok(()),
    }
}

/// A code that cannot be spent. If it was spent once, it is in more than one pair of hands, and
/// what it gave ends (RFC 6749 §4.1.2).
async fn replayed(
    client: ProvenClient<'_>,
    server: &RunningServer,
    secret: &str,
    around: &Surroundings<'_>,
) -> Result<Refusal, Refusal> {
    let id = code::family_of(secret);
    let client_id = &client.application().client_id;
    if let Some(found) = family::find(around.store, &id.text()).await?
        && found.family.grant.client == *client_id
    {
        let why = Outcome::Failure("an authorization code came twice".to_owned());
        family::revoke_recorded(around, &found, server, (EventType::TokenReused, why)).await?;
        let user = found.family.grant.user;
        tracing::warn!(client = client_id, user, "a code came twice");
    }
    Ok(Refusal::spent_code())
}
