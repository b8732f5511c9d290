//! A version of the organization becomes running servers: every expression compiled, every key and
//! secret at hand. This room alone exchanges the version that is served for another.

mod compile;
mod format;
#[cfg(test)]
pub(crate) mod fixture;
mod problem;
mod public_url;
mod running;
#[cfg(test)]
mod tests;

pub use compile::{Draft, compile};
pub use format::format;
pub use problem::Problem;
pub use public_url::{PublicUrl, PublicUrlError};
pub use running::{ClientProof, Published, RunningServer, StartError, Surroundings};

use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;

/// Serves the current version.
#[derive(Debug)]
pub struct Issuer {
    current: ArcSwap<Published>,
}

impl Issuer {
    /// An issuer of this version.
    #[must_use]
    pub fn new(published: Published) -> Self {
        Self { current: ArcSwap::from_pointee(published) }
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

    /// Serves another version from now on. Requests under way finish with the one they began with.
    pub fn replace(&self, published: Published) {
        self.current.store(Arc::new(published));
    }
}
