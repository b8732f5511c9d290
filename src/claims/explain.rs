//! Every claim that a token could have, with its value or why it is absent.

use super::Occasion;
use crate::policy::{ConsideredTokenPolicy, Delivery, policy_claims};
use crate::server::{ClaimDefinition, ClaimType, ValueType};
use serde_json::{Map, Value};
use std::fmt;

/// A claim and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedClaim {
    pub name: String,
    /// The token policy that adds it; `None` for a claim of the server.
    pub policy: Option<String>,
    pub outcome: Outcome,
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Value(Value),
    Absent(Absence),
}

/// Why a claim is not in the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    Inactive,
    /// It needs one of these scopes.
    Scopes(Vec<String>),
    /// It is not always included, and an access token comes with the ID token.
    Thin,
    /// The token policy that sets a claim of this name instead.
    ReplacedBy(String),
    /// The token policy does not apply: why.
    Policy(String),
    /// Null, an empty list, no group or no attribute.
    Empty,
}

impl fmt::Display for Absence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inactive => formatter.write_str("the claim is not active"),
            Self::Scopes(scopes) => {
                write!(formatter, "none of its scopes is granted: {}", scopes.join(", "))
            }
            Self::Thin => formatter.write_str(
                "an access token comes with the ID token, and the claim is not always included",
            ),
            Self::ReplacedBy(policy) => {
                write!(formatter, "the token policy `{policy}` sets it instead")
            }
            Self::Policy(reason) => write!(formatter, "the token policy {reason}"),
            Self::Empty => formatter.write_str("its value is null or empty"),
        }
    }
}

/// Explains a token of this type. `claims` is what it says; `considered` is of
/// [`crate::policy::token_policies_that_apply`].
#[must_use]
pub fn explain(
    occasion: &Occasion<'_>,
    claim_type: ClaimType,
    delivery: Delivery,
    considered: &[ConsideredTokenPolicy<'_>],
    claims: &Map<String, Value>,
) -> Vec<ExplainedClaim> {
    let server = occasion.server;
    let added = policy_claims(server, occasion.policies, claim_type, delivery);
    let winner = |name: &str| {
        let added = added.iter().find(|added| added.is_named(name, server))?;
        Some((added.policy, server.token_policies.get(added.policy)?.name.clone()))
    };
    let value_of = |name: &str| match claims.get(name) {
        Some(value) => Outcome::Value(value.clone()),
        None => Outcome::Absent(Absence::Empty),
    };
    let own = server.claims.iter().filter(|claim| claim.claim_type == claim_type);
    let mut explained: Vec<ExplainedClaim> = own
        .map(|claim| {
            let absence = match winner(&claim.name) {
                Some((_, policy)) => Some(Absence::ReplacedBy(policy)),
                None => absence(claim, occasion.scopes, delivery),
            };
            let outcome = absence.map_or_else(|| value_of(&claim.name), Outcome::Absent);
            ExplainedClaim { name: claim.name.clone(), policy: None, outcome }
        })
        .collect();
    for (index, policy) in server.token_policies.iter().enumerate() {
        for claim in policy.claims.iter().filter(|claim| claim.claim_type == claim_type) {
            let mismatch = considered.get(index).and_then(|known| known.mismatch.as_ref());
            let absence = match (mismatch, winner(&claim.name)) {
                (Some(mismatch), _) => Some(Absence::Policy(mismatch.to_string())),
                (None, Some((winner, name))) if winner != index => Some(Absence::ReplacedBy(name)),
                (None, Some(_)) => None,
                (None, None) => Some(Absence::Thin),
            };
            let outcome = absence.map_or_else(|| value_of(&claim.name), Outcome::Absent);
            let (name, policy) = (claim.name.clone(), Some(policy.name.clone()));
            explained.push(ExplainedClaim { name, policy, outcome });
        }
    }
    explained.retain(|claim| !is_noise(claim, occasion));
    explained
}

/// The server's own claims that no scope asked for would drown the rest.
fn is_noise(claim: &ExplainedClaim, occasion: &Occasion<'_>) -> bool {
    let system = |known: &&ClaimDefinition| {
        known.value_type == ValueType::System && known.name == claim.name
    };
    claim.policy.is_none()
        && matches!(claim.outcome, Outcome::Absent(_))
        && occasion.server.claims.iter().any(|known| system(&known))
}

fn absence(claim: &ClaimDefinition, granted: &[&str], delivery: Delivery) -> Option<Absence> {
    let has_scope = claim.scopes.is_empty()
        || claim.scopes.iter().any(|scope| granted.contains(&scope.as_str()));
    if !claim.status.is_active() {
        Some(Absence::Inactive)
    } else if !has_scope {
        Some(Absence::Scopes(claim.scopes.clone()))
    } else if delivery == Delivery::Thin
        && claim.claim_type == ClaimType::Identity
        && !claim.always_include
    {
        Some(Absence::Thin)
    } else {
        None
    }
}
