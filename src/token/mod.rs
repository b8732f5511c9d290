//! Say it so that it can be checked: a claim set becomes a signed string, and back. Also what is
//! secret and not a JWT: client secrets, and the encryption of what must be kept.

pub mod access;
pub mod claims;
mod der;
pub mod identity;
pub mod jwt;
pub mod key;
pub mod key_set;
pub mod opaque;
pub mod vault;
pub mod verify;
mod write;

pub use access::{AccessClaims, AccessLayout, write_access};
pub use claims::{Claims, ClaimsError};
pub use identity::{IdentityClaims, at_hash, write_identity};
pub use jwt::{Signer, TokenType};
pub use key::{Algorithm, KeyError, PublicKey, SigningKey};
pub use key_set::{KeySet, KeySetError, KeyStatus};
pub use vault::{MasterKey, MasterKeyError, Vault, VaultError};
pub use verify::{Verifier, VerifyError};

#[cfg(test)]
mod tests;
