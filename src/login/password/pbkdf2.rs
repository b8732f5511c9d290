//! PBKDF2 (RFC 8018 §5.2) as other systems write it: the PHC format, passlib and Django.

use super::{Candidate, PasswordHashError};
use aws_lc_rs::pbkdf2 as algorithm;
use base64_simd::{STANDARD, STANDARD_NO_PAD};
use std::fmt;
use std::num::NonZeroU32;

/// Most rounds: about a second.
const ROUNDS: u32 = 5_000_000;

/// A hash, read.
#[derive(Clone)]
pub struct Pbkdf2 {
    algorithm: algorithm::Algorithm,
    rounds: NonZeroU32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

const ALGORITHMS: [(&str, algorithm::Algorithm); 4] = [
    ("sha256", algorithm::PBKDF2_HMAC_SHA256),
    ("sha512", algorithm::PBKDF2_HMAC_SHA512),
    ("sha384", algorithm::PBKDF2_HMAC_SHA384),
    ("sha1", algorithm::PBKDF2_HMAC_SHA1),
];

impl Pbkdf2 {
    pub(super) fn parse(text: &str) -> Result<Self, PasswordHashError> {
        if let Some(rest) = text.strip_prefix("$pbkdf2") {
            let (name, rest) = rest.split_once('$').ok_or(PasswordHashError::Malformed)?;
            // passlib calls SHA-1 nothing at all.
            let name = if name.is_empty() { "sha1" } else { name.trim_start_matches('-') };
            return Self::read(name, rest, decode);
        }
        let rest = text.strip_prefix("pbkdf2_").ok_or(PasswordHashError::Scheme)?;
        let (name, rest) = rest.split_once('$').ok_or(PasswordHashError::Malformed)?;
        // Django's salt is the text itself.
        Self::read(name, rest, |salt| Some(salt.as_bytes().to_vec()))
    }

    /// `rounds$salt$hash`, where the rounds may be `i=600000,l=32`.
    fn read(
        name: &str,
        rest: &str,
        read_salt: impl Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<Self, PasswordHashError> {
        let malformed = PasswordHashError::Malformed;
        let found = ALGORITHMS.into_iter().find(|(known, _)| *known == name);
        let (_, algorithm) = found.ok_or(PasswordHashError::Scheme)?;
        let mut parts = rest.split('$');
        let mut next = || parts.next().ok_or(malformed);
        let (rounds, salt, hash) = (next()?, next()?, next()?);
        let rounds = rounds.strip_prefix("i=").unwrap_or(rounds).split(',').next();
        let rounds = rounds.and_then(|rounds| rounds.parse().ok()).ok_or(malformed)?;
        let salt = read_salt(salt).filter(|salt| (1..=64).contains(&salt.len()));
        let hash = decode(hash).filter(|hash| (16..=64).contains(&hash.len()));
        let (salt, hash) = salt.zip(hash).filter(|_| parts.next().is_none()).ok_or(malformed)?;
        if rounds > NonZeroU32::new(ROUNDS).unwrap_or(NonZeroU32::MIN) {
            return Err(PasswordHashError::Cost);
        }
        Ok(Self { algorithm, rounds, salt, hash })
    }

    pub(super) fn is_of(&self, candidate: &Candidate) -> bool {
        let Self { algorithm, rounds, salt, hash } = self;
        let secret = candidate.as_str().as_bytes();
        algorithm::verify(*algorithm, *rounds, salt, secret, hash).is_ok()
    }
}

/// Base64 with or without padding, or with passlib's `.` for `+`.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.replace('.', "+");
    let padded = text.ends_with('=');
    let decoded =
        if padded { STANDARD.decode_to_vec(text) } else { STANDARD_NO_PAD.decode_to_vec(text) };
    decoded.ok()
}

impl fmt::Debug for Pbkdf2 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pbkdf2")
    }
}
