//! The settings of what is told to a collector of OpenTelemetry.

use super::installation::Stop;
use super::log::LogArguments;
use crate::clock::Clock;
use crate::fetch::Fetcher;
use crate::telemetry::{Settings, Telemetry};
use clap::Args;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

#[derive(Debug, Args)]
#[command(next_help_heading = "Telemetry")]
pub(super) struct TelemetryArguments {
    /// A collector of OpenTelemetry that takes OTLP over HTTP: `http://127.0.0.1:4318`
    #[arg(long, value_name = "URL", env = "CLAIMSMITH_TELEMETRY_ENDPOINT")]
    telemetry_endpoint: Option<String>,
    /// A header that is sent with it, `NAME=VALUE`; more than once or with commas between
    #[arg(
        long,
        value_name = "HEADER",
        env = "CLAIMSMITH_TELEMETRY_HEADER",
        value_delimiter = ',',
        hide_env_values = true
    )]
    telemetry_header: Vec<String>,
    /// What the server is called there
    #[arg(
        long,
        value_name = "NAME",
        env = "CLAIMSMITH_TELEMETRY_SERVICE",
        default_value = "claimsmith"
    )]
    telemetry_service: String,
    /// Of the requests, which part has spans: 0 to 1
    #[arg(long, value_name = "PART", env = "CLAIMSMITH_TELEMETRY_SAMPLED", default_value_t = 1.0)]
    telemetry_sampled: f64,
    /// How often figures are told, in seconds
    #[arg(
        long,
        value_name = "S",
        env = "CLAIMSMITH_TELEMETRY_INTERVAL",
        default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    telemetry_interval: u32,
}

impl TelemetryArguments {
    /// Starts the log, and what is told besides if a collector is named.
    pub(super) fn start(
        &self,
        log: &LogArguments,
        runtime: &Runtime,
    ) -> Result<Option<Arc<Telemetry>>, Stop> {
        let Some(endpoint) = self.telemetry_endpoint.as_deref().filter(|url| !url.is_empty())
        else {
            log.start();
            return Ok(None);
        };
        let header = |text: &String| {
            let (name, value) = text.split_once('=').ok_or("--telemetry-header is NAME=VALUE")?;
            Ok::<_, Stop>((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        };
        let settings = Settings {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            headers: self.telemetry_header.iter().map(header).collect::<Result<_, _>>()?,
            service: self.telemetry_service.clone(),
            sampled: self.telemetry_sampled.clamp(0.0, 1.0),
            interval: Duration::from_secs(self.telemetry_interval.into()),
        };
        let (fetcher, handle) = (Fetcher::of_collector(), runtime.handle().clone());
        let telemetry = Telemetry::new(settings, fetcher, handle, now());
        let telemetry = telemetry.map_err(|error| format!("--telemetry-endpoint: {error}"))?;
        let telemetry = Arc::new(telemetry);
        log.start_telling(telemetry.tracer());
        let telling = Arc::clone(&telemetry);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(telling.interval()).await;
                telling.tell_figures(now()).await;
            }
        });
        Ok(Some(telemetry))
    }
}

/// Tells the rest, once the server has ended.
pub(super) fn end(telemetry: Option<Arc<Telemetry>>, runtime: &Runtime) {
    if let Some(telemetry) = telemetry {
        runtime.block_on(telemetry.tell_figures(now()));
        telemetry.end();
    }
}

/// In nanoseconds since 1970.
fn now() -> u64 {
    u64::try_from(Clock::System.microseconds()).unwrap_or_default().saturating_mul(1000)
}
