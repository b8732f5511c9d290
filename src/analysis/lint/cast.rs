//! Who there is to make a request that shows something: clients of a policy, people of a rule, and
//! the scopes that could be asked for.

use super::Linter;
use crate::analysis::Request;
use crate::directory::{Application, UserStatus};
use crate::publish::RunningServer;
use crate::server::{
    Access, AuthorizationServer, Clients, Consent, People, Policy, Rule, RuleScopes,
};

/// Most users that are looked at for one who fits.
const USERS: usize = 2_000;

/// Most people of one client that are tried.
const PEOPLE: usize = 4;

/// The grant of services.
pub(super) const SERVICE: &str = "client_credentials";

/// Active policies with their active rules, in the order of the decision.
pub(super) fn active_rules(server: &AuthorizationServer) -> impl Iterator<Item = (&Policy, &Rule)> {
    let policies = server.policies.iter().filter(|policy| policy.status.is_active());
    policies.flat_map(|policy| {
        let rules = policy.rules.iter().filter(|rule| rule.status.is_active());
        rules.map(move |rule| (policy, rule))
    })
}

/// The same, of those that allow.
pub(super) fn allowing_rules(
    server: &AuthorizationServer,
) -> impl Iterator<Item = (&Policy, &Rule)> {
    active_rules(server).filter(|(_, rule)| rule.access == Access::Allow)
}

impl<'l> Linter<'l> {
    /// The active applications that a policy is for.
    pub(super) fn clients(&self, clients: &'l Clients) -> impl Iterator<Item = &'l Application> {
        let all = self.published.directory().applications().iter();
        all.filter(|known| known.status.is_active() && clients.include(&known.client_id))
    }

    /// People of a rule who are assigned to an application, by login.
    fn people(&self, application: &Application, people: &People) -> Vec<String> {
        let users = self.published.directory().users().iter().enumerate().take(USERS);
        let fit = users.filter(|(index, user)| {
            user.status == UserStatus::Active
                && people.include(*index, &user.groups)
                && application.known_as(*index, user).is_some()
        });
        fit.take(PEOPLE).map(|(_, user)| user.login.clone()).collect()
    }

    /// Requests by those whom policy and rule are for, by each of the rule's grants, for these
    /// scopes. A service asks for none of the server's own.
    pub(super) fn requests_of(
        &self,
        server: &RunningServer,
        policy: &'l Policy,
        rule: &Rule,
        scopes: &[String],
    ) -> Vec<Request> {
        self.requests(server, &policy.clients, &rule.grant_types, &rule.people, scopes)
    }

    /// As [`Linter::requests_of`], of clients, grants and people.
    pub(super) fn requests(
        &self,
        server: &RunningServer,
        clients: &'l Clients,
        grants: &[String],
        people: &People,
        scopes: &[String],
    ) -> Vec<Request> {
        let definition = server.definition();
        let mut requests = Vec::new();
        for application in self.clients(clients) {
            for grant in grants.iter().filter(|grant| application.grant_types.contains(*grant)) {
                let request = Request {
                    server: definition.id.clone(),
                    client: application.client_id.clone(),
                    grant_type: grant.clone(),
                    second_factor: true,
                    ..Request::default()
                };
                if grant == SERVICE {
                    let scopes = scopes.iter().filter(|name| is_for_services(definition, name));
                    let scopes: Vec<String> = scopes.cloned().collect();
                    requests.push(Request { scopes, second_factor: false, ..request });
                    continue;
                }
                requests.extend(self.people(application, people).into_iter().map(|login| {
                    Request { user: Some(login), scopes: scopes.to_vec(), ..request.clone() }
                }));
            }
        }
        requests.retain(|request| !request.scopes.is_empty());
        requests
    }

    /// Requests that a server may well grant: of each rule that allows, for all it lists, then for
    /// each scope alone.
    pub(super) fn granted_requests(&self, server: &'l RunningServer) -> Vec<Request> {
        let definition = server.definition();
        let mut requests = Vec::new();
        for (policy, rule) in allowing_rules(definition) {
            let scopes = scopes_of(definition, rule);
            requests.extend(self.requests_of(server, policy, rule, &scopes));
        }
        requests
    }
}

/// Whether a service may ask for a scope without anybody's consent.
fn is_for_services(server: &AuthorizationServer, name: &str) -> bool {
    let found = server.scopes.iter().find(|scope| scope.name == name);
    found.is_some_and(|scope| !scope.system && scope.consent != Consent::Required)
}

/// The scopes a rule lists; of one for all, the server's.
pub(super) fn scopes_of(server: &AuthorizationServer, rule: &Rule) -> Vec<String> {
    match &rule.scopes {
        RuleScopes::Listed(names) => names.clone(),
        RuleScopes::All => server.scopes.iter().map(|scope| scope.name.clone()).collect(),
    }
}

/// Everybody.
pub(super) fn everyone() -> People {
    People { everyone: true, ..People::default() }
}
