//! Who a request comes from, and how many of them are taken: addresses behind proxies, and limits
//! of requests a minute by client and by address.

mod bucket;
mod network;
mod proxy;

pub use bucket::{Buckets, Rate, Taken};
pub use network::Network;
pub use proxy::{ForwardedBy, TrustedProxies};

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What is made of the requests that come in.
#[derive(Debug, Default)]
pub struct Traffic {
    pub proxies: TrustedProxies,
    pub limits: Limits,
    pub buckets: Buckets,
    pub patience: Patience,
    pub connections: Connections,
    pub stopping: Stopping,
    /// Whether what is counted is told at an address of its own, and what is managed is managed there.
    pub is_managed_elsewhere: bool,
}

/// Whether the server was told to stop.
#[derive(Debug, Default)]
pub struct Stopping(AtomicBool);

impl Stopping {
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long what is slow is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the head of a request, which is also how long a connection may idle.
    pub head: Duration,
    /// For its body.
    pub body: Duration,
    /// For what we do to answer it.
    pub answer: Duration,
    /// For a client that takes nothing of what is sent to it.
    pub reader: Duration,
    /// How long connections are still accepted once the server is told to stop, so that whoever
    /// hands out its address hears of it.
    pub notice: Duration,
    /// For requests under way, from then on.
    pub farewell: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            body: Duration::from_secs(15),
            answer: Duration::from_secs(30),
            reader: Duration::from_secs(30),
            notice: Duration::ZERO,
            farewell: Duration::from_secs(10),
        }
    }
}

/// How many connections there may be at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// In all; more wait to be accepted.
    pub most: usize,
    /// From one address; more are closed. Trusted proxies may have as many as they like.
    pub most_per_address: usize,
}

impl Default for Connections {
    fn default() -> Self {
        Self { most: 8192, most_per_address: 2048 }
    }
}

/// Requests a minute; `None` is as many as come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of one client, over all endpoints of OAuth. A client without a secret is counted by address,
    /// so that nobody uses it up for others.
    pub client: Option<Rate>,
    /// From one address, at the endpoints of OAuth.
    pub address: Option<Rate>,
    /// From one address, at the pages that people see.
    pub page: Option<Rate>,
}

impl Limits {
    /// As many as one core can answer: a limit on runaways.
    pub const CLIENT: u32 = 600_000;
    /// Many clients may be behind one address.
    pub const ADDRESS: u32 = 1_200_000;
    /// An office of people may be.
    pub const PAGE: u32 = 6_000;

    /// No limit at all.
    pub const NONE: Self = Self { client: None, address: None, page: None };
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            client: Rate::per_minute(Self::CLIENT),
            address: Rate::per_minute(Self::ADDRESS),
            page: Rate::per_minute(Self::PAGE),
        }
    }
}

/// What a bucket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller<'c> {
    /// A client that has a secret or a key.
    Client(&'c str),
    /// A client without a secret, at an address.
    PublicClient(&'c str, IpAddr),
    /// Whoever is at this address, at the endpoints.
    Address(IpAddr),
    /// Whoever is at this address, at the pages.
    Visitor(IpAddr),
    /// Whoever administers and asks what tokens would hold.
    Previewer(&'c str),
}

/// Previews a minute of one who administers: each may evaluate every expression of a server thrice.
const PREVIEWS: u32 = 600;

/// What is counted as one address: one of IPv4, or the network that one household has of IPv6.
#[must_use]
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & (u128::MAX << 64);
            IpAddr::V6(network.into())
        }
        address @ IpAddr::V4(_) => address,
    }
}

impl Traffic {
    /// Takes one request of this caller out of its bucket; `None` if it is not limited.
    pub fn take(&self, caller: Caller<'_>, now: i64) -> Option<Taken> {
        let Limits { client, address, page } = self.limits;
        let (rate, caller) = match caller {
            Caller::Client(_) => (client, caller),
            Caller::PublicClient(id, from) => (client, Caller::PublicClient(id, household(from))),
            Caller::Address(from) => (address, Caller::Address(household(from))),
            Caller::Visitor(from) => (page, Caller::Visitor(household(from))),
            Caller::Previewer(_) => (Rate::per_minute(PREVIEWS), caller),
        };
        Some(self.buckets.take(&caller, rate?, now))
    }

    /// Gives back what [`Traffic::take`] took, of a request that turned out not to be of this client.
    pub fn give_back(&self, caller: Caller<'_>, now: i64) {
        let caller = match caller {
            Caller::PublicClient(id, from) => Caller::PublicClient(id, household(from)),
            caller => caller,
        };
        if let Some(rate) = self.limits.client {
            self.buckets.give_back(&caller, rate, now);
        }
    }
}

#[cfg(test)]
mod tests;
