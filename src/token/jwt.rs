//! Signing: claims in, compact JWS out (RFC 7515 §3.1), into a buffer that is used again.

use super::key::{KeyError, SigningKey};
use base64_simd::URL_SAFE_NO_PAD;
use std::cell::RefCell;

/// A key with the header of its tokens, encoded once.
#[derive(Debug)]
pub struct Signer {
    key: SigningKey,
    /// By [`TokenType`], in base64url, each with the dot after it.
    headers: [String; TokenType::ALL.len()],
}

/// What the header says in `typ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// Nothing: the header is exactly `{"kid":"…","alg":"…"}` (section 2.9).
    Unsaid,
    /// `at+jwt` (RFC 9068 §2.1).
    AccessToken,
    /// `client-authentication+jwt`: it proves us to another's token endpoint (RFC 7523).
    ClientAssertion,
}

thread_local! {
    /// Where a signature waits to be encoded; one a thread, so that signing allocates nothing.
    static SIGNATURE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl TokenType {
    /// Every type, each at the place of its number.
    const ALL: [Self; 3] = [Self::Unsaid, Self::AccessToken, Self::ClientAssertion];

    /// What its header has besides the key and the algorithm.
    const fn more(self) -> &'static str {
        match self {
            Self::Unsaid => "",
            Self::AccessToken => r#","typ":"at+jwt""#,
            Self::ClientAssertion => r#","typ":"client-authentication+jwt""#,
        }
    }
}

fn header_of(key: &SigningKey, token_type: TokenType) -> String {
    let (kid, algorithm, more) = (key.kid(), key.algorithm().name(), token_type.more());
    format!(r#"{{"kid":"{kid}","alg":"{algorithm}"{more}}}"#)
}

impl Signer {
    /// A signer with `key`.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        let header = |token_type: TokenType| {
            let mut header = String::new();
            URL_SAFE_NO_PAD.encode_append(header_of(&key, token_type), &mut header);
            header.push('.');
            header
        };
        let headers = TokenType::ALL.map(header);
        Self { key, headers }
    }

    /// The header of a token of this type, as JSON.
    #[must_use]
    pub fn header(&self, token_type: TokenType) -> String {
        header_of(&self.key, token_type)
    }

    /// The key, which signs no more here.
    #[must_use]
    pub fn into_key(self) -> SigningKey {
        self.key
    }

    /// The key that signs.
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The header of a token of this type, with the dot after it.
    fn encoded_header(&self, token_type: TokenType) -> &str {
        self.headers.get(token_type as usize).map_or("", String::as_str)
    }

    /// The most bytes of a token of so many bytes of claims.
    #[must_use]
    pub fn length(&self, claims: usize) -> usize {
        let header = self.headers.iter().map(String::len).max().unwrap_or(0);
        let signature = self.key.algorithm().signature_length();
        let [claims, signature] = [claims, signature].map(|n| URL_SAFE_NO_PAD.encoded_length(n));
        header + claims + 1 + signature
    }

    /// Appends the token of `claims` (JSON text) to `token`.
    ///
    /// # Errors
    /// [`KeyError::Sign`] if the library refuses; `token` is then as it was.
    pub fn sign(
        &self,
        token_type: TokenType,
        claims: &[u8],
        token: &mut String,
    ) -> Result<(), KeyError> {
        let start = token.len();
        token.push_str(self.encoded_header(token_type));
        URL_SAFE_NO_PAD.encode_append(claims, token);
        SIGNATURE.with_borrow_mut(|signature| {
            let input = token.get(start..).unwrap_or_default();
            if let Err(error) = self.key.sign(input.as_bytes(), signature) {
                token.truncate(start);
                return Err(error);
            }
            token.push('.');
            URL_SAFE_NO_PAD.encode_append(signature, token);
            Ok(())
        })
    }
}
