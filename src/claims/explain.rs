//! Every claim that a token could have, with its value, how that came about, or why it is absent.

use super::plan::{Source, TokenPlan};
use super::{Evaluation, Occasion, SUBJECT, append_other};
use crate::policy::{ConsideredTokenPolicy, Delivery, policy_claims};
use crate::program::Traced;
use crate::server::{ClaimDefinition, ClaimType, ExpressionText, ValueType};
use serde_json::{Map, Value};
use std::fmt;

/// A claim and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedClaim {
    pub name: String,
    /// The token policy that adds it; `None` for a claim of the server.
    pub policy: Option<String>,
    /// Its expression, if it is one.
    pub expression: Option<String>,
    pub outcome: Outcome,
    /// The expression with what every part of it gave, if it was evaluated.
    pub trace: Option<Traced>,
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Value(Value),
    Absent(Absence),
    /// It could not be evaluated, which refuses the whole request (decision 5), and why.
    Fault(String),
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
    Null,
    EmptyList,
    /// One of both, where only the token was looked at.
    Empty,
    NoGroup,
    NoAttribute,
    NoPerson,
    /// A claim of the server's own that it does not fill.
    NotFilled,
}

impl Absence {
    /// A word that stays the same, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Scopes(_) => "scope",
            Self::Thin => "thin",
            Self::ReplacedBy(_) => "replaced",
            Self::Policy(_) => "policy",
            Self::Null => "null",
            Self::EmptyList | Self::Empty => "empty",
            Self::NoGroup => "no-group",
            Self::NoAttribute => "no-attribute",
            Self::NoPerson => "no-person",
            Self::NotFilled => "not-filled",
        }
    }
}

impl fmt::Display for Absence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Inactive => "the claim is not active",
            Self::Scopes(scopes) => {
                return write!(formatter, "none of its scopes is granted: {}", scopes.join(", "));
            }
            Self::Thin => {
                "an access token comes with the ID token, and the claim is not always included"
            }
            Self::ReplacedBy(policy) => {
                return write!(formatter, "the token policy `{policy}` sets it instead");
            }
            Self::Policy(reason) => return write!(formatter, "the token policy {reason}"),
            Self::Null => "its value is null",
            Self::EmptyList => "its value is an empty list",
            Self::Empty => "its value is null or empty",
            Self::NoGroup => "the person is in no group that passes the filter",
            Self::NoAttribute => "the person's profile has no such attribute",
            Self::NoPerson => "no person is bound to the request",
            Self::NotFilled => "the server does not fill it",
        })
    }
}

/// Where the values of an explanation come from.
#[derive(Debug)]
pub enum Values<'v, 'r> {
    /// The token has them.
    Told(&'v Map<String, Value>),
    /// Every expression is evaluated once more, part by part, whether or not all can be.
    Traced(&'v mut Evaluation<'r>),
}

/// Explains a token of this type, claim by claim. `considered` is of
/// [`crate::policy::token_policies_that_apply`].
#[must_use]
pub fn explain(
    occasion: &Occasion<'_>,
    claim_type: ClaimType,
    delivery: Delivery,
    considered: &[ConsideredTokenPolicy<'_>],
    values: Values<'_, '_>,
) -> Vec<ExplainedClaim> {
    let server = occasion.server;
    let added = policy_claims(server, occasion.policies, claim_type, delivery);
    let winner = |name: &str| {
        let added = added.iter().find(|added| added.is_named(name, server))?;
        Some((added.policy, server.token_policies.get(added.policy)?.name.clone()))
    };
    let plan = occasion.plan.of(claim_type);
    let mut explainer = Explainer { occasion, plan, claim_type, values };
    let mut explained = Vec::new();
    let of_type = |(_, claim): &(usize, &ClaimDefinition)| claim.claim_type == claim_type;
    for (index, claim) in server.claims.iter().enumerate().filter(of_type) {
        let absence = match winner(&claim.name) {
            Some((_, policy)) => Some(Absence::ReplacedBy(policy)),
            None => absence(claim, occasion.scopes, delivery),
        };
        let source = plan.own().iter().find(|(known, _)| *known == index);
        let source = source.map(|(_, source)| source);
        let text = claim.value.as_ref().filter(|_| claim.value_type == ValueType::Expression);
        let (name, keep_empty) = (&claim.name, claim.keep_empty);
        explained.push(explainer.explain(
            &Meant { name, policy: None, text, keep_empty },
            source,
            absence,
        ));
    }
    for (index, policy) in server.token_policies.iter().enumerate() {
        let claims = policy.claims.iter().enumerate();
        for (at, claim) in claims.filter(|(_, claim)| claim.claim_type == claim_type) {
            let mismatch = considered.get(index).and_then(|known| known.mismatch.as_ref());
            let absence = match (mismatch, winner(&claim.name)) {
                (Some(mismatch), _) => Some(Absence::Policy(mismatch.to_string())),
                (None, Some((winner, name))) if winner != index => Some(Absence::ReplacedBy(name)),
                (None, Some(_)) => None,
                (None, None) => Some(Absence::Thin),
            };
            let meant = Meant {
                name: &claim.name,
                policy: Some(&policy.name),
                text: Some(&claim.value),
                keep_empty: claim.keep_empty,
            };
            explained.push(explainer.explain(&meant, plan.added(index, at), absence));
        }
    }
    explained.retain(|claim| !is_noise(claim, occasion));
    explained
}

/// The claim that is explained.
struct Meant<'m> {
    name: &'m str,
    policy: Option<&'m str>,
    text: Option<&'m ExpressionText>,
    keep_empty: bool,
}

struct Explainer<'e, 'o, 'v, 'r> {
    occasion: &'e Occasion<'o>,
    plan: &'e TokenPlan,
    claim_type: ClaimType,
    values: Values<'v, 'r>,
}

impl Explainer<'_, '_, '_, '_> {
    fn explain(
        &mut self,
        meant: &Meant<'_>,
        source: Option<&Source>,
        absence: Option<Absence>,
    ) -> ExplainedClaim {
        let (outcome, trace) = match absence {
            Some(absence) => (Outcome::Absent(absence), None),
            None => match source {
                Some(Source::Member(member)) => self.evaluate(meant, *member),
                Some(other) => (self.fill(meant.name, other), None),
                None => (Outcome::Absent(Absence::NotFilled), None),
            },
        };
        ExplainedClaim {
            name: meant.name.to_owned(),
            policy: meant.policy.map(str::to_owned),
            expression: meant.text.map(|text| text.text.clone()),
            outcome,
            trace,
        }
    }

    fn evaluate(&mut self, meant: &Meant<'_>, member: usize) -> (Outcome, Option<Traced>) {
        let Evaluation { programs, roots, worker, .. } = match &mut self.values {
            Values::Told(claims) => return (told(claims, meant.name, Absence::Empty), None),
            Values::Traced(evaluation) => &mut **evaluation,
        };
        let text = meant.text.map_or("", |text| text.text.as_str());
        let place = self.plan.place(member);
        let trace = place.and_then(|place| programs.trace_member(place, text, roots, worker));
        let outcome = match trace.as_ref().map(|trace| &trace.outcome) {
            None => Outcome::Absent(Absence::NotFilled),
            Some(Err(fault)) => Outcome::Fault(fault.describe(text)),
            Some(Ok(json)) => match serde_json::from_str(json).unwrap_or_default() {
                value if self.is_no_subject(meant.name, &value) => {
                    Outcome::Fault("the value is not a text, or it is empty".to_owned())
                }
                Value::Null => Outcome::Absent(Absence::Null),
                Value::Array(list) if list.is_empty() && !meant.keep_empty => {
                    Outcome::Absent(Absence::EmptyList)
                }
                value => Outcome::Value(value),
            },
        };
        (outcome, trace)
    }

    /// Decision 9.
    fn is_no_subject(&self, name: &str, value: &Value) -> bool {
        self.claim_type == ClaimType::Resource
            && name == SUBJECT
            && value.as_str().is_none_or(str::is_empty)
    }

    /// A claim that is no expression.
    fn fill(&self, name: &str, source: &Source) -> Outcome {
        let nothing = match (self.occasion.user, source) {
            (None, _) => Absence::NoPerson,
            (_, Source::Groups(_)) => Absence::NoGroup,
            (_, Source::System(_) | Source::Member(_)) => Absence::NoAttribute,
        };
        if let Values::Told(claims) = &self.values {
            return told(claims, name, nothing);
        }
        let mut member = Vec::new();
        match append_other(self.occasion, name, source, 0, &mut member) {
            Err(fault) => Outcome::Fault(fault.cause),
            Ok(()) if member.is_empty() => Outcome::Absent(nothing),
            Ok(()) => {
                let object = [b"{", &*member, b"}"].concat();
                let mut object: Value = serde_json::from_slice(&object).unwrap_or_default();
                Outcome::Value(object.get_mut(name).map(Value::take).unwrap_or_default())
            }
        }
    }
}

/// What a token says of a claim.
fn told(claims: &Map<String, Value>, name: &str, nothing: Absence) -> Outcome {
    claims.get(name).map_or(Outcome::Absent(nothing), |value| Outcome::Value(value.clone()))
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
