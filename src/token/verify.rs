//! Checking: compact JWS in, claims out. Strict, since what is checked here is only ever what we
//! signed ourselves.

use super::key::PublicKey;
use super::opaque::TokenKind;
use base64_simd::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// A longer token is refused unread.
pub const TOKEN_BYTES_AT_MOST: usize = 64 * 1024;

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// More than 64 KiB.
    #[error("the token is too long")]
    TooLong,
    /// Not three non-empty parts of base64url.
    #[error("the token is not of three parts in base64url")]
    Malformed,
    /// The header is not JSON with `kid` and `alg`, or asks for what is not understood.
    #[error("the header of the token is not understood")]
    Header,
    /// The header says that it is a token of another kind (RFC 8725 §3.11).
    #[error("the token is of another kind")]
    Kind,
    /// No key of that id.
    #[error("no key has the id the token names")]
    UnknownKey,
    /// The key is of another algorithm (RFC 8725 §3.1).
    #[error("the token names an algorithm its key is not for")]
    Algorithm,
    /// The signature is not of that key over these bytes.
    #[error("the signature does not match")]
    Signature,
}

/// Public keys, found by their ids.
#[derive(Debug, Clone, Default)]
pub struct Verifier {
    keys: Vec<PublicKey>,
}

/// A header. A member said twice is an error of the parser (RFC 7515 §4).
#[derive(Deserialize)]
struct Header<'t> {
    #[serde(borrow)]
    kid: Cow<'t, str>,
    #[serde(borrow)]
    alg: Cow<'t, str>,
    #[serde(borrow)]
    typ: Option<Cow<'t, str>>,
    crit: Option<IgnoredAny>,
    b64: Option<IgnoredAny>,
}

impl Verifier {
    /// A verifier over `keys`.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// The claims of `token` as bytes. That its signature is ours is all this says: kind, issuer,
    /// audience and times are the caller's to check (decision 15).
    ///
    /// # Errors
    /// [`VerifyError`], the first thing found wrong.
    pub fn verify(&self, token: &str) -> Result<Vec<u8>, VerifyError> {
        self.verify_if(token, |_| true)
    }

    /// As [`Verifier::verify`], of a token whose header does not say that it is of another kind than
    /// this (decision 15).
    ///
    /// # Errors
    /// [`VerifyError`], the first thing found wrong.
    pub fn verify_as(&self, token: &str, kind: TokenKind) -> Result<Vec<u8>, VerifyError> {
        let known: &[&str] = match kind {
            TokenKind::Access => &["at+jwt", "application/at+jwt"],
            TokenKind::Identity => &["JWT"],
        };
        self.verify_if(token, |typ| known.iter().any(|known| known.eq_ignore_ascii_case(typ)))
    }

    fn verify_if(
        &self,
        token: &str,
        may_be: impl Fn(&str) -> bool,
    ) -> Result<Vec<u8>, VerifyError> {
        if token.len() > TOKEN_BYTES_AT_MOST {
            return Err(VerifyError::TooLong);
        }
        let (input, signature) = token.rsplit_once('.').ok_or(VerifyError::Malformed)?;
        let (header, claims) = input.split_once('.').ok_or(VerifyError::Malformed)?;
        let [header, claims, signature] = [decode(header)?, decode(claims)?, decode(signature)?];
        let header: Header<'_> =
            serde_json::from_slice(&header).map_err(|_| VerifyError::Header)?;
        if !self.key(&header)?.verifies(input.as_bytes(), &signature) {
            return Err(VerifyError::Signature);
        }
        let is_meant = header.typ.is_none_or(|typ| may_be(&typ));
        if is_meant { Ok(claims) } else { Err(VerifyError::Kind) }
    }

    /// The key a header names, if the header also names that key's algorithm.
    fn key(&self, header: &Header<'_>) -> Result<&PublicKey, VerifyError> {
        if header.crit.is_some() || header.b64.is_some() {
            return Err(VerifyError::Header);
        }
        let key = self.keys.iter().find(|key| key.kid() == header.kid);
        let key = key.ok_or(VerifyError::UnknownKey)?;
        if key.algorithm().name() == header.alg { Ok(key) } else { Err(VerifyError::Algorithm) }
    }
}

/// A part; a dot inside it is not of the alphabet, so that a fourth part is refused here.
fn decode(part: &str) -> Result<Vec<u8>, VerifyError> {
    if part.is_empty() {
        return Err(VerifyError::Malformed);
    }
    URL_SAFE_NO_PAD.decode_to_vec(part).map_err(|_| VerifyError::Malformed)
}
