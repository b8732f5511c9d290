//! What became of a token request, recorded: a refusal of a client that was proven before it is told,
//! everything else soon after (decision 41).

use super::{Issued, Presented, ProvenClient, Refusal, Surroundings};
use crate::audit::{About, Event, EventType, Outcome};
use crate::publish::RunningServer;
use crate::store::Op;
use crate::store::journal::event_row;
use std::sync::Arc;

/// What is known of a request as it goes on.
#[derive(Debug)]
pub(super) struct Record {
    about: About,
    is_proven: bool,
}

/// Answers that only ask the client to come again, which it does.
const NO_REFUSALS: &[&str] = &["authorization_pending", "slow_down", "use_dpop_nonce"];

impl Record {
    pub(super) fn begin(presented: &Presented) -> Self {
        let named = |name: &str| presented.form.find(name).map(shortened);
        let about = About {
            client: named("client_id"),
            grant_type: named("grant_type"),
            address: presented.address,
            ..About::default()
        };
        Self { about, is_proven: false }
    }

    pub(super) fn at(&mut self, server: &RunningServer) {
        self.about.server = Some(server.definition().id.clone());
        self.about.of_organization = server.definition().is_organization();
    }

    /// The client, which has proven who it is.
    pub(super) fn of(&mut self, client: ProvenClient<'_>) {
        self.about.client = Some(client.application().client_id.clone());
        self.is_proven = true;
    }

    /// The answer, once what has to be recorded first is.
    ///
    /// # Errors
    /// The refusal, or that it could not be recorded.
    pub(super) async fn finish(
        self,
        answered: Result<Issued, Refusal>,
        around: &Surroundings<'_>,
    ) -> Result<Issued, Refusal> {
        match answered {
            Ok(issued) => {
                let user = issued.user.as_ref().map(|person| person.user().id.clone());
                self.granted(&issued, user, around);
                Ok(issued)
            }
            Err(refusal) => {
                self.refused(EventType::TokenRefused, &refusal, around).await?;
                Err(refusal)
            }
        }
    }

    /// What became of a request that no tokens come of, once what has to be recorded first is.
    ///
    /// # Errors
    /// The refusal, or that it could not be recorded.
    pub(super) async fn told<T>(
        self,
        refused: EventType,
        answered: Result<T, Refusal>,
        around: &Surroundings<'_>,
    ) -> Result<T, Refusal> {
        if let Err(refusal) = &answered {
            self.refused(refused, refusal, around).await?;
        }
        answered
    }

    fn granted(self, issued: &Issued, user: Option<String>, around: &Surroundings<'_>) {
        let Issued { scope, id_token, refresh_token, origin, .. } = issued;
        let (scope, origin) = (Some(scope.clone()), Some(Arc::clone(origin)));
        let about = About { user, scope, origin, ..self.about };
        let given = [
            (EventType::IdTokenGranted, id_token.is_some()),
            (EventType::RefreshTokenGranted, refresh_token.is_some()),
            (EventType::AccessTokenGranted, true),
        ];
        for (event_type, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
            let outcome = Outcome::Success;
            around.journal.note(&Event { event_type, outcome, about: &about });
        }
    }

    async fn refused(
        self,
        event_type: EventType,
        refusal: &Refusal,
        around: &Surroundings<'_>,
    ) -> Result<(), Refusal> {
        if NO_REFUSALS.contains(&refusal.code) {
            return Ok(());
        }
        let outcome = Outcome::Failure(shortened(&refusal.to_string()));
        let event = Event { event_type, outcome, about: &self.about };
        // What failed is no refusal, and where the store did it could not be written either.
        if !self.is_proven || refusal.status >= 500 {
            around.journal.note(&event);
            return Ok(());
        }
        let at = around.now.saturating_mul(1_000_000);
        around.store.batch(vec![Op::Insert(event_row(&event, at, around.random))]).await?;
        Ok(())
    }
}

/// Most characters of what a stranger may write into the log.
const LENGTH: usize = 512;

fn shortened(text: &str) -> String {
    text.chars().take(LENGTH).collect()
}
