//! What was begun is finished, whoever hangs up: a future that goes on in a task of its own once nobody
//! waits for it any more. As long as somebody does it costs no task.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Handle;

/// A future that is finished, and that no panic leaves.
pub(super) struct Finish<F: Future<Output: Send + 'static> + Send + 'static> {
    /// Until it has ended.
    running: Option<Pin<Box<F>>>,
}

/// What a panic said.
#[derive(Debug, thiserror::Error)]
#[error("it panicked: {0}")]
pub(super) struct Panicked(String);

impl<F: Future<Output: Send + 'static> + Send + 'static> Finish<F> {
    pub(super) fn new(future: F) -> Self {
        Self { running: Some(Box::pin(future)) }
    }
}

impl<F: Future<Output: Send + 'static> + Send + 'static> Future for Finish<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(running) = &mut self.running else {
            return Poll::Ready(Err(Panicked("it has ended".to_owned())));
        };
        // Nothing of it is looked at once it has panicked.
        let polled = catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(context)));
        let ended = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(panic) => Err(Panicked(said(panic.as_ref()))),
        };
        self.running = None;
        Poll::Ready(ended)
    }
}

impl<F: Future<Output: Send + 'static> + Send + 'static> Drop for Finish<F> {
    fn drop(&mut self) {
        // Where there is no runtime any more nothing can go on.
        if let Some(running) = self.running.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(running);
        }
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    fn on_runtime<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn what_nobody_waits_for_any_more_is_finished_all_the_same() {
        on_runtime(async {
            let (go_on, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            let (hears, tells) = (Arc::clone(&go_on), Arc::clone(&done));
            let mut waited_for = Box::pin(Finish::new(async move {
                hears.notified().await;
                tells.notify_one();
            }));
            tokio::select! {
                biased;
                _ = &mut waited_for => panic!("it waits"),
                () = std::future::ready(()) => {}
            }
            drop(waited_for);
            go_on.notify_one();
            done.notified().await;
        });
    }

    #[test]
    fn what_has_ended_is_not_begun_again_and_a_panic_is_told() {
        on_runtime(async {
            let n_polled = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&n_polled);
            let ended = Finish::new(async move { counted.fetch_add(1, Ordering::SeqCst) }).await;
            assert_eq!((ended.unwrap(), n_polled.load(Ordering::SeqCst)), (0, 1));
            let silent: Result<(), Panicked> =
                Finish::new(async { panic!("by {}", "design") }).await;
            assert_eq!(silent.unwrap_err().to_string(), "it panicked: by design");
        });
    }
}
