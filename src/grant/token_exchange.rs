//! Token exchange: a service that was called with a person's access token gets one of its own for
//! what it calls in turn (RFC 8693, decision 19).

use super::accept::{self, Accepted};
use super::introspect::may_ask;
use super::proof::{Delegation, Terms};
use super::{
    AllowedGrant, Issued, Proof, Refusal, Request, SignIn, Signed, Surroundings, choose_audience,
    mint_unasked, scope,
};
use crate::directory::ApplicationType;
use crate::program::Engine;
use crate::publish::{Published, RunningServer};
use crate::server::SYSTEM_SCOPES;
use crate::token::opaque::family_of_jti;
use crate::token::verify::TOKEN_BYTES_AT_MOST;
use crate::token::{FamilyId, ForeignJwt};
use serde_json::json;

/// The grant type (RFC 8693 §2.1).
pub(super) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// The only type of token that is taken and given (RFC 8693 §3).
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

pub(super) async fn exchange(
    allowed: AllowedGrant<'_>,
    server: &RunningServer,
    request: &Request,
    around: &Surroundings<'_>,
) -> Result<Issued, Refusal> {
    let client = allowed.client;
    if client.application().application_type != ApplicationType::Service {
        return Err(Refusal::exchange_is_for_services());
    }
    check_types(request)?;
    let form = request.form();
    let token = form.find("subject_token").ok_or_else(|| Refusal::missing("subject_token"))?;
    let names_one = form.find("audience").or_else(|| form.find("resource")).is_some();
    let audience = choose_audience(server.definition(), form).ok().filter(|_| names_one);
    let audience = audience.ok_or_else(Refusal::exchange_without_audience)?;
    let scopes = scope::parse(form.find("scope").unwrap_or_default())?;
    if scopes.iter().any(|scope| SYSTEM_SCOPES.iter().any(|(system, _)| system == scope)) {
        return Err(Refusal::exchange_of_openid());
    }
    let published = client.published();
    let origin = issuer_of(published, server, token)?;
    let subject = accept::accept(published, origin, token, around).await?;
    let subject = subject.ok_or_else(Refusal::invalid_subject_token)?;
    if !may_ask(client, &subject) {
        return Err(Refusal::subject_token_of_others());
    }
    let is_same = std::ptr::eq(origin, server) && subject.claims.text("aud") == Some(audience);
    let scopes = match is_same {
        true => within(&subject.claims.scope().unwrap_or_default(), scopes)?,
        false => scopes,
    };
    let proof = prove(&allowed, server, &subject, scopes, audience)?;
    let signed = mint_unasked(&proof, around).await?;
    Ok(Issued { issued_token_type: Some(ACCESS_TOKEN), ..Signed::given(signed) })
}

fn check_types(request: &Request) -> Result<(), Refusal> {
    let form = request.form();
    let is_known = |name: &str| form.find(name).is_none_or(|named| named == ACCESS_TOKEN);
    if form.find("subject_token_type").is_none() {
        return Err(Refusal::missing("subject_token_type"));
    }
    if !is_known("subject_token_type") || !is_known("requested_token_type") {
        return Err(Refusal::unsupported_token_type());
    }
    if form.find("actor_token").is_some() {
        return Err(Refusal::no_actor_tokens());
    }
    Ok(())
}

/// The server that issued the token: this one, or one that it trusts.
fn issuer_of<'p>(
    published: &'p Published,
    server: &'p RunningServer,
    token: &str,
) -> Result<&'p RunningServer, Refusal> {
    let jwt = ForeignJwt::parse_up_to(TOKEN_BYTES_AT_MOST, token);
    let jwt = jwt.ok_or_else(Refusal::invalid_subject_token)?;
    let issuer = jwt.text("iss").unwrap_or_default();
    let is_of = |server: &RunningServer| server.issuer_named(Some(issuer)) == issuer;
    if is_of(server) {
        return Ok(server);
    }
    let trusted = &server.definition().trusted_servers;
    let mut known = trusted.iter().filter_map(|id| published.find_server(id));
    known.find(|known| is_of(known)).ok_or_else(Refusal::untrusted_issuer)
}

/// The scopes asked for, which the subject's token has: those of `subject`; without any, those that it has and that are
/// not about signing in.
pub(super) fn within(subject: &str, asked: Vec<String>) -> Result<Vec<String>, Refusal> {
    let has: Vec<&str> = subject.split(' ').collect();
    if asked.is_empty() {
        let is_own = |scope: &&&str| !SYSTEM_SCOPES.iter().any(|(system, _)| system == *scope);
        let own: Vec<String> = has.iter().filter(is_own).map(|scope| (*scope).to_owned()).collect();
        // None at all would be read as the server's default scopes, which the subject may not have.
        return if own.is_empty() { Err(Refusal::wider_than_subject()) } else { Ok(own) };
    }
    match asked.iter().all(|scope| has.contains(&scope.as_str())) {
        true => Ok(asked),
        false => Err(Refusal::wider_than_subject()),
    }
}

/// Whose token it is stays, and when they signed in; who acts for them is added (RFC 8693 §4.1).
fn prove<'p>(
    allowed: &AllowedGrant<'p>,
    server: &'p RunningServer,
    subject: &Accepted<'p>,
    scopes: Vec<String>,
    audience: &'p str,
) -> Result<Proof<'p>, Refusal> {
    let claims = &subject.claims;
    let grant = subject.family.as_ref().map(|family| &family.grant);
    let user = subject.user.clone().ok_or_else(Refusal::subject_is_nobody)?;
    let sign_in = SignIn {
        user,
        auth_time: claims.integer("auth_time").unwrap_or_default(),
        methods: grant.map(|grant| grant.methods.clone()).unwrap_or_default(),
        acr: claims.text("acr").map(str::to_owned),
        session: grant.and_then(|grant| grant.session.clone()),
    };
    let mut actor = json!({"sub": allowed.client.application().client_id});
    let before = claims.iter().find(|(name, _)| *name == "act");
    if let (Some(members), Some((_, before))) = (actor.as_object_mut(), before) {
        members.insert("act".to_owned(), before.clone());
    }
    let delegation =
        Delegation { actor: actor.to_string(), ends_at: claims.integer("exp").unwrap_or_default() };
    Ok(Proof {
        published: allowed.client.published(),
        server,
        application: allowed.client.index(),
        sign_in: Some(sign_in),
        grant_type: TOKEN_EXCHANGE,
        also: None,
        scopes,
        audience,
        nonce: None,
        family: claims.text("jti").and_then(family_of_jti).and_then(FamilyId::parse),
        terms: Terms::Open,
        narrowed: None,
        thumbprint: allowed.thumbprint.clone(),
        inline_hook: None,
        delegation: Some(delegation),
        engine: Engine::Native,
    })
}
