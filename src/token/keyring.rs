//! The keys that an installation derives from its master key, each for one purpose.

use super::nonce::NonceKey;
use super::opaque::PepperKey;
use super::refresh::RefreshKeys;
use super::vault::MasterKey;

/// The keys. Its `Debug` shows none.
#[derive(Clone, Debug)]
pub struct Keyring {
    /// What client secrets are hashed with.
    pub pepper: PepperKey,
    /// What refresh tokens are made and known by.
    pub refresh: RefreshKeys,
    /// What proofs of possession must repeat.
    pub nonce: NonceKey,
}

impl Keyring {
    /// The keys that belong to `master`.
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        Self {
            pepper: PepperKey::new(master),
            refresh: RefreshKeys::new(master),
            nonce: NonceKey::new(master),
        }
    }
}
