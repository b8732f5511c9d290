//! A person who allows a device elsewhere what it asked for (RFC 8628 §3.3). Codes are short, so
//! that guessing them is counted.

use super::attempts::{Attempt, Guessed};
use super::refusal::AuthorizationError;
use super::rows::Tries;
use super::session::Session;
use super::wanted::{Allowance, Wanted};
use super::{Authenticator, SignInRefused, consent};
use crate::directory::Application;
use crate::grant::{Grant, Surroundings, WaitingDevice, find_device};
use crate::publish::Published;
use crate::store::StoreError;
use std::net::IpAddr;

impl Authenticator {
    /// The device that shows the code this person typed.
    ///
    /// # Errors
    /// [`SignInRefused::Wrong`] if none does, [`SignInRefused::Locked`] after too many.
    pub async fn find_device(
        &self,
        around: &Surroundings<'_>,
        user_id: &str,
        typed: &str,
        address: Option<IpAddr>,
    ) -> Result<WaitingDevice, SignInRefused> {
        let attempt = Attempt::begin(self, Guessed::DeviceCode(user_id), address).await?;
        let found = match find_device(around, typed).await {
            Ok(found) => found.ok_or(SignInRefused::Wrong),
            Err(failed) => Err(SignInRefused::Store(StoreError::Database(failed.to_string()))),
        };
        let (attempt, device) = attempt.settle(&self.store, found).await?;
        // The guesses before stay counted: anybody can begin with a device of their own.
        attempt.take_back(&self.store).await?;
        Ok(device)
    }

    /// Whether this person must prove a second factor first.
    #[must_use]
    pub fn needs_second_factor(client: &Application, session: &Session) -> bool {
        client.second_factor && !session.has_second_factor()
    }

    /// Gives the device what it asked for, as far as the policies allow this person.
    ///
    /// # Errors
    /// What the policies say, `interaction_required` where they demand a second factor that the
    /// session has not, or that the device no longer waits.
    pub async fn allow_device(
        &self,
        published: &Published,
        device: &WaitingDevice,
        session: &Session,
        now: i64,
    ) -> Result<(), AuthorizationError> {
        let asked = &device.request;
        let server = published.find_server(&asked.server);
        let user = published.find_person(&session.user_id).await?;
        let wanted = Wanted {
            published,
            server: server.ok_or_else(AuthorizationError::unknown_server)?,
            client_id: &asked.client,
            session,
            user: user.as_ref().ok_or_else(AuthorizationError::login_required)?,
            grant_type: Grant::DeviceCode.word(),
            and_implicit: false,
            scopes: &asked.scopes,
            audience: &asked.audience,
        };
        let Allowance { grant, needs_second_factor } = wanted.allowed(now)?;
        if needs_second_factor {
            return Err(AuthorizationError::second_factor_missing());
        }
        let client = published.directory().find_application(&asked.client);
        let client = client.ok_or_else(AuthorizationError::unknown_client)?;
        let granted: Vec<&str> = grant.scopes.iter().map(String::as_str).collect();
        let needed = consent::needed(wanted.server.definition(), client, &granted, false, None);
        let agreed: Vec<&str> = needed.iter().map(|scope| scope.name.as_str()).collect();
        let mut tries = Tries::new(&self.store);
        loop {
            let waiting = self.still_waiting(device).await?;
            let agreement = self
                .draft_agreement(&session.user_id, &asked.client, &asked.server, &agreed)
                .await?;
            let mut ops = waiting.grant(grant.clone())?;
            ops.extend(agreement);
            if tries.apply(ops).await? {
                return Ok(());
            }
        }
    }

    /// Tells the device no.
    ///
    /// # Errors
    /// That it no longer waits.
    pub async fn deny_device(&self, device: &WaitingDevice) -> Result<(), AuthorizationError> {
        let mut tries = Tries::new(&self.store);
        while !tries.apply(self.still_waiting(device).await?.deny()?).await? {}
        Ok(())
    }

    /// The device as it waits now; that it polled meanwhile is no obstacle to its person's answer.
    async fn still_waiting(
        &self,
        device: &WaitingDevice,
    ) -> Result<WaitingDevice, AuthorizationError> {
        device.as_it_is(&self.store).await?.ok_or_else(AuthorizationError::device_is_gone)
    }
}
