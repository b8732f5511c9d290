//! How often a password may be guessed. An attempt is counted before its password is looked at, so
//! that many at once are as many attempts; one that succeeds takes its account's count away. Too
//! many lock the account, or the address, for a while that doubles and always ends by itself.

use super::SignInRefused;
use crate::store::{BatchOutcome, Op, Row, Store, StoreError};
use crate::token::digest;
use base64_simd::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

const KIND: &str = "sign-in-attempts";

/// How long, in seconds, attempts are remembered after the last one and after its lock.
const MEMORY: i64 = 3600;

/// How often a count is written anew when others write it at the same time.
const PATIENCE: usize = 16;

/// What may be done before the lock, and how long that is, in seconds.
struct Limit {
    free: u32,
    first: i64,
    longest: i64,
}

/// Ten (authorization-server §2.11).
const ACCOUNT: Limit = Limit { free: 10, first: 60, longest: 3600 };

/// Many people may be behind one address.
const ADDRESS: Limit = Limit { free: 100, first: 60, longest: 900 };

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
}

/// One attempt at an account, from this address.
pub(super) struct Attempt {
    account: String,
    address: Option<String>,
}

impl Attempt {
    /// Counts the attempt against its account.
    ///
    /// # Errors
    /// [`SignInRefused::Locked`] if there were too many, or the store's failure.
    pub(super) async fn begin(
        store: &Store,
        guessed: Guessed<'_>,
        address: Option<IpAddr>,
    ) -> Result<Self, SignInRefused> {
        let account = guessed.key();
        let address = address.map(|address| format!("address/{}", network(address)));
        if let Some(key) = &address {
            let found = store.find(KIND, key).await?;
            let now = found.seconds();
            is_open(&read(found.value.as_ref(), now)?, now)?;
        }
        count(store, &account, &ACCOUNT).await?;
        Ok(Self { account, address })
    }

    /// Counts the failure against the address.
    pub(super) async fn fail(self, store: &Store) -> Result<(), SignInRefused> {
        let Some(key) = &self.address else { return Ok(()) };
        match count(store, key, &ADDRESS).await {
            // This attempt was let in; the next will not be.
            Err(SignInRefused::Locked { .. }) => Ok(()),
            counted => counted,
        }
    }

    /// What forgives the account its failures, in the batch of the sign-in.
    pub(super) fn forgive(self) -> Op {
        Op::Delete { kind: KIND.to_owned(), key: self.account, expected: None }
    }
}

/// One more, unless it is locked.
async fn count(store: &Store, key: &str, limit: &Limit) -> Result<(), SignInRefused> {
    for _ in 0..PATIENCE {
        let found = store.find(KIND, key).await?;
        let now = found.seconds();
        let known = found.value;
        let before = read(known.as_ref(), now)?;
        is_open(&before, now)?;
        let failures = before.failures.saturating_add(1);
        let after = Count { failures, locked_until: now.saturating_add(limit.lock(failures)) };
        let bytes = serde_json::to_vec(&after).unwrap_or_default();
        let row = Row::new(KIND, key, bytes);
        let row = row.expiring_at(after.locked_until.saturating_add(MEMORY));
        let op = match known {
            Some(known) => Op::Replace { row, expected: known.generation },
            None => Op::Insert(row),
        };
        if store.batch(vec![op]).await?.value == BatchOutcome::Applied {
            return Ok(());
        }
    }
    Err(SignInRefused::Store(StoreError::Busy))
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
