//! Why a request is decided as it is and its tokens hold what they hold: rules, token policies and
//! claims, each with the first condition that fails and the expressions with what their parts gave.

use crate::claims::{self, Evaluation, ExplainedClaim, Values};
use crate::grant::Decided;
use crate::grant::issue::{Wanted, identity_delivery, occasion};
use crate::policy::{self, Considered, Delivery, Facts, Reason, Verdict};
use crate::program::{Traced, Worker};
use crate::server::{ClaimType, ExpressionText, Rule};

/// A policy that was passed over, or a rule, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedRule {
    /// Id and name.
    pub policy: (String, String),
    /// Id and name; `None` where the policy as a whole was passed over.
    pub rule: Option<(String, String)>,
    pub outcome: RuleOutcome,
    pub reason: Reason,
    /// Its condition, if it was evaluated and is to be explained.
    pub condition: Option<TracedExpression>,
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleOutcome {
    Matched,
    Denied,
    NotMatched,
    /// Its condition could not be evaluated, which refuses the request (decision 4).
    Failed,
}

impl RuleOutcome {
    /// As programs are told.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Denied => "denied",
            Self::NotMatched => "not_matched",
            Self::Failed => "failed",
        }
    }
}

/// An expression with what its parts gave.
#[derive(Clone, Debug, PartialEq)]
pub struct TracedExpression {
    pub text: String,
    pub traced: Traced,
}

/// A token policy and whether it applies.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedPolicy {
    pub id: String,
    pub name: String,
    pub applies: bool,
    pub reason: Reason,
    pub condition: Option<TracedExpression>,
}

/// Everything about the claims of the tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    pub token_policies: Vec<ExplainedPolicy>,
    /// Those of the access token.
    pub access: Vec<ExplainedClaim>,
    /// Those of the ID token, if there is one.
    pub identity: Option<Vec<ExplainedClaim>>,
}

impl ExplainedRule {
    /// Whether it ended the decision.
    #[must_use]
    pub fn decides(&self) -> bool {
        self.outcome != RuleOutcome::NotMatched
    }
}

/// Explains what was decided with a trace.
pub(super) struct Explainer<'e, 'd> {
    pub(super) decided: &'e Decided<'d>,
    /// Whether expressions are taken apart.
    pub(super) traces: bool,
}

impl Explainer<'_, '_> {
    /// The policies and rules that were looked at, in order.
    pub(super) fn rules(&self, worker: &mut Worker) -> Vec<ExplainedRule> {
        let proof = self.decided.proof;
        let Ok(client) = proof.client() else { return Vec::new() };
        let (server, facts) = (proof.server, proof.facts(client));
        let definition = server.definition();
        let asked = policy::scopes_asked(definition, server.rules(), &facts);
        let mut rules = Vec::new();
        for considered in &self.decided.decision().considered {
            let policy = definition.policies.iter().find(|known| known.name == considered.policy);
            let Some(policy) = policy else { continue };
            let rule = considered.rule;
            let rule = rule.and_then(|name| policy.rules.iter().find(|rule| rule.name == name));
            let directory = proof.published.directory();
            let named = |id: &str, name: &str| (id.to_owned(), name.to_owned());
            rules.push(ExplainedRule {
                policy: named(&policy.id, &policy.name),
                rule: rule.map(|rule| named(&rule.id, &rule.name)),
                outcome: outcome(&considered.verdict),
                reason: policy::reason(considered, definition, directory, &facts, &asked),
                condition: rule.and_then(|rule| self.condition(rule, considered, &facts, worker)),
            });
        }
        rules
    }

    fn condition(
        &self,
        rule: &Rule,
        considered: &Considered<'_>,
        facts: &Facts<'_>,
        worker: &mut Worker,
    ) -> Option<TracedExpression> {
        let was_evaluated = matches!(
            considered.verdict,
            Verdict::ConditionFalse
                | Verdict::ConditionNull
                | Verdict::ConditionNotBoolean
                | Verdict::ConditionFault(_)
                | Verdict::Denied
                | Verdict::Allowed
        );
        let condition = rule.condition.as_ref().filter(|_| was_evaluated)?;
        let server = self.decided.proof.server;
        let scopes = policy::scopes_of_rule(server.definition(), server.rules(), facts, rule)?;
        self.trace(condition, &scopes, worker)
    }

    fn trace(
        &self,
        expression: &ExpressionText,
        scopes: &[&str],
        worker: &mut Worker,
    ) -> Option<TracedExpression> {
        if !self.traces {
            return None;
        }
        let Decided { proof, now, .. } = self.decided;
        let traced = proof.trace_condition(expression, scopes, *now, worker)?;
        Some(TracedExpression { text: expression.text.clone(), traced })
    }

    /// The claims of these tokens; `None` where nothing is granted.
    pub(super) fn explain(&self, wanted: Wanted, worker: &mut Worker) -> Option<Explanation> {
        let decided = self.decided;
        let (scopes, _) = decided.granted()?;
        let token_policies = self.token_policies(scopes, worker)?;
        let records = decided.pack_records(scopes).ok()?;
        let proof = decided.proof;
        let roots = proof.roots(&records, decided.now);
        let occasion = occasion(decided, scopes);
        let (programs, engine) = (proof.server.programs(), proof.engine);
        let mut evaluation = Evaluation { programs, roots: &roots, worker, engine };
        let mut of = |claim_type, delivery| {
            let considered = decided.considered();
            let values = Values::Traced(&mut evaluation);
            claims::explain(&occasion, claim_type, delivery, considered, values)
        };
        let access = match wanted.access {
            true => of(ClaimType::Resource, Delivery::Full),
            false => Vec::new(),
        };
        let delivery = identity_delivery(decided, wanted, scopes);
        let identity = delivery.map(|delivery| of(ClaimType::Identity, delivery));
        Some(Explanation { token_policies, access, identity })
    }

    fn token_policies(
        &self,
        granted: &[&str],
        worker: &mut Worker,
    ) -> Option<Vec<ExplainedPolicy>> {
        let proof = self.decided.proof;
        let facts = proof.facts(proof.client().ok()?);
        let directory = proof.published.directory();
        let names: Vec<String> = granted.iter().map(|scope| (*scope).to_owned()).collect();
        let all = proof.server.definition().token_policies.iter();
        let explained = all.zip(self.decided.considered()).map(|(policy, considered)| {
            let mismatch = considered.mismatch.as_ref();
            let reason = policy::token_policy_reason(policy, mismatch, directory, &facts, &names);
            let is_last = reason.condition.is_none_or(|failed| failed == "elCondition");
            let condition = policy.condition.as_ref().filter(|_| is_last);
            ExplainedPolicy {
                id: policy.id.clone(),
                name: policy.name.clone(),
                applies: mismatch.is_none(),
                reason,
                condition: condition.and_then(|text| self.trace(text, granted, worker)),
            }
        });
        Some(explained.collect())
    }
}

fn outcome(verdict: &Verdict) -> RuleOutcome {
    match verdict {
        Verdict::Allowed => RuleOutcome::Matched,
        Verdict::Denied => RuleOutcome::Denied,
        Verdict::ConditionFault(_) => RuleOutcome::Failed,
        _ => RuleOutcome::NotMatched,
    }
}
