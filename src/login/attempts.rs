//! How often a password may be guessed. An attempt is counted before its password is looked at, so
//! that many at once are as many attempts; one that succeeds takes its account's count away, and one
//! that was not looked at is not counted after all. Too many lock the account, or the address, for
//! a while that doubles and always ends by itself.

use super::rows::{Change, change};
use super::{Authenticator, SignInRefused};
use crate::audit::{About, Event, EventType, Outcome};
use crate::store::journal::event_row;
use crate::store::{Op, Row, Store, StoreError};
use crate::token::digest;
use base64_simd::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

const KIND: &str = "sign-in-attempts";

/// How long, in seconds, attempts are remembered after the last one and after its lock.
const MEMORY: i64 = 3600;

/// What may be done before the lock, and how long that is, in seconds.
#[derive(Debug)]
struct Limit {
    free: u32,
    first: i64,
    longest: i64,
}

/// Ten (authorization-server §2.11).
static ACCOUNT: Limit = Limit { free: 10, first: 60, longest: 3600 };

/// Many people may be behind one address.
static ADDRESS: Limit = Limit { free: 100, first: 60, longest: 900 };

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Count {
    failures: u32,
    /// Seconds since 1970.
    locked_until: i64,
}

impl Limit {
    /// How long this failure locks.
    fn lock(&self, failures: u32) -> i64 {
        let Some(excess) = failures.checked_sub(self.free) else { return 0 };
        self.first.checked_shl(excess.min(16)).unwrap_or(self.longest).min(self.longest)
    }
}

/// What is guessed at. Each is counted by itself, so that nobody locks one through another.
#[derive(Clone, Copy)]
pub(super) enum Guessed<'a> {
    /// The password of this login.
    Password(&'a str),
    /// The second factor of the user with this id.
    Factor(&'a str),
    /// The code of a device, by the user with this id.
    DeviceCode(&'a str),
}

impl Guessed<'_> {
    fn key(self) -> String {
        let (kind, name) = match self {
            Self::Password(login) => ("account", login.trim().to_lowercase()),
            Self::Factor(user) => ("factor", user.to_owned()),
            Self::DeviceCode(user) => ("device", user.to_owned()),
        };
        format!("{kind}/{}", URL_SAFE_NO_PAD.encode_to_string(digest(name.as_bytes())))
    }

    /// Whose account it is.
    fn about(self, address: Option<IpAddr>) -> About {
        let (user, login) = match self {
            Self::Password(login) => (None, Some(super::record::shortened(login))),
            Self::Factor(user) | Self::DeviceCode(user) => (Some(user.to_owned()), None),
        };
        About { user, login, address, ..About::default() }
    }
}

/// One attempt, counted already against its account and its address. What it was is said by
/// [`Attempt::succeed`] or [`Attempt::settle`]; of which neither is said was a failure.
#[derive(Debug)]
pub(super) struct Attempt {
    account: Counted,
    address: Option<Counted>,
}

/// What an attempt was counted against.
#[derive(Debug)]
struct Counted {
    key: String,
    limit: &'static Limit,
    /// Until when this attempt locked it, in seconds since 1970.
    locked_until: i64,
}

impl Attempt {
    /// Counts the attempt against its account and its address.
    ///
    /// # Errors
    /// [`SignInRefused::Locked`] if there were too many, or the store's failure.
    pub(super) async fn begin(
        desk: &Authenticator,
        guessed: Guessed<'_>,
        address: Option<IpAddr>,
    ) -> Result<Self, SignInRefused> {
        let store = &desk.store;
        let key = address.map(|address| format!("address/{}", network(address)));
        if let Some(key) = &key {
            let found = store.find(KIND, key).await?;
            let now = found.seconds();
            is_open(&read(found.value.as_ref(), now)?, now)?;
        }
        let locked = (EventType::AccountLocked, guessed.about(address));
        let account = Counted::count(desk, guessed.key(), &ACCOUNT, locked).await?;
        let Some(key) = key else { return Ok(Self { account, address: None }) };
        let about = About { address, ..About::default() };
        match Counted::count(desk, key, &ADDRESS, (EventType::AddressBlocked, about)).await {
            Ok(address) => Ok(Self { account, address: Some(address) }),
            Err(refused) => {
                account.take_back(store).await?;
                Err(refused)
            }
        }
    }

    /// Passes on what came of the attempt. Only a wrong guess stays counted: a server that is busy
    /// or has failed has looked at none.
    ///
    /// # Errors
    /// Those of `outcome`.
    pub(super) async fn settle<T>(
        self,
        store: &Store,
        outcome: Result<T, SignInRefused>,
    ) -> Result<(Self, T), SignInRefused> {
        match outcome {
            Ok(value) => Ok((self, value)),
            Err(SignInRefused::Wrong) => Err(SignInRefused::Wrong),
            Err(refused) => {
                if let Err(error) = self.take_back(store).await {
                    tracing::warn!(%error, "an attempt stays counted that was none");
                }
                Err(refused)
            }
        }
    }

    /// Takes the count away again.
    pub(super) async fn take_back(self, store: &Store) -> Result<(), SignInRefused> {
        if let Some(address) = self.address {
            address.take_back(store).await?;
        }
        self.account.take_back(store).await
    }

    /// A right guess: the account is forgiven its failures, and the address this attempt.
    pub(super) async fn succeed(self, store: &Store) -> Result<(), SignInRefused> {
        let forgive = self.forgive();
        if let Some(address) = self.address {
            address.take_back(store).await?;
        }
        store.batch(vec![forgive]).await?;
        Ok(())
    }

    /// What forgives the account its failures, for the batch of what was proven.
    pub(super) fn forgive(&self) -> Op {
        Op::Delete { kind: KIND.to_owned(), key: self.account.key.clone(), expected: None }
    }
}

/// Forgives every wrong guess at this. Answers whether they had locked it.
pub(super) async fn unlock(store: &Store, guessed: Guessed<'_>) -> Result<bool, StoreError> {
    let found = store.find(KIND, &guessed.key()).await?;
    let now = found.seconds();
    let is_locked = now < read(found.value.as_ref(), now)?.locked_until;
    store.batch(vec![forgive(guessed)]).await?;
    Ok(is_locked)
}

/// What forgives every wrong guess at this.
pub(super) fn forgive(guessed: Guessed<'_>) -> Op {
    Op::Delete { kind: KIND.to_owned(), key: guessed.key(), expected: None }
}

impl Counted {
    /// One more, unless it is locked. Where that locks it, the record of it is in the same batch
    /// (decision 41).
    async fn count(
        desk: &Authenticator,
        key: String,
        limit: &'static Limit,
        (event_type, about): (EventType, About),
    ) -> Result<Self, SignInRefused> {
        let locked_until = change(&desk.store, (KIND, &key), |row, now| {
            let before = read(row, now)?;
            is_open(&before, now)?;
            let failures = before.failures.saturating_add(1);
            let seconds = limit.lock(failures);
            let locked_until = now.saturating_add(seconds);
            let after = Count { failures, locked_until };
            let record = (seconds > 0).then(|| {
                let reason =
                    format!("{failures} attempts failed; the next is taken in {seconds} s");
                let outcome = Outcome::Failure(reason);
                let event = Event { event_type, outcome, about: &about };
                Op::Insert(event_row(&event, now.saturating_mul(1_000_000), &desk.random))
            });
            let more = record.into_iter().collect();
            Ok::<_, SignInRefused>((Change::To(after.row(&key)), more, locked_until))
        });
        let locked_until = locked_until.await?;
        Ok(Self { key, limit, locked_until })
    }

    /// One less. The lock that this attempt brought is opened again; that of another stays, unless
    /// it would not have come without this attempt.
    async fn take_back(self, store: &Store) -> Result<(), SignInRefused> {
        let Self { key, limit, locked_until } = &self;
        change(store, (KIND, key), |row, now| {
            let before = read(row, now)?;
            let failures = before.failures.saturating_sub(1);
            if failures == 0 {
                return Ok::<_, SignInRefused>((Change::Gone, Vec::new(), ()));
            }
            let stays = failures >= limit.free && before.locked_until != *locked_until;
            let locked_until = if stays { before.locked_until } else { now };
            let after = Count { failures, locked_until };
            Ok((Change::To(after.row(key)), Vec::new(), ()))
        })
        .await
    }
}

impl Count {
    fn row(self, key: &str) -> Row {
        let row = Row::new(KIND, key, serde_json::to_vec(&self).unwrap_or_default());
        row.expiring_at(self.locked_until.saturating_add(MEMORY))
    }
}

fn is_open(count: &Count, now: i64) -> Result<(), SignInRefused> {
    let seconds = count.locked_until.saturating_sub(now);
    if seconds <= 0 { Ok(()) } else { Err(SignInRefused::Locked { seconds }) }
}

/// The count that is remembered. One that cannot be read is a failure, not a fresh start.
fn read(row: Option<&Row>, now: i64) -> Result<Count, StoreError> {
    match row.filter(|row| row.expires_at.is_none_or(|end| now < end)) {
        Some(row) => serde_json::from_slice(&row.bytes).map_err(|error| unreadable(KIND, &error)),
        None => Ok(Count::default()),
    }
}

/// A row of this kind that this version cannot read. Nobody is let in by guessing what it said.
pub(super) fn unreadable(kind: &str, error: &serde_json::Error) -> StoreError {
    StoreError::Database(format!("a row of kind `{kind}` cannot be read: {error}"))
}

/// An address of IPv4, or the network that one household has of IPv6.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
