//! Where the log goes: standard error, as lines.

use crate::program::QUIET;
use tracing_subscriber::EnvFilter;

/// The variable that chooses what is logged, e.g. `debug` or `claimsmith::grant=debug`.
const VARIABLE: &str = "CLAIMSMITH_LOG";

/// How much is said unless [`VARIABLE`] says otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) enum Loudness {
    Serving,
    /// A command that answers and ends.
    Answering,
}

/// Starts the log of the process.
pub(super) fn start(loudness: Loudness) {
    let usual = match loudness {
        Loudness::Serving => "info",
        Loudness::Answering => "warn",
    };
    let chosen = std::env::var(VARIABLE).unwrap_or_else(|_| usual.to_owned());
    let filter = EnvFilter::try_new(format!("{QUIET},{chosen}"));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(format!("{QUIET},{usual}")));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(super::is_coloured())
        .with_target(false)
        .try_init();
    debug_assert!(started.is_ok(), "a process starts its log once");
}
