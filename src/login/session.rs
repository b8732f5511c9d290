//! Who is signed in at a browser. The browser keeps a secret, the store its hash; a sign-in always
//! makes a new one, so that nobody can hand a browser theirs beforehand.

use super::{Authenticator, rows};
use crate::grant::SEVERAL_FACTORS;
use crate::random::Random;
use crate::store::{Op, Row, StoreError};
use crate::token::digest;
use base64_simd::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of the rows; their key is the hash of the secret.
pub(super) const KIND: &str = "session";

/// How long, in seconds, a session lasts without use, and in all (authorization-server §2.10).
const IDLE: i64 = 2 * 3600;
const LONGEST: i64 = 24 * 3600;

/// How old, in seconds, the time of last use may be before it is written anew.
const STALE: i64 = 60;

const SECRET_BYTES: usize = 32;
const ID_LENGTH: usize = 20;

/// How a person proved who they are (RFC 8176).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    #[serde(rename = "pwd")]
    Password,
    #[serde(rename = "mfa")]
    SeveralFactors,
    #[serde(rename = "otp")]
    OneTimePassword,
    #[serde(rename = "swk")]
    Passkey,
}

impl Method {
    /// Its word in `amr`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::SeveralFactors => SEVERAL_FACTORS,
            Self::OneTimePassword => "otp",
            Self::Passkey => "swk",
        }
    }
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// What others may know of it: `session.id` in expressions. Not the secret.
    pub id: String,
    pub user_id: String,
    /// When the person last proved who they are, in seconds since 1970.
    pub auth_time: i64,
    pub methods: Vec<Method>,
    /// Seconds since 1970.
    pub created_at: i64,
    /// When it was last used, to the minute.
    pub seen_at: i64,
    /// What the browser called itself.
    pub agent: String,
}

/// A session with where it is kept.
#[derive(Debug, Clone)]
pub struct FoundSession {
    pub session: Session,
    pub(super) key: String,
    pub(super) generation: i64,
}

/// What the browser keeps. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionSecret(String);

impl SessionSecret {
    /// A new one.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        Self(random.base64url(SECRET_BYTES))
    }

    /// The secret that a browser sent, if it can be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (text.len() == 43 && text.chars().all(plain)).then(|| Self(text.to_owned()))
    }

    /// For the cookie.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept of it, and what proves knowledge of it for one purpose only.
    #[must_use]
    pub fn hash(&self, purpose: &str) -> String {
        let hash = digest(format!("{purpose}\0{}", self.0).as_bytes());
        URL_SAFE_NO_PAD.encode_to_string(hash)
    }

    fn key(&self) -> String {
        self.hash("session")
    }
}

impl Session {
    /// Whether a second factor was asked for and given.
    #[must_use]
    pub fn has_second_factor(&self) -> bool {
        self.methods.contains(&Method::SeveralFactors)
    }

    /// How it was opened, and this second factor.
    #[must_use]
    pub fn with_second_factor(&self, factor: Method) -> Vec<Method> {
        let mut methods = self.methods.clone();
        for method in [factor, Method::SeveralFactors] {
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        methods
    }

    /// When it ends if it is not used again, in seconds since 1970.
    #[must_use]
    pub fn expires_at(&self) -> i64 {
        let idle = self.seen_at.saturating_add(IDLE);
        idle.min(self.created_at.saturating_add(LONGEST))
    }

    pub(super) fn row(&self, key: &str) -> Row {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        Row::new(KIND, key, bytes)
            .tagged(format!("user:{}", self.user_id))
            .tagged(format!("session:{}", self.id))
            .expiring_at(self.expires_at())
    }
}

impl Authenticator {
    /// A session of this person that begins at `now`, by the clock of the store, with the secret for the
    /// browser and what writes it.
    pub(super) fn open_session(
        &self,
        user_id: &str,
        methods: Vec<Method>,
        agent: &str,
        now: i64,
    ) -> (SessionSecret, Session, Op) {
        let secret = SessionSecret::generate(&self.random);
        let session = Session {
            id: format!("idx{}", self.random.base62(ID_LENGTH)),
            user_id: user_id.to_owned(),
            auth_time: now,
            methods,
            created_at: now,
            seen_at: now,
            agent: agent.chars().take(200).collect(),
        };
        let op = Op::Insert(session.row(&secret.key()));
        (secret, session, op)
    }

    /// The session that a browser's secret belongs to, if it lasts. That it was used is noted.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn find_session(
        &self,
        secret: &SessionSecret,
    ) -> Result<Option<FoundSession>, StoreError> {
        let key = secret.key();
        let found = self.store.find(KIND, &key).await?;
        let now = found.seconds();
        let Some(row) = found.value else { return Ok(None) };
        let Some(session) = read(&row) else { return Ok(None) };
        if session.expires_at() <= now {
            return Ok(None);
        }
        let found = FoundSession { session, key, generation: row.generation };
        if now.saturating_sub(found.session.seen_at) < STALE {
            return Ok(Some(found));
        }
        self.touch(found, now).await.map(Some)
    }

    /// The session that others know by this id, if it lasts.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn find_session_by_id(&self, id: &str) -> Result<Option<FoundSession>, StoreError> {
        let found = self.store.list_by_tag(KIND, &format!("session:{id}"), None, 1).await?;
        let now = found.seconds();
        let session = found.value.into_iter().next().and_then(|row| {
            let session = read(&row).filter(|session| now < session.expires_at())?;
            Some(FoundSession { session, key: row.key, generation: row.generation })
        });
        Ok(session)
    }

    /// Has a session last as if it was used now.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn refresh_session(&self, found: FoundSession) -> Result<FoundSession, StoreError> {
        let now = self.store.time().await?.seconds();
        self.touch(found, now).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn end_found_session(&self, found: &FoundSession) -> Result<(), StoreError> {
        let (kind, key) = (KIND.to_owned(), found.key.clone());
        self.store.batch(vec![Op::Delete { kind, key, expected: None }]).await.map(|_| ())
    }

    /// Notes the use. If another request was first, that one noted it.
    async fn touch(&self, mut found: FoundSession, now: i64) -> Result<FoundSession, StoreError> {
        found.session.seen_at = now;
        let row = found.session.row(&found.key);
        let op = Op::Replace { row, expected: found.generation };
        if self.store.batch(vec![op]).await?.value == crate::store::BatchOutcome::Applied {
            found.generation += 1;
        }
        Ok(found)
    }

    /// Ends the session of this secret. No token ends with it (decision 16).
    ///
    /// # Errors
    /// The store's failure.
    pub async fn end_session(&self, secret: &SessionSecret) -> Result<(), StoreError> {
        self.store.batch(vec![end(secret)]).await.map(|_| ())
    }

    /// Ends every session of a person.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn end_sessions(&self, user_id: &str) -> Result<(), StoreError> {
        self.store.delete_by_tag(Some(KIND), &format!("user:{user_id}")).await.map(|_| ())
    }

    /// Ends the session with this id, if it is one of this person.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn end_session_of(&self, user_id: &str, id: &str) -> Result<(), StoreError> {
        let tag = format!("session:{id}");
        let found = self.store.list_by_tag(KIND, &tag, None, 1).await?.value.pop();
        let is_theirs = |row: &Row| read(row).is_some_and(|session| session.user_id == user_id);
        let Some(Row { kind, key, .. }) = found.filter(is_theirs) else { return Ok(()) };
        self.store.batch(vec![Op::Delete { kind, key, expected: None }]).await.map(|_| ())
    }

    /// The sessions of a person, and which rows they are.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn list_sessions(&self, user_id: &str) -> Result<Vec<FoundSession>, StoreError> {
        rows::list(&self.store, (KIND, &format!("user:{user_id}")), |row, now| {
            let session = read(&row).filter(|session| now < session.expires_at())?;
            Some(FoundSession { session, key: row.key, generation: row.generation })
        })
        .await
    }
}

fn read(row: &Row) -> Option<Session> {
    serde_json::from_slice(&row.bytes).ok()
}

/// What ends the session of a secret.
pub(super) fn end(secret: &SessionSecret) -> Op {
    Op::Delete { kind: KIND.to_owned(), key: secret.key(), expected: None }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionSecret")
    }
}
