//! What is odd about servers as a whole, and about hooks.

use super::cast::{active_rules, allowing_rules, everyone};
use super::place::Place;
use super::{Linter, refused_with};
use crate::analysis::{Answer, Request};
use crate::diagnostic::code;
use crate::publish::RunningServer;
use crate::server::{AccessTokenFormat, ClaimType, Clients, SUBJECT_EXPRESSION};

/// The grants by which a server without policy is asked in vain.
const COMMON: &[&str] = &["client_credentials", "authorization_code"];

impl<'l> Linter<'l> {
    pub(super) fn look_at_server(&mut self, server: &'l RunningServer, place: &Place<'l>) {
        self.look_for_policy(server, place);
        self.look_at_audiences(server, place);
        self.look_at_issuer(server, place);
        self.look_at_subjects(server, place);
    }

    fn look_for_policy(&mut self, server: &'l RunningServer, place: &Place<'l>) {
        if active_rules(server.definition()).next().is_some() {
            return;
        }
        let scopes: Vec<String> =
            server.definition().scopes.iter().map(|scope| scope.name.clone()).collect();
        let grants: Vec<String> = COMMON.iter().map(|grant| (*grant).to_owned()).collect();
        let requests = self.requests(server, &Clients::All, &grants, &everyone(), &scopes);
        let witness = self.witness(requests, |answer| refused_with(answer, "access_denied"));
        let message = "the server has no active policy with an active rule, and denies everything";
        let help =
            "add a policy, and to it a rule that says who may have which scopes by which grant";
        self.report((&code::NO_POLICY, place), message.to_owned(), help.to_owned(), witness);
    }

    fn look_at_audiences(&mut self, server: &'l RunningServer, place: &Place<'l>) {
        let (id, published) = (&server.definition().id, self.published);
        for audience in &server.definition().audiences {
            let at = place.text("audiences", audience);
            if published.directory().bound_to(audience).next().is_none() {
                let witness = self.granted_for(server, audience);
                let message = format!("no application is bound to the audience `{audience}`");
                let help = "list it in `resource_server_for` of the application that takes its \
                            tokens; until then every client may introspect them";
                self.report((&code::AUDIENCE_UNBOUND, &at), message, help.to_owned(), witness);
            }
            let others = published.servers().iter().filter(|other| {
                let other = other.definition();
                other.status.is_active() && other.id < *id && other.audiences.contains(audience)
            });
            if let Some(other) = others.map(RunningServer::definition).next() {
                let witness = self.granted_for(server, audience);
                let message =
                    format!("the server `{}` has the audience `{audience}` too", other.name);
                let help = "give each server an audience of its own, so that a resource server need \
                            only compare `aud` and `iss` with one pair";
                self.report((&code::AUDIENCE_SHARED, &at), message, help.to_owned(), witness);
            }
        }
    }

    fn granted_for(&mut self, server: &'l RunningServer, audience: &str) -> Option<super::Witness> {
        let requests = self.granted_requests(server).into_iter();
        let requests: Vec<Request> = requests
            .map(|request| Request { audience: Some(audience.to_owned()), ..request })
            .collect();
        self.witness(requests, |answer| {
            let granted = answer.outcome.as_ref().ok()?;
            Some(format!("granted for `{}` by `{}`", granted.audience, granted.issuer))
        })
    }

    fn look_at_issuer(&mut self, server: &'l RunningServer, place: &Place<'l>) {
        let definition = server.definition();
        if !definition.is_default || definition.id == "default" {
            return;
        }
        let requests = self.granted_requests(server);
        let witness = self.witness(requests, |answer| {
            let granted = answer.outcome.as_ref().ok()?;
            Some(format!("granted with the issuer `{}`", granted.issuer))
        });
        let message = format!(
            "tokens of the server `{}` have the issuer `{}`, whatever its id",
            definition.name,
            server.issuer()
        );
        let help = "configure clients and resource servers with the issuer that ends in `default`, \
                    never with one of the id";
        let at = place.member("default");
        self.report((&code::ISSUER_OF_DEFAULT, &at), message, help.to_owned(), witness);
    }

    /// RFC 9068 has one `sub` for both tokens.
    fn look_at_subjects(&mut self, server: &'l RunningServer, place: &Place<'l>) {
        let definition = server.definition();
        let is_usual = definition.claims.iter().any(|claim| {
            claim.system
                && claim.value.as_ref().is_some_and(|value| value.text == SUBJECT_EXPRESSION)
        });
        if definition.access_token_format == AccessTokenFormat::Okta || !is_usual {
            return;
        }
        let openid = vec!["openid".to_owned()];
        let rules: Vec<_> =
            allowing_rules(definition).filter(|(_, rule)| rule.scopes.include("openid")).collect();
        let mut requests = Vec::new();
        for (policy, rule) in rules {
            requests.extend(self.requests_of(server, policy, rule, &openid));
        }
        let witness = self.witness(requests, |answer| {
            let granted = answer.outcome.as_ref().ok()?;
            granted.identity.as_ref()?;
            let subject = granted.claim(ClaimType::Resource, "sub")?;
            Some(format!(
                "granted; `sub` of the access token is {subject}, that of the ID token the id of \
                 the user"
            ))
        });
        let message = "access tokens say in `sub` the user name, ID tokens the id of the user";
        let help = "let the claim `sub` be `user?.id ?: app.clientId`, if resource servers compare \
                    the two";
        let at = place.member("accessTokenFormat");
        self.report((&code::SUBJECTS_DIFFER, &at), message.to_owned(), help.to_owned(), witness);
    }

    /// A rule that is replaced without naming its hook has none any more.
    pub(super) fn look_at_hooks(&mut self) {
        let (hooks, published) = (self.hooks, self.published);
        let is_asked = |id: &str| {
            let servers = published.servers().iter();
            let mut rules = servers.flat_map(|server| active_rules(server.definition()));
            rules.any(|(_, rule)| rule.inline_hook.as_deref() == Some(id))
        };
        for hook in hooks.iter().filter(|hook| hook.status.is_active() && !is_asked(&hook.id)) {
            let mut requests = Vec::new();
            for server in published.servers() {
                requests.extend(self.granted_requests(server));
            }
            let witness = self.witness(requests, |answer: &Answer| {
                let granted = answer.outcome.as_ref().ok()?;
                let rule = &granted.rule;
                granted.hook.is_none().then(|| format!("granted by `{rule}`, which asks no hook"))
            });
            let place = self.top.named("inlineHooks", "name", &hook.name);
            let message = format!("no active rule asks the hook `{}`", hook.name);
            let help = format!(
                "name it in a rule as `actions.token.inlineHook.id`: `{}`; a rule that is replaced \
                 without it loses it",
                hook.id
            );
            self.report((&code::HOOK_UNUSED, &place), message, help, witness);
        }
    }
}
