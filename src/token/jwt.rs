//! Signing: claims in, compact JWS out (RFC 7515 §3.1), into a buffer that is used again.

use super::key::{KeyError, SigningKey};
use base64_simd::URL_SAFE_NO_PAD;
use std::cell::RefCell;

/// A key with the header of its tokens, encoded once.
#[derive(Debug)]
pub struct Signer {
    key: SigningKey,
    /// The header in base64url, and the dot after it.
    header: Vec<u8>,
}

thread_local! {
    /// Where a signature waits to be encoded; one a thread, so that signing allocates nothing.
    static SIGNATURE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Signer {
    /// A signer with `key`. The header is exactly `{"kid":"…","alg":"…"}`: no `typ` (section 2.9).
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        let text = format!(r#"{{"kid":"{}","alg":"{}"}}"#, key.kid(), key.algorithm().name());
        let mut header = Vec::new();
        URL_SAFE_NO_PAD.encode_append(text, &mut header);
        header.push(b'.');
        Self { key, header }
    }

    /// The key that signs.
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Appends the token of `claims` (JSON text) to `token`.
    ///
    /// # Errors
    /// [`KeyError::Sign`] if the library refuses; `token` is then as it was.
    pub fn sign(&self, claims: &[u8], token: &mut Vec<u8>) -> Result<(), KeyError> {
        let start = token.len();
        token.extend_from_slice(&self.header);
        URL_SAFE_NO_PAD.encode_append(claims, token);
        SIGNATURE.with_borrow_mut(|signature| {
            let input = token.get(start..).unwrap_or_default();
            if let Err(error) = self.key.sign(input, signature) {
                token.truncate(start);
                return Err(error);
            }
            token.push(b'.');
            URL_SAFE_NO_PAD.encode_append(signature, token);
            Ok(())
        })
    }
}
