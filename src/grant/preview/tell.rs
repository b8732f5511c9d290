//! A preview as JSON. The claims stand in it byte for byte, which is why it is written and not
//! collected.

use super::explain::TracedExpression;
use super::{ExplainedPolicy, ExplainedRule, Explanation, Preview, PreviewedToken};
use crate::claims::{ExplainedClaim, Outcome};
use crate::grant::hook::time_text;
use crate::policy::Reason;
use crate::program::{Gave, Traced};
use serde_json::{Map, Value, json};

impl Preview {
    /// The whole preview as one JSON object (authorization-server §8.1).
    #[must_use]
    pub fn to_json(&self) -> String {
        let matched = self.matched.as_ref().map(|matched| {
            json!({
                "policyId": matched.policy_id, "policy": matched.policy,
                "ruleId": matched.rule_id, "rule": matched.rule,
            })
        });
        let evaluated: Vec<Value> = self.evaluated.iter().map(rule_to_json).collect();
        let warnings = self.warnings.iter();
        let warnings = warnings.map(|one| json!({"code": one.code, "message": one.message}));
        let error = self.error.as_ref().map(|error| {
            json!({
                "error": error.error, "error_description": error.description,
                "status": error.status, "cause": error.cause,
            })
        });
        let user = self.user.as_ref().map(|(id, login)| json!({"id": id, "login": login}));
        let refresh = json!({
            "present": self.refresh_token.present,
            "expiresAt": self.refresh_token.expires_at.map(time_text),
            "idleMinutes": self.refresh_token.idle_minutes,
        });
        let mut members = vec![
            ("issuer", json!(self.issuer).to_string()),
            ("client_id", json!(self.client_id).to_string()),
            ("grant_type", json!(self.grant_type).to_string()),
            ("user", json!(user).to_string()),
            ("audience", json!(self.audience).to_string()),
            ("matched", json!(matched).to_string()),
            ("evaluated", json!(evaluated).to_string()),
            ("grantedScopes", json!(self.granted_scopes).to_string()),
            ("access_token", token_to_json(self.access_token.as_ref())),
            ("id_token", token_to_json(self.id_token.as_ref())),
            ("userinfo", self.userinfo.clone().unwrap_or_else(|| "null".to_owned())),
            ("refresh_token", refresh.to_string()),
            ("warnings", json!(warnings.collect::<Vec<_>>()).to_string()),
            ("error", json!(error).to_string()),
        ];
        if let Some(explanation) = &self.explanation {
            members.push(("explanation", explanation_to_json(explanation).to_string()));
        }
        object(members.iter().map(|(name, json)| (*name, json.as_str())))
    }
}

fn object<'m>(members: impl Iterator<Item = (&'m str, &'m str)>) -> String {
    let members: Vec<String> = members.map(|(name, json)| format!("\"{name}\":{json}")).collect();
    format!("{{{}}}", members.join(","))
}

fn token_to_json(token: Option<&PreviewedToken>) -> String {
    token.map_or_else(
        || "null".to_owned(),
        |token| {
            let members = [("header", &token.header), ("payload", &token.payload)];
            object(members.into_iter().map(|(name, json)| (name, json.as_str())))
        },
    )
}

fn rule_to_json(rule: &ExplainedRule) -> Value {
    let (policy_id, policy) = &rule.policy;
    let (rule_id, name) = rule.rule.clone().unzip();
    let mut told = json!({
        "policyId": policy_id, "policy": policy, "ruleId": rule_id, "rule": name,
        "outcome": rule.outcome.word(),
    });
    add_reason(&mut told, &rule.reason, rule.condition.as_ref());
    told
}

fn policy_to_json(policy: &ExplainedPolicy) -> Value {
    let mut told = json!({"id": policy.id, "name": policy.name, "applies": policy.applies});
    add_reason(&mut told, &policy.reason, policy.condition.as_ref());
    told
}

fn add_reason(told: &mut Value, reason: &Reason, condition: Option<&TracedExpression>) {
    let Value::Object(members) = told else { return };
    members.insert("reason".to_owned(), json!(reason.words));
    members.insert("condition".to_owned(), json!(reason.condition));
    if !reason.wants.is_empty() || !reason.has.is_empty() {
        members.insert("wants".to_owned(), json!(reason.wants));
        members.insert("has".to_owned(), json!(reason.has));
    }
    if let Some(TracedExpression { text, traced }) = condition {
        members.insert("expression".to_owned(), json!(text));
        members.insert("steps".to_owned(), steps_to_json(text, traced));
    }
}

fn explanation_to_json(explanation: &Explanation) -> Value {
    let Explanation { token_policies, access, identity } = explanation;
    let claims = |claims: &[ExplainedClaim]| claims.iter().map(claim_to_json).collect::<Vec<_>>();
    json!({
        "tokenPolicies": token_policies.iter().map(policy_to_json).collect::<Vec<_>>(),
        "access_token": claims(access),
        "id_token": identity.as_deref().map(claims),
    })
}

fn claim_to_json(claim: &ExplainedClaim) -> Value {
    let mut told = Map::new();
    let mut tell = |name: &str, value: Value| told.insert(name.to_owned(), value);
    tell("name", json!(claim.name));
    tell("tokenPolicy", json!(claim.policy));
    match &claim.outcome {
        Outcome::Value(value) => tell("value", value.clone()),
        Outcome::Absent(absence) => {
            tell("absent", json!({"code": absence.code(), "message": absence.to_string()}))
        }
        Outcome::Fault(why) => tell("fault", json!(why)),
    };
    if let Some(expression) = &claim.expression {
        tell("expression", json!(expression));
        if let Some(traced) = &claim.trace {
            tell("steps", steps_to_json(expression, traced));
        }
    }
    Value::Object(told)
}

fn steps_to_json(expression: &str, traced: &Traced) -> Value {
    let part = |span: crate::source::Span| expression.get(span.range());
    let steps = traced.steps.iter().map(|step| {
        let gave = step.gave.iter().map(|gave| match gave {
            Gave::Value(json) => {
                let shortened = || json!({"shortened": json});
                let value = serde_json::from_str(json).unwrap_or_else(|_| shortened());
                json!({"value": value})
            }
            Gave::Fault(code) => json!({"fault": code.id, "message": code.title}),
        });
        json!({
            "start": step.span.start, "end": step.span.end, "part": part(step.span),
            "gave": gave.collect::<Vec<Value>>(), "times": step.n_times,
            "took": step.took.and_then(part),
        })
    });
    Value::Array(steps.collect())
}
