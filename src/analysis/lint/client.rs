//! What is odd about applications: grants that give nothing, people who may not come in, and
//! addresses that are easily missed.

use super::cast::SERVICE;
use super::place::Place;
use super::scope::OFFLINE;
use super::{Linter, refused_with};
use crate::analysis::Request;
use crate::diagnostic::code;
use crate::directory::{Application, ApplicationType, UserStatus};
use crate::grant::Grant;
use crate::publish::RunningServer;

/// Most people who are tried for one who is not assigned.
const PEOPLE: usize = 8;

impl<'l> Linter<'l> {
    pub(super) fn look_at_applications(&mut self) {
        let applications = self.published.directory().applications().iter();
        for application in applications.filter(|known| known.status.is_active()) {
            let place = self.top.named("apps", "label", &application.label);
            self.look_for_assignment(application, &place);
            self.look_for_rules(application, &place);
            self.look_for_offline(application, &place);
            for uri in &application.redirect_uris {
                self.look_at_redirect(application, uri, &place);
            }
        }
    }

    fn active_servers(&self) -> impl Iterator<Item = &'l RunningServer> {
        let servers = self.published.servers().iter();
        servers.filter(|server| server.definition().status.is_active())
    }

    /// The grants of an application by which people get tokens.
    fn grants_of_people(application: &Application) -> Vec<String> {
        let grants = application.grant_types.iter();
        grants.filter(|grant| *grant != SERVICE && *grant != "refresh_token").cloned().collect()
    }

    fn look_for_assignment(&mut self, application: &'l Application, place: &Place<'l>) {
        let is_assigned =
            !application.assigned_users.is_empty() || !application.assigned_groups.is_empty();
        let is_service = application.application_type == ApplicationType::Service;
        let grants = Self::grants_of_people(application);
        if is_assigned || is_service || grants.is_empty() {
            return;
        }
        let users = self.published.directory().users().iter();
        let active = users.filter(|user| user.status == UserStatus::Active).take(PEOPLE);
        let logins: Vec<String> = active.map(|user| user.login.clone()).collect();
        let mut requests = Vec::new();
        for server in self.active_servers() {
            requests.extend(logins.iter().map(|login| Request {
                user: Some(login.clone()),
                scopes: vec!["openid".to_owned()],
                ..request(server, application, grants.first())
            }));
        }
        let witness = self.witness(requests, |answer| refused_with(answer, "access_denied"));
        let message = format!("nobody is assigned to the application `{}`", application.label);
        let help = "assign users or groups in `assignments`; `Everyone` is a group";
        self.report((&code::UNASSIGNED, place), message, help.to_owned(), witness);
    }

    /// Grants that no rule of any server answers.
    fn look_for_rules(&mut self, application: &'l Application, place: &Place<'l>) {
        if self.active_servers().next().is_none() {
            return;
        }
        for grant in application.grant_types.iter().filter(|grant| *grant != "refresh_token") {
            let Some((_, known)) = Grant::WORDS.iter().find(|(word, _)| word == grant) else {
                continue;
            };
            let is_of_organization = grant == SERVICE && !application.management_scopes.is_empty();
            let answered = self.active_servers().any(|server| known.is_of(server.definition()));
            let grants = std::slice::from_ref(grant);
            if is_of_organization || answered && self.has_rule(application, grants) {
                continue;
            }
            let requests = self.any_scope(application, grant);
            let error = if answered { "access_denied" } else { "unsupported_grant_type" };
            let witness = self.witness(requests, |answer| refused_with(answer, error));
            let label = &application.label;
            let (code, message, help) = if answered {
                let message =
                    format!("no rule lets the application `{label}` have tokens by `{grant}`");
                let help = "list the grant in a rule of a policy that is for this client, or take it \
                            from the application";
                (&code::GRANT_WITHOUT_RULE, message, help)
            } else {
                let message = format!("no server answers the grant `{grant}` of `{label}`");
                let help = "it is of before OAuth 2.1; a server that is to answer it says so in \
                            `legacyGrants`";
                (&code::LEGACY_OFF, message, help)
            };
            self.report((code, place), message, help.to_owned(), witness);
        }
    }

    fn has_rule(&self, application: &Application, grants: &[String]) -> bool {
        self.active_servers().any(|server| {
            let scopes = server.definition().scopes.iter();
            scopes.clone().any(|scope| self.may_have(&application.client_id, grants, &scope.name))
        })
    }

    /// Requests of an application by a grant, for each scope of each server.
    fn any_scope(&self, application: &'l Application, grant: &String) -> Vec<Request> {
        let directory = self.published.directory();
        let mut users = directory.users().iter().enumerate();
        let assigned = users.find(|(index, user)| {
            user.status == UserStatus::Active && application.known_as(*index, user).is_some()
        });
        let user = assigned.map(|(_, user)| user.login.clone()).filter(|_| grant != SERVICE);
        let of_server = |server: &'l RunningServer| {
            let user = user.clone();
            let scopes = server.definition().scopes.iter().rev();
            scopes.map(move |scope| Request {
                user: user.clone(),
                scopes: vec![scope.name.clone()],
                ..request(server, application, Some(grant))
            })
        };
        self.active_servers().flat_map(of_server).collect()
    }

    /// A client that may refresh, and never gets anything to refresh with.
    fn look_for_offline(&mut self, application: &'l Application, place: &Place<'l>) {
        let grants = Self::grants_of_people(application);
        let refreshes = application.grant_types.iter().any(|grant| grant == "refresh_token");
        let id = &application.client_id;
        if !refreshes
            || !self.may_have(id, &grants, "openid")
            || self.may_have(id, &grants, OFFLINE)
        {
            return;
        }
        let mut requests = Vec::new();
        for grant in &grants {
            let asked = self.any_scope(application, grant);
            requests.extend(asked.into_iter().filter(|request| request.scopes == [OFFLINE]));
        }
        for request in &mut requests {
            request.scopes.insert(0, "openid".to_owned());
        }
        let witness = self.witness(requests, |answer| refused_with(answer, "access_denied"));
        let message = format!(
            "the application `{}` has the grant `refresh_token`, and no rule grants it \
             `offline_access`",
            application.label
        );
        let help = "list `offline_access` in the rule; without it there is no refresh token";
        self.report((&code::OFFLINE_NOT_GRANTED, place), message, help.to_owned(), witness);
    }

    /// Addresses are compared as they are written: every character counts.
    fn look_at_redirect(&mut self, application: &'l Application, uri: &str, place: &Place<'l>) {
        let Some((scheme, rest)) = uri.split_once("://") else { return };
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        let is_loopback = ["127.0.0.1", "[::1]", "localhost"].contains(&host);
        let is_web = matches!(scheme, "http" | "https");
        let (other, why) = if scheme == "http" && !is_loopback {
            (format!("https://{rest}"), "it is without TLS")
        } else if is_web && rest == authority {
            (format!("{uri}/"), "it has no path, and browsers write `/`")
        } else if is_web && rest.strip_suffix('/') == Some(authority) {
            (uri.trim_end_matches('/').to_owned(), "it ends in `/`, which is easily left out")
        } else {
            return;
        };
        let server = self.active_servers().next();
        let requests = server.map(|server| Request {
            redirect_uri: Some(other.clone()),
            scopes: vec!["openid".to_owned()],
            ..request(server, application, Some(&"authorization_code".to_owned()))
        });
        let witness = self.witness(requests, |answer| refused_with(answer, "invalid_request"));
        let message = format!("the redirect URI `{uri}` is taken exactly as it is: {why}");
        let help = format!("`{other}` is another one; register what the client sends");
        let settings = place.member("settings").member("oauthClient");
        let at = settings.text("redirect_uris", uri);
        self.report((&code::REDIRECT_URI, &at), message, help, witness);
    }
}

fn request(server: &RunningServer, application: &Application, grant: Option<&String>) -> Request {
    Request {
        server: server.definition().id.clone(),
        client: application.client_id.clone(),
        grant_type: grant.cloned().unwrap_or_default(),
        ..Request::default()
    }
}
