//! JWTs that others make, and the keys they make them with: assertions of clients (RFC 7523) and
//! proofs of possession (RFC 9449). Read without trust, verified by nothing but the algorithm that
//! the key is for.

use super::opaque::is_same_text;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{self, RsaParameters, UnparsedPublicKey, VerificationAlgorithm};
use aws_lc_rs::{digest, hmac};
use base64_simd::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use std::fmt;

/// A longer one is refused unread.
const BYTES_AT_MOST: usize = 16 * 1024;

/// Most keys of a set.
const KEYS_AT_MOST: usize = 50;

/// Algorithms with a public key, by their names in RFC 7518 §3.1 and RFC 8037 §3.1.
pub const PUBLIC_KEY_ALGORITHMS: &[&str] =
    &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

/// Algorithms with a shared secret (RFC 7518 §3.2).
pub const SECRET_ALGORITHMS: &[&str] = &["HS256", "HS384", "HS512"];

/// A JWT whose signature nobody looked at yet.
pub struct ForeignJwt<'t> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    input: &'t str,
    signature: Vec<u8>,
}

impl<'t> ForeignJwt<'t> {
    /// The JWT that a text is; `None` if it is none, or asks for what is not understood (RFC 7515
    /// §4.1.11).
    #[must_use]
    pub fn parse(text: &'t str) -> Option<Self> {
        Self::parse_up_to(BYTES_AT_MOST, text)
    }

    /// As [`ForeignJwt::parse`], of a text of at most so many bytes.
    #[must_use]
    pub fn parse_up_to(bytes: usize, text: &'t str) -> Option<Self> {
        if text.len() > bytes {
            return None;
        }
        let (input, signature) = text.rsplit_once('.')?;
        let (header, claims) = input.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode_to_vec(part).ok();
        let object = |part: &str| serde_json::from_slice::<Map<String, Value>>(&decode(part)?).ok();
        let (header, claims) = (object(header)?, object(claims)?);
        let understood = !header.contains_key("crit") && !header.contains_key("b64");
        let signature = decode(signature)?;
        understood.then_some(Self { header, claims, input, signature })
    }

    /// A text of the header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// The public key in the header, which proves nothing but that who has it made this.
    #[must_use]
    pub fn embedded_key(&self) -> Option<ForeignKey> {
        let jwk = self.header.get("jwk")?.as_object()?;
        ForeignKey::from_jwk(&|name| jwk.get(name)?.as_str()).ok()
    }

    /// A text of the claims.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A time of the claims, in whole seconds since 1970; fractions are cut off.
    #[must_use]
    pub fn time(&self, name: &str) -> Option<i64> {
        let value = self.claims.get(name)?;
        #[expect(clippy::cast_possible_truncation, reason = "a float is cut to the nearest i64")]
        value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64))
    }

    /// Whether the claim is there at all.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.claims.contains_key(name)
    }

    /// The audiences: one text, or a list of them (RFC 7519 §4.1.3).
    #[must_use]
    pub fn audiences(&self) -> Vec<&str> {
        match self.claims.get("aud") {
            Some(Value::String(audience)) => vec![audience],
            Some(Value::Array(audiences)) => audiences.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether `key` signed it, by the algorithm that the header names and the key is for.
    #[must_use]
    pub fn is_signed_by(&self, key: &ForeignKey) -> bool {
        let algorithm = self.header("alg").unwrap_or_default();
        key.verifies(algorithm, self.input.as_bytes(), &self.signature)
    }

    /// Whether it was made with `secret`.
    #[must_use]
    pub fn is_signed_with(&self, secret: &SharedSecret) -> bool {
        let algorithm = match self.header("alg") {
            Some("HS256") => hmac::HMAC_SHA256,
            Some("HS384") => hmac::HMAC_SHA384,
            Some("HS512") => hmac::HMAC_SHA512,
            _ => return false,
        };
        let key = hmac::Key::new(algorithm, &secret.0);
        hmac::verify(&key, self.input.as_bytes(), &self.signature).is_ok()
    }
}

/// Claims are about clients and people: not shown.
impl fmt::Debug for ForeignJwt<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ForeignJwt")
    }
}

/// A secret that a client signs with (decision 22). Its `Debug` shows nothing.
#[derive(Clone)]
pub struct SharedSecret(Vec<u8>);

impl SharedSecret {
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self(secret.as_bytes().to_vec())
    }

    /// What a client of the tests does with it, by HS256.
    #[cfg(test)]
    pub(crate) fn sign(&self, input: &str) -> Vec<u8> {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), input.as_bytes()).as_ref().to_vec()
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SharedSecret")
    }
}

/// Why a JWK is no key to verify with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    #[error("a private key or a secret; only the public half may be here")]
    Private,
    #[error("expected a key of `kty` RSA, EC or OKP on P-256, P-384, P-521 or Ed25519")]
    Kind,
    #[error("a member is missing or is not base64url of the right length")]
    Malformed,
    #[error("RSA key length in the 'jwks' is less than '2,048' bits for the given key.")]
    Small,
    #[error("`alg` is not an algorithm of this kind of key")]
    Algorithm,
}

/// Somebody else's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    kid: Option<String>,
    /// The one algorithm it is for, if it says so.
    algorithm: Option<String>,
    thumbprint: String,
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// Curve and uncompressed point.
    Ec(&'static Curve, Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Debug, PartialEq, Eq)]
struct Curve {
    name: &'static str,
    algorithm: &'static str,
    coordinate_bytes: usize,
}

const CURVES: &[Curve] = &[
    Curve { name: "P-256", algorithm: "ES256", coordinate_bytes: 32 },
    Curve { name: "P-384", algorithm: "ES384", coordinate_bytes: 48 },
    Curve { name: "P-521", algorithm: "ES512", coordinate_bytes: 66 },
];

/// Members of a JWK that nobody should see.
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "k"];

impl ForeignKey {
    /// The key of a JWK, whose text members `member` answers (RFC 7517, RFC 7518 §6).
    ///
    /// # Errors
    /// [`JwkError`], the first reason found.
    pub fn from_jwk<'j>(member: &dyn Fn(&str) -> Option<&'j str>) -> Result<Self, JwkError> {
        if PRIVATE.iter().any(|name| member(name).is_some()) {
            return Err(JwkError::Private);
        }
        let bytes = |name: &str| {
            let text = member(name).filter(|text| !text.is_empty()).ok_or(JwkError::Malformed)?;
            let bytes = URL_SAFE_NO_PAD.decode_to_vec(text).map_err(|_| JwkError::Malformed)?;
            Ok((text, bytes))
        };
        let (material, input) = match member("kty") {
            Some("RSA") => {
                let ((n, modulus), (e, exponent)) = (bytes("n")?, bytes("e")?);
                if modulus.iter().skip_while(|byte| **byte == 0).count() < 256 {
                    return Err(JwkError::Small);
                }
                let input = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
                (Material::Rsa { modulus, exponent }, input)
            }
            Some("EC") => {
                let ((x, x_bytes), (y, y_bytes)) = (bytes("x")?, bytes("y")?);
                // Without its name, which Okta takes, the length of a coordinate tells the curve.
                let is_it = |curve: &&Curve| match member("crv") {
                    Some(name) => curve.name == name,
                    None => curve.coordinate_bytes == x_bytes.len(),
                };
                let curve = CURVES.iter().find(is_it).ok_or(JwkError::Kind)?;
                if [&x_bytes, &y_bytes].iter().any(|c| c.len() != curve.coordinate_bytes) {
                    return Err(JwkError::Malformed);
                }
                let name = curve.name;
                let input = format!(r#"{{"crv":"{name}","kty":"EC","x":"{x}","y":"{y}"}}"#);
                (Material::Ec(curve, [&[0x04], &*x_bytes, &*y_bytes].concat()), input)
            }
            Some("OKP") if member("crv") == Some("Ed25519") => {
                let (x, key) = bytes("x")?;
                if key.len() != 32 {
                    return Err(JwkError::Malformed);
                }
                let input = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
                (Material::Ed25519(key), input)
            }
            _ => return Err(JwkError::Kind),
        };
        let thumbprint = digest::digest(&digest::SHA256, input.as_bytes());
        let key = Self {
            kid: member("kid").map(str::to_owned),
            algorithm: member("alg").map(str::to_owned),
            thumbprint: URL_SAFE_NO_PAD.encode_to_string(thumbprint.as_ref()),
            material,
        };
        let fits =
            key.algorithm.as_ref().is_none_or(|algorithm| key.verification(algorithm).is_some());
        if fits { Ok(key) } else { Err(JwkError::Algorithm) }
    }

    /// The keys of a JWK Set that signatures can be checked with, at most fifty (RFC 7517 §5: what is
    /// not understood is passed over); `None` if it is no such set.
    #[must_use]
    pub fn set(bytes: &[u8]) -> Option<Vec<Self>> {
        let Value::Object(set) = serde_json::from_slice(bytes).ok()? else { return None };
        let signs = |jwk: &&Map<String, Value>| {
            jwk.get("use").is_none_or(|usage| usage.as_str() == Some("sig"))
        };
        let jwks = set.get("keys")?.as_array()?.iter().filter_map(Value::as_object).filter(signs);
        let keys = jwks.filter_map(|jwk| Self::from_jwk(&|name| jwk.get(name)?.as_str()).ok());
        Some(keys.take(KEYS_AT_MOST).collect())
    }

    /// As its owner calls it.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// RFC 7638 with SHA-256, in base64url.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    fn verification(&self, algorithm: &str) -> Option<Verification> {
        use Verification::{Other, Rsa};
        Some(match (&self.material, algorithm) {
            (Material::Rsa { .. }, "RS256") => Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
            (Material::Rsa { .. }, "RS384") => Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
            (Material::Rsa { .. }, "RS512") => Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
            (Material::Rsa { .. }, "PS256") => Rsa(&signature::RSA_PSS_2048_8192_SHA256),
            (Material::Rsa { .. }, "PS384") => Rsa(&signature::RSA_PSS_2048_8192_SHA384),
            (Material::Rsa { .. }, "PS512") => Rsa(&signature::RSA_PSS_2048_8192_SHA512),
            (Material::Ec(curve, _), named) if curve.algorithm == named => Other(match named {
                "ES256" => &signature::ECDSA_P256_SHA256_FIXED,
                "ES384" => &signature::ECDSA_P384_SHA384_FIXED,
                _ => &signature::ECDSA_P521_SHA512_FIXED,
            }),
            (Material::Ed25519(_), "EdDSA") => Other(&signature::ED25519),
            _ => return None,
        })
    }

    /// Whether `signature` is of this key over `input` by this algorithm, which must be one that the
    /// key is for (RFC 8725 §3.1).
    fn verifies(&self, algorithm: &str, input: &[u8], signature: &[u8]) -> bool {
        if self.algorithm.as_ref().is_some_and(|own| own != algorithm) {
            return false;
        }
        match (self.verification(algorithm), &self.material) {
            (Some(Verification::Rsa(parameters)), Material::Rsa { modulus, exponent }) => {
                let modulus = without_leading_zeros(modulus);
                let key = PublicKeyComponents { n: modulus, e: without_leading_zeros(exponent) };
                key.verify(parameters, input, signature).is_ok()
            }
            (
                Some(Verification::Other(parameters)),
                Material::Ec(_, key) | Material::Ed25519(key),
            ) => UnparsedPublicKey::new(parameters, key).verify(input, signature).is_ok(),
            _ => false,
        }
    }
}

enum Verification {
    Rsa(&'static RsaParameters),
    Other(&'static dyn VerificationAlgorithm),
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Whether `claim` is the hash of this access token (RFC 9449 §4.2), compared in constant time.
#[must_use]
pub fn is_hash_of(claim: &str, access_token: &str) -> bool {
    let hash = digest::digest(&digest::SHA256, access_token.as_bytes());
    is_same_text(claim, &URL_SAFE_NO_PAD.encode_to_string(hash.as_ref()))
}

#[cfg(test)]
mod tests;
