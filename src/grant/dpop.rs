//! Proof that a client has a key, to which its tokens are then bound (RFC 9449, decision 44).

use super::assertion::{APART, SKEW};
use super::{Endpoint, Refusal, Surroundings};
use crate::publish::Published;
use crate::store::{BatchOutcome, Op, Row};
use crate::token::foreign::{ForeignJwt, PUBLIC_KEY_ALGORITHMS, is_hash_of};
use crate::token::opaque::lookup_hash;

/// The kind of the marks of proofs that were used; their key is a hash of key and `jti`.
const USED: &str = "dpop";

/// How old a proof may be, in seconds.
const OLDEST: i64 = 300;

/// Most characters of a `jti`.
const ID_LENGTH: usize = 256;

/// What a proof is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose<'a> {
    /// To bind tokens to the key: it needs a nonce of ours.
    Binding,
    /// To use this access token: it names its hash and needs no nonce.
    Using(&'a str),
}

/// The thumbprint of the key that the proofs in a request prove; `None` where there are none.
///
/// # Errors
/// `invalid_dpop_proof`, `use_dpop_nonce`.
pub(super) async fn prove(
    published: &Published,
    proofs: &[String],
    endpoint: &Endpoint<'_>,
    purpose: Purpose<'_>,
    around: &Surroundings<'_>,
) -> Result<Option<String>, Refusal> {
    let proof = match proofs {
        [] => return Ok(None),
        [proof] => proof,
        _ => return Err(Refusal::dpop("The request has more than one DPoP proof JWT header.")),
    };
    let jwt = ForeignJwt::parse(proof);
    let jwt = jwt.ok_or_else(|| Refusal::dpop("The DPoP proof JWT header is not a valid JWT."))?;
    let thumbprint = check_key(&jwt)?;
    check_claims(&jwt, endpoint, purpose, around.now)?;
    if let Purpose::Binding = purpose {
        let nonces = &published.keyring().nonce;
        let has_one = jwt.text("nonce").is_some_and(|nonce| nonces.is_current(nonce, around.now));
        if !has_one {
            return Err(Refusal::use_dpop_nonce(nonces.nonce(around.now)));
        }
    }
    if around.denied.may_have_been_used(jwt.time("iat").unwrap_or(i64::MIN)) {
        return Err(Refusal::dpop("The DPoP proof JWT has already been used."));
    }
    mark(&jwt, &thumbprint, around).await?;
    Ok(Some(thumbprint))
}

/// The key that the proof carries and is signed with.
fn check_key(jwt: &ForeignJwt<'_>) -> Result<String, Refusal> {
    if !jwt.header("typ").is_some_and(|kind| kind.eq_ignore_ascii_case("dpop+jwt")) {
        return Err(Refusal::dpop("The 'typ' of the DPoP proof JWT must be 'dpop+jwt'."));
    }
    if !PUBLIC_KEY_ALGORITHMS.contains(&jwt.header("alg").unwrap_or_default()) {
        return Err(Refusal::dpop("The 'alg' of the DPoP proof JWT is not supported."));
    }
    let key = jwt.embedded_key();
    let key =
        key.ok_or_else(|| Refusal::dpop("The 'jwk' of the DPoP proof JWT is not a public key."))?;
    if !jwt.is_signed_by(&key) {
        return Err(Refusal::dpop("The signature of the DPoP proof JWT is invalid."));
    }
    Ok(key.thumbprint().to_owned())
}

fn check_claims(
    jwt: &ForeignJwt<'_>,
    endpoint: &Endpoint<'_>,
    purpose: Purpose<'_>,
    now: i64,
) -> Result<(), Refusal> {
    if jwt.text("htm") != Some(endpoint.method) {
        return Err(Refusal::dpop(
            "The 'htm' of the DPoP proof JWT is not the method of the request.",
        ));
    }
    let url = jwt.text("htu").and_then(|url| url.split(['?', '#']).next());
    if !url.is_some_and(|url| endpoint.is_at(url)) {
        return Err(Refusal::dpop(
            "The 'htu' of the DPoP proof JWT is not the URL of the request.",
        ));
    }
    let Some(made) = jwt.time("iat") else {
        return Err(Refusal::dpop("The DPoP proof JWT must contain the claim 'iat'."));
    };
    if made > now.saturating_add(SKEW) {
        return Err(Refusal::dpop("The DPoP proof JWT was issued in the future."));
    }
    if made < now.saturating_sub(OLDEST) {
        return Err(Refusal::dpop(
            "The DPoP proof JWT was issued more than five minutes in the past.",
        ));
    }
    let id = jwt.text("jti").unwrap_or_default();
    if id.is_empty() || id.len() > ID_LENGTH {
        return Err(Refusal::dpop("The DPoP proof JWT must contain the claim 'jti'."));
    }
    match purpose {
        Purpose::Using(token) if !jwt.text("ath").is_some_and(|hash| is_hash_of(hash, token)) => {
            Err(Refusal::dpop(
                "The 'ath' of the DPoP proof JWT is not the hash of the access token.",
            ))
        }
        Purpose::Using(_) | Purpose::Binding => Ok(()),
    }
}

/// Marks a proof as used, once for all nodes and beyond a restart (decision 20).
async fn mark(
    jwt: &ForeignJwt<'_>,
    thumbprint: &str,
    around: &Surroundings<'_>,
) -> Result<(), Refusal> {
    let key = format!("{thumbprint}\0{}", jwt.text("jti").unwrap_or_default());
    let row = Row::new(USED, &lookup_hash(USED, &key), Vec::new());
    let row = row.expiring_at(around.now.saturating_add(OLDEST + 2 * SKEW + APART));
    match around.store.batch(vec![Op::Insert(row)]).await?.value {
        BatchOutcome::Applied => Ok(()),
        BatchOutcome::Failed(_) => Err(Refusal::dpop("The DPoP proof JWT has already been used.")),
    }
}
