//! What the process counts about itself, as Prometheus reads it. Counting is one atomic addition
//! into figures that are all there from the start: nothing is looked up, nothing locked, and no
//! label has a value that a request chooses.

mod histogram;
mod process;
mod requests;
mod text;

pub use histogram::Histogram;
pub use requests::{Requests, outcome_of_status};
pub use text::Text;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The target of spans, which are for collectors of traces and for no line of the log.
pub const SPANS: &str = "claimsmith::trace";

/// Something that only becomes more.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    #[must_use]
    pub fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many there are now.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicI64::new(0))
    }

    pub fn add(&self, n: i64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    #[must_use]
    pub fn read(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the process counts. There is one of it, as there is one log.
#[derive(Debug)]
pub struct Metrics {
    pub requests: Requests,
    /// Requests that were more than their client may send.
    pub limited_clients: Counter,
    /// Requests that were more than their address may send.
    pub limited_addresses: Counter,
    pub connections: Gauge,
    /// Closed since their address had too many.
    pub connections_refused: Counter,
    /// From the question to the answer, the wait for the thread included.
    pub store_reads: Histogram,
    pub store_batches: Histogram,
    pub store_failures: Counter,
    pub store_reads_waiting: Gauge,
    pub store_writes_waiting: Gauge,
    /// How long one commit took, and how many batches shared them.
    pub store_commits: Histogram,
    pub store_committed_batches: Counter,
    pub passwords_waiting: Gauge,
    pub passwords_refused: Counter,
    /// Sets of programs that were compiled, and how long each took.
    pub compilations: Histogram,
    /// Records of the audit log that were lost.
    pub audit_lost: Counter,
    pub audit_waiting: Gauge,
}

/// The figures of this process.
pub static METRICS: Metrics = Metrics::new();

impl Metrics {
    const fn new() -> Self {
        Self {
            requests: Requests::new(),
            limited_clients: Counter::new(),
            limited_addresses: Counter::new(),
            connections: Gauge::new(),
            connections_refused: Counter::new(),
            store_reads: Histogram::new(),
            store_batches: Histogram::new(),
            store_failures: Counter::new(),
            store_reads_waiting: Gauge::new(),
            store_writes_waiting: Gauge::new(),
            store_commits: Histogram::new(),
            store_committed_batches: Counter::new(),
            passwords_waiting: Gauge::new(),
            passwords_refused: Counter::new(),
            compilations: Histogram::new(),
            audit_lost: Counter::new(),
            audit_waiting: Gauge::new(),
        }
    }

    /// All of it, as Prometheus reads it.
    pub fn write(&self, text: &mut Text) {
        self.requests.write(text);
        let refused = "Requests answered 429, by the bucket that was empty.";
        text.head("claimsmith_rate_limited_total", "counter", refused);
        let limited = [("client", &self.limited_clients), ("address", &self.limited_addresses)];
        for (bucket, counter) in limited {
            text.value("claimsmith_rate_limited_total", &[("bucket", bucket)], counter.read());
        }
        text.gauge("claimsmith_connections", "Connections that are open.", self.connections.read());
        let closed = "Connections closed since their address had too many.";
        text.counter(
            "claimsmith_connections_refused_total",
            closed,
            self.connections_refused.read(),
        );
        self.write_store(text);
        let queues = "What waits for a thread, by queue.";
        text.head("claimsmith_queue_length", "gauge", queues);
        for (queue, gauge) in [
            ("store_read", &self.store_reads_waiting),
            ("store_write", &self.store_writes_waiting),
            ("password", &self.passwords_waiting),
            ("audit", &self.audit_waiting),
        ] {
            text.value("claimsmith_queue_length", &[("queue", queue)], gauge.read());
        }
        let busy = "Passwords not looked at since too many were waiting.";
        text.counter("claimsmith_passwords_refused_total", busy, self.passwords_refused.read());
        let compiled = "Sets of programs made into machine code, one for each server and version.";
        text.head("claimsmith_compilation_duration_seconds", "histogram", compiled);
        self.compilations.write("claimsmith_compilation_duration_seconds", &[], text);
        let lost = "Records of the audit log that were lost.";
        text.counter("claimsmith_audit_lost_total", lost, self.audit_lost.read());
        process::write(text);
    }

    fn write_store(&self, text: &mut Text) {
        let name = "claimsmith_store_duration_seconds";
        text.head(name, "histogram", "From a question to the store to its answer, by kind.");
        self.store_reads.write(name, &[("operation", "read")], text);
        self.store_batches.write(name, &[("operation", "batch")], text);
        let failed = "Questions that the store failed to answer.";
        text.counter("claimsmith_store_failures_total", failed, self.store_failures.read());
        let name = "claimsmith_store_commit_duration_seconds";
        text.head(name, "histogram", "What one commit takes, its sync included.");
        self.store_commits.write(name, &[], text);
        let shared = "Batches in those commits.";
        let n_batches = self.store_committed_batches.read();
        text.counter("claimsmith_store_committed_batches_total", shared, n_batches);
    }
}

#[cfg(test)]
mod tests;
