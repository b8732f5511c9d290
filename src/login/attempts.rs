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

/// One attempt at the account with this login, from this address.
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
        login: &str,
        address: Option<IpAddr>,
    ) -> Result<Self, SignInRefused> {
        let account = digest(login.trim().to_lowercase().as_bytes());
        let account = format!("account/{}", URL_SAFE_NO_PAD.encode_to_string(account));
        let address = address.map(|address| format!("address/{}", network(address)));
        if let Some(key) = &address {
            let found = store.find(KIND, key).await?;
            let now = found.seconds();
            is_open(&found.value.map_or_else(Count::default, |row| read(&row, now)), now)?;
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
        let before = known.as_ref().map_or_else(Count::default, |row| read(row, now));
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

fn read(row: &Row, now: i64) -> Count {
    let is_remembered = row.expires_at.is_none_or(|end| now < end);
    let count = is_remembered.then(|| serde_json::from_slice(&row.bytes).ok()).flatten();
    count.unwrap_or_default()
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
