//! Links by which a person sets a password without knowing one: to be welcomed, or to be let in again
//! (decision 38, `/welcome/{token}` and `/reset/{token}`). A token is kept by its hash, and is spent
//! once.

use super::attempts::{Guessed, forgive};
use super::credential::{self, ENDED_WITH_PASSWORD, check_new};
use super::password::Candidate;
use super::{Authenticator, SignInRefused};
use crate::directory::{Person, UserStatus};
use crate::publish::Published;
use crate::random::Random;
use crate::store::{Op, Row, STEP, Store, StoreError};
use crate::token::opaque::{generate_secret, lookup_hash};
use std::sync::Arc;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invitation {
    /// Somebody who never had a password.
    Welcome,
    /// Somebody who lost it.
    Reset,
}

impl Invitation {
    /// Their words in addresses.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("welcome", Self::Welcome), ("reset", Self::Reset)];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, known)| *known == self).map_or("", |(word, _)| word)
    }

    /// The kind of the rows; their key is the hash of the token.
    fn kind(self) -> &'static str {
        match self {
            Self::Welcome => "welcome-token",
            Self::Reset => "reset-token",
        }
    }

    /// Where somebody stands who may follow it.
    fn statuses(self) -> &'static [UserStatus] {
        use UserStatus::{Active, LockedOut, PasswordExpired, Provisioned, Recovery};
        match self {
            Self::Welcome => &[Provisioned, Active],
            Self::Reset => &[Recovery, PasswordExpired, LockedOut, Active],
        }
    }

    /// How long it may be followed, in seconds.
    fn seconds(self) -> i64 {
        match self {
            Self::Welcome => 7 * 24 * 3600,
            Self::Reset => 3600,
        }
    }
}

/// A token for this person. A second one ends the first.
///
/// # Errors
/// The store's failure.
pub async fn invite(
    store: &Store,
    random: &Random,
    invitation: Invitation,
    user_id: &str,
) -> Result<String, StoreError> {
    let now = store.time().await?.seconds();
    let (kind, token) = (invitation.kind(), generate_secret(random));
    let tag = format!("user:{user_id}");
    let row = Row::new(kind, &lookup_hash(kind, &token), user_id.as_bytes().to_vec());
    let row = row.tagged(tag.clone()).expiring_at(now.saturating_add(invitation.seconds()));
    let before = Op::DeleteTagged { kind: Some(kind.to_owned()), tag, limit: STEP };
    store.batch(vec![before, Op::Insert(row)]).await?;
    Ok(token)
}

/// What it takes to follow a link.
#[derive(Debug)]
pub struct Followed {
    /// Who follows it.
    pub person: Arc<Person>,
    /// All that is to be done, at once: the token is spent, the password kept, what the one before
    /// opened ends, and its failures are forgiven. If a condition fails, the link is over.
    pub ops: Vec<Op>,
}

impl Authenticator {
    /// Whom a token was made for, if it may be followed still.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn find_invited(
        &self,
        published: &Published,
        invitation: Invitation,
        token: &str,
    ) -> Result<Option<Arc<Person>>, StoreError> {
        let found = self.find_invitation(invitation, token).await?;
        match found {
            Some(row) => invited(published, invitation, &row).await,
            None => Ok(None),
        }
    }

    /// What gives the one whom a token was made for this password. `None` if the token may not be
    /// followed any more. After it is done, [`Authenticator::end_with_password`] ends what more there
    /// is than a batch ends.
    ///
    /// # Errors
    /// [`SignInRefused::Weak`], or that the hasher is busy or the store failed.
    pub async fn follow_invitation(
        &self,
        published: &Published,
        invitation: Invitation,
        token: &str,
        new: Candidate,
    ) -> Result<Option<Followed>, SignInRefused> {
        let Some(row) = self.find_invitation(invitation, token).await? else { return Ok(None) };
        let Some(person) = invited(published, invitation, &row).await? else { return Ok(None) };
        let user = person.user();
        check_new(user, &new)?;
        let known = self.find_password(user).await?;
        let hash = self.hasher.make(new).await?;
        let Row { kind, key, generation: expected, .. } = row;
        let mut ops = vec![
            Op::Delete { kind, key, expected: Some(expected) },
            credential::keep(user, &known, hash),
            forgive(Guessed::Password(&user.login)),
        ];
        let tag = format!("user:{}", user.id);
        ops.extend(ENDED_WITH_PASSWORD.iter().map(|kind| Op::DeleteTagged {
            kind: Some((*kind).to_owned()),
            tag: tag.clone(),
            limit: STEP,
        }));
        Ok(Some(Followed { ops, person }))
    }

    async fn find_invitation(
        &self,
        invitation: Invitation,
        token: &str,
    ) -> Result<Option<Row>, StoreError> {
        let kind = invitation.kind();
        let found = self.store.find(kind, &lookup_hash(kind, token)).await?;
        let now = found.seconds();
        Ok(found.value.filter(|row| row.expires_at.is_some_and(|end| now < end)))
    }
}

/// Who may follow a link: who is suspended or gone may not.
async fn invited(
    published: &Published,
    invitation: Invitation,
    row: &Row,
) -> Result<Option<Arc<Person>>, StoreError> {
    let Ok(id) = std::str::from_utf8(&row.bytes) else { return Ok(None) };
    let person = published.find_person(id).await?;
    Ok(person.filter(|person| invitation.statuses().contains(&person.user().status)))
}
