//! The claims of an ID token, as JSON (section 2.9; OpenID Connect Core §2).

use super::key::Algorithm;
use super::short_text::ShortText;
use super::write::{ObjectWriter, member};
use aws_lc_rs::digest;

/// What an ID token says besides its custom claims.
#[derive(Debug, Clone, Copy)]
pub struct IdentityClaims<'a> {
    /// `sub`: the id of the user.
    pub subject: &'a str,
    /// The issuer.
    pub issuer: &'a str,
    /// `aud`: the id of the client.
    pub client: &'a str,
    /// When it was issued, in seconds since 1970.
    pub issued_at: i64,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
    /// `ID.…` of [`super::opaque::identity_jti`].
    pub jti: &'a str,
    /// How the user signed in (RFC 8176).
    pub methods: &'a [&'a str],
    /// `idp`: who signed the user in.
    pub identity_provider: &'a str,
    /// As the request said it.
    pub nonce: Option<&'a str>,
    /// When the user signed in, in seconds since 1970.
    pub auth_time: i64,
    /// How surely the user is who they say (OpenID Connect Core §2).
    pub acr: Option<&'a str>,
    /// Of [`half_hash`], when an access token is returned with it.
    pub at_hash: Option<&'a str>,
    /// Of [`half_hash`], when a code is returned with it (OpenID Connect Core §3.3.2.11).
    pub c_hash: Option<&'a str>,
}

/// Appends the claims to `buffer` as one object. `custom` is `"name":value` members with commas
/// between them, already JSON, or empty.
pub fn write_identity(buffer: &mut Vec<u8>, claims: &IdentityClaims<'_>, custom: &[u8]) {
    let mut object = ObjectWriter::open(buffer);
    object.text(member!("sub"), claims.subject);
    object.text(member!("iss"), claims.issuer);
    object.text(member!("aud"), claims.client);
    object.integer(member!("iat"), claims.issued_at);
    object.integer(member!("exp"), claims.expires_at);
    object.text(member!("jti"), claims.jti);
    object.texts(member!("amr"), claims.methods);
    object.text(member!("idp"), claims.identity_provider);
    object.optional_text(member!("nonce"), claims.nonce);
    object.integer(member!("auth_time"), claims.auth_time);
    object.optional_text(member!("acr"), claims.acr);
    object.optional_text(member!("at_hash"), claims.at_hash);
    object.optional_text(member!("c_hash"), claims.c_hash);
    object.close(custom);
}

/// The left half of the hash of an access token or a code, in base64url (OpenID Connect Core
/// §3.1.3.6). The hash is that of the algorithm: SHA-512 for Ed25519, SHA-256 for the others.
#[must_use]
pub fn half_hash(algorithm: Algorithm, text: &str) -> ShortText {
    let hash = match algorithm {
        Algorithm::Rs256 | Algorithm::Es256 => &digest::SHA256,
        Algorithm::EdDsa => &digest::SHA512,
    };
    let hash = digest::digest(hash, text.as_bytes());
    let (left, _) = hash.as_ref().split_at_checked(hash.as_ref().len() / 2).unwrap_or_default();
    let mut text = ShortText::default();
    text.push_base64url(left);
    text
}
