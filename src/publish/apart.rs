//! Work that takes long is done by a thread of its own: requests are answered meanwhile, and the
//! counters asked for.

pub use crate::threads::STACK;
use std::thread;
use tokio::sync::oneshot;

/// What `work` gives.
///
/// # Errors
/// That there is no thread to be had, or that it ended without an answer.
pub async fn apart<Given: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Given + Send + 'static,
) -> std::io::Result<Given> {
    let (answer, answered) = oneshot::channel();
    let work = move || drop(answer.send(work()));
    thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(work)?;
    answered.await.map_err(std::io::Error::other)
}
