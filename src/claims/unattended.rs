//! Claims of access tokens that fail for a request without a user, where a rule lets such a request
//! through (decision 50).

use super::ClaimPlan;
use crate::diagnostic::{Diagnostic, code};
use crate::program::ProgramSet;
use crate::server::{Access, AuthorizationServer, ClaimType, ExpressionText, RuleScopes};
use crate::source::Span;

/// The grant whose requests have no user.
const GRANT: &str = "client_credentials";

/// The roots that such a request does not have.
const ROOTS: [&str; 2] = ["user", "appuser"];

impl ClaimPlan {
    /// The claims that fail without a user though a request without one can reach them, each with
    /// what is to be said of it.
    #[must_use]
    pub fn fail_unattended<'s>(
        &self,
        server: &'s AuthorizationServer,
        programs: &ProgramSet,
    ) -> Vec<(&'s ExpressionText, Diagnostic)> {
        let granted = granted(server);
        let plan = self.of(ClaimType::Resource);
        let failing = plan.objects().flat_map(|(first, object)| {
            let failing = programs.faults_without(object, &ROOTS).into_iter();
            failing.map(move |(member, span)| (first + member, span))
        });
        let told = failing.filter_map(|(member, span)| {
            let text = plan.reached_text(member, server, |scopes| can_have(&granted, scopes))?;
            Some((text, remark(&text.text, span)))
        });
        told.collect()
    }
}

/// The scopes of each rule that grants something without a user.
fn granted(server: &AuthorizationServer) -> Vec<&RuleScopes> {
    let policies = server.policies.iter().filter(|policy| policy.status.is_active());
    let rules = policies.flat_map(|policy| &policy.rules).filter(|rule| {
        let for_services = rule.grant_types.iter().any(|grant| grant == GRANT);
        rule.status.is_active() && rule.access == Access::Allow && for_services
    });
    rules.map(|rule| &rule.scopes).collect()
}

/// Whether any of these scopes can be granted; without a condition, whether anything can.
fn can_have(granted: &[&RuleScopes], scopes: &[String]) -> bool {
    granted.iter().any(|rule| scopes.is_empty() || scopes.iter().any(|scope| rule.include(scope)))
}

fn remark(text: &str, span: Span) -> Diagnostic {
    let root = text.get(span.range()).filter(|root| ROOTS.contains(root)).unwrap_or("user");
    let message =
        format!("a request without a user can reach this claim, and fails: `{root}` is null");
    Diagnostic::new(&code::FAILS_UNATTENDED, message, span)
        .label("null for a service")
        .help(format!("write `{root}?.…` to leave the claim out, or `{root} != null ? … : …`"))
}
