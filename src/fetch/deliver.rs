//! What is sent to where an operator named, who may name a machine of the private network without TLS.

use super::target::Target;
use super::{FetchError, Fetched, Fetcher, Limits, exchange_over};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request, header};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;

impl Fetcher {
    /// Posts bytes with these headers to `url`, which may be `http://` too.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn deliver(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: Bytes,
        limits: Limits,
    ) -> Result<Fetched, FetchError> {
        let target = Target::parse_any(url).ok_or(FetchError::Url)?;
        let mut builder = Request::builder()
            .method(Method::POST)
            .uri(target.path)
            .header(header::HOST, target.authority)
            .header(header::CONNECTION, "close");
        for (name, value) in headers {
            builder = builder.header(name.as_str(), value.as_str());
        }
        let request = builder.body(Full::new(body)).map_err(|_| FetchError::Header)?;
        let unreachable =
            |error: &dyn std::fmt::Display| FetchError::Unreachable(error.to_string());
        let exchange = async {
            let host = target.host.trim_start_matches('[').trim_end_matches(']');
            let stream = TcpStream::connect((host, target.port)).await;
            let stream = stream.map_err(|error| unreachable(&error))?;
            if target.is_plain {
                return exchange_over(stream, request, limits).await;
            }
            let name = ServerName::try_from(host.to_owned()).map_err(|_| FetchError::Url)?;
            let stream = self.tls.connect(name, stream).await;
            exchange_over(stream.map_err(|error| unreachable(&error))?, request, limits).await
        };
        let exchanged = tokio::time::timeout(limits.time, exchange).await;
        exchanged.unwrap_or(Err(FetchError::TooSlow(limits.time)))
    }
}
