//! Servers of the tests, on loopback addresses, with a certificate that only the tests believe.

use super::{ClientKeys, Fetcher};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A certificate for `localhost` and 127.0.0.1 until the year 2120, and its key (PKCS #8).
const CERTIFICATE: &[u8] = include_bytes!("fixture/certificate.der");
const KEY: &[u8] = include_bytes!("fixture/key.der");

fn certificate() -> CertificateDer<'static> {
    CertificateDer::from(CERTIFICATE)
}

/// A fetcher that believes it and asks private networks.
pub(crate) fn fetcher() -> Fetcher {
    let mut roots = RootCertStore::empty();
    roots.add(certificate()).unwrap();
    Fetcher::believing(roots, true)
}

/// The keys of clients that such servers publish.
pub(crate) fn client_keys() -> ClientKeys {
    ClientKeys::new(fetcher())
}

/// A server that answers every request with the bytes that `answer` makes of head and body.
pub(crate) struct Site {
    pub(crate) port: u16,
    n_asked: Arc<AtomicUsize>,
}

impl Site {
    pub(crate) async fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let n_asked = Arc::new(AtomicUsize::new(0));
        let (count, answer) = (Arc::clone(&n_asked), Arc::new(answer));
        tokio::spawn(async move {
            let acceptor = acceptor();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, count) = (acceptor.clone(), Arc::clone(&count));
                let answer = Arc::clone(&answer);
                tokio::spawn(async move { serve(stream, &acceptor, &count, &*answer).await });
            }
        });
        Self { port, n_asked }
    }

    /// One that answers with a JSON text.
    pub(crate) async fn with_json(body: String) -> Self {
        Self::start(move |_| json(200, &body)).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    pub(crate) fn n_asked(&self) -> usize {
        self.n_asked.load(Ordering::SeqCst)
    }
}

/// An answer with a JSON text.
pub(crate) fn json(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn acceptor() -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(KEY).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    count: &AtomicUsize,
    answer: &(dyn Fn(&str) -> String + Send + Sync),
) {
    // A client that does not believe the certificate hangs up.
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    while !is_whole(&read) {
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => read.extend_from_slice(&buffer[..n]),
            _ => return,
        }
    }
    count.fetch_add(1, Ordering::SeqCst);
    let text = answer(&String::from_utf8_lossy(&read));
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Whether head and body were read.
fn is_whole(read: &[u8]) -> bool {
    let text = String::from_utf8_lossy(read).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    body.len() >= length.and_then(|length| length.parse().ok()).unwrap_or(0)
}
