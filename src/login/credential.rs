//! The passwords of people: what the org document says of one, until the person changed it or
//! signed in and it was hashed anew; then a row. A document that says something else than it did
//! when the row was written wins over the row.

use super::attempts::{self, Guessed, unreadable};
use super::hasher::Checked;
use super::password::{Candidate, PasswordHash};
use super::{Authenticator, SignInRefused, session};
use crate::directory::{Password, User};
use crate::grant::{CODE, DEVICE, FAMILY};
use crate::publish::Published;
use crate::store::{BatchOutcome, Op, Row, STEP, StoreError};
use crate::token::digest;
use base64_simd::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

const KIND: &str = "password";

#[derive(Serialize, Deserialize)]
struct Kept {
    hash: String,
    /// The fingerprint of what the document said then.
    replaces: Option<String>,
    /// Seconds since 1970.
    changed_at: i64,
}

/// What a password is compared with. Its `Debug` shows nothing of it.
pub(super) struct Known {
    comparison: Comparison,
    /// The generation of the row, if there is one.
    generation: Option<i64>,
    /// When it was looked up, in seconds since 1970 by the clock of the store.
    at: i64,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Known")
    }
}

/// Fewest characters of a password that a person chooses (NIST SP 800-63B §3.1.1).
const SHORTEST: usize = 8;

/// What ends with a password, by kind of row.
pub const ENDED_WITH_PASSWORD: &[&str] = &[session::KIND, FAMILY, CODE, DEVICE];

enum Comparison {
    Hash(PasswordHash),
    /// With a variable of the environment.
    Environment,
    Nothing,
}

impl Authenticator {
    /// What this person's password is compared with.
    pub(super) async fn find_password(&self, user: &User) -> Result<Known, SignInRefused> {
        let found = self.store.find(KIND, &user.id).await?;
        let (at, row) = (found.seconds(), found.value);
        let generation = row.as_ref().map(|row| row.generation);
        // One that cannot be read is a failure: the password before must not work again.
        let kept = row.map(|row| serde_json::from_slice::<Kept>(&row.bytes)).transpose();
        let kept = kept.map_err(|error| unreadable(KIND, &error))?;
        let said = user.password.as_ref();
        let kept = kept.filter(|kept| kept.replaces == said.map(fingerprint));
        let comparison = match (kept, said) {
            (Some(kept), _) => read_hash(user, &kept.hash),
            (None, Some(Password::Hash(text))) => read_hash(user, text),
            (None, Some(Password::Environment(_))) => Comparison::Environment,
            (None, None) => Comparison::Nothing,
        };
        Ok(Known { comparison, generation, at })
    }

    /// Changes the password of somebody who knows it. With the one before end every session, code
    /// and refresh token of theirs: whoever knew it may have made one.
    ///
    /// # Errors
    /// [`SignInRefused::Weak`] for one that is too short or is the login, which is no attempt at
    /// guessing; else as [`Authenticator::prove_password`].
    pub async fn change_password(
        &self,
        published: &Published,
        user: &User,
        (current, new): (&Candidate, Candidate),
        address: Option<IpAddr>,
    ) -> Result<(), SignInRefused> {
        check_new(user, &new)?;
        let proven = self.prove_password(published, &user.login, current, address).await?;
        let replaced = self.replace_password(user, &proven.password.known, new).await;
        let (attempt, ()) = proven.attempt.settle(&self.store, replaced).await?;
        attempt.succeed(&self.store).await
    }

    async fn replace_password(
        &self,
        user: &User,
        known: &Known,
        new: Candidate,
    ) -> Result<(), SignInRefused> {
        let hash = self.hasher.make(new).await?;
        let tag = format!("user:{}", user.id);
        let end = |kind: &&str| Op::DeleteTagged {
            kind: Some((*kind).to_owned()),
            tag: tag.clone(),
            limit: STEP,
        };
        let keep = keep(user, known, hash);
        let ops = std::iter::once(keep).chain(ENDED_WITH_PASSWORD.iter().map(end)).collect();
        if self.store.batch(ops).await?.value != BatchOutcome::Applied {
            return Err(SignInRefused::Store(StoreError::Busy));
        }
        Ok(self.end_with_password(&user.id).await?)
    }

    /// Ends what the password of a person opened: every session, code and refresh token of theirs.
    ///
    /// # Errors
    /// The store's failure; asking again goes on.
    pub async fn end_with_password(&self, user_id: &str) -> Result<(), StoreError> {
        let tag = format!("user:{user_id}");
        for kind in ENDED_WITH_PASSWORD {
            self.store.delete_by_tag(Some(kind), &tag).await?;
        }
        Ok(())
    }

    /// Whether there is something that this person can sign in with.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn has_password(&self, user: &User) -> Result<bool, SignInRefused> {
        let known = self.find_password(user).await?;
        Ok(!matches!(known.comparison, Comparison::Nothing))
    }

    /// Forgives the wrong guesses at a password. Answers whether they had locked the account.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn unlock(&self, login: &str) -> Result<bool, StoreError> {
        attempts::unlock(&self.store, Guessed::Password(login)).await
    }

    /// Whether it is the password of the user with this index. The same work is done whatever there
    /// is to compare with.
    pub(super) async fn compare(
        &self,
        published: &Published,
        user: usize,
        known: &Known,
        candidate: &Candidate,
    ) -> Result<Checked, SignInRefused> {
        let hash = match &known.comparison {
            Comparison::Hash(hash) => Some(hash.clone()),
            Comparison::Environment | Comparison::Nothing => None,
        };
        let checked = self.hasher.check(hash, candidate.clone()).await?;
        let is_environments = matches!(known.comparison, Comparison::Environment)
            && published.is_password_of(user, candidate.as_str());
        Ok(Checked { matches: checked.matches || is_environments, ..checked })
    }
}

/// Whether a person may choose this password.
///
/// # Errors
/// [`SignInRefused::Weak`] for one that is too short or is the login.
pub(super) fn check_new(user: &User, new: &Candidate) -> Result<(), SignInRefused> {
    if may_be_password_of(&user.login, new) { Ok(()) } else { Err(SignInRefused::Weak) }
}

/// Whether whoever has this login may have this password: one that is not too short, and not the login.
#[must_use]
pub fn may_be_password_of(login: &str, new: &Candidate) -> bool {
    let is_login = new.as_str().eq_ignore_ascii_case(login);
    !is_login && new.as_str().chars().count() >= SHORTEST
}

/// What keeps this hash as the person's password from now on, in the place of what is known.
pub(super) fn keep(user: &User, known: &Known, hash: String) -> Op {
    let replaces = user.password.as_ref().map(fingerprint);
    let kept = Kept { hash, replaces, changed_at: known.at };
    let bytes = serde_json::to_vec(&kept).unwrap_or_default();
    let row = Row::new(KIND, &user.id, bytes).tagged(format!("user:{}", user.id));
    match known.generation {
        Some(expected) => Op::Replace { row, expected },
        None => Op::Insert(row),
    }
}

fn read_hash(user: &User, text: &str) -> Comparison {
    match PasswordHash::parse(text) {
        Ok(hash) => Comparison::Hash(hash),
        Err(error) => {
            tracing::error!(user = user.id, %error, "nobody can sign in with this password");
            Comparison::Nothing
        }
    }
}

fn fingerprint(said: &Password) -> String {
    let text = match said {
        Password::Hash(text) => format!("hash\0{text}"),
        Password::Environment(name) => format!("env\0{name}"),
    };
    URL_SAFE_NO_PAD.encode_to_string(digest(text.as_bytes()))
}
