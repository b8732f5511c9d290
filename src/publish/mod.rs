//! A version of the organization becomes running servers: every expression compiled, every key and
//! secret at hand. This room alone exchanges the version that is served for another.

mod compile;
mod format;
mod freshness;
mod group_rules;
mod hook;
#[cfg(test)]
pub(crate) mod fixture;
mod made_up;
mod people;
mod apart;
mod problem;
mod profile;
mod public_url;
mod publisher;
mod reads;
mod running;
mod starting;
#[cfg(test)]
mod tests;

pub use apart::{STACK, apart};
pub use compile::{Draft, compile, compile_after};
pub use format::format;
pub use freshness::Freshness;
pub use hook::{HookCredentials, HookToken, HookTokens, RunningHook};
pub use problem::Problem;
pub use public_url::{Addresses, PublicUrl, PublicUrlError, normalized, origin_of};
pub use publisher::{Keys, Prepared, PublishError, Publisher, Turn, Wanted, read_kept};
pub use running::{ClientProof, DEFAULT, Published, RunningServer};
pub use starting::{Foundation, Missing, ReadSecret, StartError};

use crate::clock::Stopwatch;
use crate::metrics::METRICS;
use crate::threads::processors;
use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Serves the current version.
#[derive(Debug)]
pub struct Issuer {
    current: ArcSwap<Published>,
    freshness: Freshness,
}

impl Issuer {
    /// An issuer of this version. What it lacks of machine code is made in the background, and the
    /// interpreter serves until then.
    #[must_use]
    pub fn new(published: Published) -> Self {
        let published = Arc::new(published);
        compile_in_background(&published);
        Self { current: ArcSwap::new(published), freshness: Freshness::default() }
    }

    /// An issuer of a version that others serve, too.
    #[cfg(test)]
    pub(crate) fn of(version: Arc<Published>) -> Self {
        Self { current: ArcSwap::new(version), freshness: Freshness::default() }
    }

    /// Whether what is served may still be believed.
    #[must_use]
    pub fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    /// The version that is served now. A request asks once and keeps the answer, so that it sees
    /// one version from beginning to end.
    #[must_use]
    pub fn current(&self) -> Guard<Arc<Published>> {
        self.current.load()
    }

    /// As [`Issuer::current`], to be kept while something is waited for.
    #[must_use]
    pub fn version(&self) -> Arc<Published> {
        self.current.load_full()
    }

    /// As [`Issuer::version`], as it is found under the custom URL with this host, if there is one;
    /// else under the public URL (decision 24).
    #[must_use]
    pub fn version_at(&self, host: Option<&str>) -> Arc<Published> {
        let current = self.current.load();
        let elsewhere = host.and_then(|host| current.at(host));
        elsewhere.map_or_else(|| Arc::clone(&current), Arc::clone)
    }

    /// Serves another version from now on. Requests under way finish with the one they began with.
    pub fn replace(&self, published: Published) {
        let published = Arc::new(published);
        compile_in_background(&published);
        self.current.store(published);
    }
}

/// Compiles, server by server, what was published without machine code, by as many threads as the
/// machine runs at once: several of one server only where servers are fewer. They stop when that version is no longer held by anyone.
fn compile_in_background(published: &Arc<Published>) {
    let servers = published.all_servers().iter();
    let n_lacking = servers.filter(|server| !server.programs().is_compiled()).count();
    let of_rules = |published: &Published| {
        let programs = &published.group_rules().compiled.programs;
        published.has_group_rules() && !programs.is_compiled()
    };
    let n_threads = processors().min(n_lacking + usize::from(of_rules(published)));
    let threads_of_each = processors() / n_threads.max(1);
    let next = Arc::new(AtomicUsize::new(0));
    for nth in 0..n_threads {
        let (version, next) = (Arc::downgrade(published), Arc::clone(&next));
        let work = move || {
            while let Some(published) = version.upgrade() {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(server) = published.all_servers().get(at) else { break };
                if !server.programs().is_compiled() {
                    let watch = Stopwatch::start();
                    server.programs().compile_by(threads_of_each);
                    METRICS.compilations.observe(watch.nanoseconds());
                }
            }
            if let Some(published) = version.upgrade().filter(|of| nth == 0 && of_rules(of)) {
                published.group_rules().compiled.programs.compile_by(threads_of_each);
            }
        };
        let thread = std::thread::Builder::new().name("compile".to_owned()).spawn(work);
        if let Err(error) = thread {
            tracing::warn!(%error, "no thread to compile in; expressions run interpreted");
        }
    }
}
