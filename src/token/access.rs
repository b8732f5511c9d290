//! The claims of an access token, as JSON (section 2.9).

use super::write::{ObjectWriter, member};

/// What an access token says besides its custom claims.
#[derive(Debug, Clone, Copy)]
pub struct AccessClaims<'a> {
    /// `AT.…` of [`super::opaque::access_jti`].
    pub jti: &'a str,
    /// The issuer.
    pub issuer: &'a str,
    /// The audience: one string.
    pub audience: &'a str,
    /// When it was issued, in seconds since 1970.
    pub issued_at: i64,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
    /// `cid`.
    pub client: &'a str,
    /// `uid`; only with a user.
    pub user: Option<&'a str>,
    /// `scp`: the scopes granted.
    pub scopes: &'a [&'a str],
    /// When the user signed in; only with a user.
    pub auth_time: Option<i64>,
    /// How surely the user is who they say; only with a user.
    pub acr: Option<&'a str>,
    /// `cnf.jkt`: the thumbprint of the key the token is bound to (RFC 9449 §6.1).
    pub thumbprint: Option<&'a str>,
    /// `act`, as JSON: who acts for the user (RFC 8693 §4.1).
    pub actor: Option<&'a str>,
    /// Which names the client and the scopes have.
    pub layout: AccessLayout,
}

/// The layout of access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessLayout {
    /// `cid`, and `scp` as a list.
    Okta,
    /// `client_id`, and `scope` as one text (RFC 9068 §2.2).
    Rfc9068,
    /// All four.
    Both,
}

/// Appends the claims to `buffer` as one object. `custom` is `"name":value` members with commas
/// between them, already JSON; `sub` is one of them, since it is an expression like the others.
pub fn write_access(buffer: &mut Vec<u8>, claims: &AccessClaims<'_>, custom: &[u8]) {
    let mut object = ObjectWriter::open(buffer);
    object.text(member!("jti"), claims.jti);
    object.text(member!("iss"), claims.issuer);
    object.text(member!("aud"), claims.audience);
    object.integer(member!("iat"), claims.issued_at);
    object.integer(member!("exp"), claims.expires_at);
    let (okta, rfc9068) =
        (claims.layout != AccessLayout::Rfc9068, claims.layout != AccessLayout::Okta);
    if okta {
        object.text(member!("cid"), claims.client);
    }
    if rfc9068 {
        object.text(member!("client_id"), claims.client);
    }
    object.optional_text(member!("uid"), claims.user);
    if okta {
        object.texts(member!("scp"), claims.scopes);
    }
    if rfc9068 {
        object.joined(member!("scope"), claims.scopes);
    }
    if let Some(auth_time) = claims.auth_time {
        object.integer(member!("auth_time"), auth_time);
    }
    object.optional_text(member!("acr"), claims.acr);
    if let Some(thumbprint) = claims.thumbprint {
        object.confirmation(thumbprint);
    }
    if let Some(actor) = claims.actor {
        object.json(member!("act"), actor);
    }
    object.close(custom);
}
