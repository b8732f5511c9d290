//! What is odd about policies and rules, each on its own.

use super::cast::{SERVICE, everyone, scopes_of};
use super::place::Place;
use super::{Linter, passed_over, refused_with};
use crate::analysis::Request;
use crate::diagnostic::code;
use crate::policy::Verdict;
use crate::publish::RunningServer;
use crate::server::{Access, Clients, People, Policy, Rule, RuleScopes};

/// The longest life of an access token that is no finding, in minutes: the usual one.
const USUAL_MINUTES: u32 = 60;

/// What is asked for beside `openid` by nearly every client.
const BESIDE_OPENID: &[&str] = &["profile", "email"];

impl<'l> Linter<'l> {
    pub(super) fn look_at_policies(&mut self, server: &'l RunningServer, place: &Place<'l>) {
        let policies = server.definition().policies.iter();
        for policy in policies.filter(|policy| policy.status.is_active()) {
            let at = place.named("policies", "name", &policy.name);
            if self.clients(&policy.clients).next().is_none() {
                self.report_policy_for_nobody(server, policy, &at);
                continue;
            }
            for rule in policy.rules.iter().filter(|rule| rule.status.is_active()) {
                let at = at.named("rules", "name", &rule.name);
                self.look_at_rule(server, policy, rule, &at);
            }
        }
    }

    fn report_policy_for_nobody(
        &mut self,
        server: &'l RunningServer,
        policy: &'l Policy,
        place: &Place<'l>,
    ) {
        let everybody = &Clients::All;
        let requests = self.any_requests(server, everybody);
        let witness = self.witness(requests, |answer| {
            passed_over(answer, (&policy.name, None), |verdict| *verdict == Verdict::Client)
        });
        let message = format!("the policy `{}` is for no active application", policy.name);
        let help = "list client ids in `conditions.clients.include`, or `ALL_CLIENTS`";
        self.report((&code::POLICY_FOR_NOBODY, place), message, help.to_owned(), witness);
    }

    /// What these clients could ask for, whether it is granted or not.
    fn any_requests(&self, server: &'l RunningServer, clients: &'l Clients) -> Vec<Request> {
        let definition = server.definition();
        let scopes: Vec<String> = definition.scopes.iter().map(|s| s.name.clone()).collect();
        let mut requests = Vec::new();
        let mut grants: Vec<String> = Vec::new();
        for application in self.clients(clients) {
            grants.extend(application.grant_types.iter().cloned());
        }
        grants.sort();
        grants.dedup();
        for scopes in scopes.chunks(1).rev() {
            requests.extend(self.requests(server, clients, &grants, &everyone(), scopes));
        }
        requests
    }

    fn look_at_rule(
        &mut self,
        server: &'l RunningServer,
        policy: &'l Policy,
        rule: &'l Rule,
        place: &Place<'l>,
    ) {
        if let Some((what, why)) = lacks(rule) {
            let requests = self.any_requests(server, &policy.clients);
            let at = (policy.name.as_str(), Some(rule.name.as_str()));
            let witness =
                self.witness(requests, |answer| passed_over(answer, at, |verdict| *verdict == why));
            let message = format!("the rule `{}` matches nothing: {what}", rule.name);
            let help = "say what it is for, or remove it; `*` is every scope, `EVERYONE` everybody";
            self.report((&code::MATCHES_NOTHING, place), message, help.to_owned(), witness);
            return;
        }
        let has_client = self
            .clients(&policy.clients)
            .any(|client| client.grant_types.iter().any(|grant| rule.grant_types.contains(grant)));
        if !has_client {
            self.report_no_client(server, policy, rule, place);
            return;
        }
        if rule.access == Access::Allow {
            self.look_for_openid_scopes(server, policy, rule, place);
            self.look_at_lifetime(server, policy, rule, place);
        }
        self.look_at_condition(server, policy, rule, place);
    }

    fn report_no_client(
        &mut self,
        server: &'l RunningServer,
        policy: &'l Policy,
        rule: &'l Rule,
        place: &Place<'l>,
    ) {
        let scopes = scopes_of(server.definition(), rule);
        let mut requests = Vec::new();
        for (client, grant) in
            self.clients(&policy.clients).flat_map(|c| rule.grant_types.iter().map(move |g| (c, g)))
        {
            requests.push(Request {
                server: server.definition().id.clone(),
                client: client.client_id.clone(),
                grant_type: grant.clone(),
                scopes: scopes.clone(),
                ..Request::default()
            });
        }
        let witness = self.witness(requests, |answer| refused_with(answer, "unauthorized_client"));
        let message = format!(
            "no application that the policy `{}` is for has a grant of the rule `{}`",
            policy.name, rule.name
        );
        let help =
            format!("it is for {}; give one of them to an application", quoted(&rule.grant_types));
        self.report((&code::NO_CLIENT_FOR_GRANT, place), message, help, witness);
    }

    /// What every client asks for at sign-in is refused whole, if the rule lists only a part.
    fn look_for_openid_scopes(
        &mut self,
        server: &'l RunningServer,
        policy: &'l Policy,
        rule: &'l Rule,
        place: &Place<'l>,
    ) {
        let RuleScopes::Listed(listed) = &rule.scopes else { return };
        let has = |name: &str| listed.iter().any(|known| known == name);
        let missing: Vec<String> =
            BESIDE_OPENID.iter().filter(|name| !has(name)).map(|name| (*name).to_owned()).collect();
        if !has("openid") || missing.is_empty() {
            return;
        }
        let mut scopes = vec!["openid".to_owned()];
        scopes.extend(missing.iter().cloned());
        let requests = self.requests_of(server, policy, rule, &scopes);
        let witness = self.witness(requests, |answer| refused_with(answer, "access_denied"));
        // Where another rule grants them nothing is amiss.
        if witness.is_none() {
            return;
        }
        let message =
            format!("the rule `{}` lists `openid`, but not {}", rule.name, quoted(&missing));
        let help = "a request for a scope that a rule does not list is refused whole; list them too, \
                    or have clients ask for less";
        self.report((&code::OPENID_SCOPES_MISSING, place), message, help.to_owned(), witness);
    }

    /// A resource server that only checks signatures takes a token until it ends, revoked or not.
    fn look_at_lifetime(
        &mut self,
        server: &'l RunningServer,
        policy: &'l Policy,
        rule: &'l Rule,
        place: &Place<'l>,
    ) {
        let minutes = rule.lifetimes.access_token_minutes;
        if minutes <= USUAL_MINUTES {
            return;
        }
        let scopes = scopes_of(server.definition(), rule);
        let requests = self.requests_of(server, policy, rule, &scopes);
        let witness = self.witness(requests, |answer| {
            let granted = answer.outcome.as_ref().ok()?;
            let is_it = granted.policy == policy.name && granted.rule == rule.name;
            is_it.then(|| format!("granted for {minutes} minutes"))
        });
        let message = format!("access tokens of the rule `{}` live {minutes} minutes", rule.name);
        let help = "a revoked token passes a check of its signature until it ends; let it live an hour \
                    or less, or have resource servers introspect";
        self.report((&code::LONG_ACCESS, place), message, help.to_owned(), witness);
    }

    /// A condition that fails refuses the whole request, whatever rules come after it. Which do is
    /// found by asking.
    fn look_at_condition(
        &mut self,
        server: &'l RunningServer,
        policy: &'l Policy,
        rule: &'l Rule,
        place: &Place<'l>,
    ) {
        if rule.condition.is_none() {
            return;
        }
        let scopes = scopes_of(server.definition(), rule);
        let mut requests = self.requests_of(server, policy, rule, &scopes);
        requests.sort_by_key(|request| request.grant_type != SERVICE);
        let witness = self.witness(requests, |answer| {
            let at = (policy.name.as_str(), Some(rule.name.as_str()));
            passed_over(answer, at, |verdict| matches!(verdict, Verdict::ConditionFault(_)))?;
            refused_with(answer, "access_denied")
        });
        let Some(witness) = witness else { return };
        let whose =
            if witness.request.user.is_some() { "of this person" } else { "without a user" };
        let message =
            format!("the condition of the rule `{}` fails for a request {whose}", rule.name);
        let help = "a condition that fails refuses the request and no later rule is looked at; write \
                    `user?.…`, or ask for null first";
        let at = place.member("conditions").member("elCondition").member("condition");
        self.report((&code::CONDITION_FAILS, &at), message, help.to_owned(), Some(witness));
    }
}

/// What a rule has too little of to match anything, and why it is then passed over.
fn lacks(rule: &Rule) -> Option<(&'static str, Verdict)> {
    let People { everyone, users, groups, .. } = &rule.people;
    let is_for_nobody = !everyone && users.is_empty() && groups.is_empty();
    let asks_people = rule.grant_types.iter().all(|grant| grant != SERVICE);
    if rule.grant_types.is_empty() {
        Some(("it lists no grant", Verdict::Grant))
    } else if is_for_nobody && asks_people {
        Some(("it is for no user and no group", Verdict::People))
    } else if rule.scopes == RuleScopes::Listed(Vec::new()) {
        Some(("it lists no scope", Verdict::Scopes))
    } else {
        None
    }
}

/// Each in backticks.
pub(super) fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
