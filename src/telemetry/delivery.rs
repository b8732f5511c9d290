//! How what is told reaches the collector: by the one client that asks others, in tasks of the server's
//! runtime, whoever waits for them.

use crate::fetch::{Ask, Fetcher, Limits};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::runtime::Handle;

/// What one answer of a collector may cost.
const LIMITS: Limits = Limits { bytes: 64 * 1024, time: Duration::from_secs(10) };

#[derive(Clone, Debug)]
pub(super) struct Delivery {
    fetcher: Fetcher,
    runtime: Handle,
}

impl Delivery {
    pub(super) fn new(fetcher: Fetcher, runtime: Handle) -> Self {
        Self { fetcher, runtime }
    }

    /// Sends a message in protobuf.
    pub(super) async fn send(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<(), String> {
        let mut headers = headers.to_vec();
        headers.push(("content-type".to_owned(), "application/x-protobuf".to_owned()));
        let answer = self.fetcher.ask(url, Ask::Bytes { body, headers: &headers }, LIMITS).await;
        let answer = answer.map_err(|error| error.to_string())?;
        match answer.status {
            200..300 => Ok(()),
            status => Err(format!("the collector answers {status}")),
        }
    }
}

type Sent<'s> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 's>>;

impl HttpClient for Delivery {
    fn send_bytes<'c, 's>(&'c self, request: Request<Bytes>) -> Sent<'s>
    where
        'c: 's,
        Self: 's,
    {
        let fetcher = self.fetcher.clone();
        // Who waits is a thread of its own, outside of the runtime.
        let task = self.runtime.spawn(async move {
            let (head, body) = request.into_parts();
            let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
            let headers = head.headers.iter();
            let headers: Vec<(String, String)> =
                headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
            let ask = Ask::Bytes { body: &body, headers: &headers };
            fetcher.ask(&head.uri.to_string(), ask, LIMITS).await
        });
        Box::pin(async move {
            let fetched = task.await.map_err(Box::new)?.map_err(Box::new)?;
            let response = Response::builder().status(fetched.status);
            Ok(response.body(Bytes::from(fetched.body)).map_err(Box::new)?)
        })
    }
}
