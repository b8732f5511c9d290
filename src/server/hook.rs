//! Somebody else who is asked before tokens are signed (authorization-server §7).

use crate::directory::{SecretSource, Status};

/// A token inline hook of the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlineHook {
    pub id: String,
    pub name: String,
    pub status: Status,
    /// `https://…`
    pub uri: String,
    /// Headers that are sent as they are.
    pub headers: Vec<(String, String)>,
    pub authentication: Option<HookAuthentication>,
    pub on_failure: OnFailure,
}

/// What proves to a hook who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookAuthentication {
    /// This header, and where its value comes from.
    Header(String, SecretSource),
    /// An access token, which the hook's own authorization server gives (channel type `OAUTH`).
    AccessToken(HookClient),
}

/// As which client an access token for a hook is asked for, by client credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookClient {
    pub client_id: String,
    /// Its secret; without one it signs assertions with the key of the organization's own server
    /// (`private_key_jwt`).
    pub secret: Option<SecretSource>,
    /// `https://…`
    pub token_url: String,
    pub scope: String,
}

/// What becomes of tokens when the hook cannot be asked, or answers what makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// They are issued as they are.
    Allow,
    /// They are not.
    Deny,
}

impl OnFailure {
    /// The words of the document.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("allow", Self::Allow), ("deny", Self::Deny)];
}
