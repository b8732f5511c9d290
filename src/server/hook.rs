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
    /// The header that proves to it who asks, and where its value comes from.
    pub authentication: Option<(String, SecretSource)>,
    pub on_failure: OnFailure,
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
