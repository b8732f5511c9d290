//! Keys of applications: listed, made, and given to another application.

use super::{Owner, failed, generated};
use crate::administration::ask::{Ask, moment};
use crate::administration::{ChangeRefused, IfMatch, set, text_of};
use crate::token::SigningKey;
use crate::token::certificate::{COMMON_NAME, base64, self_signed, thumbprint};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) const KEY: &str = "application-key";

/// How many years a certificate may count.
const YEARS: std::ops::RangeInclusive<u32> = 2..=10;

/// A year of the calendar on the average of four, in seconds.
const YEAR: i64 = 31_557_600;

/// Bytes of the number of a certificate.
const SERIAL: usize = 12;

/// What is kept of a key; its id is that of the row.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// In seconds since 1970.
    created: i64,
    expires: i64,
    /// The public half (RFC 7517).
    jwk: Value,
    /// In DER, as base64.
    certificate: String,
    /// Of the certificate.
    thumbprint: String,
    /// The private half, closed under the master key.
    sealed: String,
}

impl Kept {
    pub(super) fn new(
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        key: &SigningKey,
        certificate: &[u8],
        (created, expires): (i64, i64),
    ) -> Result<Self, ChangeRefused> {
        let jwk = serde_json::from_str(key.public_jwk());
        Ok(Self {
            created,
            expires,
            jwk: jwk.map_err(|error| ChangeRefused::Failed(error.to_string()))?,
            certificate: base64(certificate),
            thumbprint: thumbprint(certificate),
            sealed: owner.seal(ask, key)?,
        })
    }

    /// As Okta's API tells one.
    pub(super) fn told(self) -> Value {
        let seconds = |at: i64| moment(at.checked_mul(1_000_000));
        let mut told = self.jwk;
        set(&mut told, "created", seconds(self.created));
        set(&mut told, "lastUpdated", seconds(self.created));
        set(&mut told, "expiresAt", seconds(self.expires));
        set(&mut told, "x5c", json!([self.certificate]));
        set(&mut told, "x5t#S256", json!(self.thumbprint));
        told
    }
}

/// The keys of an application.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn list_signing_keys(ask: &Ask<'_>, app: &str) -> Result<Vec<Value>, ChangeRefused> {
    let kept = ask.kept().await?;
    let owner = Owner::read(&kept, app, &IfMatch::Any)?;
    let keys: Vec<(String, i64, Kept)> = owner.list(ask, KEY).await?;
    Ok(keys.into_iter().map(|(_, _, key)| key.told()).collect())
}

/// The key of this id.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn find_signing_key(ask: &Ask<'_>, app: &str, kid: &str) -> Result<Value, ChangeRefused> {
    let all = ask.kept().await?;
    find(ask, &Owner::read(&all, app, &IfMatch::Any)?, kid).await.map(Kept::told)
}

async fn find(ask: &Ask<'_>, owner: &Owner<'_>, kid: &str) -> Result<Kept, ChangeRefused> {
    let keys: Vec<(String, i64, Kept)> = owner.list(ask, KEY).await?;
    let found = keys.into_iter().find(|(id, ..)| id == kid);
    let missing = || ChangeRefused::NotFound { object: "JsonWebKey", id: kid.to_owned() };
    found.map(|(_, _, kept)| kept).ok_or_else(missing)
}

/// Makes a key, whose certificate it gives itself.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn generate_signing_key(
    ask: &Ask<'_>,
    app: &str,
    years: Option<&str>,
) -> Result<Value, ChangeRefused> {
    let years = years.and_then(|years| years.parse().ok()).filter(|years| YEARS.contains(years));
    let Some(years) = years else {
        let words = format!("Expected {} to {} years.", YEARS.start(), YEARS.end());
        return Err(ChangeRefused::of_field("validityYears", words));
    };
    let all = ask.kept().await?;
    let owner = Owner::read(&all, app, &ask.if_match)?;
    // Before a key is made for nothing.
    owner.check_room(ask, KEY).await?;
    let created = ask.administration.clock.seconds();
    let expires = created.saturating_add(YEAR.saturating_mul(i64::from(years)));
    let key = generated().await?;
    let mut serial = [0; SERIAL];
    ask.administration.random().fill(&mut serial);
    let name: String = owner.client_id.chars().take(COMMON_NAME.longest).collect();
    let certificate = self_signed(&key, &[(COMMON_NAME, &name)], &serial, (created, expires));
    let certificate = certificate.map_err(failed)?;
    let kept = Kept::new(ask, &owner, &key, &certificate, (created, expires))?;
    let row = owner.row(KEY, key.kid(), &kept)?;
    owner.add(ask, row, None, ("app.keys.generate", key.kid())).await?;
    Ok(kept.told())
}

/// Gives a key to another application, too.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn clone_signing_key(
    ask: &Ask<'_>,
    (app, kid): (&str, &str),
    target: Option<&str>,
) -> Result<Value, ChangeRefused> {
    let target = target
        .ok_or_else(|| ChangeRefused::of_field("targetAid", "The field cannot be left blank"))?;
    let all = ask.kept().await?;
    let from = Owner::read(&all, app, &ask.if_match)?;
    let to = Owner::read(&all, target, &IfMatch::Any)?;
    let kept = find(ask, &from, kid).await?;
    let known: Vec<(String, i64, Value)> = to.list(ask, KEY).await?;
    if known.iter().any(|(id, ..)| id == kid) {
        return Err(ChangeRefused::taken("kid"));
    }
    let sealed = to.seal(ask, &from.open(ask, &kept.sealed)?)?;
    let kept = Kept { sealed, created: ask.administration.clock.seconds(), ..kept };
    let id = text_of(&kept.jwk, "kid").unwrap_or_default().to_owned();
    let row = to.row(KEY, &id, &kept)?;
    to.add(ask, row, None, ("app.keys.clone", &id)).await?;
    Ok(kept.told())
}
