//! What is odd about claims: those that no token has, those that only userinfo has, and those that
//! fail for somebody.

use super::cast::{allowing_rules, scopes_of};
use super::place::Place;
use super::{Linter, Witness, passed_over};
use crate::analysis::Answer;
use crate::claims::{Absence, ClaimFault, ExplainedClaim, GROUPS_AT_MOST, Outcome};
use crate::diagnostic::{Code, Diagnostic, code};
use crate::policy::Verdict;
use crate::publish::{Problem, RunningServer};
use crate::server::{ClaimDefinition, ClaimType, ExpressionText, ValueType};
use std::collections::BTreeSet;

/// Most requests that are tried to find a claim that fails.
const TRIED: usize = 2_000;

impl<'l> Linter<'l> {
    pub(super) fn look_at_claims(&mut self, server: &'l RunningServer, place: &Place<'l>) {
        if allowing_rules(server.definition()).next().is_none() {
            return;
        }
        let claims = server.definition().claims.iter().enumerate();
        let own = claims.filter(|(_, claim)| !claim.system && claim.status.is_active());
        for (index, claim) in own {
            let at = place.claim(&claim.name, word(claim.claim_type));
            if self.is_unreachable(server, claim, &at) {
                continue;
            }
            match claim.claim_type {
                ClaimType::Identity => self.look_whether_thin(server, claim, &at),
                ClaimType::Resource => self.look_at_kind(server, claim, &at),
            }
            if let Some(n_passing) = server.plan().n_passing(index) {
                self.look_at_filter(server, claim, n_passing, &at);
            }
        }
        self.look_for_groups(server);
        self.look_for_failing(server, place);
    }

    /// No scope that it is under can be had, or no ID token is ever issued.
    fn is_unreachable(
        &mut self,
        server: &'l RunningServer,
        claim: &ClaimDefinition,
        place: &Place<'l>,
    ) -> bool {
        let definition = server.definition();
        let can_have =
            |name: &str| allowing_rules(definition).any(|(_, rule)| rule.scopes.include(name));
        let under_none = !claim.scopes.is_empty() && !claim.scopes.iter().any(|s| can_have(s));
        let without_token = claim.claim_type == ClaimType::Identity && !can_have("openid");
        if !under_none && !without_token {
            return false;
        }
        let requests = self.granted_requests(server);
        let witness = self.witness(requests, |answer| shown(answer, claim.claim_type, &claim.name));
        let why = match under_none {
            true => "no rule grants a scope that it is under",
            false => "no rule grants `openid`, without which there is no ID token",
        };
        let message = format!("no token ever has the claim `{}`: {why}", claim.name);
        let help = "have a rule grant one of its scopes, or remove `conditions.scopes`";
        self.report((&code::CLAIM_UNREACHABLE, place), message, help.to_owned(), witness);
        true
    }

    fn look_whether_thin(
        &mut self,
        server: &'l RunningServer,
        claim: &ClaimDefinition,
        place: &Place<'l>,
    ) {
        if claim.always_include {
            return;
        }
        let requests = self.granted_requests(server);
        let witness = self.witness(requests, |answer| {
            let claims = answer.outcome.as_ref().ok()?.identity.as_ref()?;
            let found = claims.iter().find(|known| known.name == claim.name)?;
            let is_thin = found.outcome == Outcome::Absent(Absence::Thin);
            shown(answer, ClaimType::Identity, &claim.name).filter(|_| is_thin)
        });
        let message =
            format!("the claim `{}` is in no ID token that comes with an access token", claim.name);
        let help = "userinfo has it; to have it in the ID token set `alwaysIncludeInToken`";
        self.report((&code::CLAIM_THIN, place), message, help.to_owned(), witness);
    }

    /// Scopes of OpenID Connect are about what a client learns of a person: the ID token.
    fn look_at_kind(
        &mut self,
        server: &'l RunningServer,
        claim: &ClaimDefinition,
        place: &Place<'l>,
    ) {
        let definition = server.definition();
        let is_system = |name: &String| {
            definition.scopes.iter().any(|scope| scope.system && scope.name == *name)
        };
        let in_both = definition
            .claims
            .iter()
            .any(|other| other.claim_type == ClaimType::Identity && other.name == claim.name);
        if claim.scopes.is_empty() || !claim.scopes.iter().all(is_system) || in_both {
            return;
        }
        let requests = self.granted_requests(server);
        let witness = self.witness(requests, |answer| {
            let granted = answer.outcome.as_ref().ok()?;
            granted.identity.as_ref()?;
            let value = granted.claim(ClaimType::Resource, &claim.name)?;
            Some(format!("granted; the access token has {value}, the ID token nothing"))
        });
        let message = format!(
            "the claim `{}` of a scope of OpenID Connect is in access tokens only",
            claim.name
        );
        let help =
            "clients read ID tokens and userinfo: make it an `IDENTITY` claim, or one of each";
        self.report((&code::CLAIM_OF_OTHER_TOKEN, place), message, help.to_owned(), witness);
    }

    fn look_at_filter(
        &mut self,
        server: &'l RunningServer,
        claim: &ClaimDefinition,
        n_passing: usize,
        place: &Place<'l>,
    ) {
        let (code, message, help): (&'static Code, _, _) = if n_passing == 0 {
            let message = format!("no group passes the filter of the claim `{}`", claim.name);
            (&code::GROUP_UNKNOWN, message, "correct the filter, or make the group")
        } else if n_passing > GROUPS_AT_MOST {
            let message = format!(
                "{n_passing} groups pass the filter of the claim `{}`; a person in more than \
                 {GROUPS_AT_MOST} of them gets no tokens but by `authorization_code`",
                claim.name
            );
            (&code::CLAIM_OF_MANY_GROUPS, message, "narrow the filter")
        } else {
            return;
        };
        let requests = self.granted_requests(server);
        let witness = self.witness(requests, |answer| match &answer.outcome {
            Ok(_) => shown(answer, claim.claim_type, &claim.name),
            Err(refused) => {
                let fault = refused.claim.as_ref()?;
                fault.is_of_too_many_groups().then(|| format!("refused with {refused}"))
            }
        });
        let at = place.member("value");
        self.report((code, &at), message, help.to_owned(), witness);
    }

    /// Names of groups in expressions that no group has.
    fn look_for_groups(&mut self, server: &'l RunningServer) {
        let directory = self.published.directory();
        let names = server.programs().group_names().iter();
        let unknown = names.filter(|name| directory.find_group(name).is_none());
        for name in unknown {
            let expressions = server.definition().expressions();
            for expression in expressions.filter(|expression| speaks_of(expression, name)) {
                let witness = self.witness_of(server, expression);
                let message = format!("there is no group `{name}`");
                let diagnostic = Diagnostic::new(&code::GROUP_UNKNOWN, message, expression.span)
                    .help(
                        "correct the name, or make the group; nobody is in one that is not there",
                    );
                let problem = Problem::new(expression.path.clone(), diagnostic);
                self.found.push(super::Finding { problem, witness });
            }
        }
    }

    /// A request that an expression is evaluated for.
    fn witness_of(
        &mut self,
        server: &'l RunningServer,
        expression: &ExpressionText,
    ) -> Option<Witness> {
        let definition = server.definition();
        let is_it = |text: Option<&ExpressionText>| text.is_some_and(|t| t.path == expression.path);
        let policies = definition.policies.iter();
        let mut rules = policies.flat_map(|p| p.rules.iter().map(move |rule| (p, rule)));
        if let Some((policy, rule)) = rules.find(|(_, rule)| is_it(rule.condition.as_ref())) {
            let scopes = scopes_of(definition, rule);
            let requests = self.requests_of(server, policy, rule, &scopes);
            let at = (policy.name.as_str(), Some(rule.name.as_str()));
            return self.witness(requests, |answer| {
                passed_over(answer, at, |verdict| {
                    let no = [Verdict::ConditionFalse, Verdict::ConditionNull];
                    no.contains(verdict) || *verdict == Verdict::ConditionNotBoolean
                })
            });
        }
        let own = definition.claims.iter().filter(|claim| is_it(claim.value.as_ref()));
        let own = own.map(|claim| (claim.claim_type, &claim.name));
        let added = definition.token_policies.iter().flat_map(|policy| &policy.claims);
        let added = added.filter(|claim| is_it(Some(&claim.value)));
        let mut claims = own.chain(added.map(|claim| (claim.claim_type, &claim.name)));
        let (claim_type, name) = claims.next()?;
        let requests = self.granted_requests(server);
        self.witness(requests, |answer| shown(answer, claim_type, name))
    }

    /// An expression that fails refuses the token, for whomever it does. Whom is found by asking for
    /// people as they are.
    fn look_for_failing(&mut self, server: &'l RunningServer, place: &Place<'l>) {
        let mut known = BTreeSet::new();
        let mut requests = self.granted_requests(server);
        requests.truncate(TRIED);
        for request in requests {
            let answer = self.ask(&request);
            let Err(refused) = &answer.outcome else { continue };
            let fault = refused.claim.as_ref().filter(|fault| !fault.is_of_too_many_groups());
            let Some(fault) = fault else { continue };
            if !known.insert((fault.name.clone(), fault.system)) {
                continue;
            }
            let at = place_of_failing(server, fault, place);
            let message = refused.cause.clone().unwrap_or_else(|| refused.description.clone());
            let help = "a claim that fails refuses the token; ask whether there is a value first";
            let shown = format!("refused with {refused}");
            let witness = Some(Witness { request, shown });
            self.report((&code::CLAIM_FAILS, &at), message, help.to_owned(), witness);
        }
    }
}

/// Where the claim, or the condition of a token policy, stands that failed.
fn place_of_failing<'l>(
    server: &'l RunningServer,
    fault: &ClaimFault,
    place: &Place<'l>,
) -> Place<'l> {
    let of_policy = |name: &str| place.named("tokenPolicies", "name", name);
    if let Some(policy) = &fault.policy {
        return of_policy(policy);
    }
    let definition = server.definition();
    let is_it = |claim: &&ClaimDefinition| {
        claim.name == fault.name && claim.value_type == ValueType::Expression
    };
    let own = definition.claims.iter().find(is_it);
    let found = own.map(|claim| place.claim(&claim.name, word(claim.claim_type)));
    let mut policies = definition.token_policies.iter();
    let adding = policies.find(|policy| policy.claims.iter().any(|claim| claim.name == fault.name));
    let added = adding.map(|policy| of_policy(&policy.name));
    found.or(added).unwrap_or_else(|| place.clone())
}

/// The word of the document.
fn word(claim_type: ClaimType) -> &'static str {
    let found = ClaimType::WORDS.iter().find(|(_, known)| *known == claim_type);
    found.map_or("", |(word, _)| word)
}

/// What became of a claim in a token that was granted.
fn shown(answer: &Answer, claim_type: ClaimType, name: &str) -> Option<String> {
    let granted = answer.outcome.as_ref().ok()?;
    let (claims, token) = match claim_type {
        ClaimType::Resource => (Some(&granted.access), "access token"),
        ClaimType::Identity => (granted.identity.as_ref(), "ID token"),
    };
    let Some(claims) = claims else { return Some(format!("granted, without an {token}")) };
    let claim: &ExplainedClaim = claims.iter().find(|claim| claim.name == name)?;
    Some(match &claim.outcome {
        Outcome::Value(value) => format!("granted; `{name}` of the {token} is {value}"),
        Outcome::Absent(why) => format!("granted; the {token} has no `{name}`: {why}"),
        Outcome::Fault(why) => format!("refused; `{name}` of the {token} failed: {why}"),
    })
}

/// Whether a name stands in an expression as a text.
fn speaks_of(expression: &ExpressionText, name: &str) -> bool {
    ['\'', '"'].iter().any(|quote| expression.text.contains(&format!("{quote}{name}{quote}")))
}
