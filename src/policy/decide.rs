//! The decision: active policies in order, their active rules in order, the first match decides.

use super::{ConditionOutcome, Evaluate, Facts, Refused};
use crate::server::{Access, AuthorizationServer, Lifetimes, Policy, Rule};
use std::fmt;

/// Whether a decision remembers what it looked at: an explanation wants to know, a token does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    Keep,
    Skip,
}

/// What was decided, and everything that was looked at on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    pub outcome: Result<Allowed<'a>, Refused>,
    /// Empty unless a trace was asked for.
    pub considered: Vec<Considered<'a>>,
}

/// What a client may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed<'a> {
    pub policy: &'a str,
    pub rule: &'a str,
    /// In the order asked, each once.
    pub scopes: Vec<&'a str>,
    pub lifetimes: Lifetimes,
}

/// A policy, or one of its rules, and why it did or did not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered<'a> {
    pub policy: &'a str,
    /// `None` when the policy as a whole was passed over.
    pub rule: Option<&'a str>,
    pub verdict: Verdict<'a>,
}

/// What the first condition that did not hold was, or that all did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    Inactive,
    /// The policy is not for this client.
    Client,
    Grant,
    People,
    /// The scopes that the rule does not list; of a rule that denies, none of them is listed.
    Scopes(Vec<&'a str>),
    Audience,
    ConditionFalse,
    ConditionNull,
    ConditionNotBoolean,
    ConditionFault(String),
    Denied,
    Allowed,
}

impl fmt::Display for Verdict<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Inactive => "is not active",
            Self::Client => "is not for this client",
            Self::Grant => "is not for this grant",
            Self::People => "is not for this person",
            Self::Scopes(scopes) => {
                return write!(formatter, "does not list the scopes {}", scopes.join(", "));
            }
            Self::Audience => "is not for this audience",
            Self::ConditionFalse => "its condition is false",
            Self::ConditionNull => "its condition is null",
            Self::ConditionNotBoolean => "its condition is neither true nor false",
            Self::ConditionFault(cause) => {
                return write!(formatter, "its condition failed: {cause}");
            }
            Self::Denied => "matches and denies",
            Self::Allowed => "matches and allows",
        };
        formatter.write_str(words)
    }
}

/// Decides a request: what it may have, or why it may not (authorization-server §3.1, decisions 1
/// to 4 and 47). `evaluate` is asked for a rule's condition only when all its others hold.
pub fn decide<'a>(
    server: &'a AuthorizationServer,
    facts: &Facts<'a>,
    trace: Trace,
    evaluate: &mut Evaluate<'_>,
) -> Decision<'a> {
    let asked = match asked_scopes(server, facts) {
        Ok(asked) => asked,
        Err(refused) => return Decision { outcome: Err(refused), considered: Vec::new() },
    };
    let mut considered = Vec::new();
    for policy in &server.policies {
        if let Some(verdict) = passed_over(policy, facts) {
            if trace == Trace::Keep {
                considered.push(Considered { policy: &policy.name, rule: None, verdict });
            }
            continue;
        }
        for rule in &policy.rules {
            let matched = consider(rule, facts, &asked, evaluate);
            let (verdict, scopes) = match matched {
                Ok(scopes) => (verdict_of(rule.access), scopes),
                Err(verdict) => (verdict, Vec::new()),
            };
            let outcome = conclude(policy, rule, &verdict, scopes);
            if trace == Trace::Keep {
                let rule = Some(rule.name.as_str());
                considered.push(Considered { policy: &policy.name, rule, verdict });
            }
            if let Some(outcome) = outcome {
                return Decision { outcome, considered };
            }
        }
    }
    Decision { outcome: Err(Refused::NoMatch), considered }
}

/// The scopes a request is about.
struct Asked<'a> {
    scopes: Vec<&'a str>,
    /// None was named, so these are the server's defaults, which a rule may narrow.
    by_default: bool,
}

fn asked_scopes<'a>(
    server: &'a AuthorizationServer,
    facts: &Facts<'a>,
) -> Result<Asked<'a>, Refused> {
    let mut scopes: Vec<&str> = Vec::new();
    if facts.scopes.is_empty() {
        let defaults = server.scopes.iter().filter(|scope| scope.is_default);
        scopes.extend(defaults.map(|scope| scope.name.as_str()));
        let asked = Asked { scopes, by_default: true };
        return if asked.scopes.is_empty() { Err(Refused::NoDefaultScopes) } else { Ok(asked) };
    }
    let mut unknown = Vec::new();
    for scope in facts.scopes {
        if server.find_scope(scope).is_none() {
            unknown.push(scope.clone());
        } else if !scopes.contains(&scope.as_str()) {
            scopes.push(scope);
        }
    }
    if unknown.is_empty() {
        Ok(Asked { scopes, by_default: false })
    } else {
        Err(Refused::UnknownScopes { scopes: unknown })
    }
}

fn passed_over(policy: &Policy, facts: &Facts<'_>) -> Option<Verdict<'static>> {
    if !policy.status.is_active() {
        return Some(Verdict::Inactive);
    }
    (!policy.clients.include(facts.client_id)).then_some(Verdict::Client)
}

/// Whether a rule matches: the scopes it is about, or the first condition that does not hold.
fn consider<'a>(
    rule: &Rule,
    facts: &Facts<'_>,
    asked: &Asked<'a>,
    evaluate: &mut Evaluate<'_>,
) -> Result<Vec<&'a str>, Verdict<'a>> {
    let hold = |holds: bool, verdict| if holds { Ok(()) } else { Err(verdict) };
    hold(rule.status.is_active(), Verdict::Inactive)?;
    hold(rule.grant_types.iter().any(|grant| grant == facts.grant_type), Verdict::Grant)?;
    // Without a user the people condition is ignored, of a rule that denies too (decision 2).
    let for_person =
        facts.person.is_none_or(|person| rule.people.include(person.index, &person.user.groups));
    hold(for_person, Verdict::People)?;
    let scopes = scopes_of(rule, asked)?;
    let for_audience =
        rule.audiences.is_empty() || rule.audiences.iter().any(|known| known == facts.audience);
    hold(for_audience, Verdict::Audience)?;
    let Some(condition) = &rule.condition else { return Ok(scopes) };
    match evaluate(condition, &scopes) {
        ConditionOutcome::True => Ok(scopes),
        ConditionOutcome::False => Err(Verdict::ConditionFalse),
        ConditionOutcome::Null => Err(Verdict::ConditionNull),
        ConditionOutcome::NotBoolean => Err(Verdict::ConditionNotBoolean),
        ConditionOutcome::Fault(cause) => Err(Verdict::ConditionFault(cause)),
    }
}

/// The scopes a rule would grant or deny. A rule that allows lists all that were requested, or
/// some of the defaults; one that denies lists any (decision 2).
fn scopes_of<'a>(rule: &Rule, asked: &Asked<'a>) -> Result<Vec<&'a str>, Verdict<'a>> {
    let is_listed = |scope: &&&'a str| rule.scopes.include(scope);
    let n_listed = asked.scopes.iter().filter(is_listed).count();
    let is_about = match rule.access {
        Access::Deny => n_listed > 0,
        Access::Allow => n_listed == asked.scopes.len() || (asked.by_default && n_listed > 0),
    };
    let all = asked.scopes.iter();
    match (is_about, rule.access) {
        (true, Access::Deny) => Ok(asked.scopes.clone()),
        (true, Access::Allow) => Ok(all.filter(is_listed).copied().collect()),
        (false, _) => Err(Verdict::Scopes(all.filter(|s| !is_listed(s)).copied().collect())),
    }
}

fn verdict_of(access: Access) -> Verdict<'static> {
    match access {
        Access::Allow => Verdict::Allowed,
        Access::Deny => Verdict::Denied,
    }
}

/// The end of the decision, if this verdict is one. A fault is one, never a step to a broader rule
/// (decision 4).
fn conclude<'a>(
    policy: &'a Policy,
    rule: &'a Rule,
    verdict: &Verdict<'_>,
    scopes: Vec<&'a str>,
) -> Option<Result<Allowed<'a>, Refused>> {
    let names = || (policy.name.clone(), rule.name.clone());
    if let Verdict::ConditionFault(cause) = verdict {
        let (policy, rule) = names();
        return Some(Err(Refused::Fault { policy, rule, cause: cause.clone() }));
    }
    if *verdict == Verdict::Denied {
        let (policy, rule) = names();
        return Some(Err(Refused::Denied { policy, rule }));
    }
    (*verdict == Verdict::Allowed).then_some(Ok(Allowed {
        policy: &policy.name,
        rule: &rule.name,
        scopes,
        lifetimes: rule.lifetimes,
    }))
}
