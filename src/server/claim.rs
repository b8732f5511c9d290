//! What a token may say about someone, and under which scopes.

use super::ExpressionText;
use crate::directory::Status;
use crate::source::Span;

/// A claim of an authorization server.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimDefinition {
    pub name: String,
    pub claim_type: ClaimType,
    pub value_type: ValueType,
    /// The expression, or the pattern of a group filter; `None` for system values only.
    pub value: Option<ExpressionText>,
    /// For [`ValueType::Groups`] only.
    pub group_filter: Option<GroupFilter>,
    /// Any of these must be granted; empty is no condition.
    pub scopes: Vec<String>,
    /// Always true for [`ClaimType::Resource`].
    pub always_include: bool,
    /// Whether an empty list is a value; otherwise it leaves the claim out as null does.
    pub keep_empty: bool,
    pub status: Status,
    pub system: bool,
}

/// The token a claim is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimType {
    /// Access tokens.
    Resource,
    /// ID tokens and userinfo.
    Identity,
}

impl ClaimType {
    /// The words of the management API.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("RESOURCE", Self::Resource), ("IDENTITY", Self::Identity)];
}

/// Where the value of a claim comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    Expression,
    /// Names of the user's groups that pass a filter.
    Groups,
    /// Mapped from the user's profile by the server itself.
    System,
}

impl ValueType {
    /// The words of the management API.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("EXPRESSION", Self::Expression), ("GROUPS", Self::Groups), ("SYSTEM", Self::System)];
}

/// How the pattern of a groups claim is compared with a group's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupFilter {
    StartsWith,
    Equals,
    Contains,
    Regex,
}

impl GroupFilter {
    /// The words of the management API.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("STARTS_WITH", Self::StartsWith),
        ("EQUALS", Self::Equals),
        ("CONTAINS", Self::Contains),
        ("REGEX", Self::Regex),
    ];
}

/// What `sub` of access tokens is until a server says otherwise.
pub const SUBJECT_EXPRESSION: &str = "(appuser != null) ? appuser.userName : app.clientId";

/// Claims of identity that the server itself fills: scope, name, whether every ID token has it.
const SYSTEM_CLAIMS: &[(&str, &str, bool)] = &[
    ("profile", "name", true),
    ("profile", "preferred_username", true),
    ("profile", "nickname", false),
    ("profile", "given_name", false),
    ("profile", "middle_name", false),
    ("profile", "family_name", false),
    ("profile", "profile", false),
    ("profile", "picture", false),
    ("profile", "website", false),
    ("profile", "gender", false),
    ("profile", "birthdate", false),
    ("profile", "zoneinfo", false),
    ("profile", "locale", false),
    ("profile", "updated_at", false),
    ("email", "email", true),
    ("email", "email_verified", false),
    ("phone", "phone_number", false),
    ("address", "address", false),
];

/// The claims every server has: `sub` of access tokens, and those of OpenID Connect Core §5.1.
#[must_use]
pub fn system_claims() -> Vec<ClaimDefinition> {
    let subject = ClaimDefinition {
        name: "sub".to_owned(),
        claim_type: ClaimType::Resource,
        value_type: ValueType::Expression,
        value: Some(ExpressionText {
            text: SUBJECT_EXPRESSION.to_owned(),
            path: "the system claim `sub`".to_owned(),
            span: Span::default(),
        }),
        group_filter: None,
        scopes: Vec::new(),
        always_include: true,
        keep_empty: false,
        status: Status::Active,
        system: true,
    };
    let of_identity = SYSTEM_CLAIMS.iter().map(|(scope, name, always)| ClaimDefinition {
        name: (*name).to_owned(),
        claim_type: ClaimType::Identity,
        value_type: ValueType::System,
        value: None,
        scopes: vec![(*scope).to_owned()],
        always_include: *always,
        ..subject.clone()
    });
    std::iter::once(subject.clone()).chain(of_identity).collect()
}
