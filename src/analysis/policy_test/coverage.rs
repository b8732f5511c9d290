//! Which rules, claims and branches of expressions tests came by.

use crate::claims::{ExplainedClaim, Outcome};
use crate::grant::preview::{Preview, TracedExpression};
use crate::program::Traced;
use crate::publish::{Published, RunningServer};
use crate::server::ClaimType;
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// What there is of one server, and how often tests came by.
#[derive(Clone, Debug, Default)]
struct OfServer {
    /// Policy and rule.
    rules: BTreeMap<(String, String), usize>,
    /// Kind of token and name, and how often it had a value.
    claims: BTreeMap<(&'static str, String), usize>,
    /// By the text of the expression.
    branches: BTreeMap<String, BTreeMap<Span, usize>>,
}

/// What tests came by.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    servers: BTreeMap<String, OfServer>,
}

/// How much of one sort of things was come by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// `rules`, `claims`, `branches`.
    pub what: &'static str,
    pub n_covered: usize,
    pub n_all: usize,
    /// The others.
    pub missing: Vec<String>,
}

impl Coverage {
    /// Takes up a server, of which tests may ask.
    pub fn expect(&mut self, server: &RunningServer) {
        let definition = server.definition();
        if self.servers.contains_key(&definition.id) {
            return;
        }
        let mut all = OfServer::default();
        let policies = definition.policies.iter().filter(|policy| policy.status.is_active());
        for policy in policies {
            for rule in policy.rules.iter().filter(|rule| rule.status.is_active()) {
                all.rules.insert((policy.name.clone(), rule.name.clone()), 0);
            }
        }
        let own = definition.claims.iter().filter(|claim| claim.status.is_active());
        let own = own.filter(|claim| !claim.system).map(|claim| (claim.claim_type, &claim.name));
        let active = definition.token_policies.iter().filter(|policy| policy.status.is_active());
        let added = active.flat_map(|policy| &policy.claims);
        let added = added.map(|claim| (claim.claim_type, &claim.name));
        for (claim_type, name) in own.chain(added) {
            all.claims.insert((token_of(claim_type), name.clone()), 0);
        }
        for (expression, spans) in server.branches() {
            let branches = all.branches.entry(expression.text.clone()).or_default();
            branches.extend(spans.into_iter().map(|span| (span, 0)));
        }
        self.servers.insert(definition.id.clone(), all);
    }

    /// Takes up every server of a version.
    pub fn expect_all(&mut self, published: &Published) {
        published.servers().iter().for_each(|server| self.expect(server));
    }

    /// Takes in what an answer came by, explained.
    pub fn take(&mut self, server: &str, answer: &Preview) {
        let Some(of_server) = self.servers.get_mut(server) else { return };
        for rule in answer.evaluated.iter().filter(|rule| rule.decides()) {
            let Some((_, name)) = &rule.rule else { continue };
            let key = (rule.policy.1.clone(), name.clone());
            of_server.rules.entry(key).and_modify(|n_times| *n_times += 1);
        }
        for rule in &answer.evaluated {
            of_server.take_expression(rule.condition.as_ref());
        }
        let Some(explanation) = &answer.explanation else { return };
        for policy in &explanation.token_policies {
            of_server.take_expression(policy.condition.as_ref());
        }
        of_server.take_claims(ClaimType::Resource, &explanation.access);
        let identity = explanation.identity.as_deref().unwrap_or_default();
        of_server.take_claims(ClaimType::Identity, identity);
    }

    /// How much of each sort was come by.
    #[must_use]
    pub fn covered(&self) -> Vec<Covered> {
        let mut all = ["rules", "claims", "branches"].map(|what| Covered {
            what,
            n_covered: 0,
            n_all: 0,
            missing: Vec::new(),
        });
        let [rules, claims, branches] = &mut all;
        for (server, of_server) in &self.servers {
            for ((policy, rule), n_times) in &of_server.rules {
                rules.count(*n_times, || format!("{server}: {policy} / {rule}"));
            }
            for ((token, name), n_times) in &of_server.claims {
                claims.count(*n_times, || format!("{server}: `{name}` of the {token}"));
            }
            for (text, spans) in &of_server.branches {
                for (span, n_times) in spans {
                    let branch = text.get(span.range()).unwrap_or_default();
                    branches.count(*n_times, || format!("{server}: `{branch}` of `{text}`"));
                }
            }
        }
        all.to_vec()
    }
}

impl Covered {
    fn count(&mut self, n_times: usize, name: impl Fn() -> String) {
        self.n_all += 1;
        if n_times > 0 {
            self.n_covered += 1;
        } else {
            self.missing.push(name());
        }
    }
}

impl OfServer {
    fn take_expression(&mut self, expression: Option<&TracedExpression>) {
        if let Some(expression) = expression {
            self.take_trace(&expression.text, &expression.traced);
        }
    }

    fn take_claims(&mut self, claim_type: ClaimType, claims: &[ExplainedClaim]) {
        for claim in claims {
            if let Outcome::Value(_) = claim.outcome {
                let key = (token_of(claim_type), claim.name.clone());
                self.claims.entry(key).and_modify(|n_times| *n_times += 1);
            }
            if let (Some(text), Some(traced)) = (&claim.expression, &claim.trace) {
                self.take_trace(text, traced);
            }
        }
    }

    fn take_trace(&mut self, text: &str, traced: &Traced) {
        let Some(branches) = self.branches.get_mut(text) else { return };
        let taken: BTreeSet<Span> = traced.steps.iter().filter_map(|step| step.took).collect();
        for span in taken {
            branches.entry(span).and_modify(|n_times| *n_times += 1);
        }
    }
}

fn token_of(claim_type: ClaimType) -> &'static str {
    match claim_type {
        ClaimType::Resource => "access token",
        ClaimType::Identity => "ID token",
    }
}
