//! A login and a password become a session, or the one answer that every wrong pair gets.

use super::Authenticator;
use super::attempts::{Attempt, Guessed};
use super::credential::{self, Known};
use super::hasher::HasherBusy;
use super::password::Candidate;
use super::session::{Method, Session, SessionSecret, end};
use crate::directory::{Person, UserStatus};
use crate::grant::{PasswordRefused, ProvesPasswords};
use crate::publish::Published;
use crate::store::{BatchOutcome, Op, StoreError};
use crate::token::digest;
use std::net::IpAddr;
use std::sync::Arc;

/// Why somebody is not signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefused {
    /// No such user, another password, or a user who may not sign in: all said alike.
    #[error("the user name or the password is wrong")]
    Wrong,
    /// It is their password, and they must choose another before they are let in.
    #[error("the password has expired")]
    Expired {
        /// Whose it is.
        user_id: String,
    },
    /// A new password that would be too easy to guess.
    #[error("the new password is too short")]
    Weak,
    /// Too many attempts; it opens by itself.
    #[error("there were too many attempts; the next is looked at in {seconds} s")]
    Locked {
        /// Until the next attempt is looked at.
        seconds: i64,
    },
    /// The server is busy: try again later.
    #[error(transparent)]
    Busy(#[from] HasherBusy),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Somebody who proved their password.
#[derive(Debug)]
pub struct Proven {
    pub user: Arc<Person>,
    /// Forgiven when they are let in.
    pub(super) attempt: Attempt,
    pub(super) password: Matched,
}

/// A password that is somebody's.
#[derive(Debug)]
pub(super) struct Matched {
    user: Arc<Person>,
    /// Hashed anew, where the hash is of an older scheme.
    renew: Option<Op>,
    /// What it was compared with.
    pub(super) known: Known,
}

/// Somebody who is signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// For the browser.
    pub secret: SessionSecret,
    pub session: Session,
}

/// How many users are looked at for one whose hash a stranger's password is compared with.
const DECOYS: u32 = 64;

impl Authenticator {
    /// Whose password this is.
    ///
    /// # Errors
    /// [`SignInRefused`].
    pub async fn prove_password(
        &self,
        published: &Published,
        login: &str,
        candidate: &Candidate,
        address: Option<IpAddr>,
    ) -> Result<Proven, SignInRefused> {
        let proven = self.try_password(published, login, candidate, address).await;
        if let Err(refused) = &proven {
            self.note_refused(login, address, refused);
        }
        proven
    }

    async fn try_password(
        &self,
        published: &Published,
        login: &str,
        candidate: &Candidate,
        address: Option<IpAddr>,
    ) -> Result<Proven, SignInRefused> {
        let attempt = Attempt::begin(self, Guessed::Password(login), address).await?;
        let matched = self.match_password(published, login, candidate).await;
        let (attempt, password) = attempt.settle(&self.store, matched).await?;
        Ok(Proven { user: Arc::clone(&password.user), attempt, password })
    }

    async fn match_password(
        &self,
        published: &Published,
        login: &str,
        candidate: &Candidate,
    ) -> Result<Matched, SignInRefused> {
        let found = published.find_person_by_login(login.trim()).await?;
        let is_found = found.is_some();
        // A stranger is compared with somebody, so that the time tells nothing.
        let compared = match found {
            Some(found) => Some(found),
            None => decoy(published, login).await?,
        };
        let Some(person) = compared else {
            self.hasher.check(None, candidate.clone()).await?;
            return Err(SignInRefused::Wrong);
        };
        let user = person.user();
        let known = self.find_password(user).await?;
        let checked = self.compare(published, person.index(), &known, candidate).await?;
        match user.status {
            UserStatus::Active if checked.matches && is_found => {}
            UserStatus::PasswordExpired if checked.matches && is_found => {
                return Err(SignInRefused::Expired { user_id: user.id.clone() });
            }
            _ => return Err(SignInRefused::Wrong),
        }
        let renew = checked.renewed.map(|hash| credential::keep(user, &known, hash));
        Ok(Matched { user: person, renew, known })
    }

    /// Forgives somebody who proved their password the failures before.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn accept(&self, proven: Proven) -> Result<(), SignInRefused> {
        proven.attempt.succeed(&self.store).await?;
        if let Some(renew) = proven.password.renew {
            // Where another sign-in was first, its hash is as good.
            self.store.batch(vec![renew]).await?;
        }
        Ok(())
    }

    /// Opens a session for somebody who proved enough. The session the browser had before ends.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn let_in(
        &self,
        user_id: &str,
        methods: Vec<Method>,
        before: Option<&SessionSecret>,
        agent: &str,
    ) -> Result<SignedIn, SignInRefused> {
        let now = self.store.time().await?.seconds();
        let (secret, session, open) = self.open_session(user_id, methods, agent, now);
        let started = Op::Insert(self.session_started(user_id, now));
        let ops = [open, started].into_iter().chain(before.map(end)).collect();
        if self.store.batch(ops).await?.value != BatchOutcome::Applied {
            return Err(SignInRefused::Store(StoreError::Busy));
        }
        Ok(SignedIn { secret, session })
    }
}

impl ProvesPasswords for Authenticator {
    async fn prove_password_alone(
        &self,
        published: &Published,
        username: &str,
        password: &str,
        address: Option<IpAddr>,
    ) -> Result<Arc<Person>, PasswordRefused> {
        let candidate = Candidate::new(password).ok_or(PasswordRefused::Wrong)?;
        let proven = self.prove_password(published, username, &candidate, address).await?;
        let person = Arc::clone(&proven.user);
        self.accept(proven).await?;
        let factors = self.find_factors(&person.user().id).await.map_err(PasswordRefused::Store)?;
        if factors.any() { Err(PasswordRefused::NeedsFactor) } else { Ok(person) }
    }
}

impl From<SignInRefused> for PasswordRefused {
    fn from(refused: SignInRefused) -> Self {
        match refused {
            SignInRefused::Wrong | SignInRefused::Weak | SignInRefused::Expired { .. } => {
                Self::Wrong
            }
            SignInRefused::Locked { .. } => Self::Locked,
            SignInRefused::Busy(_) => Self::Busy,
            SignInRefused::Store(error) => Self::Store(error),
        }
    }
}

/// Somebody with a password, always the same for a login.
async fn decoy(published: &Published, login: &str) -> Result<Option<Arc<Person>>, StoreError> {
    let [a, b, c, d, ..] = digest(login.trim().to_lowercase().as_bytes());
    let some = published.some_people(u32::from_be_bytes([a, b, c, d]), DECOYS).await?;
    let has_password = some.iter().position(|person| person.user().password.is_some());
    Ok(some.into_iter().nth(has_password.unwrap_or_default()))
}
