//! What is odd about scopes: those that nobody can have, and those that promise what does not come.

use super::cast::{SERVICE, allowing_rules};
use super::place::Place;
use super::{Linter, refused_with};
use crate::analysis::Request;
use crate::diagnostic::code;
use crate::publish::RunningServer;
use crate::server::{Consent, RuleScopes, Scope};

/// The scope that asks for a refresh token.
pub(super) const OFFLINE: &str = "offline_access";

impl<'l> Linter<'l> {
    pub(super) fn look_at_scopes(&mut self, server: &'l RunningServer, place: &Place<'l>) {
        let definition = server.definition();
        // Of a server without policy that is said already.
        if allowing_rules(definition).next().is_none() {
            return;
        }
        for scope in definition.scopes.iter().filter(|scope| !scope.system) {
            let at = place.named("scopes", "name", &scope.name);
            let is_granted =
                allowing_rules(definition).any(|(_, rule)| rule.scopes.include(&scope.name));
            if is_granted {
                self.look_at_consent(server, scope, &at);
            } else {
                self.report_not_granted(server, scope, &at);
            }
        }
        self.look_for_refresh_grant(server, place);
    }

    fn report_not_granted(&mut self, server: &'l RunningServer, scope: &Scope, place: &Place<'l>) {
        let scopes = std::slice::from_ref(&scope.name);
        let mut requests = Vec::new();
        for (policy, rule) in allowing_rules(server.definition()) {
            requests.extend(self.requests_of(server, policy, rule, scopes));
        }
        let witness = self.witness(requests, |answer| refused_with(answer, "access_denied"));
        let message = format!("no rule grants the scope `{}`", scope.name);
        let help = "list it in a rule that allows, or remove it";
        self.report((&code::SCOPE_NOT_GRANTED, place), message, help.to_owned(), witness);
    }

    /// Nobody is there to consent when a service asks.
    fn look_at_consent(&mut self, server: &'l RunningServer, scope: &Scope, place: &Place<'l>) {
        if scope.consent != Consent::Required {
            return;
        }
        let definition = server.definition();
        let is_for_services = |grants: &[String]| grants.iter().any(|grant| grant == SERVICE);
        let rules = allowing_rules(definition).filter(|(_, rule)| {
            is_for_services(&rule.grant_types) && rule.scopes.include(&scope.name)
        });
        let mut requests = Vec::new();
        for (policy, _) in rules {
            let clients = self.clients(&policy.clients);
            requests.extend(clients.filter(|client| is_for_services(&client.grant_types)).map(
                |client| Request {
                    server: definition.id.clone(),
                    client: client.client_id.clone(),
                    grant_type: SERVICE.to_owned(),
                    scopes: vec![scope.name.clone()],
                    ..Request::default()
                },
            ));
        }
        let witness = self.witness(requests, |answer| refused_with(answer, "consent_required"));
        if witness.is_none() {
            return;
        }
        let message = format!(
            "services that may have the scope `{}` are refused it: it needs a person's consent",
            scope.name
        );
        let help = "`FLEXIBLE` asks people and not services";
        let at = place.member("consent");
        self.report((&code::CONSENT_FOR_SERVICE, &at), message, help.to_owned(), witness);
    }

    /// `offline_access` is granted, and nothing comes of it.
    fn look_for_refresh_grant(&mut self, server: &'l RunningServer, place: &Place<'l>) {
        for (policy, rule) in allowing_rules(server.definition()) {
            let RuleScopes::Listed(listed) = &rule.scopes else { continue };
            let by_people = rule.grant_types.iter().any(|grant| grant != SERVICE);
            let uses = |name: &str| {
                self.clients(&policy.clients)
                    .any(|client| client.grant_types.iter().any(|grant| grant == name))
            };
            let has_client = rule.grant_types.iter().any(|grant| uses(grant));
            let is_vain = by_people && has_client && !uses("refresh_token");
            if !listed.iter().any(|scope| scope == OFFLINE) || !is_vain {
                continue;
            }
            let scopes = [OFFLINE.to_owned()];
            let requests = self.requests_of(server, policy, rule, &scopes);
            let witness = self.witness(requests, |answer| {
                let granted = answer.outcome.as_ref().ok()?;
                let words = "granted with `offline_access`, and no refresh token comes along";
                (!granted.refreshes).then(|| words.to_owned())
            });
            let message = format!(
                "the rule `{}` grants `offline_access`, and no application of the policy `{}` has \
                 the grant `refresh_token`",
                rule.name, policy.name
            );
            let help = "give the grant to the application, or do not list the scope";
            let at = place.named("policies", "name", &policy.name);
            let at = at.named("rules", "name", &rule.name);
            self.report((&code::NO_REFRESH_GRANT, &at), message, help.to_owned(), witness);
        }
    }

    /// Whether a client gets this scope of some server by one of these grants.
    pub(super) fn may_have(&self, client_id: &str, grants: &[String], scope: &str) -> bool {
        let servers = self.published.servers().iter().map(RunningServer::definition);
        let mut rules = servers.filter(|server| server.status.is_active()).flat_map(allowing_rules);
        rules.any(|(policy, rule)| {
            policy.clients.include(client_id)
                && rule.scopes.include(scope)
                && rule.grant_types.iter().any(|grant| grants.contains(grant))
        })
    }
}
