//! Where an expression stands, and which roots exist there (OEL §1.1, server decision 1).

/// Where an expression stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Position {
    /// Nowhere in particular: every root exists.
    #[default]
    Anywhere,
    AccessTokenClaim,
    /// Of an ID token, or userinfo.
    IdentityTokenClaim,
    /// Of a rule of an access policy, or of a token policy.
    Condition,
    GroupRule,
    SignInPolicy,
    AccountManagement,
    /// Routing to identity providers.
    Routing,
    /// The names that identity providers give.
    IdentityProvider,
    EventHook,
    PasswordPolicy,
    /// Between profiles, and names of users.
    Mapping,
    Realm,
}

use Position::{
    AccessTokenClaim, AccountManagement, Anywhere, Condition, EventHook, GroupRule,
    IdentityProvider, IdentityTokenClaim, Mapping, PasswordPolicy, Realm, Routing, SignInPolicy,
};

/// Roots and where each exists. One that exists everywhere is not listed.
const PLACES: [(&str, &[Position]); 17] = [
    ("appuser", &[AccessTokenClaim, IdentityTokenClaim, Condition, Mapping]),
    ("app", &[AccessTokenClaim, IdentityTokenClaim, Condition, Mapping]),
    ("org", &[AccessTokenClaim, IdentityTokenClaim, Condition, Mapping]),
    ("access", &[AccessTokenClaim, IdentityTokenClaim, Condition]),
    ("session", &[AccessTokenClaim, IdentityTokenClaim, Condition, SignInPolicy]),
    ("security", &[SignInPolicy]),
    ("device", &[SignInPolicy]),
    ("login", &[Routing]),
    ("accessRequest", &[AccountManagement]),
    ("idpuser", &[IdentityProvider]),
    ("event", &[EventHook]),
    ("password", &[PasswordPolicy]),
    ("source", &[Mapping]),
    ("profile", &[Realm]),
    ("directory", &[Mapping]),
    ("workday", &[Mapping]),
    ("flow", &[]),
];

impl Position {
    /// Every position, [`Position::Anywhere`] first.
    pub const ALL: [Self; 13] = [
        Anywhere,
        AccessTokenClaim,
        IdentityTokenClaim,
        Condition,
        GroupRule,
        SignInPolicy,
        AccountManagement,
        Routing,
        IdentityProvider,
        EventHook,
        PasswordPolicy,
        Mapping,
        Realm,
    ];

    /// The position that [`Position::words`] calls so.
    #[must_use]
    pub fn named(words: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|position| position.words() == words)
    }

    /// Whether a root of this name may exist here. What is no root of OEL is not known to be
    /// anywhere else.
    #[must_use]
    pub fn has(self, root: &str) -> bool {
        self == Anywhere || places(root).is_none_or(|places| places.contains(&self))
    }

    /// Whether a classic function of this name may not be called here: rules of groups have neither
    /// conversions nor times (OEL §3.3).
    #[must_use]
    pub fn forbids(self, function: &str) -> bool {
        let families = ["Convert.", "Time.", "DateTime.", "Iso3166Convert."];
        self == GroupRule && families.iter().any(|family| function.starts_with(family))
    }

    /// Whether other records may be reached from the user here: rules of groups see the user alone.
    #[must_use]
    pub fn reaches_others(self) -> bool {
        self != GroupRule
    }

    /// In words, for messages.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Anywhere => "expressions on their own",
            AccessTokenClaim => "claims of access tokens",
            IdentityTokenClaim => "claims of ID tokens",
            Condition => "conditions of rules and token policies",
            GroupRule => "rules of groups",
            SignInPolicy => "policies for signing in",
            AccountManagement => "policies of account management",
            Routing => "the routing of identity providers",
            IdentityProvider => "the names that identity providers give",
            EventHook => "filters of event hooks",
            PasswordPolicy => "policies for passwords",
            Mapping => "mappings between profiles",
            Realm => "rules of realms",
        }
    }
}

fn places(root: &str) -> Option<&'static [Position]> {
    PLACES.iter().find(|(name, _)| *name == root).map(|(_, places)| *places)
}

/// Where a root exists, in words; `None` for one that exists everywhere or nowhere.
pub(crate) fn places_in_words(root: &str) -> Option<String> {
    let words: Vec<&str> = places(root)?.iter().map(|place| place.words()).collect();
    match words.as_slice() {
        [] => None,
        [only] => Some((*only).to_owned()),
        [first @ .., last] => Some(format!("{} and {last}", first.join(", "))),
    }
}
