//! What a client is told of the person whose access token it has (OpenID Connect Core §5.3): the
//! claims of now, not those of when the token was made (decision 16).

use super::accept::{self, Accepted};
use super::dpop;
use super::proof::Terms;
use super::{Endpoint, Proof, Refusal, SignIn, Surroundings, WORKER, find_server};
use crate::policy::Trace;
use crate::program::Engine;
use crate::publish::{Published, RunningServer};
use crate::server::Lifetimes;

/// An access token as it was presented.
#[derive(Clone, Default)]
pub struct PresentedToken {
    pub token: String,
    /// Whether by the scheme `DPoP`, not `Bearer` (RFC 9449 §7.1).
    pub by_dpop: bool,
    /// Proofs of possession.
    pub proofs: Vec<String>,
    /// The method of the request.
    pub method: String,
}

/// No token is printed.
impl std::fmt::Debug for PresentedToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PresentedToken")
    }
}

/// The claims about the person as the text of one JSON object, `sub` first.
///
/// # Errors
/// `invalid_token`, `insufficient_scope` (RFC 6750 §3.1), `invalid_dpop_proof`, or a claim that could
/// not be evaluated.
pub async fn userinfo(
    published: &Published,
    server_id: &str,
    presented: &PresentedToken,
    around: &Surroundings<'_>,
) -> Result<String, Refusal> {
    let server = find_server(published, server_id)?;
    let accepted = accept::accept(published, server, &presented.token, around).await?;
    let accepted = accepted.ok_or_else(Refusal::invalid_token)?;
    let endpoint = Endpoint::new(published, server, "userinfo", &presented.method);
    check_key(published, &endpoint, presented, &accepted, around).await?;
    let proof = prove(published, server, &accepted)?;
    let claims = WORKER.with_borrow_mut(|worker| {
        let decided = proof.decide(Trace::Skip, around.now, worker);
        decided.map_err(|_| Refusal::invalid_token())?.userinfo(worker)
    })?;
    String::from_utf8(claims).map_err(|error| Refusal::failure(&error.to_string()))
}

/// A token that is bound to a key comes with a proof of it, and any other without (RFC 9449 §7).
pub(super) async fn check_key(
    published: &Published,
    endpoint: &Endpoint<'_>,
    presented: &PresentedToken,
    accepted: &Accepted<'_>,
    around: &Surroundings<'_>,
) -> Result<(), Refusal> {
    let bound = accepted.claims.thumbprint();
    if bound.is_some() != presented.by_dpop {
        return Err(Refusal::invalid_token());
    }
    if bound.is_none() {
        return Ok(());
    }
    let purpose = dpop::Purpose::Using(&presented.token);
    let proven = dpop::prove(published, &presented.proofs, endpoint, purpose, around).await;
    let proven = proven.map_err(Refusal::unauthorized)?;
    if proven.as_deref() == bound { Ok(()) } else { Err(Refusal::no_dpop().unauthorized()) }
}

fn prove<'p>(
    published: &'p Published,
    server: &'p RunningServer,
    accepted: &Accepted<'p>,
) -> Result<Proof<'p>, Refusal> {
    let claims = &accepted.claims;
    let scope = claims.scope().unwrap_or_default();
    // A scope that the server has no more gives nothing more.
    let scopes = scope.split(' ').filter(|scope| server.rules().has_scope(scope));
    let scopes: Vec<String> = scopes.map(str::to_owned).collect();
    let user = accepted.user.clone().filter(|_| scopes.iter().any(|scope| scope == "openid"));
    let user = user.ok_or_else(Refusal::insufficient_scope)?;
    let audience = claims.text("aud").unwrap_or_default();
    let audience = server.definition().audiences.iter().find(|known| *known == audience);
    let index = published.directory().find_application_index(&accepted.client.client_id);
    let grant = accepted.family.as_ref().map(|family| &family.grant);
    let grant_type = grant.and_then(|grant| super::Grant::word_of(&grant.grant_type));
    let sign_in = SignIn {
        user,
        auth_time: claims.integer("auth_time").unwrap_or_default(),
        methods: grant.map(|grant| grant.methods.clone()).unwrap_or_default(),
        acr: claims.text("acr").map(str::to_owned),
        session: grant.and_then(|grant| grant.session.clone()),
    };
    Ok(Proof {
        published,
        server,
        application: index.ok_or_else(Refusal::invalid_token)?,
        sign_in: Some(sign_in),
        grant_type: grant_type.unwrap_or("authorization_code"),
        also: None,
        scopes,
        audience: audience.ok_or_else(Refusal::invalid_token)?,
        nonce: None,
        family: None,
        terms: Terms::Agreed(Lifetimes::default()),
        narrowed: None,
        thumbprint: None,
        inline_hook: None,
        delegation: None,
        engine: Engine::Native,
    })
}
