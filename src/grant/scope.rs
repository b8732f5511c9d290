//! The scopes of a request: read, and those that a program cannot have.

use super::Refusal;
use crate::directory::{Application, ApplicationType, AuthenticationMethod};
use crate::server::{AuthorizationServer, Consent, SYSTEM_SCOPES, Scope};

/// Most characters of `scope`.
const LENGTH: usize = 4096;

/// The scopes of a `scope` parameter (RFC 6749 §3.3), each once.
///
/// # Errors
/// `invalid_scope` for what cannot be scopes.
pub fn parse(text: &str) -> Result<Vec<String>, Refusal> {
    let may_stand = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\' || c == ' ';
    if text.len() > LENGTH || !text.chars().all(may_stand) {
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

/// Refuses scopes of OpenID Connect, or an ID token, without the scope that asks for sign-in
/// (authorization-server §2.3).
///
/// # Errors
/// `invalid_scope`.
pub fn check_openid(scopes: &[String], wants_id_token: bool) -> Result<(), Refusal> {
    let is_of_openid = |name: &String| {
        name != "offline_access" && SYSTEM_SCOPES.iter().any(|(system, _)| system == name)
    };
    let needs_openid = wants_id_token || scopes.iter().any(is_of_openid);
    match needs_openid && !scopes.iter().any(|scope| scope == "openid") {
        true => Err(Refusal::openid_missing()),
        false => Ok(()),
    }
}

/// Refuses what only a person can have or agree to.
pub(super) fn check_for_service(
    server: &AuthorizationServer,
    scopes: &[String],
) -> Result<(), Refusal> {
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

/// Scopes of the management API are for services that prove themselves with a key of their own, and
/// only as they were granted (decision 31).
pub(super) fn check_management(
    server: &AuthorizationServer,
    client: &Application,
    scopes: &[String],
) -> Result<(), Refusal> {
    let is_service = client.application_type == ApplicationType::Service;
    if !is_service || client.token_endpoint_auth_method != AuthenticationMethod::PrivateKeyJwt {
        return Err(Refusal::not_by_private_key());
    }
    let is_withheld = |name: &&String| {
        let exists = server.scopes.iter().any(|scope| scope.name == **name);
        exists && !client.management_scopes.contains(name)
    };
    match scopes.iter().find(is_withheld) {
        Some(_) => Err(Refusal::not_granted()),
        None => Ok(()),
    }
}
