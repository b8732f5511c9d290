//! X.509 as far as keys of applications need it: a certificate that an RSA key gives itself (RFC 5280),
//! a request for one (PKCS #10, RFC 2986), and what key a certificate is of. Who signed a certificate is
//! not looked at: whoever may give an application a key may say whose it is.

use super::key::{KeyError, SigningKey, rsa_numbers};
use base64_simd::{STANDARD, URL_SAFE_NO_PAD};
use der::asn1::{Any, AnyRef, BitString, Ia5String, Null, PrintableStringRef, Utf8StringRef};
use der::oid::db::{rfc4519, rfc5912};
use der::{DateTime, Decode, Encode, Sequence};
use std::time::Duration;
use x509_cert::attr::{AttributeTypeAndValue, Attributes};
use x509_cert::certificate::{CertificateInner, Raw, Version};
use x509_cert::ext::ToExtension;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::{Name as DistinguishedName, RdnSequence, RelativeDistinguishedName};
use x509_cert::request::{CertReqInfo, ExtensionReq, Version as RequestVersion};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::ObjectIdentifier;
use x509_cert::time::{Time, Validity};
use x509_cert::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// A part of a name: what Okta's API calls it, its identifier, and how many characters it has at most
/// (RFC 5280 §A.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: &'static str,
    identifier: ObjectIdentifier,
    pub longest: usize,
}

impl Attribute {
    const fn new(name: &'static str, identifier: ObjectIdentifier, longest: usize) -> Self {
        Self { name, identifier, longest }
    }
}

/// The common name.
pub const COMMON_NAME: Attribute = Attribute::new("commonName", rfc4519::COMMON_NAME, 64);

/// Every part of a name, in the order in which it is written.
pub const ATTRIBUTES: &[Attribute] = &[
    Attribute::new("countryName", rfc4519::COUNTRY_NAME, 2),
    Attribute::new("stateOrProvinceName", rfc4519::ST, 128),
    Attribute::new("localityName", rfc4519::LOCALITY_NAME, 128),
    Attribute::new("organizationName", rfc4519::ORGANIZATION_NAME, 64),
    Attribute::new("organizationalUnitName", rfc4519::ORGANIZATIONAL_UNIT_NAME, 64),
    COMMON_NAME,
];

/// Who a certificate is of.
pub type Name<'n> = [(Attribute, &'n str)];

/// What a certificate says (RFC 5280 §4.1); the library lets its own be read only.
#[derive(Sequence)]
struct Body {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: Version,
    serial_number: SerialNumber,
    signature: AlgorithmIdentifier,
    issuer: DistinguishedName,
    validity: Validity,
    subject: DistinguishedName,
    public_key: SubjectPublicKeyInfo,
}

/// What is signed, how, and the signature (RFC 5280 §4.1, RFC 2986 §4.2).
#[derive(Sequence)]
struct Signed<'b> {
    body: AnyRef<'b>,
    algorithm: AlgorithmIdentifier,
    signature: BitString,
}

/// Names and times were looked at by who asks: what then cannot be written is the key.
impl From<der::Error> for KeyError {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

/// The certificate that `key` gives itself, in DER; from and until in seconds since 1970.
///
/// # Errors
/// [`KeyError`] if the key is not of RSA, cannot sign, or the years are beyond what can be written.
pub fn self_signed(
    key: &SigningKey,
    name: &Name<'_>,
    serial: &[u8],
    (from, until): (i64, i64),
) -> Result<Vec<u8>, KeyError> {
    let subject = written_name(name)?;
    // A number that is not negative and not zero, of 20 bytes at most (RFC 5280 §4.1.2.2).
    let serial = [&[0x01], serial.get(..16).unwrap_or(serial)].concat();
    let body = Body {
        version: Version::V3,
        serial_number: SerialNumber::new(&serial)?,
        signature: algorithm(rfc5912::SHA_256_WITH_RSA_ENCRYPTION),
        issuer: subject.clone(),
        validity: Validity::new(written_time(from)?, written_time(until)?),
        subject,
        public_key: public_key(key)?,
    };
    signed(key, &body)
}

/// A request for a certificate of `key`, in DER.
///
/// # Errors
/// [`KeyError`] if the key is not of RSA or cannot sign.
pub fn request(key: &SigningKey, name: &Name<'_>, hosts: &[&str]) -> Result<Vec<u8>, KeyError> {
    let subject = written_name(name)?;
    let mut attributes = Attributes::new();
    if !hosts.is_empty() {
        let hosts = hosts.iter().map(|host| Ia5String::new(host).map(GeneralName::DnsName));
        let hosts = SubjectAltName(hosts.collect::<der::Result<_>>()?);
        let extensions = vec![hosts.to_extension(&subject, &[])?];
        attributes.insert(ExtensionReq(extensions).try_into()?)?;
    }
    let public_key = public_key(key)?;
    signed(key, &CertReqInfo { version: RequestVersion::V1, subject, public_key, attributes })
}

/// DER as JWKs and Okta's API have it (RFC 7517 §4.7).
#[must_use]
pub fn base64(der: &[u8]) -> String {
    STANDARD.encode_to_string(der)
}

/// The digest of a certificate (RFC 7517 §4.9).
#[must_use]
pub fn thumbprint(der: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(super::digest(der))
}

fn signed(key: &SigningKey, body: &impl Encode) -> Result<Vec<u8>, KeyError> {
    let body = body.to_der()?;
    let mut signature = Vec::new();
    key.sign(&body, &mut signature)?;
    let signed = Signed {
        body: AnyRef::from_der(&body)?,
        algorithm: algorithm(rfc5912::SHA_256_WITH_RSA_ENCRYPTION),
        signature: BitString::new(0, signature)?,
    };
    Ok(signed.to_der()?)
}

fn public_key(key: &SigningKey) -> Result<SubjectPublicKeyInfo, KeyError> {
    let numbers = key.rsa_public().ok_or(KeyError::Malformed)?;
    let subject_public_key = BitString::from_bytes(numbers)?;
    Ok(SubjectPublicKeyInfo { algorithm: algorithm(rfc5912::RSA_ENCRYPTION), subject_public_key })
}

/// One of RSA (RFC 4055 §1.2).
fn algorithm(oid: ObjectIdentifier) -> AlgorithmIdentifier {
    AlgorithmIdentifier { oid, parameters: Some(Any::from(Null)) }
}

fn written_name(name: &Name<'_>) -> der::Result<DistinguishedName> {
    let part = |(attribute, text): &(Attribute, &str)| {
        let oid = attribute.identifier;
        let value = match oid {
            rfc4519::COUNTRY_NAME => Any::encode_from(&PrintableStringRef::new(text)?),
            _ => Any::encode_from(&Utf8StringRef::new(text)?),
        };
        RelativeDistinguishedName::try_from(vec![AttributeTypeAndValue { oid, value: value? }])
    };
    let parts: der::Result<Vec<_>> = name.iter().map(part).collect();
    Ok(DistinguishedName::hazmat_from_rdn_sequence(RdnSequence::from(parts?)))
}

fn written_time(seconds: i64) -> der::Result<Time> {
    DateTime::from_unix_duration(Duration::from_secs(u64::try_from(seconds)?)).map(Time::from)
}

/// A certificate of an RSA key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// In DER.
    pub der: Vec<u8>,
    /// Since when it counts and until when, in seconds since 1970.
    pub from: i64,
    pub until: i64,
    /// In DER (RFC 8017 §A.1.1), in which no number is written in two ways.
    public_key: Vec<u8>,
}

impl Certificate {
    /// Reads a certificate as it is sent: DER, its base64, or PEM. `None` if it is none of RSA.
    #[must_use]
    pub fn read(sent: &[u8]) -> Option<Self> {
        let der = bytes_of(sent)?;
        let read = CertificateInner::<Raw>::from_der(&der).ok()?;
        let body = read.tbs_certificate();
        let key = body.subject_public_key_info();
        let public_key = key.subject_public_key.as_bytes()?.to_vec();
        rsa_numbers(&public_key)?;
        let seconds = |time: Time| i64::try_from(time.to_unix_duration().as_secs()).ok();
        let validity = body.validity();
        let (from, until) = (seconds(validity.not_before)?, seconds(validity.not_after)?);
        let is_rsa = key.algorithm.oid == rfc5912::RSA_ENCRYPTION;
        is_rsa.then_some(Self { der, from, until, public_key })
    }

    /// Whether it is of this key.
    #[must_use]
    pub fn is_of(&self, key: &SigningKey) -> bool {
        key.rsa_public() == Some(&self.public_key)
    }
}

/// What DER of a certificate begins with.
const SEQUENCE: u8 = 0x30;

/// DER, whatever it is sent as.
fn bytes_of(sent: &[u8]) -> Option<Vec<u8>> {
    if sent.first() == Some(&SEQUENCE) {
        return Some(sent.to_vec());
    }
    let text = std::str::from_utf8(sent).ok()?.trim();
    let inner = match text.split_once("-----BEGIN CERTIFICATE-----") {
        Some((_, rest)) => rest.split_once("-----END CERTIFICATE-----")?.0,
        None => text,
    };
    let inner: String = inner.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode_to_vec(inner).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Algorithm;

    const FROM: i64 = 1_767_225_600;

    fn key() -> SigningKey {
        SigningKey::generate(Algorithm::Rs256).unwrap()
    }

    fn given(key: &SigningKey, until: i64) -> Vec<u8> {
        let name = [(COMMON_NAME, "0oa1")];
        self_signed(key, &name, &[0xff; 16], (FROM, until)).unwrap()
    }

    #[test]
    fn a_certificate_is_read_as_der_base64_and_pem_and_is_of_its_key() {
        let key = key();
        // In 2026, and in 2055.
        for until in [FROM + 86_400, 2_682_288_000] {
            let der = given(&key, until);
            let text = STANDARD.encode_to_string(&der);
            let pem =
                format!("-----BEGIN CERTIFICATE-----\r\n{text}\r\n-----END CERTIFICATE-----\n");
            for sent in [&der[..], text.as_bytes(), pem.as_bytes()] {
                let read = Certificate::read(sent).unwrap();
                assert_eq!((read.from, read.until, &read.der), (FROM, until, &der));
                assert!(read.is_of(&key));
            }
        }
    }

    #[test]
    fn a_certificate_is_not_of_another_key_and_others_have_none() {
        let read = Certificate::read(&given(&key(), FROM + 1)).unwrap();
        assert!(!read.is_of(&key()));
        let other = SigningKey::generate(Algorithm::Es256).unwrap();
        assert!(!read.is_of(&other));
        let name = [(COMMON_NAME, "0oa1")];
        assert_eq!(self_signed(&other, &name, &[1], (0, 1)), Err(KeyError::Malformed));
        assert_eq!(request(&other, &name, &[]), Err(KeyError::Malformed));
    }

    #[test]
    fn what_is_cut_short_or_bent_is_no_certificate_and_does_no_harm() {
        let der = given(&key(), FROM + 1);
        for length in 0..der.len() {
            assert_eq!(Certificate::read(&der[..length]), None, "{length}");
        }
        let mut longer = der.clone();
        longer.push(0);
        assert_eq!(Certificate::read(&longer), None);
        for at in 0..der.len() {
            let mut bent = der.clone();
            bent[at] ^= 0x55;
            drop(Certificate::read(&bent));
        }
        assert_eq!(Certificate::read(b"-----BEGIN CERTIFICATE-----"), None);
    }
}
