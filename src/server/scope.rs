//! What a client may ask for by name.

/// A scope of an authorization server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub name: String,
    pub display_name: String,
    pub description: String,
    pub consent: Consent,
    /// Whether a person who is asked for it may leave it out.
    pub is_optional: bool,
    /// Granted when a request names no scope.
    pub is_default: bool,
    /// Made by the server; cannot be removed.
    pub system: bool,
    pub metadata_publish: MetadataPublish,
}

/// Whether a person is asked before a scope is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    Implicit,
    Required,
    /// Required of people, skipped for services.
    Flexible,
}

impl Consent {
    /// The words of the management API.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("IMPLICIT", Self::Implicit), ("REQUIRED", Self::Required), ("FLEXIBLE", Self::Flexible)];
}

/// Whether `scopes_supported` lists a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataPublish {
    NoClients,
    AllClients,
}

impl MetadataPublish {
    /// The words of the management API.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("NO_CLIENTS", Self::NoClients), ("ALL_CLIENTS", Self::AllClients)];
}

/// Names and descriptions of the scopes every server has.
pub const SYSTEM_SCOPES: &[(&str, &str)] = &[
    ("openid", "Signals that a request is an OpenID request"),
    ("profile", "Gives access to the claims that describe a person"),
    ("email", "Gives access to the email address"),
    ("address", "Gives access to the postal address"),
    ("phone", "Gives access to the phone number"),
    ("offline_access", "Asks for a refresh token"),
    ("device_sso", "Asks for a device secret, to sign in to other applications of the device"),
];

/// The scopes every server has.
#[must_use]
pub fn system_scopes() -> Vec<Scope> {
    SYSTEM_SCOPES
        .iter()
        .map(|(name, description)| Scope {
            name: (*name).to_owned(),
            display_name: (*name).to_owned(),
            description: (*description).to_owned(),
            consent: Consent::Implicit,
            is_optional: false,
            is_default: false,
            system: true,
            metadata_publish: MetadataPublish::AllClients,
        })
        .collect()
}
