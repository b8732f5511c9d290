//! Where the log goes: standard error, as lines.

use super::Format;
use crate::metrics::SPANS;
use crate::program::QUIET;
use clap::Args;
use std::io::{self, Stderr};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::SubscriberBuilder;
use tracing_subscriber::fmt::format::DefaultFields;

/// The variable that chooses what is logged, e.g. `debug` or `claimsmith::grant=debug`.
const VARIABLE: &str = "CLAIMSMITH_LOG";

/// The settings of the log of a server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Operation")]
pub(super) struct LogArguments {
    /// What is logged: `debug`, `warn`, `claimsmith::grant=debug`
    #[arg(long, value_name = "FILTER", env = VARIABLE, default_value = "info")]
    log: String,
    /// Lines for people, or an object of JSON each
    #[arg(long, env = "CLAIMSMITH_LOG_FORMAT", value_enum, default_value = "text")]
    log_format: Format,
}

impl LogArguments {
    /// Starts the log of the process, and has spans told as well.
    #[cfg(feature = "telemetry")]
    pub(super) fn start_telling(&self, tracer: opentelemetry_sdk::trace::SdkTracer) {
        use tracing_subscriber::Layer;
        use tracing_subscriber::filter::{LevelFilter, Targets};
        use tracing_subscriber::layer::SubscriberExt;
        use tracing_subscriber::util::SubscriberInitExt;
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(io::stderr as fn() -> Stderr)
            .with_ansi(super::is_coloured())
            .with_target(false);
        let lines = match self.log_format {
            Format::Text => lines.boxed(),
            Format::Json => lines.json().flatten_event(true).boxed(),
        };
        let spans = tracing_opentelemetry::layer().with_tracer(tracer);
        let told = Targets::new().with_target(SPANS, LevelFilter::INFO);
        let started = tracing_subscriber::registry()
            .with(lines.with_filter(filter(&self.log, "info")))
            .with(spans.with_filter(told))
            .try_init();
        debug_assert!(started.is_ok(), "a process starts its log once");
    }

    /// Starts the log of the process.
    pub(super) fn start(&self) {
        let builder = builder(&self.log, "info");
        let started = match self.log_format {
            Format::Text => builder.try_init(),
            Format::Json => builder.json().flatten_event(true).try_init(),
        };
        debug_assert!(started.is_ok(), "a process starts its log once");
    }
}

/// Starts the log of a command that answers and ends.
pub(super) fn start() {
    let chosen = std::env::var(VARIABLE).unwrap_or_else(|_| USUAL.to_owned());
    let started = builder(&chosen, USUAL).try_init();
    debug_assert!(started.is_ok(), "a process starts its log once");
}

fn filter(chosen: &str, usual: &str) -> EnvFilter {
    let all = |chosen: &str| format!("{QUIET},{SPANS}=off,{chosen}");
    EnvFilter::try_new(all(chosen)).unwrap_or_else(|_| EnvFilter::new(all(usual)))
}

/// How much a command says that answers and ends.
const USUAL: &str = "warn";

/// A log of what a filter chooses; of what is usual if it is none.
fn builder(
    chosen: &str,
    usual: &str,
) -> SubscriberBuilder<
    DefaultFields,
    tracing_subscriber::fmt::format::Format,
    EnvFilter,
    fn() -> Stderr,
> {
    tracing_subscriber::fmt()
        .with_env_filter(filter(chosen, usual))
        .with_writer(io::stderr as fn() -> Stderr)
        .with_ansi(super::is_coloured())
        .with_target(false)
}
