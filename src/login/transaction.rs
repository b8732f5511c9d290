//! Signing in by a program, step by step (Okta's Authentication API, decision 39): a password gives
//! a session token, or a state token where a second factor is to be proven first. Both are kept by
//! their hashes for five minutes and are spent once.

use super::Authenticator;
use super::attempts::unreadable;
use super::password::Candidate;
use super::session::{Method, SessionSecret};
use super::sign_in::{SignInRefused, SignedIn};
use crate::directory::Person;
use crate::publish::Published;
use crate::store::{BatchOutcome, Op, Row, StoreError};
use crate::token::opaque::{generate_secret, lookup_hash};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;

/// The kinds of the rows; their key is the hash of the token.
const STATE: &str = "state-token";
const SESSION: &str = "session-token";

/// How long either token may be used, in seconds (authorization-server §2.10).
const SECONDS: i64 = 300;

/// Where somebody who signs in by a program stands. Its `Debug` shows no token.
pub struct Transaction {
    pub user: Arc<Person>,
    /// When its token ends, in seconds since 1970.
    pub expires_at: i64,
    pub stage: Stage,
}

/// What comes next.
pub enum Stage {
    /// Nothing: this begins a session in a browser.
    Done { session_token: String },
    /// The second factor with this id.
    Factor { state_token: String, factor_id: String },
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Transaction")
    }
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Stage")
    }
}

/// What a token stands for.
#[derive(Serialize, Deserialize)]
struct Kept {
    user_id: String,
    /// What was proven.
    methods: Vec<Method>,
}

/// A token that counts.
struct Found {
    kept: Kept,
    row: Row,
    expires_at: i64,
}

impl Found {
    fn spend(&self) -> Op {
        let Row { kind, key, generation, .. } = &self.row;
        Op::Delete { kind: kind.clone(), key: key.clone(), expected: Some(*generation) }
    }
}

impl Authenticator {
    /// Begins with user name and password.
    ///
    /// # Errors
    /// As [`Authenticator::prove_password`].
    pub async fn begin_transaction(
        &self,
        published: &Published,
        login: &str,
        candidate: &Candidate,
        address: Option<IpAddr>,
    ) -> Result<Transaction, SignInRefused> {
        let proven = self.prove_password(published, login, candidate, address).await?;
        let person = Arc::clone(&proven.user);
        self.accept(proven).await?;
        let user = person.user();
        let factors = self.find_factors(&user.id).await?;
        let kept = Kept { user_id: user.id.clone(), methods: vec![Method::Password] };
        let (kind, factor_id) = match factors.app_id(&user.id) {
            Some(id) => (STATE, Some(id)),
            None => (SESSION, None),
        };
        let (token, op, expires_at) = self.new_token(kind, &kept).await?;
        self.store.batch(vec![op]).await?;
        let stage = match factor_id {
            Some(factor_id) => Stage::Factor { state_token: token, factor_id },
            None => Stage::Done { session_token: token },
        };
        Ok(Transaction { user: person, expires_at, stage })
    }

    /// Where a state token stands; `None` if it is over.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn find_transaction(
        &self,
        published: &Published,
        state_token: &str,
    ) -> Result<Option<Transaction>, SignInRefused> {
        let Some(found) = self.find_token(STATE, state_token).await? else { return Ok(None) };
        let user_id = &found.kept.user_id;
        let factor_id = self.find_factors(user_id).await?.app_id(user_id);
        let found_user = active(published, user_id).await?;
        Ok(found_user.zip(factor_id).map(|(user, factor_id)| Transaction {
            user,
            expires_at: found.expires_at,
            stage: Stage::Factor { state_token: state_token.to_owned(), factor_id },
        }))
    }

    /// Goes on with a second factor, if `code` is its password now or a recovery code. `None` if the
    /// state token is over.
    ///
    /// # Errors
    /// As [`Authenticator::prove_factor`].
    pub async fn prove_transaction(
        &self,
        published: &Published,
        state_token: &str,
        code: &str,
    ) -> Result<Option<Transaction>, SignInRefused> {
        let Some(found) = self.find_token(STATE, state_token).await? else { return Ok(None) };
        let user_id = found.kept.user_id.clone();
        let Some(user) = active(published, &user_id).await? else { return Ok(None) };
        self.prove_factor(&user_id, code).await?;
        let methods = vec![Method::Password, Method::OneTimePassword, Method::SeveralFactors];
        let kept = Kept { user_id, methods };
        let (token, op, expires_at) = self.new_token(SESSION, &kept).await?;
        if self.store.batch(vec![found.spend(), op]).await?.value != BatchOutcome::Applied {
            return Ok(None);
        }
        let stage = Stage::Done { session_token: token };
        Ok(Some(Transaction { user, expires_at, stage }))
    }

    /// Gives a state token up; answers whether it was one.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn cancel_transaction(&self, state_token: &str) -> Result<bool, SignInRefused> {
        let Some(found) = self.find_token(STATE, state_token).await? else { return Ok(false) };
        Ok(self.store.batch(vec![found.spend()]).await?.value == BatchOutcome::Applied)
    }

    /// Opens a session by a session token, which is spent. `None` if it is over, or its person may
    /// not sign in now.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn redeem(
        &self,
        published: &Published,
        session_token: &str,
        before: Option<&SessionSecret>,
        agent: &str,
    ) -> Result<Option<SignedIn>, SignInRefused> {
        let Some(found) = self.find_token(SESSION, session_token).await? else { return Ok(None) };
        let spent = self.store.batch(vec![found.spend()]).await?.value == BatchOutcome::Applied;
        let Kept { user_id, methods } = found.kept;
        if !spent || active(published, &user_id).await?.is_none() {
            return Ok(None);
        }
        self.let_in(&user_id, methods, before, agent).await.map(Some)
    }

    async fn new_token(&self, kind: &str, kept: &Kept) -> Result<(String, Op, i64), SignInRefused> {
        let token = generate_secret(&self.random);
        let key = lookup_hash(kind, &token);
        let bytes = serde_json::to_vec(kept).map_err(|error| unreadable(kind, &error))?;
        let expires_at = self.store.time().await?.seconds().saturating_add(SECONDS);
        let row = Row::new(kind, &key, bytes);
        let row = row.tagged(format!("user:{}", kept.user_id)).expiring_at(expires_at);
        Ok((token, Op::Insert(row), expires_at))
    }

    async fn find_token(&self, kind: &str, token: &str) -> Result<Option<Found>, StoreError> {
        let found = self.store.find(kind, &lookup_hash(kind, token)).await?;
        let now = found.seconds();
        let Some(row) = found.value else { return Ok(None) };
        let Some(expires_at) = row.expires_at.filter(|end| now < *end) else { return Ok(None) };
        let kept = serde_json::from_slice(&row.bytes).map_err(|error| unreadable(kind, &error))?;
        Ok(Some(Found { kept, row, expires_at }))
    }
}

/// A user who may sign in.
async fn active(published: &Published, user_id: &str) -> Result<Option<Arc<Person>>, StoreError> {
    let person = published.find_person(user_id).await?;
    Ok(person.filter(|person| person.user().status.may_sign_in()))
}
