//! Second factors: the app of a person that makes one-time passwords, their passkeys, and recovery
//! codes for when these are lost (decision 38). One row for each person; the secret of the app is
//! encrypted.

use super::attempts::{Attempt, Guessed, unreadable};
use super::rows::{Change, change};
use super::{Authenticator, SessionSecret, SignInRefused};
use crate::store::{Op, Row, StoreError};
use crate::token::opaque::is_same_text;
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
}

/// The factors that a person has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Factors {
    /// Since when there is an app, in seconds since 1970.
    pub app_since: Option<i64>,
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
            app_since: kept.app.map(|app| app.enrolled_at),
            passkeys: kept.passkeys.into_iter().map(|key| (key.id, key.enrolled_at)).collect(),
            n_recovery_codes: kept.recovery.len(),
        })
    }

    /// A secret for an app, and the same closed up for the page that it is shown on. It is good for
    /// ten minutes from `now`, and in the browser that has this secret.
    ///
    /// # Errors
    /// Why it cannot be closed.
    pub fn new_app_secret(
        &self,
        user_id: &str,
        browser: &SessionSecret,
        now: i64,
    ) -> Result<(AppSecret, String), super::AuthorizationError> {
        let mut secret = vec![0; one_time::SECRET_BYTES];
        self.random.fill(&mut secret);
        let ends_at = now.saturating_add(ENROLMENT);
        let shown = ShownApp { secret, browser: browser.hash(ENROLLING), ends_at };
        let plain = serde_json::to_vec(&shown).unwrap_or_default();
        let closed = self.seal(SHOWN, user_id, &plain)?;
        Ok((AppSecret(shown.secret), closed))
    }

    /// The secret that a page has closed up, if it was for this person in this browser and its time
    /// is not over.
    #[must_use]
    pub fn open_app_secret(
        &self,
        user_id: &str,
        browser: &SessionSecret,
        closed: &str,
        now: i64,
    ) -> Option<AppSecret> {
        let shown: ShownApp = serde_json::from_slice(&self.unseal(SHOWN, user_id, closed)?).ok()?;
        let is_good = now < shown.ends_at && is_same_text(&shown.browser, &browser.hash(ENROLLING));
        is_good.then_some(AppSecret(shown.secret))
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
        now: i64,
    ) -> Result<Vec<String>, SignInRefused> {
        let attempt = Attempt::begin(&self.store, Guessed::Factor(user_id), None).await?;
        let forgive = attempt.forgive();
        let enrolled = self.write_app(user_id, secret, code, forgive, now).await;
        let (_, codes) = attempt.settle(&self.store, enrolled).await?;
        Ok(codes)
    }

    async fn write_app(
        &self,
        user_id: &str,
        secret: &AppSecret,
        code: &str,
        forgive: Op,
        now: i64,
    ) -> Result<Vec<String>, SignInRefused> {
        let last = one_time::matching_period(&secret.0, code, now, None);
        let last = last.ok_or(SignInRefused::Wrong)?;
        let codes = self.new_recovery_codes(user_id);
        let failed = |error: super::AuthorizationError| StoreError::Database(error.to_string());
        let secret = self.seal(NAME, user_id, &secret.0).map_err(failed)?;
        let app = KeptApp { secret, enrolled_at: now, last };
        change(&self.store, (KIND, user_id), |row, _| {
            let before = read(row)?;
            // Of two that are set up at once the first counts: it is asked for from then on.
            if before.app.is_some() {
                return Err(SignInRefused::Wrong);
            }
            let (app, recovery) = (Some(app.clone()), codes.hashes.clone());
            let kept = Kept { app, recovery, ..before };
            Ok((Change::To(kept.row(user_id)), vec![forgive.clone()], ()))
        })
        .await?;
        Ok(codes.texts)
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
    pub async fn prove_factor(
        &self,
        user_id: &str,
        code: &str,
        now: i64,
    ) -> Result<(), SignInRefused> {
        let attempt = Attempt::begin(&self.store, Guessed::Factor(user_id), None).await?;
        let forgive = attempt.forgive();
        // Of two that use one password at once, one is refused.
        let spent = change(&self.store, (KIND, user_id), |row, _| {
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
