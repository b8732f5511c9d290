//! An origin that the organization trusts, and with what (authorization-server §1.10).

use crate::directory::Status;

/// Where pages come from that may do more than others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedOrigin {
    pub id: String,
    pub name: String,
    /// `https://app.example.com`, as browsers write it.
    pub origin: String,
    pub status: Status,
    pub trust: Vec<Trust>,
}

/// What pages of an origin may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Read answers, also those to requests with cookies.
    Cors,
    /// Be where a browser is sent after signing out.
    Redirect,
    /// Show pages of ours in a frame.
    IframeEmbed,
}

impl Trust {
    /// The words of the management API.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("CORS", Self::Cors), ("REDIRECT", Self::Redirect), ("IFRAME_EMBED", Self::IframeEmbed)];
}
