//! ID tokens that come back as a hint of whom a request is about (`id_token_hint`, OpenID Connect
//! Core §3.1.2.1): their time may be over, and they prove nothing about who is at the browser.

use super::refusal::AuthorizationError;
use crate::publish::RunningServer;
use crate::token::Claims;
use crate::token::opaque::TokenKind;

/// Whom an ID token is about, and whose client it is.
pub(super) struct Hint {
    /// The id of the user.
    pub(super) user_id: String,
    pub(super) client_id: String,
}

/// The hint that `token` is, if this server signed it.
///
/// # Errors
/// That it is no ID token of this server.
pub(super) fn read_hint(server: &RunningServer, token: &str) -> Result<Hint, AuthorizationError> {
    const EVER: i64 = i64::MIN;
    let invalid = AuthorizationError::invalid_id_token;
    let verifier = server.keys().verifier();
    let bytes = verifier.verify_as(token, TokenKind::Identity).map_err(|_| invalid())?;
    let claims = Claims::parse(&bytes).map_err(|_| invalid())?;
    let issuer = server.issuer_named(claims.text("iss"));
    claims.check(TokenKind::Identity, issuer, EVER).map_err(|_| invalid())?;
    let text = |name: &str| claims.text(name).map(str::to_owned).ok_or_else(invalid);
    Ok(Hint { user_id: text("sub")?, client_id: text("aud")? })
}
