//! What the process tells a collector of OpenTelemetry, where one is named: a span for each request and
//! for what it asks of the store, and the figures that it counts (OTLP 1.x over HTTP, in protobuf).

mod delivery;
mod figures;

use crate::fetch::Fetcher;
use crate::metrics::{METRICS, Text};
use delivery::Delivery;
use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HeaderExtractor, Request};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use std::time::Duration;
use tokio::runtime::Handle;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// What is told to whom.
#[derive(Clone)]
pub struct Settings {
    /// `http://` or `https://`, without `/v1/…`.
    pub endpoint: String,
    /// Sent with everything; they may be secret.
    pub headers: Vec<(String, String)>,
    pub service: String,
    /// Of the requests, which part has spans: 0 to 1.
    pub sampled: f64,
    /// How often figures are told.
    pub interval: Duration,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("endpoint", &self.endpoint)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// What tells.
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
    delivery: Delivery,
    settings: Settings,
    /// Nanoseconds since 1970.
    since: u64,
}

impl Telemetry {
    /// Ready to tell; what is told is sent by tasks of this runtime.
    ///
    /// # Errors
    /// That the endpoint is no URL.
    pub fn new(
        settings: Settings,
        fetcher: Fetcher,
        runtime: Handle,
        now: u64,
    ) -> Result<Self, ExporterBuildError> {
        let delivery = Delivery::new(fetcher, runtime);
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(delivery.clone())
            .with_headers(settings.headers.iter().cloned().collect())
            .with_endpoint(format!("{}/v1/traces", settings.endpoint))
            .build()?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder_empty()
            .with_service_name(settings.service.clone())
            .with_attribute(version)
            .build();
        // Whoever calls does not choose how much is told of them.
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .with_sampler(Sampler::TraceIdRatioBased(settings.sampled))
            .build();
        Ok(Self { provider, delivery, settings, since: now })
    }

    /// What makes spans.
    #[must_use]
    pub fn tracer(&self) -> SdkTracer {
        self.provider.tracer("claimsmith")
    }

    /// How often figures are told.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.settings.interval
    }

    /// Tells the figures as they stand at `now`, in nanoseconds since 1970.
    pub async fn tell_figures(&self, now: u64) {
        let mut text = Text::default();
        METRICS.write(&mut text);
        let body = figures::message(&text.finish(), &self.settings.service, (self.since, now));
        let url = format!("{}/v1/metrics", self.settings.endpoint);
        if let Err(why) = self.delivery.send(&url, &self.settings.headers, &body).await {
            tracing::warn!(why, "figures were not told to the collector");
        }
    }

    /// Tells what was not told yet, and nothing more. It blocks: for the end of a process.
    pub fn end(&self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::warn!(%error, "the last spans were not told to the collector");
        }
    }
}

/// Has a span belong to the trace that its request came with (W3C Trace Context), if it came with one.
pub fn follow<B>(span: &Span, request: &Request<B>) {
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(request.headers()));
    // It fails where nobody listens to the span.
    drop(span.set_parent(parent));
}
