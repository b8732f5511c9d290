//! `client_credentials`: a program asks for itself (RFC 6749 §4.4, authorization-server §2.6).

use super::{AllowedGrant, Proof, Refusal, Request, choose_audience, proof::Terms, scope};
use crate::program::Engine;
use crate::publish::RunningServer;

pub(super) fn prove<'p>(
    allowed: AllowedGrant<'p>,
    server: &'p RunningServer,
    request: &Request,
) -> Result<Proof<'p>, Refusal> {
    let AllowedGrant { client, grant, thumbprint } = allowed;
    if client.is_public() {
        return Err(Refusal::client_failed());
    }
    let scopes = scope::parse(request.form().find("scope").unwrap_or_default())?;
    let audience = choose_audience(server.definition(), request.form())?;
    let proof = Proof {
        published: client.published(),
        server,
        application: client.index(),
        sign_in: None,
        grant_type: grant.word(),
        also: None,
        scopes,
        audience,
        nonce: None,
        family: None,
        terms: Terms::Open,
        narrowed: None,
        thumbprint,
        inline_hook: None,
        delegation: None,
        engine: Engine::Native,
    };
    proof.check_for_service()?;
    Ok(proof)
}
