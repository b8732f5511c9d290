//! What a client wants of a person who is there, held against the policies: whether they may have it
//! at all, and what is granted then (authorization-server §2.3, 14 and 15).

use super::refusal::AuthorizationError;
use super::session::{Method, Session};
use crate::directory::Person;
use crate::grant::{Proof, SignIn, UserGrant};
use crate::policy::Trace;
use crate::program::Worker;
use crate::publish::{Published, RunningServer};
use std::sync::Arc;

/// Who wants what of whom.
pub(super) struct Wanted<'w> {
    pub(super) published: &'w Published,
    pub(super) server: &'w RunningServer,
    pub(super) client_id: &'w str,
    pub(super) session: &'w Session,
    pub(super) user: &'w Arc<Person>,
    pub(super) grant_type: &'static str,
    /// Whether tokens are wanted by way of the browser, besides what the grant gives.
    pub(super) and_implicit: bool,
    /// As asked; empty is the defaults.
    pub(super) scopes: &'w [String],
    /// One audience of the server.
    pub(super) audience: &'w str,
}

/// What the policies allow.
pub(super) struct Allowance {
    pub(super) grant: UserGrant,
    /// Rule or client demands a second factor, which this session has not (decision 38).
    pub(super) needs_second_factor: bool,
}

impl Wanted<'_> {
    /// What the policies allow, as codes and devices keep it.
    ///
    /// # Errors
    /// A person who is not assigned or not active, or the refusal of a policy.
    pub(super) fn allowed(&self, now: i64) -> Result<Allowance, AuthorizationError> {
        let application = self.published.directory().find_application_index(self.client_id);
        let sign_in = self.sign_in();
        let proof = Proof::by_operator(
            self.published,
            self.server,
            application.ok_or_else(AuthorizationError::unknown_client)?,
            Some(sign_in.clone()),
            self.grant_type,
            &self.scopes.join(" "),
            self.audience,
        )?;
        let proof = if self.and_implicit { proof.and_implicit()? } else { proof };
        let decided = proof.decide(Trace::Skip, now, &mut Worker::new())?;
        let allowed = decided.decision().outcome.as_ref().map_err(AuthorizationError::by_policy)?;
        let grant = UserGrant {
            server: self.server.definition().id.clone(),
            client: self.client_id.to_owned(),
            user: self.session.user_id.clone(),
            grant_type: self.grant_type.to_owned(),
            scopes: allowed.scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            audience: self.audience.to_owned(),
            lifetimes: allowed.lifetimes(),
            inline_hook: allowed.inline_hook().map(str::to_owned),
            auth_time: sign_in.auth_time,
            methods: sign_in.methods,
            acr: sign_in.acr,
            session: sign_in.session,
            thumbprint: None,
        };
        Ok(Allowance { grant, needs_second_factor: decided.needs_second_factor() })
    }

    fn sign_in(&self) -> SignIn {
        let Session { id, auth_time, methods, .. } = self.session;
        SignIn {
            user: Arc::clone(self.user),
            auth_time: *auth_time,
            methods: methods.iter().map(|method| method.word().to_owned()).collect(),
            acr: Some(level(methods).to_owned()),
            session: Some(id.clone()),
        }
    }
}

fn level(methods: &[Method]) -> &'static str {
    if methods.contains(&Method::SeveralFactors) { super::TWO_FACTORS } else { super::ONE_FACTOR }
}
