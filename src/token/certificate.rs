//! X.509 as far as keys of applications need it: a certificate that an RSA key gives itself (RFC 5280),
//! a request for one (PKCS #10, RFC 2986), and what key a certificate is of. Who signed a certificate is
//! not looked at: whoever may give an application a key may say whose it is.

use super::der::{BIT_STRING, INTEGER, SEQUENCE, any, element, holding, rsa_numbers};
use super::key::{KeyError, SigningKey};
use base64_simd::{STANDARD, URL_SAFE_NO_PAD};
use claimsmith_runtime::time::{self, DateTime, Zone};

const OBJECT_IDENTIFIER: u8 = 0x06;
const NULL: &[u8] = &[0x05, 0x00];
const OCTET_STRING: u8 = 0x04;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SET: u8 = 0x31;
/// `[0]` of something that has parts.
const FIRST: u8 = 0xa0;
/// `[2]` of a text: a name of a host (RFC 5280 §4.2.1.6).
const DNS_NAME: u8 = 0x82;

/// 1.2.840.113549.1.1.1
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.113549.1.1.11
const RSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
/// 1.2.840.113549.1.9.14: what extensions the certificate should have.
const EXTENSION_REQUEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e];
/// 2.5.29.17
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// A part of a name: what Okta's API calls it, the last number of its identifier 2.5.4.n, and how many
/// characters it has at most (RFC 5280 §A.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: &'static str,
    number: u8,
    pub longest: usize,
}

const COUNTRY: u8 = 6;

/// The common name.
pub const COMMON_NAME: Attribute = Attribute { name: "commonName", number: 3, longest: 64 };

/// Every part of a name, in the order in which it is written.
pub const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "countryName", number: COUNTRY, longest: 2 },
    Attribute { name: "stateOrProvinceName", number: 8, longest: 128 },
    Attribute { name: "localityName", number: 7, longest: 128 },
    Attribute { name: "organizationName", number: 10, longest: 64 },
    Attribute { name: "organizationalUnitName", number: 11, longest: 64 },
    COMMON_NAME,
];

/// Who a certificate is of.
pub type Name<'n> = [(Attribute, &'n str)];

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
    let name = written_name(name);
    let times = [written_time(from), written_time(until)];
    let [Some(from), Some(until)] = &times else { return Err(KeyError::Malformed) };
    let version = holding(FIRST, &[&holding(INTEGER, &[&[2]])]);
    // A number that is not negative and not zero, of 20 bytes at most (RFC 5280 §4.1.2.2).
    let serial = holding(INTEGER, &[&[0x01], serial.get(..16).unwrap_or(serial)]);
    let body = holding(
        SEQUENCE,
        &[
            &version,
            &serial,
            &algorithm(RSA_WITH_SHA256),
            &name,
            &holding(SEQUENCE, &[from, until]),
            &name,
            &public_key(key)?,
        ],
    );
    signed(key, &body)
}

/// A request for a certificate of `key`, in DER.
///
/// # Errors
/// [`KeyError`] if the key is not of RSA or cannot sign.
pub fn request(key: &SigningKey, name: &Name<'_>, hosts: &[&str]) -> Result<Vec<u8>, KeyError> {
    let attributes = match hosts.is_empty() {
        true => Vec::new(),
        false => {
            let hosts: Vec<Vec<u8>> =
                hosts.iter().map(|host| holding(DNS_NAME, &[host.as_bytes()])).collect();
            let hosts: Vec<&[u8]> = hosts.iter().map(Vec::as_slice).collect();
            let value = holding(OCTET_STRING, &[&holding(SEQUENCE, &hosts)]);
            let extension = holding(SEQUENCE, &[&identifier(SUBJECT_ALT_NAME), &value]);
            let extensions = holding(SET, &[&holding(SEQUENCE, &[&extension])]);
            holding(SEQUENCE, &[&identifier(EXTENSION_REQUEST), &extensions])
        }
    };
    let version = holding(INTEGER, &[&[0]]);
    let parts: [&[u8]; 4] =
        [&version, &written_name(name), &public_key(key)?, &holding(FIRST, &[&attributes])];
    signed(key, &holding(SEQUENCE, &parts))
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

/// What is signed, by whom, and the signature.
fn signed(key: &SigningKey, body: &[u8]) -> Result<Vec<u8>, KeyError> {
    let mut signature = Vec::new();
    key.sign(body, &mut signature)?;
    let signature = holding(BIT_STRING, &[&[0], &signature]);
    Ok(holding(SEQUENCE, &[body, &algorithm(RSA_WITH_SHA256), &signature]))
}

fn public_key(key: &SigningKey) -> Result<Vec<u8>, KeyError> {
    let numbers = key.rsa_public().ok_or(KeyError::Malformed)?;
    Ok(holding(SEQUENCE, &[&algorithm(RSA), &holding(BIT_STRING, &[&[0], numbers])]))
}

fn identifier(bytes: &[u8]) -> Vec<u8> {
    holding(OBJECT_IDENTIFIER, &[bytes])
}

fn algorithm(bytes: &[u8]) -> Vec<u8> {
    holding(SEQUENCE, &[&identifier(bytes), NULL])
}

fn written_name(name: &Name<'_>) -> Vec<u8> {
    let parts = name.iter().map(|(attribute, text)| {
        let kind = if attribute.number == COUNTRY { PRINTABLE_STRING } else { UTF8_STRING };
        let text = holding(kind, &[text.as_bytes()]);
        let part = holding(SEQUENCE, &[&identifier(&[0x55, 0x04, attribute.number]), &text]);
        holding(SET, &[&part])
    });
    let parts: Vec<Vec<u8>> = parts.collect();
    holding(SEQUENCE, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Two digits of the year until 2049, four from then on (RFC 5280 §4.1.2.5).
fn written_time(seconds: i64) -> Option<Vec<u8>> {
    let text = DateTime::new(seconds.checked_mul(1_000_000)?, Zone::UTC)?.text();
    let digits: String = text.chars().filter(char::is_ascii_digit).take(14).collect();
    let is_short = ("1950".."2050").contains(&digits.get(..4)?);
    let (kind, digits) =
        if is_short { (UTC_TIME, digits.get(2..)?) } else { (GENERALIZED_TIME, &*digits) };
    Some(holding(kind, &[digits.as_bytes(), b"Z"]))
}

/// A certificate of an RSA key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// In DER.
    pub der: Vec<u8>,
    /// Since when it counts and until when, in seconds since 1970.
    pub from: i64,
    pub until: i64,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl Certificate {
    /// Reads a certificate as it is sent: DER, its base64, or PEM. `None` if it is none of RSA.
    #[must_use]
    pub fn read(sent: &[u8]) -> Option<Self> {
        let der = bytes_of(sent)?;
        let (whole, after) = element(&der, SEQUENCE)?;
        let (body, _) = element(whole, SEQUENCE)?;
        let body = element(body, FIRST).map_or(body, |(_, rest)| rest);
        let (_, body) = element(body, INTEGER)?;
        let (_, body) = element(body, SEQUENCE)?;
        let (_, body) = element(body, SEQUENCE)?;
        let (validity, body) = element(body, SEQUENCE)?;
        let (_, body) = element(body, SEQUENCE)?;
        let (key, _) = element(body, SEQUENCE)?;
        let (kind, key) = element(key, SEQUENCE)?;
        let (kind, _) = element(kind, OBJECT_IDENTIFIER)?;
        let (bits, _) = element(key, BIT_STRING)?;
        let (modulus, exponent) = rsa_numbers(bits.strip_prefix(&[0])?)?;
        let (from, validity) = read_time(validity)?;
        let (until, _) = read_time(validity)?;
        if kind != RSA || !after.is_empty() {
            return None;
        }
        let (modulus, exponent) = (modulus.to_vec(), exponent.to_vec());
        Some(Self { from, until, modulus, exponent, der })
    }

    /// Whether it is of this key.
    #[must_use]
    pub fn is_of(&self, key: &SigningKey) -> bool {
        let numbers = key.rsa_public().and_then(rsa_numbers);
        numbers == Some((self.modulus.as_slice(), self.exponent.as_slice()))
    }
}

/// The time, in seconds since 1970, that comes first, and what follows it.
fn read_time(der: &[u8]) -> Option<(i64, &[u8])> {
    let (kind, digits, rest) = any(der)?;
    let digits = std::str::from_utf8(digits).ok()?.strip_suffix('Z')?;
    let year = match kind {
        UTC_TIME if digits.len() == 12 => {
            let century = if digits.get(..2)? < "50" { "20" } else { "19" };
            format!("{century}{}", digits.get(..2)?)
        }
        GENERALIZED_TIME if digits.len() == 14 => digits.get(..4)?.to_owned(),
        _ => return None,
    };
    let digits = digits.get(digits.len().checked_sub(10)?..)?;
    let part = |at: usize| digits.get(at..at.saturating_add(2));
    let text = format!("{year}-{}-{}T{}:{}:{}Z", part(0)?, part(2)?, part(4)?, part(6)?, part(8)?);
    Some((time::read(&text)?.microseconds().div_euclid(1_000_000), rest))
}

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
