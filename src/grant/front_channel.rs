//! Tokens that are answered by way of the browser, where a server switched them on (decision 29;
//! RFC 6749 §4.2, OpenID Connect Core §3.2 and §3.3).

use super::family::{Family, UserGrant};
use super::issue::{Channel, SignedTokens, Wanted};
use super::{Asking, Proof, Refusal, WORKER};
use crate::policy::{Delivery, Trace};
use crate::publish::{Published, RunningServer};
use crate::store::Op;
use crate::token::FamilyId;

/// What is to be answered besides a code.
#[derive(Clone, Copy, Debug)]
pub struct FrontChannel<'f> {
    pub token: bool,
    pub id_token: bool,
    /// The code of the same answer.
    pub code: Option<&'f str>,
    /// Repeated in the ID token.
    pub nonce: Option<&'f str>,
}

/// Tokens that nobody was given yet. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct FrontTokens {
    pub access_token: Option<String>,
    /// Seconds.
    pub expires_in: i64,
    /// The scopes granted, separated by spaces.
    pub scope: String,
    pub id_token: Option<String>,
}

impl std::fmt::Debug for FrontTokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("FrontTokens")
    }
}

/// The tokens of what a person granted just now, and what keeps the family of the access token: they
/// are given out once that is written. There is no refresh token among them.
///
/// `at` is the time of the store, in seconds since 1970.
///
/// # Errors
/// A claim or a hook that failed, or a client whose tokens are bound to keys, which no browser proves
/// here.
pub async fn answer_in_front(
    (published, server): (&Published, &RunningServer),
    grant: UserGrant,
    wanted: FrontChannel<'_>,
    asking: &Asking<'_>,
    at: i64,
) -> Result<(FrontTokens, Option<Op>), Refusal> {
    let FrontChannel { token, id_token, code, nonce } = wanted;
    let index = published.directory().find_application_index(&grant.client);
    let index = index.ok_or_else(Refusal::unknown_client)?;
    let proof = grant.prove(published, server, index).await?;
    if token && proof.client()?.dpop_bound {
        return Err(Refusal::no_dpop());
    }
    let id = FamilyId::new(asking.random);
    let proof = Proof { nonce: nonce.map(str::to_owned), family: Some(id), ..proof };
    // Where an access token comes too, userinfo tells the rest (authorization-server §3.2).
    let delivery = if token { Delivery::Thin } else { Delivery::Full };
    let wanted = Wanted { access: token, identity: id_token.then_some(delivery) };
    let now = asking.now;
    let decided = WORKER.with_borrow_mut(|worker| proof.decide(Trace::Skip, now, worker))?;
    let claims = WORKER.with_borrow_mut(|worker| decided.claim_set_of(wanted, worker))?;
    let signed = claims.sign_for(Channel::Browser { code }, asking).await?;
    let SignedTokens { access_token, id_token, expires_in } = signed;
    let tokens = FrontTokens { access_token, expires_in, scope: claims.scope(), id_token };
    let family = Family::without_refresh(grant, expires_in, at);
    let keep = tokens.access_token.as_ref().map(|_| family.insert(&id)).transpose()?;
    Ok((tokens, keep))
}
