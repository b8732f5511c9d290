//! Say it so that it can be checked: a claim set becomes a signed string, and back. Also what is
//! secret and not a JWT: client secrets, and the encryption of what must be kept.

pub mod access;
pub mod certificate;
pub mod claims;
pub mod foreign;
pub mod identity;
pub mod jwt;
pub mod key;
pub mod key_set;
mod keyring;
mod nonce;
pub mod one_time;
pub mod opaque;
pub mod passkey;
pub mod refresh;
pub mod vault;
pub mod verify;
mod short_text;
mod write;

pub use access::{AccessClaims, AccessLayout, write_access};
pub use claims::{Claims, ClaimsError};
pub use foreign::{ForeignJwt, ForeignKey, JwkError, SharedSecret};
pub use identity::{IdentityClaims, half_hash, write_identity};
pub use jwt::{Signer, TokenType};
pub use key::{Algorithm, KeyError, PublicKey, SigningKey};
pub use key_set::{KeySet, KeySetError, KeyStatus, RotationMode};
pub use keyring::Keyring;
pub use nonce::NonceKey;
pub use refresh::{FamilyId, RefreshKeys, RefreshToken};
pub use short_text::ShortText;
pub use vault::{CLOSED_KEY_BYTES, MasterKey, MasterKeyError, Vault, VaultError};
pub use verify::{Verifier, VerifyError};

/// SHA-256.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    let made = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.iter_mut().zip(made.as_ref()).for_each(|(to, from)| *to = *from);
    digest
}

#[cfg(test)]
mod tests;
