//! A person who may sign in.

use super::Profile;
use crate::document::Json;
use claimsmith_runtime::time::DateTime;

/// A person of the organization.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub id: String,
    /// Unique, also when case is ignored.
    pub login: String,
    pub status: UserStatus,
    /// Every attribute, `login` too.
    pub profile: Profile,
    /// Indices into the groups of the directory.
    pub groups: Vec<usize>,
    /// Whom they are linked to, by the primary names of the relations.
    pub links: Vec<(String, String)>,
    pub password: Option<Password>,
    /// When things happened to the account, by the names that expressions have for them.
    pub times: Vec<(&'static str, DateTime)>,
}

impl User {
    /// The value of a profile attribute; `None` when it was never populated.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Json> {
        self.profile.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The id or login of whom the user is linked to by the relation of this primary name.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<&str> {
        self.links.iter().find(|(known, _)| known == name).map(|(_, to)| to.as_str())
    }

    /// When this happened, if it did.
    #[must_use]
    pub fn time(&self, name: &str) -> Option<DateTime> {
        self.times.iter().find(|(known, _)| *known == name).map(|(_, time)| *time)
    }

    /// Whether the user belongs to the group with this index.
    #[must_use]
    pub fn is_in(&self, group: usize) -> bool {
        self.groups.contains(&group)
    }
}

/// Where a password comes from. The password itself is never held here; `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// A hash of it, which who signs people in can read.
    Hash(String),
    /// The environment variable that holds it.
    Environment(String),
}

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Password")
    }
}

/// Where a user stands between being made and being removed (management API).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserStatus {
    Staged,
    Provisioned,
    Active,
    Recovery,
    PasswordExpired,
    LockedOut,
    Suspended,
    Deprovisioned,
}

impl UserStatus {
    /// Whether such a user may sign in and have tokens.
    #[must_use]
    pub fn may_sign_in(self) -> bool {
        self == Self::Active
    }

    /// Whether what came of such a user has ended, and does not come back with them. Who is locked out
    /// or has an old password may go on later.
    #[must_use]
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Suspended | Self::Deprovisioned)
    }

    /// The words of the management API.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("STAGED", Self::Staged),
        ("PROVISIONED", Self::Provisioned),
        ("ACTIVE", Self::Active),
        ("RECOVERY", Self::Recovery),
        ("PASSWORD_EXPIRED", Self::PasswordExpired),
        ("LOCKED_OUT", Self::LockedOut),
        ("SUSPENDED", Self::Suspended),
        ("DEPROVISIONED", Self::Deprovisioned),
    ];

    /// The word of the management API, also the value of `user.status`.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, status)| *status == self).map_or("", |(word, _)| word)
    }
}
