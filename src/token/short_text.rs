//! A text of some dozen characters, such as a token's id, that takes no memory of its own.

use crate::few::Few;
use base64_simd::{Out, URL_SAFE_NO_PAD};
use std::fmt;
use std::ops::Deref;

/// Most bytes that are encoded at once.
const ENCODED: usize = 48;

/// Text that is longer than usual still fits, elsewhere.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ShortText(Few<u8, 96>);

impl ShortText {
    pub(super) fn push(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Appends bytes in base64url without padding (RFC 4648 §5).
    pub(super) fn push_base64url(&mut self, bytes: &[u8]) {
        // A multiple of three bytes is a multiple of four characters.
        for piece in bytes.chunks(ENCODED) {
            let mut encoded = [0; ENCODED / 3 * 4];
            self.push(URL_SAFE_NO_PAD.encode_as_str(piece, Out::from_slice(&mut encoded)));
        }
    }
}

impl Deref for ShortText {
    type Target = str;

    fn deref(&self) -> &str {
        // Only whole texts were ever appended.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for ShortText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}

impl fmt::Display for ShortText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, formatter)
    }
}

impl PartialEq<&str> for ShortText {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}
