//! Clients that prove who they are by a JWT they signed, with a key of theirs or a shared secret (RFC
//! 7523 §2.2 and §3, authorization-server §2.5).

use super::client::{ProvenClient, expect, find};
use super::{Endpoint, Refusal, Request, Surroundings};
use crate::directory::AuthenticationMethod;
use crate::publish::{ClientProof, Published};
use crate::store::{BatchOutcome, Op, Row};
use crate::token::foreign::{ForeignJwt, ForeignKey, SECRET_ALGORITHMS};
use crate::token::opaque::lookup_hash;

/// RFC 7523 §2.2.
const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The kind of the marks of assertions that were used; their key is a hash of client and `jti`.
const USED: &str = "assertion";

/// How far a client's clock may be off, in seconds.
pub(super) const SKEW: i64 = 30;

/// How far the clock of the store, by which marks are forgotten, may be ahead of this node's, in
/// seconds.
pub(super) const APART: i64 = 600;

/// How far ahead an assertion may end, in seconds.
const LONGEST: i64 = 3600;

/// That an assertion was used, not yet written: a request that is asked to come again with a nonce
/// may come again with the same one.
#[derive(Debug)]
pub(super) struct Mark(Row);

impl Mark {
    /// Marks the assertion as used; once for all nodes, and beyond a restart (decision 20).
    ///
    /// # Errors
    /// `invalid_client` if it was used before.
    pub(super) async fn write(self, around: &Surroundings<'_>) -> Result<(), Refusal> {
        match around.store.batch(vec![Op::Insert(self.0)]).await?.value {
            BatchOutcome::Applied => Ok(()),
            BatchOutcome::Failed(_) => {
                Err(Refusal::assertion("The client_assertion has already been used."))
            }
        }
    }
}

/// The client that signed the assertion, and the mark that it was used, where it has a name to be
/// known by.
///
/// # Errors
/// `invalid_client`, with what is wrong.
pub(super) async fn authenticate<'p>(
    published: &'p Published,
    request: &Request,
    assertion: &str,
    endpoint: &Endpoint<'_>,
    around: &Surroundings<'_>,
) -> Result<(ProvenClient<'p>, Option<Mark>), Refusal> {
    if request.form().find("client_assertion_type") != Some(TYPE) {
        return Err(Refusal::assertion_type());
    }
    let jwt = ForeignJwt::parse(assertion).ok_or_else(|| assertion_is("not a valid JWT"))?;
    let named = request.form().find("client_id").or(jwt.text("sub")).or(jwt.text("iss"));
    let client = find(published, named.unwrap_or_default())?;
    let is_by_secret = SECRET_ALGORITHMS.contains(&jwt.header("alg").unwrap_or_default());
    expect(
        client,
        match is_by_secret {
            true => AuthenticationMethod::ClientSecretJwt,
            false => AuthenticationMethod::PrivateKeyJwt,
        },
    )?;
    let client_id = &client.application().client_id;
    // What costs nothing comes first: keys may have to be fetched.
    check_claims(client_id, &jwt, endpoint, around.now)?;
    check_signature(published, client_id, &jwt, around).await?;
    if around.denied.may_have_been_used(made_at(&jwt)) {
        return Err(Refusal::assertion("The client_assertion has already been used."));
    }
    Ok((client, mark(client_id, &jwt)))
}

fn assertion_is(what: &str) -> Refusal {
    Refusal::assertion(&format!("The client_assertion is {what}."))
}

async fn check_signature(
    published: &Published,
    client_id: &str,
    jwt: &ForeignJwt<'_>,
    around: &Surroundings<'_>,
) -> Result<(), Refusal> {
    let is_signed = match published.proof_of(client_id) {
        Some(ClientProof::Secrets(secrets)) => {
            secrets.iter().fold(false, |found, secret| found | jwt.is_signed_with(secret))
        }
        Some(ClientProof::Keys(keys)) => is_signed_by_one(jwt, keys)?,
        Some(ClientProof::KeysAt(url)) => {
            let keys = around.client_keys.find(url, jwt.header("kid"), around.now).await;
            is_signed_by_one(jwt, &keys.map_err(|error| Refusal::keys_out_of_reach(&error))?)?
        }
        None => return Err(Refusal::assertion("The client has no keys registered.")),
    };
    let text = "The client_assertion signature is invalid.";
    if is_signed { Ok(()) } else { Err(Refusal::assertion(text)) }
}

/// Whether one of the keys that the assertion may mean signed it.
fn is_signed_by_one(jwt: &ForeignJwt<'_>, keys: &[ForeignKey]) -> Result<bool, Refusal> {
    let named = jwt.header("kid");
    // A key without a name may be the one that is named: there is nothing else to call it.
    let is_meant = |kid: Option<&str>| kid.is_none() || named.is_none() || kid == named;
    let mut meant = keys.iter().filter(|key| is_meant(key.kid())).peekable();
    if meant.peek().is_none() {
        let text = "The client_assertion token has an invalid value for 'kid' in its header.";
        return Err(Refusal::assertion(text));
    }
    Ok(meant.any(|key| jwt.is_signed_by(key)))
}

fn check_claims(
    client_id: &str,
    jwt: &ForeignJwt<'_>,
    endpoint: &Endpoint<'_>,
    now: i64,
) -> Result<(), Refusal> {
    for (name, claim) in [("issuer", "iss"), ("subject", "sub")] {
        if jwt.text(claim) != Some(client_id) {
            let text = format!("The {name} claim for client_assertion must be the client_id.");
            return Err(Refusal::assertion(&text));
        }
    }
    if !jwt.audiences().iter().any(|audience| endpoint.is_audience(audience)) {
        let text = "The audience claim for client_assertion must be the endpoint invoked for the \
                    request.";
        return Err(Refusal::assertion(text));
    }
    let Some(end) = jwt.time("exp") else {
        return Err(Refusal::assertion("The client_assertion must contain the claim 'exp'."));
    };
    if end.saturating_add(SKEW) <= now {
        return Err(assertion_is("expired"));
    }
    if end > now.saturating_add(LONGEST + SKEW) {
        let text = "The client_assertion has an expiration too far into the future.";
        return Err(Refusal::assertion(text));
    }
    let is_ahead = |claim: &str| {
        jwt.has(claim) && jwt.time(claim).is_none_or(|time| time > now.saturating_add(SKEW))
    };
    if jwt.has("jti") && jwt.text("jti").is_none() {
        return Err(Refusal::assertion("The claim 'jti' of the client_assertion must be a text."));
    }
    if is_ahead("iat") || is_ahead("nbf") {
        return Err(Refusal::assertion("The client_assertion was issued in the future."));
    }
    Ok(())
}

/// When it was made, in seconds since 1970, or at the earliest if it does not say: it ends an hour
/// later at most.
fn made_at(jwt: &ForeignJwt<'_>) -> i64 {
    let earliest = || jwt.time("exp").unwrap_or(i64::MIN).saturating_sub(LONGEST + SKEW);
    jwt.time("iat").unwrap_or_else(earliest)
}

fn mark(client_id: &str, jwt: &ForeignJwt<'_>) -> Option<Mark> {
    let (jti, end) = (jwt.text("jti")?, jwt.time("exp")?);
    let key = lookup_hash(USED, &format!("{client_id}\0{jti}"));
    Some(Mark(Row::new(USED, &key, Vec::new()).expiring_at(end.saturating_add(SKEW + APART))))
}
