//! The decision: active policies in order, their active rules in order, the first match decides.

use super::index::{Candidate, Left};
use super::{ConditionOutcome, Evaluate, Facts, Refused, RuleIndex};
use crate::few::Few;
use crate::server::{Access, AuthorizationServer, Lifetimes, Policy, Rule, RuleScopes};
use std::fmt;

/// Names of scopes.
pub type ScopeNames<'a> = Few<&'a str, 4>;

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
#[derive(Clone, Debug)]
pub struct Allowed<'a> {
    /// In the order asked, each once.
    pub scopes: ScopeNames<'a>,
    basis: Basis<'a>,
}

/// By what it is allowed. A rule is not looked at before somebody asks what it says.
#[derive(Clone, Copy, Debug)]
enum Basis<'a> {
    Rule(&'a Policy, &'a Rule),
    /// What a rule said at another time.
    Agreement(Lifetimes, Option<&'a str>),
}

impl<'a> Allowed<'a> {
    /// What was allowed at another time: these scopes, for so long, and the hook of this id asked.
    #[must_use]
    pub fn agreed(
        scopes: ScopeNames<'a>,
        lifetimes: Lifetimes,
        inline_hook: Option<&'a str>,
    ) -> Self {
        Self { scopes, basis: Basis::Agreement(lifetimes, inline_hook) }
    }

    fn found(&self) -> Option<(&'a Policy, &'a Rule)> {
        match self.basis {
            Basis::Rule(policy, rule) => Some((policy, rule)),
            Basis::Agreement(..) => None,
        }
    }

    /// The names of the policy and of its rule; empty where none was asked.
    #[must_use]
    pub fn names(&self) -> (&'a str, &'a str) {
        self.found().map_or(("", ""), |(policy, rule)| (&policy.name, &rule.name))
    }

    /// The ids of both, where a rule was found.
    #[must_use]
    pub fn ids(&self) -> Option<(&'a str, &'a str)> {
        self.found().map(|(policy, rule)| (policy.id.as_str(), rule.id.as_str()))
    }

    /// Whether the person needs a second factor for it.
    #[must_use]
    pub fn second_factor(&self) -> bool {
        self.found().is_some_and(|(_, rule)| rule.second_factor)
    }

    /// The id of the hook that the rule wants asked.
    #[must_use]
    pub fn inline_hook(&self) -> Option<&'a str> {
        match self.basis {
            Basis::Rule(_, rule) => rule.inline_hook.as_deref(),
            Basis::Agreement(_, inline_hook) => inline_hook,
        }
    }

    /// How long tokens live.
    #[must_use]
    pub fn lifetimes(&self) -> Lifetimes {
        match self.basis {
            Basis::Rule(_, rule) => rule.lifetimes,
            Basis::Agreement(lifetimes, _) => lifetimes,
        }
    }
}

/// What they say is what makes two the same.
impl PartialEq for Allowed<'_> {
    fn eq(&self, other: &Self) -> bool {
        let told = |one: &Self| (one.ids(), one.lifetimes(), one.second_factor());
        self.scopes == other.scopes
            && told(self) == told(other)
            && self.names() == other.names()
            && self.inline_hook() == other.inline_hook()
    }
}

impl Eq for Allowed<'_> {}

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
        // The index is by one grant.
        Trace::Keep => decide_in_order(server, facts, &asked, evaluate),
        Trace::Skip if facts.also.is_some() => decide_in_order(server, facts, &asked, evaluate),
        Trace::Skip => {
            let outcome = decide_by_index(server, index, facts, asked, evaluate);
            Decision { outcome, considered: Vec::new() }
        }
    }
}

/// The scopes that a request is about: those it names that there are, else the defaults.
#[must_use]
pub fn scopes_asked(
    server: &AuthorizationServer,
    index: &RuleIndex,
    facts: &Facts<'_>,
) -> Vec<String> {
    let asked = asked_scopes(server, index, facts).map(|asked| asked.scopes);
    asked.map_or_else(|_| Vec::new(), |scopes| scopes.iter().map(|s| (*s).to_owned()).collect())
}

/// The scopes that a rule would grant or deny; `None` if its list does not fit the request.
#[must_use]
pub fn scopes_of_rule<'a>(
    server: &'a AuthorizationServer,
    index: &RuleIndex,
    facts: &Facts<'a>,
    rule: &Rule,
) -> Option<ScopeNames<'a>> {
    scopes_of(rule, &asked_scopes(server, index, facts).ok()?).ok()
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
            let (verdict, outcome) = judge(policy, rule, facts, asked, Left::Everything, evaluate);
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
    asked: Asked<'a>,
    evaluate: &mut Evaluate<'_>,
) -> Result<Allowed<'a>, Refused> {
    let request = index.request(facts, &asked.numbers, asked.by_default);
    for Candidate { place, left, access } in index.candidates(&request) {
        let Some(policy) = server.policies.get(place.policy as usize) else { continue };
        let Some(rule) = policy.rules.get(place.rule as usize) else { continue };
        match left {
            // Of a rule that was found, its own list of scopes need not be fetched either.
            Left::Nothing if !asked.by_default => {
                return matched(policy, rule, access, asked.scopes);
            }
            Left::Everything if passed_over(policy, facts).is_some() => {}
            _ => {
                if let (_, Some(outcome)) = judge(policy, rule, facts, &asked, left, evaluate) {
                    return outcome;
                }
            }
        }
    }
    Err(Refused::NoMatch)
}

/// Whether a rule matches, and the end of the decision if that is one. `left` is what is not yet
/// known to hold.
fn judge<'a>(
    policy: &'a Policy,
    rule: &'a Rule,
    facts: &Facts<'_>,
    asked: &Asked<'a>,
    left: Left,
    evaluate: &mut Evaluate<'_>,
) -> (Verdict, Option<Result<Allowed<'a>, Refused>>) {
    let considered = match left {
        Left::Everything => consider(rule, facts, asked).map(|scopes| (scopes, true)),
        Left::Condition => found_scopes(rule, asked).map(|scopes| (scopes, true)),
        Left::Nothing => found_scopes(rule, asked).map(|scopes| (scopes, false)),
    };
    let (verdict, scopes) = match considered {
        Ok((scopes, conditionally)) => {
            let condition = rule.condition.as_ref().filter(|_| conditionally);
            match condition.and_then(|condition| failing(evaluate(condition, &scopes))) {
                None => (verdict_of(rule.access), scopes),
                Some(verdict) => (verdict, ScopeNames::new()),
            }
        }
        Err(verdict) => (verdict, ScopeNames::new()),
    };
    let outcome = conclude(policy, rule, &verdict, scopes);
    (verdict, outcome)
}

/// The scopes a request is about.
struct Asked<'a> {
    scopes: ScopeNames<'a>,
    /// Their numbers in the index, in the same order.
    numbers: Few<u32, 4>,
    /// None was named, so these are the server's defaults, which a rule may narrow.
    by_default: bool,
}

impl<'a> Asked<'a> {
    fn nothing(by_default: bool) -> Self {
        Self { scopes: ScopeNames::new(), numbers: Few::new(), by_default }
    }

    /// Takes a scope once; answers whether the server has it.
    fn take(&mut self, scope: &'a str, index: &RuleIndex) -> bool {
        let Some(number) = index.scope_number(scope) else { return false };
        if !self.numbers.contains(&number) {
            self.numbers.push(number);
            self.scopes.push(scope);
        }
        true
    }
}

fn asked_scopes<'a>(
    server: &'a AuthorizationServer,
    index: &RuleIndex,
    facts: &Facts<'a>,
) -> Result<Asked<'a>, Refused> {
    let mut asked = Asked::nothing(facts.scopes.is_empty());
    if asked.by_default {
        for scope in server.scopes.iter().filter(|scope| scope.is_default) {
            asked.take(&scope.name, index);
        }
        return if asked.scopes.is_empty() { Err(Refused::NoDefaultScopes) } else { Ok(asked) };
    }
    let mut unknown = Vec::new();
    for scope in facts.scopes {
        if !asked.take(scope, index) {
            unknown.push(scope.clone());
        }
    }
    if unknown.is_empty() { Ok(asked) } else { Err(Refused::UnknownScopes { scopes: unknown }) }
}

fn passed_over(policy: &Policy, facts: &Facts<'_>) -> Option<Verdict> {
    if !policy.status.is_active() {
        return Some(Verdict::Inactive);
    }
    (!policy.clients.include(facts.client_id)).then_some(Verdict::Client)
}

/// Whether a rule matches but for its condition: the scopes it is about, or what does not hold.
fn consider<'a>(
    rule: &Rule,
    facts: &Facts<'_>,
    asked: &Asked<'a>,
) -> Result<ScopeNames<'a>, Verdict> {
    let hold = |holds: bool, verdict: Verdict| if holds { Ok(()) } else { Err(verdict) };
    hold(rule.status.is_active(), Verdict::Inactive)?;
    hold(is_for_grant(rule, facts), Verdict::Grant)?;
    // Without a user the people condition is ignored, of a rule that denies too (decision 2).
    let for_person =
        facts.person.is_none_or(|person| rule.people.include(person.index, &person.user.groups));
    hold(for_person, Verdict::People)?;
    let scopes = scopes_of(rule, asked)?;
    let for_audience =
        rule.audiences.is_empty() || rule.audiences.iter().any(|known| known == facts.audience);
    hold(for_audience, Verdict::Audience)?;
    Ok(scopes)
}

/// Whether a rule is for the grant. What is asked by two at once, a rule allows that is for both, and
/// one denies that is for either.
fn is_for_grant(rule: &Rule, facts: &Facts<'_>) -> bool {
    let is_for = |grant: &str| rule.grant_types.iter().any(|known| known == grant);
    match (facts.also, rule.access) {
        (None, _) => is_for(facts.grant_type),
        (Some(also), Access::Allow) => is_for(facts.grant_type) && is_for(also),
        (Some(also), Access::Deny) => is_for(facts.grant_type) || is_for(also),
    }
}

/// Why a condition keeps its rule from matching, if it does.
fn failing(outcome: ConditionOutcome) -> Option<Verdict> {
    match outcome {
        ConditionOutcome::True => None,
        ConditionOutcome::False => Some(Verdict::ConditionFalse),
        ConditionOutcome::Null => Some(Verdict::ConditionNull),
        ConditionOutcome::NotBoolean => Some(Verdict::ConditionNotBoolean),
        ConditionOutcome::Fault(cause) => Some(Verdict::ConditionFault(cause)),
    }
}

/// The scopes a rule would grant or deny. A rule that allows lists all that were requested, or
/// some of the defaults; one that denies lists any (decision 2).
fn scopes_of<'a>(rule: &Rule, asked: &Asked<'a>) -> Result<ScopeNames<'a>, Verdict> {
    if rule.scopes == RuleScopes::All {
        return Ok(asked.scopes.clone());
    }
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

/// As [`scopes_of`], of a rule that the index found: it lists what was named, so its own list need
/// not be fetched.
fn found_scopes<'a>(rule: &Rule, asked: &Asked<'a>) -> Result<ScopeNames<'a>, Verdict> {
    if asked.by_default { scopes_of(rule, asked) } else { Ok(asked.scopes.clone()) }
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
    scopes: ScopeNames<'a>,
) -> Option<Result<Allowed<'a>, Refused>> {
    match verdict {
        Verdict::ConditionFault(cause) => {
            let (policy, rule) = (policy.name.clone(), rule.name.clone());
            Some(Err(Refused::Fault { policy, rule, cause: cause.clone() }))
        }
        Verdict::Denied => Some(matched(policy, rule, Access::Deny, scopes)),
        Verdict::Allowed => Some(matched(policy, rule, Access::Allow, scopes)),
        _ => None,
    }
}

/// The end of the decision by a rule that matches.
fn matched<'a>(
    policy: &'a Policy,
    rule: &'a Rule,
    access: Access,
    scopes: ScopeNames<'a>,
) -> Result<Allowed<'a>, Refused> {
    match access {
        Access::Allow => Ok(Allowed { scopes, basis: Basis::Rule(policy, rule) }),
        Access::Deny => {
            let (policy, rule) = (policy.name.clone(), rule.name.clone());
            Err(Refused::Denied { policy, rule })
        }
    }
}
