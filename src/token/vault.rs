//! The master key and what it closes: private keys and the secrets that must be read again are kept
//! only encrypted (decision 23; section 5.5).

use crate::random::Random;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64_simd::{STANDARD, URL_SAFE_NO_PAD};
use std::fmt;

const KEY_BYTES: usize = 32;

/// Bytes of a key that is closed under another: nonce, key and tag.
pub const CLOSED_KEY_BYTES: usize = NONCE_LEN + KEY_BYTES + 16;

/// Under which name keys are closed.
const CLOSED_KEY: &str = "data key";

/// 256 bits from which every other key of an installation comes. Its `Debug` shows nothing.
#[derive(Clone)]
pub struct MasterKey([u8; KEY_BYTES]);

/// The text is no master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 32 bytes in base64")]
pub struct MasterKeyError;

impl MasterKey {
    /// A fresh key.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        let mut bytes = [0; KEY_BYTES];
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// The key in base64 (RFC 4648 §4), white space around it left out.
    ///
    /// # Errors
    /// [`MasterKeyError`] if that is not 32 bytes.
    pub fn from_text(text: &str) -> Result<Self, MasterKeyError> {
        let bytes = STANDARD.decode_to_vec(text.trim()).map_err(|_| MasterKeyError)?;
        bytes.try_into().map(Self).map_err(|_| MasterKeyError)
    }

    /// The key in base64, for the file it is kept in.
    #[must_use]
    pub fn to_text(&self) -> String {
        STANDARD.encode_to_string(self.0)
    }

    /// This key, closed under another: [`CLOSED_KEY_BYTES`].
    ///
    /// # Errors
    /// [`VaultError::Seal`] if the library refuses.
    pub fn close_under(&self, master: &Self, random: &Random) -> Result<Vec<u8>, VaultError> {
        Vault::new(master)?.seal(random, CLOSED_KEY, &self.0)
    }

    /// The key that was closed under `master`.
    ///
    /// # Errors
    /// [`VaultError::Open`] if it was another, or the bytes were changed.
    pub fn open_under(master: &Self, closed: &[u8]) -> Result<Self, VaultError> {
        let plain = Vault::new(master)?.open(CLOSED_KEY, closed)?;
        plain.try_into().map(Self).map_err(|_| VaultError::Open)
    }

    /// The key for one purpose, so that no two uses share one: the first block of HKDF-Expand
    /// with SHA-256 and `label` as its info (RFC 5869 §2.3). The extract step is left out, as §3.3
    /// there allows: a master key is uniformly random already.
    pub(super) fn derive(&self, label: &str) -> [u8; KEY_BYTES] {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.0));
        context.update(label.as_bytes());
        context.update(&[1]);
        let tag = context.sign();
        let mut derived = [0; KEY_BYTES];
        derived.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        derived
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey")
    }
}

/// What can go wrong in a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The library refused to encrypt.
    #[error("the bytes could not be encrypted")]
    Seal,
    /// Another master key, another name, or bytes that were changed.
    #[error("the bytes cannot be decrypted: another master key, or damaged data")]
    Open,
}

/// AES-256-GCM under a key of the master key.
pub struct Vault(LessSafeKey);

impl Vault {
    /// The vault of `master`.
    ///
    /// # Errors
    /// [`VaultError::Seal`] if the library refuses the key.
    pub fn new(master: &MasterKey) -> Result<Self, VaultError> {
        let key = UnboundKey::new(&AES_256_GCM, &master.derive("claimsmith vault 1"));
        key.map(|key| Self(LessSafeKey::new(key))).map_err(|_| VaultError::Seal)
    }

    /// `plain` encrypted: a random nonce, the bytes, the tag. They open only under the same `name`,
    /// so that one row's secret cannot be put in the place of another's.
    ///
    /// # Errors
    /// [`VaultError::Seal`] if the library refuses.
    pub fn seal(&self, random: &Random, name: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        let mut closed = plain.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(name.as_bytes()),
                &mut closed,
            )
            .map_err(|_| VaultError::Seal)?;
        Ok([nonce.as_slice(), &closed].concat())
    }

    /// What [`Vault::seal`] was given.
    ///
    /// # Errors
    /// [`VaultError::Open`] if the key, the name or the bytes are not the same.
    pub fn open(&self, name: &str, closed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (nonce, closed) = closed.split_at_checked(NONCE_LEN).ok_or(VaultError::Open)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Open)?;
        let mut bytes = closed.to_vec();
        let plain = self.0.open_in_place(nonce, Aad::from(name.as_bytes()), &mut bytes);
        plain.map(|plain| plain.to_vec()).map_err(|_| VaultError::Open)
    }
}

impl Vault {
    /// As [`Vault::seal`], as base64url.
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub fn seal_as_text(
        &self,
        random: &Random,
        name: &str,
        plain: &[u8],
    ) -> Result<String, VaultError> {
        Ok(URL_SAFE_NO_PAD.encode_to_string(self.seal(random, name, plain)?))
    }

    /// What [`Vault::seal_as_text`] was given.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open_as_text(&self, name: &str, closed: &str) -> Result<Vec<u8>, VaultError> {
        let closed = URL_SAFE_NO_PAD.decode_to_vec(closed).map_err(|_| VaultError::Open)?;
        self.open(name, &closed)
    }

    /// As [`Vault::seal_as_text`], of a text.
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub fn seal_text(
        &self,
        random: &Random,
        name: &str,
        plain: &str,
    ) -> Result<String, VaultError> {
        self.seal_as_text(random, name, plain.as_bytes())
    }

    /// What [`Vault::seal_text`] was given.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open_text(&self, name: &str, closed: &str) -> Result<String, VaultError> {
        String::from_utf8(self.open_as_text(name, closed)?).map_err(|_| VaultError::Open)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Vault")
    }
}
