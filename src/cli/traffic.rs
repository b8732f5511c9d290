//! The settings of how requests are taken: behind which proxies, how many, how fast.

use crate::traffic::{
    Buckets, Connections, ForwardedBy, Limits, Network, Patience, Rate, Stopping, Traffic,
    TrustedProxies,
};
use clap::{Args, ValueEnum};
use std::time::Duration;

#[derive(Debug, Args)]
#[command(next_help_heading = "Requests")]
pub(super) struct TrafficArguments {
    /// A proxy, or a network of them, whose word for the client's address is taken; more than once
    /// or with commas between
    #[arg(long, value_name = "ADDR", env = "CLAIMSMITH_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<Network>,
    /// The header in which those proxies write it
    #[arg(
        long,
        value_name = "HEADER",
        env = "CLAIMSMITH_FORWARDED_HEADER",
        value_enum,
        default_value = "x-forwarded-for"
    )]
    forwarded_header: ForwardedHeader,
    /// Requests a minute of one client; 0 is as many as come
    #[arg(long, value_name = "N", env = "CLAIMSMITH_RATE_LIMIT_CLIENT", default_value_t = Limits::CLIENT)]
    rate_limit_client: u32,
    /// Requests a minute from one address at the endpoints of OAuth
    #[arg(long, value_name = "N", env = "CLAIMSMITH_RATE_LIMIT_ADDRESS", default_value_t = Limits::ADDRESS)]
    rate_limit_address: u32,
    /// Requests a minute from one address at the pages that people see
    #[arg(long, value_name = "N", env = "CLAIMSMITH_RATE_LIMIT_PAGE", default_value_t = Limits::PAGE)]
    rate_limit_page: u32,
    /// Connections at a time; more wait
    #[arg(long, value_name = "N", env = "CLAIMSMITH_CONNECTIONS", default_value_t = 8192)]
    connections: usize,
    /// Connections at a time from one address that is no trusted proxy; more are closed
    #[arg(
        long,
        value_name = "N",
        env = "CLAIMSMITH_CONNECTIONS_PER_ADDRESS",
        default_value_t = 2048
    )]
    connections_per_address: usize,
    /// How long a connection may idle, and the head of a request take, in seconds
    #[arg(long, value_name = "S", env = "CLAIMSMITH_IDLE_TIMEOUT", default_value_t = 30)]
    idle_timeout: u32,
    /// How long the body of a request may take, in seconds
    #[arg(long, value_name = "S", env = "CLAIMSMITH_BODY_TIMEOUT", default_value_t = 15)]
    body_timeout: u32,
    /// How long an answer may take to make, in seconds
    #[arg(long, value_name = "S", env = "CLAIMSMITH_ANSWER_TIMEOUT", default_value_t = 30)]
    answer_timeout: u32,
    /// How long to serve on, not ready, once told to stop, so that a load balancer notices, in
    /// seconds
    #[arg(long, value_name = "S", env = "CLAIMSMITH_SHUTDOWN_DELAY", default_value_t = 0)]
    shutdown_delay: u32,
    /// How long requests under way may take after that, in seconds
    #[arg(long, value_name = "S", env = "CLAIMSMITH_SHUTDOWN_TIMEOUT", default_value_t = 10)]
    shutdown_timeout: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ForwardedHeader {
    XForwardedFor,
    /// RFC 7239
    Forwarded,
}

impl TrafficArguments {
    pub(super) fn traffic(&self, is_managed_elsewhere: bool) -> Traffic {
        let header = match self.forwarded_header {
            ForwardedHeader::XForwardedFor => ForwardedBy::XForwardedFor,
            ForwardedHeader::Forwarded => ForwardedBy::Forwarded,
        };
        let seconds = |n: u32| Duration::from_secs(n.into());
        Traffic {
            proxies: TrustedProxies::new(self.trusted_proxy.clone(), header),
            limits: Limits {
                client: Rate::per_minute(self.rate_limit_client),
                address: Rate::per_minute(self.rate_limit_address),
                page: Rate::per_minute(self.rate_limit_page),
            },
            buckets: Buckets::default(),
            patience: Patience {
                head: seconds(self.idle_timeout),
                body: seconds(self.body_timeout),
                answer: seconds(self.answer_timeout),
                notice: seconds(self.shutdown_delay),
                farewell: seconds(self.shutdown_timeout),
                ..Patience::default()
            },
            connections: Connections {
                most: self.connections,
                most_per_address: self.connections_per_address,
            },
            stopping: Stopping::default(),
            is_managed_elsewhere,
        }
    }
}
