//! Signatures of passkeys (Web Authentication Level 3 §6.5): public keys as browsers give them, in
//! SubjectPublicKeyInfo, by their COSE algorithm.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    VerificationAlgorithm,
};

/// The COSE algorithms that are taken, the best first: ES256, EdDSA, RS256.
pub const ALGORITHMS: &[i64] = &[-7, -8, -257];

/// The public key of a passkey.
pub struct PasskeyKey(ParsedPublicKey);

impl PasskeyKey {
    /// The key that `der` is for this algorithm.
    #[must_use]
    pub fn parse(algorithm: i64, der: &[u8]) -> Option<Self> {
        let algorithm: &'static dyn VerificationAlgorithm = match algorithm {
            -7 => &ECDSA_P256_SHA256_ASN1,
            -8 => &ED25519,
            -257 => &RSA_PKCS1_2048_8192_SHA256,
            _ => return None,
        };
        ParsedPublicKey::new(algorithm, der).ok().map(Self)
    }

    /// Whether the passkey signed this.
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

impl std::fmt::Debug for PasskeyKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PasskeyKey")
    }
}
