//! What is random and means nothing by itself: client secrets, codes, verifiers and token ids.

use super::short_text::ShortText;
use super::vault::MasterKey;
use crate::random::Random;
use aws_lc_rs::{constant_time, digest, hmac};
use base64_simd::URL_SAFE_NO_PAD;
use std::fmt;

const SECRET_BYTES: usize = 32;
const TOKEN_ID_BYTES: usize = 24;
const HASH_KIND: &str = "hmac-sha256:";
const HASH_BYTES: usize = 32;
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

/// What is kept of a secret: its keyed hash. As text it is `hmac-sha256:` and base64url.
#[derive(Clone)]
pub struct SecretHash(Vec<u8>);

impl SecretHash {
    /// The hash of `secret`.
    #[must_use]
    pub fn new(pepper: &PepperKey, secret: &str) -> Self {
        Self(hmac::sign(&pepper.0, secret.as_bytes()).as_ref().to_vec())
    }

    /// The hash that [`SecretHash::text`] wrote; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hash = URL_SAFE_NO_PAD.decode_to_vec(text.strip_prefix(HASH_KIND)?).ok()?;
        (hash.len() == HASH_BYTES).then_some(Self(hash))
    }

    /// As it is kept.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = HASH_KIND.to_owned();
        URL_SAFE_NO_PAD.encode_append(&self.0, &mut text);
        text
    }

    /// Whether both are of one secret, in a time that tells nothing of either.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretHash")
    }
}

/// What is kept of a secret that has the full entropy and is looked up by: its SHA-256 under the
/// name of what it is, in base64url.
#[must_use]
pub fn lookup_hash(what: &str, secret: &str) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [what, "\0", secret] {
        context.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode_to_string(context.finish().as_ref())
}

/// Whether `verifier` is what the `S256` challenge was made of (RFC 7636 §4.1, §4.6): 43 to 128
/// unreserved characters, compared in constant time.
#[must_use]
pub fn is_verifier_of(challenge: &str, verifier: &str) -> bool {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let made = digest::digest(&digest::SHA256, verifier.as_bytes());
    let made = URL_SAFE_NO_PAD.encode_to_string(made.as_ref());
    let is_same = is_same_text(challenge, &made);
    (43..=128).contains(&verifier.len()) && verifier.bytes().all(may_stand) && is_same
}

/// Whether two texts are the same, in a time that tells nothing but their lengths.
#[must_use]
pub fn is_same_text(one: &str, other: &str) -> bool {
    constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
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
pub fn access_jti(random: &Random, family: Option<&str>) -> ShortText {
    match family {
        Some(family) => jti(&[ACCESS, family, "."], random),
        None => jti(&[ACCESS], random),
    }
}

/// The `jti` of an ID token: `ID.<random>`.
#[must_use]
pub fn identity_jti(random: &Random) -> ShortText {
    jti(&[IDENTITY], random)
}

fn jti(before: &[&str], random: &Random) -> ShortText {
    let mut bytes = [0; TOKEN_ID_BYTES];
    random.fill_id(&mut bytes);
    let mut jti = ShortText::default();
    before.iter().for_each(|part| jti.push(part));
    jti.push_base64url(&bytes);
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
