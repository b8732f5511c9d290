//! One key that signs, and the half of it that everybody may see. A key is parsed once; what is
//! said of it on the wire (its id and its JWK) is written once.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, Pkcs8V2Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, ParsedPublicKey, RsaKeyPair, VerificationAlgorithm,
};
use aws_lc_rs::{digest, rsa};
use base64_simd::URL_SAFE_NO_PAD;
use der::asn1::UintRef;
use der::{Decode, Sequence};
use std::fmt;
use std::sync::Arc;

/// The signature algorithms a server may sign with (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, keys of 2048 bits.
    Rs256,
    /// ECDSA on P-256 with SHA-256, signatures of fixed length.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// Every algorithm there is.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// The name in the header of a JWS and in a JWK.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm called `name`, which is case-sensitive (RFC 7515 §4.1.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Bytes of a signature (RFC 7518 §3.3 and §3.4, RFC 8032 §5.1.6).
    #[must_use]
    pub const fn signature_length(self) -> usize {
        match self {
            Self::Rs256 => 256,
            Self::Es256 | Self::EdDsa => 64,
        }
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
            Self::EdDsa => &signature::ED25519,
        }
    }
}

/// What can be wrong with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The cryptographic library could not make one.
    #[error("a signing key could not be made")]
    Generate,
    /// The bytes are no private key of the algorithm, in PKCS #8.
    #[error("the bytes are not a private key of this algorithm")]
    Malformed,
    /// The cryptographic library refused to sign.
    #[error("the key could not sign")]
    Sign,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A private key. Its `Debug` shows the key id only.
pub struct SigningKey {
    pair: Pair,
    public: PublicKey,
}

impl SigningKey {
    /// A fresh key, from the randomness of the machine.
    ///
    /// # Errors
    /// [`KeyError::Generate`] if the library cannot make one.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let pair = match algorithm {
            Algorithm::Rs256 => RsaKeyPair::generate(rsa::KeySize::Rsa2048).map(Pair::Rsa),
            Algorithm::Es256 => {
                EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::Ecdsa)
            }
            Algorithm::EdDsa => Ed25519KeyPair::generate().map(Pair::Ed25519),
        };
        Self::new(pair.map_err(|_| KeyError::Generate)?)
    }

    /// The key that [`SigningKey::to_pkcs8`] wrote.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if `der` is not a private key of `algorithm`.
    pub fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        let pair = match algorithm {
            Algorithm::Rs256 => RsaKeyPair::from_pkcs8(der).map(Pair::Rsa),
            Algorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, der)
                    .map(Pair::Ecdsa)
            }
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(der).map(Pair::Ed25519),
        };
        Self::new(pair.map_err(|_| KeyError::Malformed)?)
    }

    fn new(pair: Pair) -> Result<Self, KeyError> {
        let public = match &pair {
            Pair::Rsa(pair) => PublicKey::new(Algorithm::Rs256, pair.public_key().as_ref()),
            Pair::Ecdsa(pair) => PublicKey::new(Algorithm::Es256, pair.public_key().as_ref()),
            Pair::Ed25519(pair) => PublicKey::new(Algorithm::EdDsa, pair.public_key().as_ref()),
        }?;
        Ok(Self { pair, public })
    }

    /// The private key in PKCS #8 (RFC 5958). Never to be kept without the vault around it.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if the library cannot write the key.
    pub fn to_pkcs8(&self) -> Result<Vec<u8>, KeyError> {
        let der = match &self.pair {
            Pair::Rsa(pair) => {
                AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map(|der| der.as_ref().to_vec())
            }
            Pair::Ecdsa(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Pair::Ed25519(pair) => {
                AsDer::<Pkcs8V2Der<'_>>::as_der(pair).map(|der| der.as_ref().to_vec())
            }
        };
        der.map_err(|_| KeyError::Malformed)
    }

    /// The half everybody may see.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The algorithm the key signs with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.public.algorithm
    }

    /// The key id: the thumbprint of RFC 7638 in base64url.
    #[must_use]
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// The public half of an RSA key in DER (RFC 8017 §A.1.1); no other key has one.
    pub(super) fn rsa_public(&self) -> Option<&[u8]> {
        match &self.pair {
            Pair::Rsa(pair) => Some(pair.public_key().as_ref()),
            Pair::Ecdsa(_) | Pair::Ed25519(_) => None,
        }
    }

    /// The public half as JSON text (RFC 7517).
    #[must_use]
    pub fn public_jwk(&self) -> &str {
        self.public.jwk()
    }

    /// Signs `input`; `signature` is overwritten with the raw signature of RFC 7518 §3.
    ///
    /// # Errors
    /// [`KeyError::Sign`] if the library refuses.
    pub fn sign(&self, input: &[u8], signature: &mut Vec<u8>) -> Result<(), KeyError> {
        signature.clear();
        match &self.pair {
            Pair::Rsa(pair) => {
                signature.resize(pair.public_modulus_len(), 0);
                pair.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), input, signature)
                    .map_err(|_| KeyError::Sign)
            }
            Pair::Ecdsa(pair) => {
                let signed = pair.sign(&SystemRandom::new(), input).map_err(|_| KeyError::Sign)?;
                signature.extend_from_slice(signed.as_ref());
                Ok(())
            }
            Pair::Ed25519(pair) => {
                let signed = pair.try_sign(input).map_err(|_| KeyError::Sign)?;
                signature.extend_from_slice(signed.as_ref());
                Ok(())
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("kid", &self.kid()).finish_non_exhaustive()
    }
}

/// A public key, ready to check signatures with. Clones share the parsed key.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: Algorithm,
    kid: String,
    jwk: String,
    parsed: Arc<ParsedPublicKey>,
}

impl PublicKey {
    /// `bytes`: RFC 8017 DER for RSA, the uncompressed point for P-256, the key itself for Ed25519.
    pub(super) fn new(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, KeyError> {
        let parsed = ParsedPublicKey::new(algorithm.verification(), bytes)
            .map_err(|_| KeyError::Malformed)?;
        let (thumbprint_input, kind, members) =
            jwk_members(algorithm, bytes).ok_or(KeyError::Malformed)?;
        let thumbprint = digest::digest(&digest::SHA256, thumbprint_input.as_bytes());
        let kid = URL_SAFE_NO_PAD.encode_to_string(thumbprint.as_ref());
        let name = algorithm.name();
        let jwk =
            format!(r#"{{"kty":"{kind}","alg":"{name}","kid":"{kid}","use":"sig",{members}}}"#);
        Ok(Self { algorithm, kid, jwk, parsed: Arc::new(parsed) })
    }

    /// The algorithm the key checks, and the only one.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key id: the thumbprint of RFC 7638 in base64url.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The key as JSON text (RFC 7517), without private members.
    #[must_use]
    pub fn jwk(&self) -> &str {
        &self.jwk
    }

    /// Whether `signature` is of this key over `input`.
    #[must_use]
    pub fn verifies(&self, input: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(input, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PublicKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// What the thumbprint is taken of (RFC 7638 §3.2, RFC 8037 §2), the `kty`, and the other members.
fn jwk_members(algorithm: Algorithm, bytes: &[u8]) -> Option<(String, &'static str, String)> {
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode_to_string(bytes);
    Some(match algorithm {
        Algorithm::Rs256 => {
            let (modulus, exponent) = rsa_numbers(bytes)?;
            let (n, e) = (text(modulus), text(exponent));
            let input = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
            (input, "RSA", format!(r#""n":"{n}","e":"{e}""#))
        }
        Algorithm::Es256 => {
            let (x, y) = bytes.strip_prefix(&[0x04])?.split_at_checked(32)?;
            let (x, y) = (text(x), text(y));
            let input = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
            (input, "EC", format!(r#""crv":"P-256","x":"{x}","y":"{y}""#))
        }
        Algorithm::EdDsa => {
            let x = text(bytes);
            let input = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
            (input, "OKP", format!(r#""crv":"Ed25519","x":"{x}""#))
        }
    })
}

/// The public half of an RSA key (RFC 8017 §A.1.1).
#[derive(Sequence)]
struct RsaNumbers<'d> {
    modulus: UintRef<'d>,
    exponent: UintRef<'d>,
}

/// Modulus and exponent, big-endian without leading zeros. `None` if `der` is not such a key.
pub(super) fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let numbers = RsaNumbers::from_der(der).ok()?;
    Some((numbers.modulus.as_bytes(), numbers.exponent.as_bytes()))
}
