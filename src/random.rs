//! Unguessable bytes. Handed in, so that a test can seed them.

use aws_lc_rs::digest;
use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The digits of base62, in the order of their bytes.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The largest multiple of 62 that a byte can hold: bytes from here on would favour some digits.
const FAIR: u8 = 248;

/// Where random bytes come from.
#[derive(Clone)]
pub enum Random {
    /// The generator of the machine.
    System,
    /// The same bytes for the same seed: for tests, never for a server.
    Seeded(Arc<Mutex<Seeded>>),
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; POOL_BYTES], left: 0 }) };
}

const POOL_BYTES: usize = 1024;

/// Bytes of the machine's generator, fetched many at a time, since asking costs more than the bytes
/// do. Each is handed out once and wiped then.
struct Pool {
    bytes: [u8; POOL_BYTES],
    left: usize,
}

impl Pool {
    fn fill(&mut self, wanted: &mut [u8]) {
        if wanted.len() > POOL_BYTES / 4 {
            return fetch(wanted);
        }
        if self.left < wanted.len() {
            fetch(&mut self.bytes);
            self.left = POOL_BYTES;
        }
        let from = self.left - wanted.len();
        let taken = self.bytes.get_mut(from..self.left).unwrap_or_default();
        for (wanted, taken) in wanted.iter_mut().zip(taken) {
            *wanted = std::mem::take(taken);
        }
        self.left = from;
    }
}

fn fetch(bytes: &mut [u8]) {
    if aws_lc_rs::rand::fill(bytes).is_err() {
        std::process::abort();
    }
}

/// SHA-256 in counter mode over a seed.
pub struct Seeded {
    seed: Vec<u8>,
    counter: u64,
}

impl Random {
    /// A source that answers the same bytes for the same seed.
    #[must_use]
    pub fn seeded(seed: &[u8]) -> Self {
        Self::Seeded(Arc::new(Mutex::new(Seeded { seed: seed.to_vec(), counter: 0 })))
    }

    /// Fills `bytes`. A machine that has no randomness left ends the process: there is nothing safe
    /// to do without it, and an error here could be overlooked.
    pub fn fill(&self, bytes: &mut [u8]) {
        match self {
            Self::System => fetch(bytes),
            Self::Seeded(seeded) => {
                seeded.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
            }
        }
    }

    /// As [`Random::fill`], from bytes fetched ahead: for ids, of which every token has one. Keys,
    /// secrets and nonces are never fetched ahead.
    pub fn fill_id(&self, bytes: &mut [u8]) {
        match self {
            Self::System => POOL.with_borrow_mut(|pool| pool.fill(bytes)),
            Self::Seeded(_) => self.fill(bytes),
        }
    }

    /// `length` random bytes as base64url without padding (RFC 4648 §5).
    #[must_use]
    pub fn base64url(&self, length: usize) -> String {
        let mut bytes = vec![0; length];
        self.fill(&mut bytes);
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
    }

    /// `length` random characters of `[0-9A-Za-z]`, each equally likely: 5.95 bits a character.
    #[must_use]
    pub fn base62(&self, length: usize) -> String {
        let mut text = String::with_capacity(length);
        let mut bytes = [0; 32];
        while text.len() < length {
            self.fill(&mut bytes);
            let fair = bytes.iter().filter(|byte| **byte < FAIR);
            let digits = fair.filter_map(|byte| BASE62.get(usize::from(*byte) % BASE62.len()));
            text.extend(digits.map(|digit| char::from(*digit)).take(length - text.len()));
        }
        text
    }
}

impl Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(digest::SHA256_OUTPUT_LEN) {
            let mut context = digest::Context::new(&digest::SHA256);
            context.update(&self.seed);
            context.update(&self.counter.to_be_bytes());
            self.counter = self.counter.wrapping_add(1);
            part.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
        }
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::System => "Random::System",
            Self::Seeded(_) => "Random::Seeded",
        })
    }
}

impl fmt::Debug for Seeded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Seeded").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        let (one, two, other) = (Random::seeded(b"a"), Random::seeded(b"a"), Random::seeded(b"b"));
        let first = one.base64url(100);
        assert_eq!(first, two.base64url(100));
        assert_ne!(first, other.base64url(100));
        assert_ne!(first, one.base64url(100), "the counter goes on");
    }

    #[test]
    fn the_machine_never_repeats_thirty_two_bytes() {
        let (one, two) = (Random::System.base64url(32), Random::System.base64url(32));
        assert_eq!(one.len(), 43);
        assert_ne!(one, two);
    }

    #[test]
    fn no_two_ids_are_the_same_however_the_bytes_ahead_are_cut() {
        let mut seen = std::collections::BTreeSet::new();
        for turn in 0..1_000_usize {
            let mut id = vec![0; 16 + turn % 500];
            Random::System.fill_id(&mut id);
            assert!(id.iter().any(|byte| *byte != 0) && seen.insert(id[..16].to_vec()));
        }
    }

    #[test]
    fn base62_has_the_length_asked_for_and_uses_every_digit_about_as_often() {
        let random = Random::seeded(b"digits");
        for length in [0, 1, 31, 32, 33, 100] {
            assert_eq!(random.base62(length).len(), length);
        }
        let text = random.base62(62_000);
        for digit in super::BASE62 {
            let n_found = text.bytes().filter(|byte| byte == digit).count();
            assert!((800..1200).contains(&n_found), "{} {n_found}", char::from(*digit));
        }
    }

    #[test]
    fn nothing_of_a_seed_is_printed() {
        assert_eq!(format!("{:?}", Random::seeded(b"hush")), "Random::Seeded");
    }
}
