//! Futures that are begun in their order and waited for together: what a connection is asked in one
//! go, it is asked in this order, and the round trip is paid once.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// A future of any type with this output.
pub(super) type Asked<'a, Output> = Pin<Box<dyn Future<Output = Output> + Send + 'a>>;

/// The outputs, in the order of the futures.
pub(super) async fn in_order<Output>(futures: Vec<Asked<'_, Output>>) -> Vec<Output> {
    let mut waiting: Vec<Progress<'_, Output>> = futures.into_iter().map(Progress::Asked).collect();
    poll_fn(|context| {
        let mut ready = true;
        for progress in &mut waiting {
            let Progress::Asked(future) = progress else { continue };
            match future.as_mut().poll(context) {
                Poll::Ready(output) => *progress = Progress::Answered(output),
                Poll::Pending => ready = false,
            }
        }
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    let output = |progress| match progress {
        Progress::Answered(output) => Some(output),
        Progress::Asked(_) => None,
    };
    waiting.into_iter().filter_map(output).collect()
}

enum Progress<'a, Output> {
    Asked(Asked<'a, Output>),
    Answered(Output),
}
