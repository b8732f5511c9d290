//! One-time passwords of authenticator apps (RFC 4226, RFC 6238): six digits of HMAC-SHA-1 over the
//! half minute, as every such app makes them.

use aws_lc_rs::hmac;

/// Seconds that a password is shown for.
const PERIOD: i64 = 30;

/// How many periods a clock may be ahead or behind.
const DRIFT: i64 = 1;

const DIGITS: usize = 6;
const MODULUS: u32 = 1_000_000;

/// Bytes of a secret (RFC 4226 §4, R6).
pub const SECRET_BYTES: usize = 20;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The period in which `code` is the password at about this time, in seconds since 1970; only one
/// that is later than `last` counts, so that a password works once (RFC 6238 §5.2).
#[must_use]
pub fn matching_period(secret: &[u8], code: &str, now: i64, last: Option<i64>) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let current = now.div_euclid(PERIOD);
    let mut found = None;
    // All are computed, whichever matches.
    for period in current - DRIFT..=current + DRIFT {
        let is_it = super::opaque::is_same_text(&password(secret, period), &digits);
        if is_it && last.is_none_or(|last| period > last) {
            found = Some(period);
        }
    }
    found
}

/// The password of a period (RFC 4226 §5.3).
#[must_use]
pub fn password(secret: &[u8], period: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &period.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0xf);
    let mut number = 0_u32;
    for byte in tag.iter().skip(offset).take(4) {
        number = number << 8 | u32::from(*byte);
    }
    let number = (number & 0x7fff_ffff) % MODULUS;
    format!("{number:0DIGITS$}")
}

/// A secret as apps take it when it is typed: base32 without padding (RFC 4648 §6).
#[must_use]
pub fn base32(secret: &[u8]) -> String {
    let mut text = String::with_capacity(secret.len().div_ceil(5) * 8);
    let (mut bits, mut n_bits) = (0_u32, 0_u32);
    for byte in secret {
        bits = bits << 8 | u32::from(*byte);
        n_bits += 8;
        while n_bits >= 5 {
            n_bits -= 5;
            text.push(digit(bits >> n_bits));
        }
        bits &= (1 << n_bits) - 1;
    }
    if n_bits > 0 {
        text.push(digit(bits << (5 - n_bits)));
    }
    text
}

fn digit(bits: u32) -> char {
    BASE32.get((bits & 31) as usize).map_or('A', |digit| char::from(*digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn passwords_are_those_of_rfc_4226_and_rfc_6238() {
        let expected = ["755224", "287082", "359152", "969429", "338314"];
        for (period, expected) in (0..).zip(expected) {
            assert_eq!(password(SECRET, period), expected);
        }
        // RFC 6238, appendix B, the last six of eight digits.
        for (time, expected) in
            [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")]
        {
            assert_eq!(matching_period(SECRET, expected, time, None), Some(time / 30));
        }
    }

    #[test]
    fn a_password_works_once_and_about_its_time() {
        let now = 1_700_223_200;
        let period = now / 30;
        let code = password(SECRET, period);
        let (first, second) = code.split_at(3);
        let spaced = format!("{first} {second}");
        assert_eq!(matching_period(SECRET, &spaced, now, None), Some(period));
        assert_eq!(matching_period(SECRET, &code, now, Some(period)), None);
        assert_eq!(matching_period(SECRET, &code, now, Some(period - 1)), Some(period));
        assert_eq!(matching_period(SECRET, &code, now + 30, None), Some(period));
        assert_eq!(matching_period(SECRET, &code, now + 60, None), None);
        assert_eq!(matching_period(SECRET, &code, now - 60, None), None);
        for wrong in ["", "12345", "1234567", "abcdef"] {
            assert_eq!(matching_period(SECRET, wrong, now, None), None, "{wrong}");
        }
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (plain, expected) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), expected);
        }
    }
}
