//! One test binary for everything: linking eight of them took three times as long.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop; clippy's own allowance covers only #[test] functions"
)]

mod agreement;
mod allocation;
mod app;
mod as_code;
#[cfg(feature = "internals")]
mod bounds;
mod command_line;
#[cfg(all(feature = "internals", target_os = "linux"))]
mod counts;
mod decisions;
mod demo;
mod embedding;
mod examples;
#[cfg(target_os = "linux")]
mod executable;
mod failures;
mod guide;
mod guides;
mod hostile;
mod kept;
mod kept_results;
mod language;
mod lints;
mod messages;
#[path = "../../benches/organization/mod.rs"]
mod organization;
mod okta;
mod operation;
mod org;
mod mistakes;
mod policy_tests;
mod positions;
mod preview;
mod publishing;
#[cfg(feature = "internals")]
mod seeds;
mod reference;
mod rows;
mod support;
#[cfg(feature = "telemetry")]
mod telemetry;
mod tidy;
