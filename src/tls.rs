//! TLS of the listener. The certificate and its key are files that are read again when they change;
//! connections that are open keep what they began with.

use crate::token::digest;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// What is spoken inside (RFC 7301).
const PROTOCOL: &[u8] = b"http/1.1";

/// The listener's side of TLS.
#[derive(Debug)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    config: Arc<ServerConfig>,
    /// Of what the files held.
    digest: Vec<u8>,
    /// Of what they held when they were last found wrong, which is told once.
    wrong: Vec<u8>,
}

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("{}: no certificate in PEM is in it", .0.display())]
    NoCertificate(PathBuf),
    #[error("{}: no private key in PEM is in it", .0.display())]
    NoKey(PathBuf),
    #[error("the certificate and its key: {0}")]
    Pair(#[from] rustls::Error),
}

/// What the files held.
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|error| TlsError::File { path: path.to_owned(), error })
        };
        Ok(Self { certificate: read(certificate)?, key: read(key)? })
    }

    fn digest(&self) -> Vec<u8> {
        let both = [digest(&self.certificate), digest(&self.key)];
        both.iter().flat_map(|digest| digest.iter().copied()).collect()
    }
}

impl Tls {
    /// Reads the chain of certificates, the server's first, and its key, both in PEM.
    ///
    /// # Errors
    /// [`TlsError`]: files that are not there or not of each other.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = Files::read(certificate, key)?;
        let config = config(certificate, key, &files)?;
        let current = Current { config, digest: files.digest(), wrong: Vec::new() };
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        Ok(Self { certificate, key, current: Mutex::new(current) })
    }

    /// Reads the files again, and says whether others are served from now on. Files that are wrong,
    /// as while only one of them was replaced, change nothing.
    ///
    /// # Errors
    /// [`TlsError`], once for what the files hold.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let files = Files::read(&self.certificate, &self.key)?;
        let digest = files.digest();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if digest == current.digest || digest == current.wrong {
            return Ok(false);
        }
        match config(&self.certificate, &self.key, &files) {
            Ok(config) => {
                *current = Current { config, digest, wrong: Vec::new() };
                Ok(true)
            }
            Err(error) => {
                current.wrong = digest;
                Err(error)
            }
        }
    }

    /// Begins TLS on a connection.
    ///
    /// # Errors
    /// That the other side does not speak it, or nothing that we do.
    pub async fn accept<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let config = {
            let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&current.config)
        };
        TlsAcceptor::from(config).accept(stream).await
    }
}

fn config(certificate: &Path, key: &Path, files: &Files) -> Result<Arc<ServerConfig>, TlsError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&files.certificate)
        .collect::<Result<_, _>>()
        .map_err(|_| TlsError::NoCertificate(certificate.to_owned()))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(certificate.to_owned()));
    }
    let private =
        PrivateKeyDer::from_pem_slice(&files.key).map_err(|_| TlsError::NoKey(key.to_owned()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_no_client_auth()
        .with_single_cert(chain, private)?;
    config.alpn_protocols = vec![PROTOCOL.to_owned()];
    Ok(Arc::new(config))
}
