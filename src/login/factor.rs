//! Second factors: the app of a person that makes one-time passwords, their passkeys, and recovery
//! codes for when these are lost (decision 38). One row for each person; the secret of the app is
//! encrypted.

use super::attempts::{Attempt, Guessed, unreadable};
use super::rows::{Change, change};
use super::{Authenticator, SessionSecret, SignInRefused};
use crate::store::{Op, Row, StoreError};
use crate::token::opaque::{is_same_text, lookup_hash};
use crate::token::{digest, one_time};
use base64_simd::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

pub(super) const KIND: &str = "factors";

/// The name under which the secret of an app is closed up.
const NAME: &str = "one-time password secret 1";

/// How many recovery codes there are, and of how many characters: 5.95 bits each.
const RECOVERY_CODES: usize = 10;
const RECOVERY_LENGTH: usize = 16;

/// The name under which one is closed up while it is being set up.
const SHOWN: &str = "one-time password secret being set up 1";

/// For what the secret of the browser stands there.
const ENROLLING: &str = "enrolment";

/// How long, in seconds, an app may be set up.
const ENROLMENT: i64 = 600;

/// An app that is being set up, as the page keeps it closed up.
#[derive(Serialize, Deserialize)]
struct ShownApp {
    secret: Vec<u8>,
    /// The hash of the secret of the browser that shows it.
    browser: String,
    /// Seconds since 1970.
    ends_at: i64,
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    app: Option<KeptApp>,
    #[serde(default)]
    pub(super) passkeys: Vec<KeptPasskey>,
    /// Hashes of the codes that are left.
    pub(super) recovery: Vec<String>,
}

/// A passkey; id and public key in base64url.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct KeptPasskey {
    pub(super) id: String,
    /// COSE.
    pub(super) algorithm: i64,
    pub(super) key: String,
    /// How often it was used, as it says itself.
    pub(super) count: u32,
    /// Seconds since 1970.
    pub(super) enrolled_at: i64,
}

/// Codes for when everything else is lost.
pub(super) struct RecoveryCodes {
    pub(super) texts: Vec<String>,
    pub(super) hashes: Vec<String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct KeptApp {
    /// Encrypted, in base64url.
    secret: String,
    /// Seconds since 1970.
    enrolled_at: i64,
    /// The period of the last password that worked.
    last: i64,
    #[serde(default)]
    id: Option<String>,
}

/// What the id of an app begins with, and how many characters follow.
const PREFIX: &str = "ost";
const ID_LENGTH: usize = 17;

/// The kind of the row of an app that an administrator sets up for somebody; the key is theirs.
const BEGUN: &str = "factor-enrolment";

/// The name under which its secret is closed up.
const SET_UP: &str = "one-time password secret set up for somebody 1";

/// What such a row holds.
#[derive(Serialize, Deserialize)]
struct BegunApp {
    id: String,
    /// Encrypted, in base64url.
    secret: String,
    /// Seconds since 1970.
    begun_at: i64,
}

/// An app that is being set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingApp {
    pub id: String,
    /// Since when, in seconds since 1970.
    pub since: i64,
}

/// The factors that a person has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Factors {
    /// Since when there is an app, in seconds since 1970.
    pub app_since: Option<i64>,
    /// Its id; of one that was set up before apps had any, [`Factors::app_id`] makes one.
    own_app_id: Option<String>,
    /// The ids of passkeys, and since when there is each.
    pub passkeys: Vec<(String, i64)>,
    pub n_recovery_codes: usize,
}

impl Factors {
    /// Whether one can be asked for.
    #[must_use]
    pub fn any(&self) -> bool {
        self.app_since.is_some() || !self.passkeys.is_empty()
    }

    /// The id of the app of this person, the same as long as it is the same app; `None` if they have
    /// no factor at all. Who has passkeys alone goes on with a recovery code where there is no browser
    /// to ask for them: that has an id too.
    #[must_use]
    pub fn app_id(&self, user_id: &str) -> Option<String> {
        let since = self.any().then(|| self.app_since.unwrap_or_default())?;
        if let Some(id) = &self.own_app_id {
            return Some(id.clone());
        }
        let hash = lookup_hash("factor", &format!("{user_id}/{since}"));
        let id = hash.chars().filter(char::is_ascii_alphanumeric).take(ID_LENGTH);
        Some(PREFIX.chars().chain(id).collect())
    }
}

/// The secret of an app that is being set up. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct AppSecret(Vec<u8>);

impl AppSecret {
    /// As a person types it.
    #[must_use]
    pub fn base32(&self) -> String {
        one_time::base32(&self.0)
    }

    /// As apps read it: `otpauth://totp/…`. `account` and `issuer` are percent-encoded.
    #[must_use]
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let secret = self.base32();
        format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}")
    }
}

impl std::fmt::Debug for AppSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AppSecret")
    }
}

impl Authenticator {
    /// The factors of a person.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn find_factors(&self, user_id: &str) -> Result<Factors, StoreError> {
        let row = self.store.find(KIND, user_id).await?.value;
        let kept = read(row.as_ref())?;
        Ok(Factors {
            app_since: kept.app.as_ref().map(|app| app.enrolled_at),
            own_app_id: kept.app.and_then(|app| app.id),
            passkeys: kept.passkeys.into_iter().map(|key| (key.id, key.enrolled_at)).collect(),
            n_recovery_codes: kept.recovery.len(),
        })
    }

    /// A secret for an app, and the same closed up for the page that it is shown on. It is good for
    /// ten minutes, and in the browser that has this secret.
    ///
    /// # Errors
    /// The store's failure, or why it cannot be closed.
    pub async fn new_app_secret(
        &self,
        user_id: &str,
        browser: &SessionSecret,
    ) -> Result<(AppSecret, String), super::AuthorizationError> {
        let mut secret = vec![0; one_time::SECRET_BYTES];
        self.random.fill(&mut secret);
        let ends_at = self.store.time().await?.seconds().saturating_add(ENROLMENT);
        let shown = ShownApp { secret, browser: browser.hash(ENROLLING), ends_at };
        let plain = serde_json::to_vec(&shown).unwrap_or_default();
        let closed = self.seal(SHOWN, user_id, &plain)?;
        Ok((AppSecret(shown.secret), closed))
    }

    /// The secret that a page has closed up, if it was for this person in one of these browsers and its
    /// time is not over.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn open_app_secret(
        &self,
        user_id: &str,
        browsers: &[SessionSecret],
        closed: &str,
    ) -> Result<Option<AppSecret>, StoreError> {
        let plain = self.unseal(SHOWN, user_id, closed);
        let shown = plain.and_then(|plain| serde_json::from_slice::<ShownApp>(&plain).ok());
        let Some(shown) = shown else { return Ok(None) };
        let is_here = |own: &SessionSecret| is_same_text(&shown.browser, &own.hash(ENROLLING));
        let is_open = self.store.time().await?.seconds() < shown.ends_at;
        Ok((is_open && browsers.iter().any(is_here)).then_some(AppSecret(shown.secret)))
    }

    pub(super) fn seal(
        &self,
        name: &str,
        user_id: &str,
        plain: &[u8],
    ) -> Result<String, super::AuthorizationError> {
        let closed = self.vault.seal(&self.random, &format!("{name} {user_id}"), plain);
        let closed =
            closed.map_err(|error| super::AuthorizationError::unavailable(&error.to_string()))?;
        Ok(URL_SAFE_NO_PAD.encode_to_string(closed))
    }

    pub(super) fn unseal(&self, name: &str, user_id: &str, closed: &str) -> Option<Vec<u8>> {
        let closed = URL_SAFE_NO_PAD.decode_to_vec(closed).ok()?;
        self.vault.open(&format!("{name} {user_id}"), &closed).ok()
    }

    /// Sets up an app, if `code` is its password now and the person has none. Answers fresh recovery
    /// codes, which are told this once.
    ///
    /// # Errors
    /// [`SignInRefused::Wrong`] for another password, or where an app was set up meanwhile; or the
    /// store's failure.
    pub async fn enrol_app(
        &self,
        user_id: &str,
        secret: &AppSecret,
        code: &str,
    ) -> Result<Vec<String>, SignInRefused> {
        let (codes, _) = self.set_up(user_id, (secret, None), code).await?;
        Ok(codes)
    }

    async fn set_up(
        &self,
        user_id: &str,
        app: (&AppSecret, Option<String>),
        code: &str,
    ) -> Result<(Vec<String>, i64), SignInRefused> {
        let attempt = Attempt::begin(self, Guessed::Factor(user_id), None).await?;
        let begun = Op::Delete { kind: BEGUN.to_owned(), key: user_id.to_owned(), expected: None };
        let besides = vec![attempt.forgive(), begun];
        let enrolled = self.write_app(user_id, app, code, besides).await;
        let (_, enrolled) = attempt.settle(&self.store, enrolled).await?;
        Ok(enrolled)
    }

    /// Begins to set up an app for somebody else: its secret, and what it is found by for ten minutes.
    /// One that was begun before is forgotten.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn begin_app(&self, user_id: &str) -> Result<(AppSecret, PendingApp), SignInRefused> {
        let mut secret = vec![0; one_time::SECRET_BYTES];
        self.random.fill(&mut secret);
        let closed = self.seal(SET_UP, user_id, &secret).map_err(|error| unsealed(&error))?;
        let id = format!("{PREFIX}{}", self.random.base62(ID_LENGTH));
        let since = change(&self.store, (BEGUN, user_id), |_, begun_at| {
            let begun = BegunApp { id: id.clone(), secret: closed.clone(), begun_at };
            let bytes = serde_json::to_vec(&begun).unwrap_or_default();
            let row = Row::new(BEGUN, user_id, bytes).tagged(format!("user:{user_id}"));
            let row = row.expiring_at(begun_at.saturating_add(ENROLMENT));
            Ok::<_, StoreError>((Change::To(row), Vec::new(), begun_at))
        })
        .await?;
        Ok((AppSecret(secret), PendingApp { id, since }))
    }

    /// The app that is being set up for somebody, if one is.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn find_begun_app(&self, user_id: &str) -> Result<Option<PendingApp>, StoreError> {
        let begun = self.find_begun(user_id).await?;
        Ok(begun.map(|BegunApp { id, begun_at, .. }| PendingApp { id, since: begun_at }))
    }

    async fn find_begun(&self, user_id: &str) -> Result<Option<BegunApp>, StoreError> {
        let found = self.store.find(BEGUN, user_id).await?;
        let now = found.seconds();
        let row = found.value.filter(|row| row.expires_at.is_some_and(|end| now < end));
        let read = row.map(|row| serde_json::from_slice(&row.bytes)).transpose();
        read.map_err(|error| unreadable(BEGUN, &error))
    }

    /// Gives up the app that is being set up for somebody.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn forget_begun_app(&self, user_id: &str) -> Result<(), StoreError> {
        let (kind, key) = (BEGUN.to_owned(), user_id.to_owned());
        self.store.batch(vec![Op::Delete { kind, key, expected: None }]).await.map(|_| ())
    }

    /// As [`Authenticator::enrol_app`], of the app that was begun and has this id; answers besides since
    /// when there is one, in seconds since 1970. `None` if none is begun any more.
    ///
    /// # Errors
    /// As [`Authenticator::enrol_app`].
    pub async fn finish_app(
        &self,
        user_id: &str,
        id: &str,
        code: &str,
    ) -> Result<Option<(Vec<String>, i64)>, SignInRefused> {
        let begun = self.find_begun(user_id).await?.filter(|begun| begun.id == id);
        let Some(BegunApp { id, secret, .. }) = begun else { return Ok(None) };
        let Some(secret) = self.unseal(SET_UP, user_id, &secret) else { return Ok(None) };
        let app = (&AppSecret(secret), Some(id));
        self.set_up(user_id, app, code).await.map(Some)
    }

    /// Takes every factor of a person away, recovery codes too.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn remove_factors(&self, user_id: &str) -> Result<(), SignInRefused> {
        self.forget_begun_app(user_id).await?;
        self.change_factors(user_id, |kept| *kept = Kept::default()).await
    }

    async fn write_app(
        &self,
        user_id: &str,
        (secret, id): (&AppSecret, Option<String>),
        code: &str,
        besides: Vec<Op>,
    ) -> Result<(Vec<String>, i64), SignInRefused> {
        let codes = self.new_recovery_codes(user_id);
        let closed = self.seal(NAME, user_id, &secret.0).map_err(|error| unsealed(&error))?;
        let since = change(&self.store, (KIND, user_id), |row, enrolled_at| {
            let last = one_time::matching_period(&secret.0, code, enrolled_at, None);
            let last = last.ok_or(SignInRefused::Wrong)?;
            let before = read(row)?;
            // Of two that are set up at once the first counts: it is asked for from then on.
            if before.app.is_some() {
                return Err(SignInRefused::Wrong);
            }
            let app = KeptApp { secret: closed.clone(), enrolled_at, last, id: id.clone() };
            let kept = Kept { app: Some(app), recovery: codes.hashes.clone(), ..before };
            Ok((Change::To(kept.row(user_id)), besides.clone(), enrolled_at))
        })
        .await?;
        Ok((codes.texts, since))
    }

    /// Takes the app away.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn remove_app(&self, user_id: &str) -> Result<(), SignInRefused> {
        self.change_factors(user_id, |kept| kept.app = None).await
    }

    /// Changes the factors of a person; with the last go the recovery codes.
    pub(super) async fn change_factors(
        &self,
        user_id: &str,
        change_kept: impl Fn(&mut Kept),
    ) -> Result<(), SignInRefused> {
        change(&self.store, (KIND, user_id), |row, _| {
            let mut kept = read(row)?;
            change_kept(&mut kept);
            let is_left = kept.has_factor();
            let after = if is_left { Change::To(kept.row(user_id)) } else { Change::Gone };
            Ok((after, Vec::new(), ()))
        })
        .await
    }

    pub(super) fn new_recovery_codes(&self, user_id: &str) -> RecoveryCodes {
        let texts: Vec<String> =
            (0..RECOVERY_CODES).map(|_| self.random.base62(RECOVERY_LENGTH)).collect();
        let hashes = texts.iter().map(|code| recovery_hash(user_id, code)).collect();
        RecoveryCodes { texts, hashes }
    }

    /// Whether `code` is the password of the person's app now, or a recovery code; each works once.
    ///
    /// # Errors
    /// [`SignInRefused::Wrong`], or [`SignInRefused::Locked`] after too many.
    pub async fn prove_factor(&self, user_id: &str, code: &str) -> Result<(), SignInRefused> {
        let proven = self.try_factor(user_id, code).await;
        self.record_factor(user_id, proven).await
    }

    async fn try_factor(&self, user_id: &str, code: &str) -> Result<(), SignInRefused> {
        let attempt = Attempt::begin(self, Guessed::Factor(user_id), None).await?;
        let forgive = attempt.forgive();
        // Of two that use one password at once, one is refused.
        let spent = change(&self.store, (KIND, user_id), |row, now| {
            let left = self.spend(user_id, &read(row)?, code, now).ok_or(SignInRefused::Wrong)?;
            Ok((Change::To(left.row(user_id)), vec![forgive.clone()], ()))
        });
        attempt.settle(&self.store, spent.await).await.map(|_| ())
    }

    /// What is left when this code was used.
    fn spend(&self, user_id: &str, kept: &Kept, code: &str, now: i64) -> Option<Kept> {
        let mut left = kept.clone();
        if let Some(app) = left.app.as_mut() {
            let secret = self.unseal(NAME, user_id, &app.secret)?;
            if let Some(period) = one_time::matching_period(&secret, code, now, Some(app.last)) {
                app.last = period;
                return Some(left);
            }
        }
        let hash = recovery_hash(user_id, code);
        let index = left.recovery.iter().position(|known| is_same_text(known, &hash))?;
        left.recovery.remove(index);
        Some(left)
    }
}

impl Kept {
    pub(super) fn has_factor(&self) -> bool {
        self.app.is_some() || !self.passkeys.is_empty()
    }

    pub(super) fn row(&self, user_id: &str) -> Row {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        Row::new(KIND, user_id, bytes).tagged(format!("user:{user_id}"))
    }
}

fn unsealed(error: &super::AuthorizationError) -> StoreError {
    StoreError::Database(error.to_string())
}

/// What is kept. A row that cannot be read is a failure: to nobody it means "no second factor".
pub(super) fn read(row: Option<&Row>) -> Result<Kept, StoreError> {
    let Some(row) = row else { return Ok(Kept::default()) };
    serde_json::from_slice(&row.bytes).map_err(|error| unreadable(KIND, &error))
}

/// Codes are random enough to be kept by a plain hash. Spaces and dashes are for the eye.
fn recovery_hash(user_id: &str, code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    URL_SAFE_NO_PAD.encode_to_string(digest(format!("recovery\0{user_id}\0{plain}").as_bytes()))
}
