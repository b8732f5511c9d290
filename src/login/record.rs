//! What is recorded of people who sign in and of the requests they come with (decision 41): what was
//! refused to somebody who was known, and that they are in, before they are told; the rest soon after.

use super::session::Session;
use super::{Authenticator, AuthorizationError, Pending, SignInRefused, Step};
use crate::audit::{About, Event, EventType, Outcome};
use crate::store::journal::event_row;
use crate::store::{Op, Row, StoreError};
use std::net::IpAddr;

/// Most characters of what a stranger may write into the log.
const LENGTH: usize = 512;

/// Refusals after which the client comes again with the person.
const COME_AGAIN: &[&str] = &["login_required", "consent_required", "interaction_required"];

/// What failed is no refusal, and where the store did it could not be written either.
const FAILURES: &[&str] = &["server_error", "temporarily_unavailable"];

pub(super) fn shortened(text: &str) -> String {
    text.chars().take(LENGTH).collect()
}

impl Authenticator {
    /// The record of a sign-in, which is there before the person is told.
    pub(super) fn session_started(&self, user_id: &str, now: i64) -> Row {
        let about = About { user: Some(user_id.to_owned()), ..About::default() };
        let (event_type, outcome) = (EventType::SessionStarted, Outcome::Success);
        self.event_row(&Event { event_type, outcome, about: &about }, now)
    }

    fn event_row(&self, event: &Event<'_>, now: i64) -> Row {
        event_row(event, now.saturating_mul(1_000_000), &self.random)
    }

    /// Notes a password that let nobody in, in Okta's words.
    pub(super) fn note_refused(
        &self,
        login: &str,
        address: Option<IpAddr>,
        refused: &SignInRefused,
    ) {
        let reason = match refused {
            SignInRefused::Wrong | SignInRefused::Weak => "INVALID_CREDENTIALS",
            SignInRefused::Expired { .. } => "PASSWORD_EXPIRED",
            SignInRefused::Locked { .. } => "LOCKED_OUT",
            SignInRefused::Busy(_) | SignInRefused::Store(_) => return,
        };
        let about = About { login: Some(shortened(login)), address, ..About::default() };
        let (event_type, outcome) =
            (EventType::SessionStarted, Outcome::Failure(reason.to_owned()));
        self.journal.note(&Event { event_type, outcome, about: &about });
    }

    /// Passes on what came of a second factor, once it is recorded if it was wrong: whose it is was
    /// known by their password.
    ///
    /// # Errors
    /// Those of `proven`, or that it could not be recorded.
    pub(super) async fn record_factor<T>(
        &self,
        user_id: &str,
        proven: Result<T, SignInRefused>,
    ) -> Result<T, SignInRefused> {
        let reason = match &proven {
            Err(SignInRefused::Wrong) => "INVALID_CREDENTIALS",
            Err(SignInRefused::Locked { .. }) => "LOCKED_OUT",
            Ok(_) | Err(_) => return proven,
        };
        let about = About { user: Some(user_id.to_owned()), ..About::default() };
        let (event_type, outcome) = (EventType::FactorRefused, Outcome::Failure(reason.to_owned()));
        let now = self.store.time().await?.seconds();
        let event = self.event_row(&Event { event_type, outcome, about: &about }, now);
        self.store.batch(vec![Op::Insert(event)]).await?;
        proven
    }

    /// Notes an authorization request that cannot even be read.
    pub fn note_unread(
        &self,
        server: &str,
        client_id: Option<&str>,
        address: Option<IpAddr>,
        why: &str,
    ) {
        let (server, client) = (Some(shortened(server)), client_id.map(shortened));
        let about = About { server, client, address, ..About::default() };
        let (event_type, outcome) =
            (EventType::AuthorizationRefused, Outcome::Failure(shortened(why)));
        self.journal.note(&Event { event_type, outcome, about: &about });
    }

    /// Records what a step came to, if that is an end.
    ///
    /// # Errors
    /// That what must be there before it is told could not be recorded.
    pub(super) async fn record_step(
        &self,
        pending: &Pending,
        session: Option<&Session>,
        step: &Step,
        (now, address): (i64, Option<IpAddr>),
    ) -> Result<(), StoreError> {
        let Some(request) = pending.request() else { return Ok(()) };
        let about = About {
            server: Some(request.server.clone()),
            client: Some(request.client_id.clone()),
            user: session.map(|session| session.user_id.clone()),
            address,
            ..About::default()
        };
        match step {
            Step::Refuse(error) | Step::Strand(error) => {
                let (event_type, outcome) =
                    (EventType::AuthorizationRefused, Outcome::Failure(shortened(&said(error))));
                let event = Event { event_type, outcome, about: &about };
                let waits = [COME_AGAIN, FAILURES].iter().any(|codes| codes.contains(&error.code));
                if session.is_none() || waits {
                    self.journal.note(&event);
                    return Ok(());
                }
                self.store.batch(vec![Op::Insert(self.event_row(&event, now))]).await?;
            }
            Step::Answer { code, tokens } => {
                let has = |token: &Option<String>| token.is_some();
                let tokens = tokens.as_ref();
                for (event_type, is_given) in [
                    (EventType::CodeGranted, has(code)),
                    (
                        EventType::ImplicitAccessTokenGranted,
                        tokens.is_some_and(|tokens| has(&tokens.access_token)),
                    ),
                    (
                        EventType::ImplicitIdTokenGranted,
                        tokens.is_some_and(|tokens| has(&tokens.id_token)),
                    ),
                ] {
                    if is_given {
                        let outcome = Outcome::Success;
                        self.journal.note(&Event { event_type, outcome, about: &about });
                    }
                }
            }
            Step::SignIn | Step::SecondFactor | Step::Consent(_) | Step::Page(_) => {}
        }
        Ok(())
    }
}

fn said(error: &AuthorizationError) -> String {
    let AuthorizationError { code, description, cause } = error;
    format!("{code}: {}", cause.as_ref().unwrap_or(description))
}
