//! An authorization server as data: audiences, scopes, claims, policies.
//! References to people are indices into the directory it was read with. What the expressions
//! mean and whether a rule holds is said elsewhere.

mod claim;
mod group_rule;
mod hook;
mod linked_object;
mod organization;
mod policy;
pub mod reserved;
mod scope;
mod token_policy;
mod trusted_origin;

pub use claim::{
    ClaimDefinition, ClaimType, GroupFilter, SUBJECT_EXPRESSION, ValueType, system_claims,
};
pub use group_rule::{GroupRule, GroupRuleStatus};
pub use hook::{HookAuthentication, HookClient, InlineHook, OnFailure};
pub use linked_object::LinkedObject;
pub use organization::{MANAGEMENT_SCOPES, ORGANIZATION_SERVER, organization_server};
pub use policy::{Access, Clients, Lifetimes, People, Policy, Rule, RuleScopes};
pub use scope::{Consent, MetadataPublish, SYSTEM_SCOPES, Scope, system_scopes};
pub use token_policy::{AttributeOperator, AttributeTest, PolicyClaim, TokenPolicy};
pub use trusted_origin::{Trust, TrustedOrigin};

use crate::directory::Status;
use crate::source::Span;

/// The text of an expression and where in the document it stands. Two of one text are equal wherever
/// they stand, so that a server is equal to itself in a document that changed elsewhere.
#[derive(Clone, Debug)]
pub struct ExpressionText {
    pub text: String,
    /// The path of the value in the document; what stands for it when the text is our own.
    pub path: String,
    /// The JSON string, quotes included; empty when the text is our own.
    pub span: Span,
}

impl PartialEq for ExpressionText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ExpressionText {}

/// One issuer of tokens (management API, `/api/v1/authorizationServers`).
#[derive(Clone, Debug, PartialEq)]
pub struct AuthorizationServer {
    /// `[A-Za-z0-9_-]{1,64}`, as it stands in URLs.
    pub id: String,
    pub name: String,
    pub description: String,
    /// At least one; the first is the default (decision 11).
    pub audiences: Vec<String>,
    pub is_default: bool,
    pub issuer_mode: IssuerMode,
    pub status: Status,
    /// The system scopes first.
    pub scopes: Vec<Scope>,
    /// The system claims first.
    pub claims: Vec<ClaimDefinition>,
    /// By priority.
    pub policies: Vec<Policy>,
    /// By priority.
    pub token_policies: Vec<TokenPolicy>,
    /// One of [`ALGORITHMS`].
    pub algorithm: String,
    /// Answer policy refusals with 400 as RFC 6749 has it (decision 4).
    pub strict_errors: bool,
    pub access_token_format: AccessTokenFormat,
    pub refresh_policy: RefreshPolicy,
    /// Whether its keys change by themselves.
    pub rotates_keys: bool,
    /// Ids of servers whose tokens may be exchanged here (`associatedServers`).
    pub trusted_servers: Vec<String>,
    pub legacy_grants: LegacyGrants,
}

/// Under which URL of the installation the issuer of a server is (authorization-server §1.2,
/// decision 24).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IssuerMode {
    /// Under the public one.
    #[default]
    OrgUrl,
    /// Under the one whose host the request named.
    Dynamic,
}

impl IssuerMode {
    /// The modes by their names.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("ORG_URL", Self::OrgUrl), ("DYNAMIC", Self::Dynamic)];
}

/// Grants of before OAuth 2.1, off until a server switches them on (decision 29).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LegacyGrants {
    /// A client that takes people's passwords (RFC 6749 §4.3).
    pub password: bool,
    /// Tokens by way of the browser (RFC 6749 §4.2, OpenID Connect Core §3.2).
    pub implicit: bool,
    /// A code and tokens in one answer (OpenID Connect Core §3.3).
    pub hybrid: bool,
}

/// Values of `response_type` by what they need, each with its words in the usual order.
const IMPLICIT: &[&str] = &["id_token", "token", "id_token token"];
const HYBRID: &[&str] = &["code id_token", "code token", "code id_token token"];

impl AuthorizationServer {
    /// Whether it is the organization's own (decision 43).
    #[must_use]
    pub fn is_organization(&self) -> bool {
        self.id == ORGANIZATION_SERVER
    }

    /// The values of `response_type` that it answers, each with its words in this order: `code`,
    /// `id_token`, `token`.
    pub fn response_types(&self) -> impl Iterator<Item = &'static str> {
        let LegacyGrants { implicit, hybrid, .. } = self.legacy_grants;
        let implicit = if implicit { IMPLICIT } else { &[] };
        let hybrid = if hybrid { HYBRID } else { &[] };
        std::iter::once("code").chain(implicit.iter().copied()).chain(hybrid.iter().copied())
    }

    /// The conditions of rules and of token policies.
    pub fn conditions(&self) -> impl Iterator<Item = &ExpressionText> {
        let of_rules = self.policies.iter().flat_map(|policy| &policy.rules);
        let of_policies = self.token_policies.iter().filter_map(|policy| policy.condition.as_ref());
        of_rules.filter_map(|rule| rule.condition.as_ref()).chain(of_policies)
    }

    /// Every expression: those conditions, and the values of claims. Patterns of groups are none.
    pub fn expressions(&self) -> impl Iterator<Item = &ExpressionText> {
        let own = self.claims.iter().filter(|claim| claim.value_type == ValueType::Expression);
        let added = self.token_policies.iter().flat_map(|policy| &policy.claims);
        let claims = own.filter_map(|claim| claim.value.as_ref());
        claims.chain(added.map(|claim| &claim.value)).chain(self.conditions())
    }
}

/// Signing algorithms a server may choose, by their names in RFC 7518 and RFC 8037; the first is
/// the default.
pub const ALGORITHMS: &[&str] = &["RS256", "ES256", "EdDSA"];

/// Whose layout access tokens follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessTokenFormat {
    /// `cid`, `uid`, `scp`.
    Okta,
    /// RFC 9068: `typ` at+jwt, `client_id`, `scope`.
    Rfc9068,
    /// Both sets of claims.
    Both,
}

impl AccessTokenFormat {
    /// The words of the document.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("okta", Self::Okta), ("rfc9068", Self::Rfc9068), ("both", Self::Both)];
}

/// By which policies a refresh is decided (decision 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshPolicy {
    /// Those of now.
    Current,
    /// Those of when the person was there: they are not asked again.
    Snapshot,
}

impl RefreshPolicy {
    /// The words of the document.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("CURRENT", Self::Current), ("SNAPSHOT", Self::Snapshot)];
}

#[cfg(test)]
mod tests;
