//! `client_credentials`: a program asks for itself (RFC 6749 §4.4, authorization-server §2.6).

use super::{AllowedGrant, Proof, Refusal, Request, choose_audience};
use crate::publish::RunningServer;
use crate::server::{AuthorizationServer, Consent, Scope};

pub(super) const GRANT_TYPE: &str = "client_credentials";

/// Most characters of `scope`.
const SCOPE_LENGTH: usize = 4096;

pub(super) fn prove<'p>(
    allowed: AllowedGrant<'p>,
    server: &'p RunningServer,
    request: &Request,
) -> Result<Proof<'p>, Refusal> {
    let AllowedGrant { client, .. } = allowed;
    if client.is_public() {
        return Err(Refusal::client_failed());
    }
    let scopes = scopes_of(request.form().find("scope").unwrap_or_default())?;
    let audience = choose_audience(server.definition(), request.form())?;
    let proof = Proof {
        published: client.published(),
        server,
        application: client.index(),
        sign_in: None,
        grant_type: GRANT_TYPE,
        scopes,
        audience,
        nonce: None,
    };
    proof.check_for_service()?;
    Ok(proof)
}

/// The scopes of a `scope` parameter (RFC 6749 §3.3), each once.
pub(super) fn scopes_of(text: &str) -> Result<Vec<String>, Refusal> {
    let may_stand = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\' || c == ' ';
    if text.len() > SCOPE_LENGTH || !text.chars().all(may_stand) {
        return Err(Refusal::malformed_scope());
    }
    let mut scopes: Vec<String> = Vec::new();
    for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    Ok(scopes)
}

/// Refuses what only a person can have or agree to.
pub(super) fn check_scopes(server: &AuthorizationServer, scopes: &[String]) -> Result<(), Refusal> {
    let is_meant = |scope: &&Scope| match scopes {
        [] => scope.is_default,
        listed => listed.contains(&scope.name),
    };
    let meant = || server.scopes.iter().filter(is_meant);
    if meant().any(|scope| scope.system) {
        return Err(Refusal::scopes_of_a_person());
    }
    let required: Vec<&str> = meant()
        .filter(|scope| scope.consent == Consent::Required)
        .map(|scope| scope.name.as_str())
        .collect();
    if required.is_empty() { Ok(()) } else { Err(Refusal::consent_required(&required)) }
}
