//! The one way out: documents of other servers, fetched over TLS and nothing else, unless an operator
//! named them. No redirects, so many bytes and so long, and never from an address of a private
//! network, which a name of the outside world may lead to (decision 25).

mod address;
mod client_keys;
mod target;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use client_keys::ClientKeys;

use address::is_public;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, header};
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use target::Target;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

/// Most bytes of the head of an answer.
const HEAD_BYTES: usize = 16 * 1024;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// What is encoded in URLs and forms: all but what never needs to be (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where documents may come from, and by whose word.
#[derive(Clone)]
pub struct Fetcher {
    tls: TlsConnector,
    allows_private: bool,
    plain: Plain,
}

/// Who may be asked without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plain {
    Nobody,
    ThisMachine,
    #[cfg(feature = "telemetry")]
    Anybody,
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Fetcher").field("allows_private", &self.allows_private).finish()
    }
}

/// What one answer may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of the body.
    pub bytes: usize,
    /// For all of it, from the name to the last byte.
    pub time: Duration,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub enum Ask<'a> {
    Get,
    /// With these headers besides.
    GetWith {
        headers: &'a [(String, String)],
    },
    /// A JSON text, with these headers besides.
    Post {
        body: &'a str,
        headers: &'a [(String, String)],
    },
    /// A form of these names and values.
    Form(&'a [(&'a str, &'a str)]),
    /// Bytes, of which the headers say what they are.
    #[cfg(feature = "telemetry")]
    Bytes {
        body: &'a [u8],
        headers: &'a [(String, String)],
    },
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub status: u16,
    pub body: Vec<u8>,
    /// The values of its `Link` headers (RFC 8288).
    pub links: Vec<String>,
}

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("the URL is not of `https://`, a host, perhaps a port and a path")]
    Url,
    #[error("the name of the host leads nowhere: {0}")]
    Name(String),
    #[error("the host is in a private network, and none may be asked")]
    Private,
    #[error("the host cannot be reached: {0}")]
    Unreachable(String),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("the answer took longer than {0:?}")]
    TooSlow(Duration),
    #[error("a header cannot be sent")]
    Header,
}

impl Fetcher {
    /// A fetcher that believes the certificates that the machine does. `allows_private` opens private
    /// networks to it.
    #[must_use]
    pub fn new(allows_private: bool) -> Self {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "certificates of the machine cannot be read");
        }
        roots.add_parsable_certificates(found.certs);
        Self::believing(roots, allows_private)
    }

    fn believing(roots: RootCertStore, allows_private: bool) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let versions = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12]);
        // Both versions are there with this provider; with none nothing could be fetched.
        let config = match versions {
            Ok(builder) => builder.with_root_certificates(roots).with_no_client_auth(),
            Err(_) => ClientConfig::builder().with_root_certificates(roots).with_no_client_auth(),
        };
        Self { tls: TlsConnector::from(Arc::new(config)), allows_private, plain: Plain::Nobody }
    }

    /// For whoever operates a server: asks private networks, and this machine without TLS too.
    #[must_use]
    pub fn of_operator() -> Self {
        Self { plain: Plain::ThisMachine, ..Self::new(true) }
    }

    /// For a collector that an operator named: wherever it is, and without TLS if they say so.
    #[cfg(feature = "telemetry")]
    #[must_use]
    pub fn of_collector() -> Self {
        Self { plain: Plain::Anybody, ..Self::new(true) }
    }

    /// Asks `url`. An answer of any status is an answer; none is followed anywhere else.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn ask(
        &self,
        url: &str,
        ask: Ask<'_>,
        limits: Limits,
    ) -> Result<Fetched, FetchError> {
        let target = Target::parse(url).filter(|target| self.may_ask(target));
        let target = target.ok_or(FetchError::Url)?;
        let exchanged = tokio::time::timeout(limits.time, self.exchange(&target, ask, limits));
        exchanged.await.unwrap_or(Err(FetchError::TooSlow(limits.time)))
    }

    /// Whether it may be asked in the way that its URL says.
    fn may_ask(&self, target: &Target<'_>) -> bool {
        match self.plain {
            Plain::Nobody => !target.is_plain,
            Plain::ThisMachine => !target.is_plain || target.names_this_machine(),
            #[cfg(feature = "telemetry")]
            Plain::Anybody => true,
        }
    }

    async fn exchange(
        &self,
        target: &Target<'_>,
        ask: Ask<'_>,
        limits: Limits,
    ) -> Result<Fetched, FetchError> {
        let stream = self.connect(target).await?;
        if target.is_plain {
            return exchange_over(stream, request(target, ask)?, limits).await;
        }
        let name = ServerName::try_from(target.host.to_owned()).map_err(|_| FetchError::Url)?;
        let stream = self.tls.connect(name, stream).await;
        let stream = stream.map_err(|error| FetchError::Unreachable(error.to_string()))?;
        exchange_over(stream, request(target, ask)?, limits).await
    }

    /// Connects to the very address that was found to be allowed: a name that is looked up again may
    /// lead elsewhere.
    async fn connect(&self, target: &Target<'_>) -> Result<TcpStream, FetchError> {
        let host = target.host.trim_start_matches('[').trim_end_matches(']');
        let found = lookup_host((host, target.port)).await;
        let found = found.map_err(|error| FetchError::Name(error.to_string()))?;
        let stays_here = target.is_plain && self.plain == Plain::ThisMachine;
        let is_allowed = |found: &SocketAddr| match stays_here {
            true => found.ip().is_loopback(),
            false => self.allows_private || is_public(found.ip()),
        };
        let mut refusal = FetchError::Private;
        for address in found.filter(is_allowed) {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => refusal = FetchError::Unreachable(error.to_string()),
            }
        }
        Err(refusal)
    }
}

/// One request and its answer over a connection of its own.
async fn exchange_over(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
    limits: Limits,
) -> Result<Fetched, FetchError> {
    let unreachable = |error: &dyn std::fmt::Display| FetchError::Unreachable(error.to_string());
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| unreachable(&error))?;
    let exchange = async {
        let answer = sender.send_request(request).await.map_err(|error| unreachable(&error))?;
        let status = answer.status().as_u16();
        let links = answer.headers().get_all(header::LINK).iter();
        let links = links.filter_map(|value| value.to_str().ok().map(str::to_owned)).collect();
        let body = Limited::new(answer.into_body(), limits.bytes).collect().await;
        let body = body.map_err(|error| match error.is::<http_body_util::LengthLimitError>() {
            true => FetchError::TooLong(limits.bytes),
            false => unreachable(&error),
        })?;
        Ok(Fetched { status, body: body.to_bytes().to_vec(), links })
    };
    let mut connection = std::pin::pin!(connection);
    let mut exchange = std::pin::pin!(exchange);
    let mut is_over = false;
    loop {
        tokio::select! {
            fetched = &mut exchange => return fetched,
            // What was read before the other side hung up is still an answer.
            _ = &mut connection, if !is_over => is_over = true,
        }
    }
}

fn request(target: &Target<'_>, ask: Ask<'_>) -> Result<Request<Full<Bytes>>, FetchError> {
    let copied = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    let (method, content_type, headers, body) = match ask {
        Ask::Get => (Method::GET, None, &[][..], Bytes::new()),
        Ask::GetWith { headers } => (Method::GET, None, headers, Bytes::new()),
        Ask::Post { body, headers } => (Method::POST, Some(JSON), headers, copied(body)),
        #[cfg(feature = "telemetry")]
        Ask::Bytes { body, headers } => (Method::POST, None, headers, Bytes::copy_from_slice(body)),
        Ask::Form(pairs) => (Method::POST, Some(FORM), &[][..], form(pairs)),
    };
    let mut builder = Request::builder()
        .method(method)
        .uri(target.path)
        .header(header::HOST, target.authority)
        .header(header::ACCEPT, JSON)
        .header(header::CONNECTION, "close")
        .header(header::USER_AGENT, "claimsmith");
    if let Some(content_type) = content_type {
        builder = builder.header(header::CONTENT_TYPE, content_type);
    }
    for (name, value) in headers {
        builder = builder.header(name.as_str(), value.as_str());
    }
    builder.body(Full::new(body)).map_err(|_| FetchError::Header)
}

/// A text as a part of a URL or a form.
#[must_use]
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn form(pairs: &[(&str, &str)]) -> Bytes {
    let pair = |(name, value): &(&str, &str)| format!("{}={}", encoded(name), encoded(value));
    Bytes::from(pairs.iter().map(pair).collect::<Vec<_>>().join("&"))
}
