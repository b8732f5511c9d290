//! Which claims a token gets: those of the server under its scopes, and those that token
//! customisation policies add (authorization-server §3.2, decision 7).

use super::{ConditionOutcome, Evaluate, Facts, Trace};
use crate::directory::User;
use crate::document::Json;
use crate::few::Few;
use crate::server::{
    AttributeTest, AuthorizationServer, ClaimDefinition, ClaimType, PolicyClaim, TokenPolicy,
};
use std::fmt;

/// How much of the claims of identity a delivery carries. Access tokens carry all of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Userinfo, and ID tokens that no access token comes with.
    Full,
    /// ID tokens of the token endpoint, and those that an access token comes with: only claims
    /// that are always included.
    Thin,
}

impl Delivery {
    fn carries(self, claim_type: ClaimType, always_include: bool) -> bool {
        self == Self::Full || claim_type == ClaimType::Resource || always_include
    }
}

/// Whether a token gets a claim of its server when these scopes are granted. The token is of the
/// claim's type.
#[must_use]
pub fn is_included(claim: &ClaimDefinition, scopes: &[&str], delivery: Delivery) -> bool {
    claim.status.is_active()
        && (claim.scopes.is_empty() || claim.scopes.iter().any(|s| scopes.contains(&s.as_str())))
        && delivery.carries(claim.claim_type, claim.always_include)
}

/// Which claim of a token policy a token gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddedClaim {
    /// The index of the policy in the server.
    pub policy: usize,
    /// The index of the claim in the policy.
    pub index: usize,
}

impl AddedClaim {
    /// The claim itself.
    #[must_use]
    pub fn find(self, server: &AuthorizationServer) -> Option<&PolicyClaim> {
        server.token_policies.get(self.policy)?.claims.get(self.index)
    }

    /// Whether it has this name.
    #[must_use]
    pub fn is_named(self, name: &str, server: &AuthorizationServer) -> bool {
        self.find(server).is_some_and(|claim| claim.name == name)
    }
}

/// The claims that the policies with these indices add to a token of this type. Of several with
/// one name the first wins; each wins over a claim of the server with its name (decision 7).
#[must_use]
pub fn policy_claims(
    server: &AuthorizationServer,
    applying: &[usize],
    claim_type: ClaimType,
    delivery: Delivery,
) -> Few<AddedClaim, 8> {
    let mut added = Few::new();
    for policy in applying {
        let claims = server.token_policies.get(*policy).map_or(&[][..], |policy| &policy.claims);
        for (index, claim) in claims.iter().enumerate() {
            let wanted = claim.claim_type == claim_type
                && delivery.carries(claim_type, claim.always_include)
                && !added.iter().any(|known: &AddedClaim| known.is_named(&claim.name, server));
            if wanted {
                added.push(AddedClaim { policy: *policy, index });
            }
        }
    }
    added
}

/// A token policy and the first of its conditions that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsideredTokenPolicy<'a> {
    pub policy: &'a str,
    /// `None` when it applies.
    pub mismatch: Option<TokenPolicyMismatch<'a>>,
}

/// The condition of a token policy that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenPolicyMismatch<'a> {
    Inactive,
    Groups,
    Audience,
    Client,
    Scopes,
    /// The attribute that has another value.
    UserAttribute(&'a str),
    ConditionFalse,
    ConditionNull,
    ConditionNotBoolean,
}

impl fmt::Display for TokenPolicyMismatch<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Inactive => "is not active",
            Self::Groups => "is for groups that the person is in none of",
            Self::Audience => "is not for this audience",
            Self::Client => "is not for this client",
            Self::Scopes => "is for scopes of which none is granted",
            Self::UserAttribute(name) => {
                return write!(formatter, "is for people with another `{name}`");
            }
            Self::ConditionFalse => "its condition is false",
            Self::ConditionNull => "its condition is null",
            Self::ConditionNotBoolean => "its condition is neither true nor false",
        };
        formatter.write_str(words)
    }
}

/// A condition that could not be evaluated: it fails the token request as a claim does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPolicyFault {
    pub policy: String,
    pub cause: String,
}

/// The indices of the token policies that apply.
pub type Applying = Few<usize, 8>;

/// The indices of the token policies that apply when `granted` is granted, in order, with the
/// trace of all that were considered, if one is asked for.
///
/// # Errors
/// The first condition that could not be evaluated (decision 4).
pub fn token_policies_that_apply<'a>(
    server: &'a AuthorizationServer,
    facts: &Facts<'_>,
    granted: &[&str],
    trace: Trace,
    evaluate: &mut Evaluate<'_>,
) -> Result<(Applying, Vec<ConsideredTokenPolicy<'a>>), TokenPolicyFault> {
    let (mut applying, mut considered) = (Applying::new(), Vec::new());
    for (index, policy) in server.token_policies.iter().enumerate() {
        let mut mismatch = first_mismatch(policy, facts, granted);
        if let (None, Some(condition)) = (&mismatch, &policy.condition) {
            mismatch = match evaluate(condition, granted) {
                ConditionOutcome::True => None,
                ConditionOutcome::False => Some(TokenPolicyMismatch::ConditionFalse),
                ConditionOutcome::Null => Some(TokenPolicyMismatch::ConditionNull),
                ConditionOutcome::NotBoolean => Some(TokenPolicyMismatch::ConditionNotBoolean),
                ConditionOutcome::Fault(cause) => {
                    return Err(TokenPolicyFault { policy: policy.name.clone(), cause });
                }
            };
        }
        if mismatch.is_none() {
            applying.push(index);
        }
        if trace == Trace::Keep {
            considered.push(ConsideredTokenPolicy { policy: &policy.name, mismatch });
        }
    }
    Ok((applying, considered))
}

/// The first condition, other than the expression, that does not hold.
fn first_mismatch<'a>(
    policy: &'a TokenPolicy,
    facts: &Facts<'_>,
    granted: &[&str],
) -> Option<TokenPolicyMismatch<'a>> {
    let user = facts.person.map(|person| person.user);
    let lists = |list: &Option<Vec<String>>, value: &str| {
        list.as_ref().is_none_or(|list| list.iter().any(|known| known == value))
    };
    if !policy.status.is_active() {
        return Some(TokenPolicyMismatch::Inactive);
    }
    let in_groups = policy.groups.as_ref().is_none_or(|groups| {
        user.is_some_and(|user| groups.iter().any(|group| user.is_in(*group)))
    });
    if !in_groups {
        return Some(TokenPolicyMismatch::Groups);
    }
    if !lists(&policy.audiences, facts.audience) {
        return Some(TokenPolicyMismatch::Audience);
    }
    if !lists(&policy.clients, facts.client_id) {
        return Some(TokenPolicyMismatch::Client);
    }
    if policy.scopes.is_some() && !granted.iter().any(|scope| lists(&policy.scopes, scope)) {
        return Some(TokenPolicyMismatch::Scopes);
    }
    let differing = policy.user_attributes.iter().find(|test| !passes(test, user));
    differing.map(|test| TokenPolicyMismatch::UserAttribute(&test.name))
}

/// Whether the user's attribute equals one of the values; of a list, whether one element does.
fn passes(test: &AttributeTest, user: Option<&User>) -> bool {
    let Some(value) = user.and_then(|user| user.attribute(&test.name)) else { return false };
    let among = |value: &Json| test.values.iter().any(|wanted| is_same(value, wanted));
    match value {
        Json::List(elements) => elements.iter().any(|element| among(&element.value)),
        scalar => among(scalar),
    }
}

/// Whether two scalars are equal; an integer equals the number of the same value.
fn is_same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Text(one), Json::Text(other)) => one == other,
        (Json::Boolean(one), Json::Boolean(other)) => one == other,
        (Json::Integer(one), Json::Integer(other)) => one == other,
        (Json::Number(one), Json::Number(other)) => one == other,
        (Json::Integer(integer), Json::Number(number))
        | (Json::Number(number), Json::Integer(integer)) => is_same_number(*integer, *number),
        _ => false,
    }
}

/// Compares as integers, since no float holds every integer of 64 bits. Two to the power of 63 is
/// the first that does not fit, and all before it that are whole convert exactly.
fn is_same_number(integer: i64, number: f64) -> bool {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    number.fract() == 0.0 && (-LIMIT..LIMIT).contains(&number) && number as i64 == integer
}
