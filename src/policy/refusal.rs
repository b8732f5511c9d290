//! Why a request may not have what it asks for. The client is told little; the audit all of it.

use std::fmt;

/// What a client is told of every refusal by policy, whatever the cause (decision 4).
pub const POLICY_REFUSED: &str =
    "Policy evaluation failed for this request, please check the policy configurations.";

/// A refusal, naming policy and rule where one is the cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// These scopes are none of the server's.
    UnknownScopes { scopes: Vec<String> },
    /// None was requested and none is a default (decision 47).
    NoDefaultScopes,
    /// No rule matched.
    NoMatch,
    /// A rule says no (decision 2).
    Denied { policy: String, rule: String },
    /// A rule that matches, or the client, demands a second factor, which the person has not proven (decision 38).
    SecondFactor { policy: String, rule: String },
    /// The condition of a rule could not be evaluated (decision 4).
    Fault { policy: String, rule: String, cause: String },
}

impl Refused {
    /// The error code of RFC 6749 §5.2 or §4.1.2.1.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownScopes { .. } | Self::NoDefaultScopes => "invalid_scope",
            Self::NoMatch
            | Self::Denied { .. }
            | Self::SecondFactor { .. }
            | Self::Fault { .. } => "access_denied",
        }
    }

    /// What the client is told.
    #[must_use]
    pub fn description(&self) -> &'static str {
        match self {
            Self::UnknownScopes { .. } => {
                "One or more scopes are not configured for the authorization server resource."
            }
            Self::NoDefaultScopes => {
                "The request names no scope and the authorization server has no default scopes. \
                 Name at least one in the 'scope' parameter."
            }
            Self::NoMatch
            | Self::Denied { .. }
            | Self::SecondFactor { .. }
            | Self::Fault { .. } => POLICY_REFUSED,
        }
    }
}

/// The cause, for the audit and the explanation; never for the client.
impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownScopes { scopes } => {
                write!(formatter, "the server has no scope named {}", scopes.join(", "))
            }
            Self::NoDefaultScopes => {
                formatter.write_str("no scope was requested and none is a default")
            }
            Self::NoMatch => formatter.write_str("no rule of any policy matched"),
            Self::Denied { policy, rule } => {
                write!(formatter, "the rule `{rule}` of the policy `{policy}` denies it")
            }
            Self::SecondFactor { policy, rule } => write!(
                formatter,
                "the rule `{rule}` of the policy `{policy}` allows it with a second factor, which \
                 the person has not proven"
            ),
            Self::Fault { policy, rule, cause } => write!(
                formatter,
                "the condition of the rule `{rule}` of the policy `{policy}` failed: {cause}"
            ),
        }
    }
}
