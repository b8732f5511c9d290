//! A preview for a person at a terminal.

use crate::claims::{ExplainedClaim, Outcome};
use crate::grant::Issued;
use crate::grant::preview::{
    ExplainedRule, Explanation, Preview, PreviewedToken, TracedExpression,
};
use crate::program::Traced;
use serde_json::{Map, Value};

/// Everything there is to say; of expressions only what they gave, or also how if `whole`.
pub(in crate::cli) fn to_text(preview: &Preview, issued: Option<&Issued>, whole: bool) -> String {
    let mut page = Page { text: String::new(), whole };
    page.request(preview);
    page.rules(preview);
    if let Some(explanation) = &preview.explanation {
        page.token_policies(explanation);
    }
    if preview.error.is_none() {
        page.tokens(preview);
    } else if let Some(explanation) = &preview.explanation {
        page.failed_claims(explanation);
    }
    if !preview.warnings.is_empty() {
        page.line("\nwarnings");
        for warning in &preview.warnings {
            page.line(&format!("  {}: {}", warning.code, warning.message));
        }
    }
    if let Some(error) = &preview.error {
        let cause = error.cause.as_ref().map(|cause| format!(" ({cause})")).unwrap_or_default();
        let (error, description, status) = (&error.error, &error.description, error.status);
        page.line(&format!("\nrefused with {status}: {error}: {description}{cause}"));
    }
    if let Some(issued) = issued {
        page.line(&format!("\naccess_token {}", issued.access_token));
        if let Some(id_token) = &issued.id_token {
            page.line(&format!("\nid_token {id_token}"));
        }
    }
    page.text
}

struct Page {
    text: String,
    whole: bool,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn request(&mut self, preview: &Preview) {
        let user = preview.user.as_ref().map_or("none", |(_, login)| login);
        self.line(&format!("issuer    {}", preview.issuer));
        self.line(&format!("client    {}", preview.client_id));
        self.line(&format!("user      {user}"));
        self.line(&format!("grant     {}", preview.grant_type));
        if let Some(audience) = &preview.audience {
            self.line(&format!("audience  {audience}"));
        }
        if !preview.granted_scopes.is_empty() {
            self.line(&format!("scopes    {}", preview.granted_scopes.join(" ")));
        }
    }

    fn rules(&mut self, preview: &Preview) {
        if !preview.evaluated.is_empty() {
            self.line("\naccess policies");
        }
        for ExplainedRule { policy, rule, reason, condition, .. } in &preview.evaluated {
            let rule = rule.as_ref().map(|(_, name)| format!(" / {name}")).unwrap_or_default();
            self.line(&format!("  {}{rule}: {}", policy.1, reason.words));
            self.condition(condition.as_ref());
        }
    }

    fn token_policies(&mut self, explanation: &Explanation) {
        if !explanation.token_policies.is_empty() {
            self.line("\ntoken policies");
        }
        for policy in &explanation.token_policies {
            self.line(&format!("  {}: {}", policy.name, policy.reason.words));
            self.condition(policy.condition.as_ref());
        }
    }

    fn condition(&mut self, condition: Option<&TracedExpression>) {
        if let Some(TracedExpression { text, traced }) = condition {
            self.expression(text, traced);
        }
    }

    fn expression(&mut self, text: &str, traced: &Traced) {
        if self.whole {
            for line in traced.to_text(text).lines() {
                self.line(&format!("      {line}"));
            }
        }
    }

    fn tokens(&mut self, preview: &Preview) {
        let explained = preview.explanation.as_ref();
        if let Some(token) = &preview.access_token {
            self.line(&format!("\naccess token, for {}", lifetime(token)));
            self.claims(explained.map(|all| all.access.as_slice()), token);
        }
        if let Some(token) = &preview.id_token {
            self.line(&format!("\nID token, for {}", lifetime(token)));
            self.claims(explained.and_then(|all| all.identity.as_deref()), token);
        }
        if let Some(userinfo) = &preview.userinfo {
            self.line("\nuserinfo");
            for (name, value) in &members(userinfo) {
                self.line(&format!("  {name} = {value}"));
            }
        }
        let refresh = preview.refresh_token;
        if let (true, Some(minutes)) = (refresh.present, refresh.idle_minutes) {
            self.line(&format!(
                "\nrefresh token, which ends when it is left for {minutes} minutes"
            ));
        }
    }

    fn claims(&mut self, claims: Option<&[ExplainedClaim]>, token: &PreviewedToken) {
        match claims {
            Some(claims) => claims.iter().for_each(|claim| self.claim(claim)),
            None => {
                for (name, value) in &members(&token.payload) {
                    self.line(&format!("  {name} = {value}"));
                }
            }
        }
    }

    fn claim(&mut self, claim: &ExplainedClaim) {
        let by = claim.policy.as_ref().map(|policy| format!(" (by `{policy}`)"));
        let (name, by) = (&claim.name, by.unwrap_or_default());
        self.line(&match &claim.outcome {
            Outcome::Value(value) => format!("  {name} = {value}{by}"),
            Outcome::Absent(absence) => format!("  {name} is absent{by}: {absence}"),
            Outcome::Fault(why) => format!("  {name} fails{by}: {why}"),
        });
        if let (Some(text), Some(traced)) = (&claim.expression, &claim.trace) {
            self.expression(text, traced);
        }
    }

    /// Of a request that was refused only what refused it.
    fn failed_claims(&mut self, explanation: &Explanation) {
        let identity = explanation.identity.iter().flatten();
        let fails = |claim: &&ExplainedClaim| matches!(claim.outcome, Outcome::Fault(_));
        let failed: Vec<&ExplainedClaim> =
            explanation.access.iter().chain(identity).filter(fails).collect();
        if !failed.is_empty() {
            self.line("\nclaims that fail");
        }
        failed.into_iter().for_each(|claim| self.claim(claim));
    }
}

fn members(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

fn lifetime(token: &PreviewedToken) -> String {
    let claims = members(&token.payload);
    let time = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or_default();
    format!("{} minutes", time("exp").saturating_sub(time("iat")) / 60)
}
