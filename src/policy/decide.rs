//! The decision: active policies in order, their active rules in order, the first match decides.

use super::{ConditionOutcome, Evaluate, Facts, Refused, RuleIndex};
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
    pub verdict: Verdict,
    /// The scopes asked for that the rule does not list, where that is the verdict.
    pub unlisted: Vec<&'a str>,
}

impl<'a> Considered<'a> {
    fn of_policy(policy: &'a Policy, verdict: Verdict) -> Self {
        Self { policy: &policy.name, rule: None, verdict, unlisted: Vec::new() }
    }

    fn of_rule(policy: &'a Policy, rule: &'a Rule, verdict: Verdict, asked: &Asked<'a>) -> Self {
        let unlisted = match verdict {
            Verdict::Scopes => {
                asked.scopes.iter().filter(|scope| !rule.scopes.include(scope)).copied().collect()
            }
            _ => Vec::new(),
        };
        Self { rule: Some(&rule.name), unlisted, ..Self::of_policy(policy, verdict) }
    }
}

impl fmt::Display for Considered<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.verdict.fmt(formatter)?;
        if self.unlisted.is_empty() {
            return Ok(());
        }
        write!(formatter, " {}", self.unlisted.join(", "))
    }
}

/// What the first condition that did not hold was, or that all did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Inactive,
    /// The policy is not for this client.
    Client,
    Grant,
    People,
    /// The rule does not list all scopes; of a rule that denies, none of them.
    Scopes,
    Audience,
    ConditionFalse,
    ConditionNull,
    ConditionNotBoolean,
    ConditionFault(String),
    Denied,
    Allowed,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Inactive => "is not active",
            Self::Client => "is not for this client",
            Self::Grant => "is not for this grant",
            Self::People => "is not for this person",
            Self::Scopes => "does not list the scopes",
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
/// to 4 and 47). `evaluate` is asked for a rule's condition only when all its others hold. `index`
/// is that of `server`; a trace is kept by looking at every rule.
pub fn decide<'a>(
    server: &'a AuthorizationServer,
    index: &RuleIndex,
    facts: &Facts<'a>,
    trace: Trace,
    evaluate: &mut Evaluate<'_>,
) -> Decision<'a> {
    let asked = match asked_scopes(server, index, facts) {
        Ok(asked) => asked,
        Err(refused) => return Decision { outcome: Err(refused), considered: Vec::new() },
    };
    match trace {
        Trace::Keep => decide_in_order(server, facts, &asked, evaluate),
        Trace::Skip => {
            let outcome = decide_by_index(server, index, facts, &asked, evaluate);
            Decision { outcome, considered: Vec::new() }
        }
    }
}

/// Looks at every rule until one decides: the plain statement of the order.
fn decide_in_order<'a>(
    server: &'a AuthorizationServer,
    facts: &Facts<'a>,
    asked: &Asked<'a>,
    evaluate: &mut Evaluate<'_>,
) -> Decision<'a> {
    let mut considered = Vec::new();
    for policy in &server.policies {
        if let Some(verdict) = passed_over(policy, facts) {
            considered.push(Considered::of_policy(policy, verdict));
            continue;
        }
        for rule in &policy.rules {
            let (verdict, outcome) = judge(policy, rule, facts, asked, evaluate);
            considered.push(Considered::of_rule(policy, rule, verdict, asked));
            if let Some(outcome) = outcome {
                return Decision { outcome, considered };
            }
        }
    }
    Decision { outcome: Err(Refused::NoMatch), considered }
}

/// Looks only at the rules that could match.
fn decide_by_index<'a>(
    server: &'a AuthorizationServer,
    index: &RuleIndex,
    facts: &Facts<'a>,
    asked: &Asked<'a>,
    evaluate: &mut Evaluate<'_>,
) -> Result<Allowed<'a>, Refused> {
    for place in index.candidates(facts, &asked.scopes) {
        let Some(policy) = server.policies.get(place.policy) else { continue };
        let Some(rule) = policy.rules.get(place.rule) else { continue };
        if passed_over(policy, facts).is_some() {
            continue;
        }
        if let (_, Some(outcome)) = judge(policy, rule, facts, asked, evaluate) {
            return outcome;
        }
    }
    Err(Refused::NoMatch)
}

/// Whether a rule matches, and the end of the decision if that is one.
fn judge<'a>(
    policy: &'a Policy,
    rule: &'a Rule,
    facts: &Facts<'_>,
    asked: &Asked<'a>,
    evaluate: &mut Evaluate<'_>,
) -> (Verdict, Option<Result<Allowed<'a>, Refused>>) {
    let (verdict, scopes) = match consider(rule, facts, asked, evaluate) {
        Ok(scopes) => (verdict_of(rule.access), scopes),
        Err(verdict) => (verdict, Vec::new()),
    };
    let outcome = conclude(policy, rule, &verdict, scopes);
    (verdict, outcome)
}

/// The scopes a request is about.
struct Asked<'a> {
    scopes: Vec<&'a str>,
    /// None was named, so these are the server's defaults, which a rule may narrow.
    by_default: bool,
}

fn asked_scopes<'a>(
    server: &'a AuthorizationServer,
    index: &RuleIndex,
    facts: &Facts<'a>,
) -> Result<Asked<'a>, Refused> {
    let mut scopes: Vec<&str> = Vec::with_capacity(facts.scopes.len());
    if facts.scopes.is_empty() {
        let defaults = server.scopes.iter().filter(|scope| scope.is_default);
        scopes.extend(defaults.map(|scope| scope.name.as_str()));
        let asked = Asked { scopes, by_default: true };
        return if asked.scopes.is_empty() { Err(Refused::NoDefaultScopes) } else { Ok(asked) };
    }
    let mut unknown = Vec::new();
    for scope in facts.scopes {
        if !index.has_scope(scope) {
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

fn passed_over(policy: &Policy, facts: &Facts<'_>) -> Option<Verdict> {
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
) -> Result<Vec<&'a str>, Verdict> {
    let hold = |holds: bool, verdict: Verdict| if holds { Ok(()) } else { Err(verdict) };
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
fn scopes_of<'a>(rule: &Rule, asked: &Asked<'a>) -> Result<Vec<&'a str>, Verdict> {
    let listed = asked.scopes.iter().filter(|scope| rule.scopes.include(scope));
    let n_listed = listed.clone().count();
    match rule.access {
        Access::Deny if n_listed > 0 => Ok(asked.scopes.clone()),
        Access::Allow if n_listed == asked.scopes.len() || (asked.by_default && n_listed > 0) => {
            Ok(listed.copied().collect())
        }
        Access::Deny | Access::Allow => Err(Verdict::Scopes),
    }
}

fn verdict_of(access: Access) -> Verdict {
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
    verdict: &Verdict,
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
