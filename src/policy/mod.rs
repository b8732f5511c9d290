//! Whether a client may have what it asks for, by this grant, for this person, and for how long.
//! Conditions in the expression language are run by the caller; here they only have an outcome.

mod customize;
mod decide;
mod explain;
mod index;
mod refusal;

pub use customize::{
    AddedClaim, Applying, ConsideredTokenPolicy, Delivery, TokenPolicyFault, TokenPolicyMismatch,
    is_included, policy_claims, token_policies_that_apply,
};
pub use decide::{
    Allowed, Considered, Decision, ScopeNames, Trace, Verdict, decide, scopes_asked, scopes_of_rule,
};
pub use explain::{Reason, reason, token_policy_reason};
pub use index::RuleIndex;
pub use refusal::{POLICY_REFUSED, Refused};

use crate::directory::User;
use crate::server::ExpressionText;

/// What is known of a request when it is decided.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub client_id: &'a str,
    /// `None` when no person is bound to the request.
    pub person: Option<Person<'a>>,
    /// The grant that the request began with; never `refresh_token` (decision 10).
    pub grant_type: &'a str,
    /// The other grant of a request for a code and tokens at once: one rule must be for both
    /// (authorization-server §3.1).
    pub also: Option<&'a str>,
    /// As asked; empty is the default scopes.
    pub scopes: &'a [String],
    /// One audience of the server.
    pub audience: &'a str,
}

/// A user and their index in the directory.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    pub index: usize,
    pub user: &'a User,
}

/// What became of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionOutcome {
    True,
    False,
    Null,
    /// A value that is neither true nor false; the text `'true'` is one.
    NotBoolean,
    /// It could not be evaluated, and why.
    Fault(String),
}

/// Runs a condition while these scopes are, or would be, granted (`access.scope`).
pub type Evaluate<'e> = dyn FnMut(&ExpressionText, &[&str]) -> ConditionOutcome + 'e;

#[cfg(test)]
mod tests;
