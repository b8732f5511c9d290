//! What people stumble over, as far as a request shows it (authorization-server §8).

use super::course::{Course, Told};
use super::{PreviewedToken, Warning};
use crate::grant::{Decided, Grant, scope};
use crate::server::{Access, ExpressionText, Policy};
use serde_json::Value;

impl Course<'_> {
    pub(super) fn warn_of_server(&self, told: &mut Told) {
        let definition = self.server.definition();
        let is_active = |policy: &Policy| policy.status.is_active();
        if !definition.is_organization() && !definition.policies.iter().any(is_active) {
            told.warn(Warning::no_policy(&definition.id));
        }
    }

    /// What people stumble over, where something is answered.
    pub(super) fn warn_of_answer(&self, decided: &Decided<'_>, told: &mut Told) {
        let definition = self.server.definition();
        if definition.is_default && !self.server.issuer().ends_with(&definition.id) {
            told.warn(Warning::default_issuer(&definition.id, self.server.issuer()));
        }
        if decided.proof.client().is_ok_and(|client| client.dpop_bound) {
            told.warn(Warning::key_bound());
        }
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let of = |token: &Option<PreviewedToken>| token.as_ref().map(|known| read(&known.payload));
        let (access, identity) = (of(&told.preview.access_token), of(&told.preview.id_token));
        if let (Some(access), Some(identity)) = (&access, &identity) {
            let sub = |token: &Value| token["sub"].as_str().unwrap_or_default().to_owned();
            if sub(access) != sub(identity) {
                told.warn(Warning::subjects_differ(&sub(access), &sub(identity)));
            }
        }
        let userinfo = told.preview.userinfo.as_deref().map(read);
        if let (Some(Value::Object(claims)), Some(identity)) = (&userinfo, &identity) {
            let names = claims.keys().filter(|name| identity.get(name).is_none());
            let names: Vec<String> = names.cloned().collect();
            if !names.is_empty() {
                told.warn(Warning::thin_identity_token(&names));
            }
        }
        self.warn_of_defaults(told);
        let reads_session = |text: &ExpressionText| text.text.contains("session.id");
        if decided.proof.sign_in.is_some() && definition.expressions().any(reads_session) {
            told.warn(Warning::session_id());
        }
    }

    fn warn_of_defaults(&self, told: &mut Told) {
        let is_default = self.request.scope.trim().is_empty();
        let defaults = self.server.definition().scopes.iter().filter(|scope| scope.is_default);
        let granted = &told.preview.granted_scopes;
        let left_out = defaults.map(|scope| &scope.name).filter(|name| !granted.contains(name));
        let left_out: Vec<&str> = left_out.map(String::as_str).collect();
        if is_default && self.request.subject.scope.is_none() && !left_out.is_empty() {
            let warning = Warning::defaults_narrowed(&left_out);
            told.warn(warning);
        }
    }

    /// What people stumble over, where nothing is answered.
    pub(super) fn warn_of_refusal(&self, told: &mut Told) {
        let Ok((_, client)) = self.client() else { return };
        if let Some(person) = &self.request.person
            && self.grant_word() != Grant::TokenExchange.word()
            && client.known_as(person.index(), person.user()).is_none()
        {
            told.warn(Warning::not_assigned(&person.user().login, &client.client_id));
        }
        let is_policy = told.preview.error.as_ref().is_some_and(|one| one.error == "access_denied");
        if !is_policy {
            return;
        }
        let policies = self.server.definition().policies.iter();
        let policies = policies.filter(|policy| {
            policy.status.is_active() && policy.clients.include(&client.client_id)
        });
        let rules = || {
            policies
                .clone()
                .flat_map(|policy| &policy.rules)
                .filter(|rule| rule.status.is_active() && rule.access == Access::Allow)
        };
        if rules().next().is_none() {
            return;
        }
        let word = match self.grant_word() {
            "refresh_token" => {
                self.request.refreshed.grant_type.as_deref().unwrap_or("authorization_code")
            }
            word => word,
        };
        if !rules().any(|rule| rule.grant_types.iter().any(|grant| grant == word)) {
            told.warn(Warning::grant_in_no_rule(word, &client.client_id));
        }
        let scopes = scope::parse(&self.request.scope).unwrap_or_default();
        for scope in &scopes {
            if !rules().any(|rule| rule.scopes.include(scope)) {
                told.warn(Warning::scope_in_no_rule(scope, &client.client_id));
            }
        }
    }
}
