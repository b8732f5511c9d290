//! Who may have which scopes by which grant, and for how long.

use super::ExpressionText;
use crate::directory::Status;
use serde::{Deserialize, Serialize};

/// An access policy: rules for some clients, tried in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub id: String,
    pub name: String,
    pub description: String,
    pub clients: Clients,
    pub status: Status,
    /// By priority.
    pub rules: Vec<Rule>,
}

/// The clients a policy is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clients {
    All,
    /// Client ids; none matches nobody.
    Listed(Vec<String>),
}

impl Clients {
    /// Whether the policy is for this client.
    #[must_use]
    pub fn include(&self, client_id: &str) -> bool {
        match self {
            Self::All => true,
            Self::Listed(listed) => listed.iter().any(|known| known == client_id),
        }
    }
}

/// One rule of an access policy. The first that matches decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: String,
    pub name: String,
    pub status: Status,
    pub people: People,
    pub grant_types: Vec<String>,
    pub scopes: RuleScopes,
    /// Any of these; empty is all (decision 1).
    pub audiences: Vec<String>,
    /// Tested last (decision 1).
    pub condition: Option<ExpressionText>,
    pub access: Access,
    /// Whether a person needs a second factor for what it allows (decision 38).
    pub second_factor: bool,
    /// The id of the hook that is asked before its tokens are signed.
    pub inline_hook: Option<String>,
    pub lifetimes: Lifetimes,
}

/// The people a rule is for, as indices into the directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// `EVERYONE` is among the included groups.
    pub everyone: bool,
    pub users: Vec<usize>,
    pub groups: Vec<usize>,
    pub except_users: Vec<usize>,
    pub except_groups: Vec<usize>,
}

impl People {
    /// Whether the rule is for this user, who is in these groups.
    #[must_use]
    pub fn include(&self, user: usize, groups: &[usize]) -> bool {
        let shares = |listed: &[usize]| listed.iter().any(|group| groups.contains(group));
        let included = self.everyone || self.users.contains(&user) || shares(&self.groups);
        included && !self.except_users.contains(&user) && !shares(&self.except_groups)
    }
}

/// The scopes a rule is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleScopes {
    All,
    /// Names; none matches nothing.
    Listed(Vec<String>),
}

impl RuleScopes {
    /// Whether the rule lists this scope.
    #[must_use]
    pub fn include(&self, scope: &str) -> bool {
        match self {
            Self::All => true,
            Self::Listed(listed) => listed.iter().any(|known| known == scope),
        }
    }
}

/// What a rule that matches does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Allow,
    Deny,
}

impl Access {
    /// The words of the document (decision 2).
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("ALLOW", Self::Allow), ("DENY", Self::Deny)];
}

/// How long tokens live, in minutes. Kept with what a person granted, as they were then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetimes {
    pub access_token_minutes: u32,
    /// 0 is without end.
    pub refresh_token_minutes: u32,
    /// How long a refresh token may lie unused.
    pub refresh_window_minutes: u32,
}

impl Default for Lifetimes {
    /// An hour, without end, a week.
    fn default() -> Self {
        Self { access_token_minutes: 60, refresh_token_minutes: 0, refresh_window_minutes: 10_080 }
    }
}
