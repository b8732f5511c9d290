//! A client that signs a person out (OpenID Connect RP-Initiated Logout 1.0, authorization-server
//! §2.8): whose ID token it is, and where the browser may go afterwards.

use super::refusal::AuthorizationError;
use crate::directory::Application;
use crate::grant::Form;
use crate::publish::{Published, RunningServer};
use crate::token::Claims;
use crate::token::opaque::TokenKind;

/// A request to sign out that may be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logout {
    /// The id of the user of the ID token; without one the person is asked.
    pub user_id: Option<String>,
    /// Where the browser goes afterwards, `state` included.
    pub location: Option<String>,
}

/// The request that these parameters make.
///
/// # Errors
/// What the person is told: an ID token that is not of this server, or an address that is not the
/// client's. Nobody is sent anywhere then.
pub fn read_logout(
    published: &Published,
    server_id: &str,
    form: &Form,
) -> Result<Logout, AuthorizationError> {
    let server = published.find_server(server_id).ok_or_else(AuthorizationError::unknown_server)?;
    let repeated = form.repeated();
    if !repeated.is_empty() {
        return Err(AuthorizationError::repeated(&repeated));
    }
    let hint = form.find("id_token_hint").map(|token| claims_of(server, token)).transpose()?;
    let named = form.find("client_id");
    let client_id = hint.as_ref().and_then(|claims| claims.text("aud")).or(named);
    if named.is_some_and(|named| Some(named) != client_id) {
        return Err(AuthorizationError::unknown_client());
    }
    let client = client_id.and_then(|id| published.directory().find_application(id));
    let location = match form.find("post_logout_redirect_uri") {
        Some(uri) => Some(location(client, uri, form.find("state"))?),
        None => None,
    };
    let user_id = hint.and_then(|claims| claims.text("sub").map(str::to_owned));
    Ok(Logout { user_id, location })
}

/// The claims of an ID token of this server, whether or not its time is over.
fn claims_of(server: &RunningServer, token: &str) -> Result<Claims, AuthorizationError> {
    const EVER: i64 = i64::MIN;
    let invalid = |_| AuthorizationError::invalid_id_token();
    let bytes = server
        .keys()
        .verifier()
        .verify(token)
        .map_err(|_| AuthorizationError::invalid_id_token())?;
    let claims = Claims::parse(&bytes).map_err(invalid)?;
    claims.check(TokenKind::Identity, server.issuer(), EVER).map_err(invalid)?;
    Ok(claims)
}

fn location(
    client: Option<&Application>,
    uri: &str,
    state: Option<&str>,
) -> Result<String, AuthorizationError> {
    let is_registered = client.is_some_and(|client| {
        client.status.is_active()
            && client.post_logout_redirect_uris.iter().any(|known| known == uri)
    });
    if !is_registered {
        return Err(AuthorizationError::unregistered_logout());
    }
    let Some(state) = state else { return Ok(uri.to_owned()) };
    let separator = if uri.contains('?') { '&' } else { '?' };
    let mut state_text = String::with_capacity(state.len());
    for byte in state.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                state_text.push(char::from(byte));
            }
            _ => state_text.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(format!("{uri}{separator}state={state_text}"))
}
