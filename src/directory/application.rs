//! An OAuth client: what it may ask for, how it proves who it is, and who may use it.

use super::{AppUser, Profile, Status, User};
use std::path::PathBuf;

/// An OAuth client of the organization (management API, `/api/v1/apps`).
#[derive(Clone, Debug, PartialEq)]
pub struct Application {
    pub id: String,
    /// The id itself unless one was chosen.
    pub client_id: String,
    pub label: String,
    pub application_type: ApplicationType,
    /// RFC 6749 names and URNs of grants.
    pub grant_types: Vec<String>,
    pub response_types: Vec<String>,
    pub redirect_uris: Vec<String>,
    /// Where a person may be sent after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    pub consent_method: ConsentMethod,
    /// Whether a person needs a second factor to sign in to it (decision 38).
    pub second_factor: bool,
    /// Whether people may come to it by a session token (decision 39).
    pub session_token: bool,
    /// Pages of the application that are named where people are asked for consent.
    pub policy_uri: Option<String>,
    pub tos_uri: Option<String>,
    pub token_endpoint_auth_method: AuthenticationMethod,
    /// Decision 26.
    pub pkce_required: bool,
    /// Its public keys: the text members of each JWK.
    pub jwks: Vec<Jwk>,
    /// Where it publishes its public keys itself, instead.
    pub jwks_uri: Option<String>,
    /// Audiences it is the resource server of: what is sent there it may ask about (decision 14).
    pub resource_server_for: Vec<String>,
    /// Scopes of the management API that it was granted (decision 31).
    pub management_scopes: Vec<String>,
    /// Whether refresh tokens are exchanged at each use.
    pub refresh_rotation: RefreshRotation,
    /// How long the predecessor of a refresh token may still come, in seconds.
    pub refresh_leeway: u32,
    /// Whether tokens are only ever given bound to a key (RFC 9449 §5.2).
    pub dpop_bound: bool,
    /// At most two, so that one can be replaced while the other still works.
    pub secrets: Vec<SecretSource>,
    /// Free JSON: `app.profile` in expressions.
    pub profile: Profile,
    pub status: Status,
    pub assigned_users: Vec<Assignment>,
    /// Indices into the groups of the directory, those first that count first for who is in several.
    pub assigned_groups: Vec<usize>,
    /// What is said of who comes by one of these groups.
    pub group_profiles: Vec<(usize, Profile)>,
}

impl Application {
    /// How it knows this user, whose index is `index`: by an assignment of their own, else by one of
    /// a group of theirs. `None` when they are not assigned at all.
    #[must_use]
    pub fn known_as<'a>(&'a self, index: usize, user: &'a User) -> Option<AppUser<'a>> {
        let own = self.assigned_users.iter().find(|assignment| assignment.user == index);
        if let Some(own) = own {
            let user_name = own.user_name.as_deref().unwrap_or(&user.login);
            return Some(AppUser { user_name, profile: &own.profile });
        }
        let group = self.assigned_groups.iter().find(|group| user.is_in(**group))?;
        let said = self.group_profiles.iter().find(|(known, _)| known == group);
        let profile = said.map_or(&[][..], |(_, profile)| profile);
        Some(AppUser { user_name: &user.login, profile })
    }
}

/// The text members of a JWK (RFC 7517 §4).
pub type Jwk = Vec<(String, String)>;

/// A user's own assignment to an application.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Index into the users of the directory.
    pub user: usize,
    /// The name in the application; `None` is the login.
    pub user_name: Option<String>,
    pub profile: Profile,
}

/// Where a client secret comes from. The secret itself is never held here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A keyed hash of it (decision 22).
    Hash(String),
    /// It itself, closed under the master key (decision 22), for where a hash would not do.
    Sealed(String),
    /// The environment variable that holds it.
    Environment(String),
    /// The file that holds it.
    File(PathBuf),
}

impl SecretSource {
    /// The name under which the secret of the application or hook `owner` is sealed, so that it opens
    /// for no other.
    #[must_use]
    pub fn seal_name(owner: &str) -> String {
        format!("secret of {owner}")
    }
}

/// Whether people are asked before a client gets scopes that need consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentMethod {
    Trusted,
    Required,
}

impl ConsentMethod {
    /// The words of the management API.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("TRUSTED", Self::Trusted), ("REQUIRED", Self::Required)];
}

/// What kind of program a client is, which decides what it can keep secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationType {
    Web,
    Native,
    Browser,
    Service,
}

impl ApplicationType {
    /// The words of the management API.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("web", Self::Web),
        ("native", Self::Native),
        ("browser", Self::Browser),
        ("service", Self::Service),
    ];
}

/// What happens to a refresh token when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshRotation {
    /// Another takes its place.
    Rotate,
    /// It goes on.
    Static,
}

impl RefreshRotation {
    /// The words of the management API: first those that it answers, then as some SDKs write them.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("ROTATE", Self::Rotate),
        ("STATIC", Self::Static),
        ("rotate", Self::Rotate),
        ("static", Self::Static),
    ];
}

/// How a client proves who it is at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticationMethod {
    ClientSecretBasic,
    ClientSecretPost,
    /// A JWT signed with the secret (RFC 7523).
    ClientSecretJwt,
    /// A JWT signed with a key of its own (RFC 7523).
    PrivateKeyJwt,
    /// A public client.
    None,
}

impl AuthenticationMethod {
    /// The words of RFC 7591 §2.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("client_secret_basic", Self::ClientSecretBasic),
        ("client_secret_post", Self::ClientSecretPost),
        ("client_secret_jwt", Self::ClientSecretJwt),
        ("private_key_jwt", Self::PrivateKeyJwt),
        ("none", Self::None),
    ];

    /// Whether it rests on a secret.
    #[must_use]
    pub fn needs_secret(self) -> bool {
        !matches!(self, Self::PrivateKeyJwt | Self::None)
    }
}
