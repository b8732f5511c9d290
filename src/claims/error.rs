//! Why a claim has no value although it should: the request is refused, always (decision 5).

use crate::program::EvaluationFault;

/// A claim that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the claim `{name}` could not be evaluated: {cause}")]
pub struct ClaimFault {
    pub name: String,
    /// Whether it is a claim of the server's own.
    pub system: bool,
    /// For the log, the audit and the explanation; never for the client.
    pub cause: String,
    /// The token policy whose condition it is that failed, if it is one.
    pub policy: Option<String>,
    too_many_groups: bool,
}

impl ClaimFault {
    /// An expression stopped.
    pub(super) fn evaluation(
        name: &str,
        system: bool,
        expression: &str,
        fault: &EvaluationFault,
    ) -> Self {
        let cause = fault.describe(expression);
        Self { name: name.to_owned(), system, cause, policy: None, too_many_groups: false }
    }

    /// `sub` is null, empty or not text.
    pub(super) fn subject() -> Self {
        Self {
            name: super::SUBJECT.to_owned(),
            system: true,
            cause: "the value is not a text, or it is empty".to_owned(),
            policy: None,
            too_many_groups: false,
        }
    }

    /// A claim of groups has more names than it may.
    pub(super) fn too_many_groups(name: &str, limit: usize) -> Self {
        Self {
            name: name.to_owned(),
            system: false,
            cause: format!("more than {limit} groups pass the filter"),
            policy: None,
            too_many_groups: true,
        }
    }

    /// The condition of a token policy stopped: this fails the request as a claim of it does
    /// (decision 4).
    #[must_use]
    pub fn policy(claim: &str, policy: &str, cause: &str) -> Self {
        Self {
            name: claim.to_owned(),
            system: false,
            cause: format!("the condition of the token policy `{policy}` failed: {cause}"),
            policy: Some(policy.to_owned()),
            too_many_groups: false,
        }
    }

    /// Whether it is that a person is in more groups than a claim may name.
    #[must_use]
    pub fn is_of_too_many_groups(&self) -> bool {
        self.too_many_groups
    }

    /// What the client is told (authorization-server §3.2).
    #[must_use]
    pub fn description(&self) -> String {
        if self.too_many_groups {
            return "The groups claim matched too many groups and must be configured to match \
                    fewer groups."
                .to_owned();
        }
        let kind = if self.system { "system" } else { "user" };
        format!("The '{}' {kind} claim could not be evaluated.", self.name)
    }
}
