//! Nonces of the server for proofs of possession (RFC 9449 §8): the hour they are of, with a MAC, so
//! that every node knows them and none keeps any.

use super::vault::MasterKey;
use aws_lc_rs::hmac;
use base64_simd::URL_SAFE_NO_PAD;
use std::fmt;

/// How long a nonce is the one given out, in seconds; for as long again it is still taken.
const SECONDS: i64 = 600;
const MAC_BYTES: usize = 16;

/// What nonces are made and known by. Its `Debug` shows nothing.
#[derive(Clone)]
pub struct NonceKey(hmac::Key);

impl NonceKey {
    /// The key that belongs to `master`.
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &master.derive("claimsmith nonces 1")))
    }

    /// The nonce of this time, in seconds since 1970.
    #[must_use]
    pub fn nonce(&self, now: i64) -> String {
        self.of_period(now.div_euclid(SECONDS))
    }

    /// Whether `text` is a nonce of now, of just before, or of a node whose clock is ahead.
    #[must_use]
    pub fn is_current(&self, text: &str, now: i64) -> bool {
        let period = now.div_euclid(SECONDS);
        let known = [0, -1, 1].map(|apart| self.of_period(period.saturating_add(apart)));
        known.iter().fold(false, |found, known| found | super::opaque::is_same_text(known, text))
    }

    fn of_period(&self, period: i64) -> String {
        let tag = hmac::sign(&self.0, &period.to_be_bytes());
        URL_SAFE_NO_PAD.encode_to_string(tag.as_ref().get(..MAC_BYTES).unwrap_or_default())
    }
}

impl fmt::Debug for NonceKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NonceKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn decision_44_a_nonce_is_taken_for_a_while_by_every_node_and_by_nobody_else() {
        let key = |seed| NonceKey::new(&MasterKey::generate(&Random::seeded(seed)));
        let (one, two, other) = (key(b"a"), key(b"a"), key(b"b"));
        let nonce = one.nonce(1_700_000_000);
        assert!(two.is_current(&nonce, 1_700_000_000) && two.is_current(&nonce, 1_700_000_600));
        assert!(!two.is_current(&nonce, 1_700_001_200) && !other.is_current(&nonce, 1_700_000_000));
        assert!(!one.is_current("", 1_700_000_000));
        assert_eq!(format!("{one:?}"), "NonceKey");
    }
}
