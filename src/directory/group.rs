//! A set of users with a name that policies and claims speak of.

use super::Profile;

/// The name of the built-in group that every user belongs to.
pub const EVERYONE: &str = "Everyone";

/// A set of users. Who is in it is said by [`super::User::groups`].
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub id: String,
    pub name: String,
    pub group_type: GroupType,
    pub description: Option<String>,
    /// Custom attributes; `name` and `description` stand above.
    pub profile: Profile,
}

impl Group {
    /// Whether this is the built-in group of every user.
    #[must_use]
    pub fn is_everyone(&self) -> bool {
        self.group_type == GroupType::BuiltIn && self.name == EVERYONE
    }
}

/// Who looks after a group (OEL §1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupType {
    /// Managed here.
    Okta,
    /// Made by the server.
    BuiltIn,
    /// Imported from an application or a directory.
    Application,
}

impl GroupType {
    /// The words of the management API.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("OKTA_GROUP", Self::Okta),
        ("BUILT_IN", Self::BuiltIn),
        ("APP_GROUP", Self::Application),
    ];

    /// The word of the management API, also the value of a group's `type` in expressions.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, known)| *known == self).map_or("", |(word, _)| word)
    }
}
