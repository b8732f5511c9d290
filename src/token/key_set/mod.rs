//! The keys of one server: the one that signs, and all that are published. As bytes, each private
//! key is in the vault.

mod rotation;
#[cfg(test)]
mod tests;

pub use rotation::{LIST_SECONDS, RotationMode};

use super::jwt::Signer;
use super::key::{Algorithm, KeyError, SigningKey};
use super::vault::{Vault, VaultError};
use super::verify::Verifier;
use crate::random::Random;
use base64_simd::URL_SAFE_NO_PAD;
use std::collections::BTreeMap;

/// The first line of a key set as bytes.
const FORMAT: &str = "claimsmith-keys 2";
/// The same before keys had times.
const FORMAT_WITHOUT_TIMES: &str = "claimsmith-keys 1";

/// What a key is for (section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStatus {
    /// Signs.
    Active,
    /// Published ahead, does not sign yet.
    Next,
    /// Signs no more; published until all its tokens have ended.
    Expired,
}

impl KeyStatus {
    const ALL: [Self; 3] = [Self::Active, Self::Next, Self::Expired];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Next => "NEXT",
            Self::Expired => "EXPIRED",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// What can be wrong with a key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// The bytes are not of a key set.
    #[error("the bytes are not a key set")]
    Malformed,
    /// A key is not usable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The vault does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// The keys of one server.
#[derive(Debug)]
pub struct KeySet {
    active: Signer,
    others: Vec<(KeyStatus, SigningKey)>,
    /// Since when each has its status, in seconds since 1970, by key id; absent where that is not
    /// known.
    since: BTreeMap<String, i64>,
    verifier: Verifier,
    jwks: String,
}

impl KeySet {
    /// A set in which `active` signs and the others are published only.
    #[must_use]
    pub fn new(active: SigningKey, others: Vec<(KeyStatus, SigningKey)>) -> Self {
        let keys = || std::iter::once(&active).chain(others.iter().map(|(_, key)| key));
        let verifier = Verifier::new(keys().map(|key| key.public().clone()));
        let jwks: Vec<&str> = keys().map(SigningKey::public_jwk).collect();
        let jwks = format!(r#"{{"keys":[{}]}}"#, jwks.join(","));
        Self { active: Signer::new(active), others, since: BTreeMap::new(), verifier, jwks }
    }

    /// A set of one fresh key, as a new server has it.
    ///
    /// # Errors
    /// [`KeyError::Generate`] if no key can be made.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        SigningKey::generate(algorithm).map(|key| Self::new(key, Vec::new()))
    }

    /// What signs.
    #[must_use]
    pub const fn active(&self) -> &Signer {
        &self.active
    }

    /// What checks, over all published keys.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The published keys as a JWK Set (RFC 7517 §5): no private members.
    #[must_use]
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    /// Every key and what it is for, the active one first.
    pub fn keys(&self) -> impl Iterator<Item = (KeyStatus, &SigningKey)> {
        let others = self.others.iter().map(|(status, key)| (*status, key));
        std::iter::once((KeyStatus::Active, self.active.key())).chain(others)
    }

    /// Since when the key of this id has its status, in seconds since 1970.
    #[must_use]
    pub fn since(&self, kid: &str) -> Option<i64> {
        self.since.get(kid).copied()
    }

    /// The set as bytes: a line for each key with status, algorithm, id, the time since when, and the
    /// private key encrypted under its id.
    ///
    /// # Errors
    /// [`KeySetError`] if a key cannot be written or encrypted.
    pub fn seal(&self, vault: &Vault, random: &Random) -> Result<Vec<u8>, KeySetError> {
        let mut text = FORMAT.to_owned();
        for (status, key) in self.keys() {
            let closed = vault.seal(random, &vault_name(key.kid()), &key.to_pkcs8()?)?;
            let (status, algorithm, kid) = (status.name(), key.algorithm().name(), key.kid());
            let since = self.since(kid).unwrap_or_default();
            text.push_str(&format!("\n{status} {algorithm} {kid} {since} "));
            URL_SAFE_NO_PAD.encode_append(closed, &mut text);
        }
        Ok(text.into_bytes())
    }

    /// The set that [`KeySet::seal`] wrote.
    ///
    /// # Errors
    /// [`KeySetError::Malformed`] if the bytes are no key set with exactly one active key,
    /// [`KeySetError::Vault`] if it was written under another master key.
    pub fn open(vault: &Vault, bytes: &[u8]) -> Result<Self, KeySetError> {
        let text = std::str::from_utf8(bytes).map_err(|_| KeySetError::Malformed)?;
        let mut lines = text.split('\n');
        let has_times = match lines.next() {
            Some(FORMAT) => true,
            Some(FORMAT_WITHOUT_TIMES) => false,
            _ => return Err(KeySetError::Malformed),
        };
        let mut since = BTreeMap::new();
        let mut keys = Vec::new();
        for line in lines {
            let (status, key, time) = open_line(vault, line, has_times)?;
            if time > 0 {
                since.insert(key.kid().to_owned(), time);
            }
            keys.push((status, key));
        }
        let (mut active, others): (Vec<_>, Vec<_>) =
            keys.into_iter().partition(|(status, _)| *status == KeyStatus::Active);
        match (active.pop(), active.is_empty()) {
            (Some((_, active)), true) => Ok(Self { since, ..Self::new(active, others) }),
            _ => Err(KeySetError::Malformed),
        }
    }
}

fn open_line(
    vault: &Vault,
    line: &str,
    has_times: bool,
) -> Result<(KeyStatus, SigningKey, i64), KeySetError> {
    let mut parts: Vec<&str> = line.split(' ').collect();
    if !has_times && parts.len() == 4 {
        parts.insert(3, "0");
    }
    let [status, algorithm, kid, since, closed] = parts.as_slice() else {
        return Err(KeySetError::Malformed);
    };
    let status = KeyStatus::from_name(status).ok_or(KeySetError::Malformed)?;
    let algorithm = Algorithm::from_name(algorithm).ok_or(KeySetError::Malformed)?;
    let since = since.parse().map_err(|_| KeySetError::Malformed)?;
    let closed = URL_SAFE_NO_PAD.decode_to_vec(closed).map_err(|_| KeySetError::Malformed)?;
    let key = SigningKey::from_pkcs8(algorithm, &vault.open(&vault_name(kid), &closed)?)?;
    if key.kid() == *kid { Ok((status, key, since)) } else { Err(KeySetError::Malformed) }
}

/// The key id with what it is an id of: the vault closes other secrets too.
fn vault_name(kid: &str) -> String {
    format!("signing-key:{kid}")
}
