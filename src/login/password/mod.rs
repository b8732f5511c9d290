//! What is kept of a password, and whether a password is the one. New hashes are Argon2id
//! (RFC 9106); those of other systems are read, and written anew at the next sign-in. Both take
//! long on purpose: `Hasher` runs them on threads of their own.

mod pbkdf2;
#[cfg(test)]
mod tests;

use crate::random::Random;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time;
use base64_simd::STANDARD_NO_PAD;
use pbkdf2::Pbkdf2;
use std::fmt;

/// Memory in KiB, passes and lanes of new hashes (OWASP Password Storage, the first choice).
const CURRENT: Cost = Cost { memory: 19 * 1024, passes: 2, lanes: 1 };
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// What a hash that was handed in may cost at most, so that it cannot hold a thread for minutes.
const MOST: Cost = Cost { memory: 256 * 1024, passes: 16, lanes: 16 };
const BCRYPT_COST: std::ops::RangeInclusive<u32> = 4..=16;

/// A password as a person typed it. Its `Debug` shows nothing.
#[derive(Clone)]
pub struct Candidate(String);

/// Most bytes of a password: more is refused unread.
pub(super) const LONGEST: usize = 1024;

impl Candidate {
    /// The password, unless it is longer than any may be.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        (text.len() <= LONGEST).then(|| Self(text.to_owned()))
    }

    /// The text, for who compares it with a secret.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A hash of a password, by whichever scheme.
#[derive(Clone)]
pub enum PasswordHash {
    /// `$argon2id$v=19$m=…,t=…,p=…$salt$hash`
    Argon2id(Argon2id),
    /// `$2a$`, `$2b$` or `$2y$`
    Bcrypt(String),
    /// `$pbkdf2-sha…$` of the PHC format or of passlib, `pbkdf2_sha256$…` of Django
    Pbkdf2(Pbkdf2),
}

/// An Argon2id hash, read.
#[derive(Clone)]
pub struct Argon2id {
    cost: Cost,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Cost {
    memory: u32,
    passes: u32,
    lanes: u32,
}

/// Why a text is no hash that can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordHashError {
    /// None of the schemes begins like this.
    #[error("the hash of a password begins with `$argon2id$`, `$2b$` or `$pbkdf2-sha256$`")]
    Scheme,
    /// It begins like one and goes on otherwise.
    #[error("the hash of a password is malformed")]
    Malformed,
    /// Checking it would take too long.
    #[error("the hash of a password is too costly to check")]
    Cost,
}

impl PasswordHash {
    /// The hash that `text` writes.
    ///
    /// # Errors
    /// [`PasswordHashError`].
    pub fn parse(text: &str) -> Result<Self, PasswordHashError> {
        if let Some(rest) = text.strip_prefix("$argon2id$") {
            return Argon2id::parse(rest).map(Self::Argon2id);
        }
        if ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| text.starts_with(prefix)) {
            return parse_bcrypt(text);
        }
        Pbkdf2::parse(text).map(Self::Pbkdf2)
    }

    /// A new hash of a password, as text. Takes long.
    #[must_use]
    pub fn make(candidate: &Candidate, random: &Random) -> Option<String> {
        let mut salt = vec![0; SALT_BYTES];
        random.fill(&mut salt);
        let hash = CURRENT.hash(candidate, &salt, HASH_BYTES)?;
        Some(Argon2id { cost: CURRENT, salt, hash }.to_text())
    }

    /// Whether this password was hashed. Takes long.
    #[must_use]
    pub fn is_of(&self, candidate: &Candidate) -> bool {
        match self {
            Self::Argon2id(kept) => {
                let made = kept.cost.hash(candidate, &kept.salt, kept.hash.len());
                made.is_some_and(|made| is_same(&made, &kept.hash))
            }
            Self::Bcrypt(kept) => bcrypt::verify(candidate.as_str(), kept).unwrap_or(false),
            Self::Pbkdf2(kept) => kept.is_of(candidate),
        }
    }

    /// Whether it is as good as a new one.
    #[must_use]
    pub fn is_current(&self) -> bool {
        matches!(self, Self::Argon2id(kept) if kept.cost == CURRENT)
    }

    /// The hash of nothing that anybody knows, for those who have none: checking it takes as long
    /// as checking theirs would.
    #[must_use]
    pub fn of_nobody() -> Self {
        let (salt, hash) = (vec![0; SALT_BYTES], vec![0; HASH_BYTES]);
        Self::Argon2id(Argon2id { cost: CURRENT, salt, hash })
    }
}

impl Argon2id {
    /// What follows the name of the scheme.
    fn parse(rest: &str) -> Result<Self, PasswordHashError> {
        let malformed = PasswordHashError::Malformed;
        let mut parts = rest.split('$');
        let mut next = || parts.next().ok_or(malformed);
        let (version, cost, salt, hash) = (next()?, next()?, next()?, next()?);
        if version != "v=19" || parts.next().is_some() {
            return Err(malformed);
        }
        let cost = Cost::parse(cost).ok_or(malformed)?;
        if cost.memory > MOST.memory || cost.passes > MOST.passes || cost.lanes > MOST.lanes {
            return Err(PasswordHashError::Cost);
        }
        let [salt, hash] = [salt, hash].map(|text| STANDARD_NO_PAD.decode_to_vec(text));
        let (salt, hash) = (salt.map_err(|_| malformed)?, hash.map_err(|_| malformed)?);
        let is_sized = (8..=64).contains(&salt.len()) && (16..=64).contains(&hash.len());
        if is_sized && cost.params(hash.len()).is_some() {
            Ok(Self { cost, salt, hash })
        } else {
            Err(malformed)
        }
    }

    fn to_text(&self) -> String {
        let Cost { memory, passes, lanes } = self.cost;
        let [salt, hash] = [&self.salt, &self.hash].map(|b| STANDARD_NO_PAD.encode_to_string(b));
        format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${hash}")
    }
}

impl Cost {
    /// `m=…,t=…,p=…`
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(',');
        let mut number = |prefix: &str| parts.next()?.strip_prefix(prefix)?.parse().ok();
        let cost = Self { memory: number("m=")?, passes: number("t=")?, lanes: number("p=")? };
        parts.next().is_none().then_some(cost)
    }

    fn params(self, length: usize) -> Option<Params> {
        Params::new(self.memory, self.passes, self.lanes, Some(length)).ok()
    }

    fn hash(self, candidate: &Candidate, salt: &[u8], length: usize) -> Option<Vec<u8>> {
        let mut hash = vec![0; length];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params(length)?);
        let made = argon2.hash_password_into(candidate.as_str().as_bytes(), salt, &mut hash);
        made.ok().map(|()| hash)
    }
}

/// `$2b$12$` and 53 characters of bcrypt's own base64.
fn parse_bcrypt(text: &str) -> Result<PasswordHash, PasswordHashError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '/';
    let (cost, rest) = text.get(4..6).zip(text.get(6..)).ok_or(PasswordHashError::Malformed)?;
    let body = rest.strip_prefix('$').filter(|body| body.len() == 53 && body.chars().all(plain));
    let cost = cost.parse::<u32>().ok().filter(|_| body.is_some());
    match cost {
        None => Err(PasswordHashError::Malformed),
        Some(cost) if BCRYPT_COST.contains(&cost) => Ok(PasswordHash::Bcrypt(text.to_owned())),
        Some(_) => Err(PasswordHashError::Cost),
    }
}

fn is_same(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}

impl fmt::Debug for Candidate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Candidate")
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash")
    }
}

impl fmt::Debug for Argon2id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Argon2id")
    }
}
