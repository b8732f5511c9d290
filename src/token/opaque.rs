//! What is random and means nothing by itself: client secrets and token ids.

use super::vault::MasterKey;
use crate::random::Random;
use aws_lc_rs::hmac;
use base64_simd::URL_SAFE_NO_PAD;
use std::fmt;

const SECRET_BYTES: usize = 32;
const TOKEN_ID_BYTES: usize = 24;
const HASH_KIND: &str = "hmac-sha256:";
const ACCESS: &str = "AT.";
const IDENTITY: &str = "ID.";

/// The key of the hashes of secrets; a hash that leaks is of no use without it (decision 22).
#[derive(Clone)]
pub struct PepperKey(hmac::Key);

impl PepperKey {
    /// The key that belongs to `master`.
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &master.derive("claimsmith client secrets 1")))
    }
}

impl fmt::Debug for PepperKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PepperKey")
    }
}

/// A secret of 256 random bits: 43 characters of `[A-Za-z0-9_-]`.
#[must_use]
pub fn generate_secret(random: &Random) -> String {
    random.base64url(SECRET_BYTES)
}

/// What is kept of `secret`: `hmac-sha256:` and the keyed hash in base64url.
#[must_use]
pub fn hash_secret(pepper: &PepperKey, secret: &str) -> String {
    let mut text = HASH_KIND.to_owned();
    URL_SAFE_NO_PAD.encode_append(hmac::sign(&pepper.0, secret.as_bytes()), &mut text);
    text
}

/// Whether `kept` is the hash of `secret`, in a time that tells nothing of either.
#[must_use]
pub fn verify_secret(pepper: &PepperKey, secret: &str, kept: &str) -> bool {
    let tag =
        kept.strip_prefix(HASH_KIND).and_then(|text| URL_SAFE_NO_PAD.decode_to_vec(text).ok());
    tag.is_some_and(|tag| hmac::verify(&pepper.0, secret.as_bytes(), &tag).is_ok())
}

/// What a token is, by the beginning of its `jti` (decision 15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// `AT.…`
    Access,
    /// `ID.…`
    Identity,
}

/// The `jti` of an access token: `AT.<family>.<random>`, or `AT.<random>` if no user granted it
/// (decision 16).
#[must_use]
pub fn access_jti(random: &Random, family: Option<&str>) -> String {
    let mut jti = String::with_capacity(96);
    jti.push_str(ACCESS);
    if let Some(family) = family {
        jti.push_str(family);
        jti.push('.');
    }
    append_id(random, &mut jti);
    jti
}

fn append_id(random: &Random, jti: &mut String) {
    let mut bytes = [0; TOKEN_ID_BYTES];
    random.fill_id(&mut bytes);
    URL_SAFE_NO_PAD.encode_append(bytes, jti);
}

/// The `jti` of an ID token: `ID.<random>`.
#[must_use]
pub fn identity_jti(random: &Random) -> String {
    let mut jti = IDENTITY.to_owned();
    append_id(random, &mut jti);
    jti
}

/// What the token with this `jti` is; `None` if it is not one of ours.
#[must_use]
pub fn kind_of_jti(jti: &str) -> Option<TokenKind> {
    const KINDS: [(&str, TokenKind); 2] =
        [(ACCESS, TokenKind::Access), (IDENTITY, TokenKind::Identity)];
    KINDS.into_iter().find(|(prefix, _)| jti.starts_with(prefix)).map(|(_, kind)| kind)
}

/// The family in the `jti` of an access token, if it has one.
#[must_use]
pub fn family_of_jti(jti: &str) -> Option<&str> {
    jti.strip_prefix(ACCESS)?.rsplit_once('.').map(|(family, _)| family)
}
