//! A client that signs a person out (OpenID Connect RP-Initiated Logout 1.0, authorization-server
//! §2.8): whose ID token it is, and where the browser may go afterwards.

use super::hint::read_hint;
use super::refusal::AuthorizationError;
use crate::directory::Application;
use crate::grant::Form;
use crate::publish::Published;

/// A request to sign out that may be followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logout {
    /// The id of the user of the ID token; without one the person is asked.
    pub user_id: Option<String>,
    /// Whose request it is, if that is known.
    pub client_id: Option<String>,
    /// Where the browser goes afterwards, with `state` if there is one.
    pub location: Option<String>,
    pub state: Option<String>,
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
    let hint = form.find("id_token_hint").map(|token| read_hint(server, token)).transpose()?;
    let named = form.find("client_id");
    let client_id = hint.as_ref().map(|hint| hint.client_id.as_str()).or(named);
    if named.is_some_and(|named| Some(named) != client_id) {
        return Err(AuthorizationError::unknown_client());
    }
    let client = client_id.and_then(|id| published.directory().find_application(id));
    let location = match form.find("post_logout_redirect_uri") {
        Some(uri) => Some(location(published, client, uri)?),
        None => None,
    };
    let client_id = client_id.map(str::to_owned);
    let state = form.find("state").map(str::to_owned);
    Ok(Logout { user_id: hint.map(|hint| hint.user_id), client_id, location, state })
}

/// One that the client registered, or one of an origin that the organization trusts with it.
fn location(
    published: &Published,
    client: Option<&Application>,
    uri: &str,
) -> Result<String, AuthorizationError> {
    let is_registered = client.is_some_and(|client| {
        client.status.is_active()
            && client.post_logout_redirect_uris.iter().any(|known| known == uri)
    });
    if is_registered || published.may_redirect_to(uri) {
        Ok(uri.to_owned())
    } else {
        Err(AuthorizationError::unregistered_logout())
    }
}
