//! Connections: accepted, bounded in number and in how long they may dally, and let finish when the
//! server stops.

use super::PeerAddress;
use super::address::without_empty_parts;
use super::connection::{Patient, Places};
use crate::metrics::METRICS;
use crate::tls::Tls;
use crate::traffic::{Patience, Traffic};
use axum::Router;
use axum::http::{Extensions, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Most bytes of the head of a request; more are answered 431.
const HEAD_BYTES: usize = 64 * 1024;

/// Most headers of a request.
const HEADERS: usize = 100;

/// Serves `router` until `stop` is done, then takes what was connected meanwhile and lets the
/// requests under way finish.
///
/// # Errors
/// That the listener is no longer good.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    router: Router,
    traffic: &Traffic,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let doors = Doors::new(router, tls, traffic);
    let mut stop = pin!(async {
        stop.await;
        traffic.stopping.begin();
        tokio::time::sleep(traffic.patience.notice).await;
    });
    loop {
        tokio::select! {
            accepted = doors.accept(&listener) => match accepted {
                Ok((stream, permit)) => doors.admit(stream, permit),
                Err(error) => pause_after(&error).await,
            },
            () = &mut stop => break,
        }
    }
    // Whoever is connected already was never told that nobody listens.
    while let Ok(Ok((stream, permit))) =
        tokio::time::timeout(Duration::ZERO, doors.accept(&listener)).await
    {
        doors.admit(stream, permit);
    }
    drop(listener);
    doors.close().await;
    Ok(())
}

/// What lets connections in.
struct Doors<'t> {
    router: Router,
    tls: Option<Arc<Tls>>,
    traffic: &'t Traffic,
    permits: Arc<Semaphore>,
    places: Places,
    graceful: GracefulShutdown,
}

impl<'t> Doors<'t> {
    fn new(router: Router, tls: Option<Arc<Tls>>, traffic: &'t Traffic) -> Self {
        let most = traffic.connections.most.min(Semaphore::MAX_PERMITS);
        let permits = Arc::new(Semaphore::new(most));
        let (places, graceful) = (Places::default(), GracefulShutdown::new());
        Self { router, tls, traffic, permits, places, graceful }
    }

    /// A connection, once there is room for one.
    async fn accept(
        &self,
        listener: &TcpListener,
    ) -> io::Result<(TcpStream, Option<OwnedSemaphorePermit>)> {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        let (stream, _) = listener.accept().await?;
        Ok((stream, permit))
    }

    /// Serves a connection in a task of its own, unless its address has too many.
    fn admit(&self, stream: TcpStream, permit: Option<OwnedSemaphorePermit>) {
        let peer = stream.peer_addr().ok().map(|address| address.ip().to_canonical());
        let place = match peer.filter(|peer| !self.traffic.proxies.is_trusted(*peer)) {
            Some(peer) => {
                let most = self.traffic.connections.most_per_address;
                let Some(place) = self.places.take(peer, most) else {
                    METRICS.connections_refused.add(1);
                    tracing::debug!(%peer, "an address has too many connections");
                    return;
                };
                Some(place)
            }
            None => None,
        };
        // Small answers go out at once.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
        let (router, patience) = (self.router.clone(), self.traffic.patience);
        let conversation =
            Conversation { router, peer, patience, watcher: self.graceful.watcher() };
        let (stream, tls) = (Patient::new(stream, patience.reader), self.tls.clone());
        METRICS.connections.add(1);
        tokio::spawn(async move {
            let ended = match tls {
                None => conversation.hold(stream).await,
                Some(tls) => conversation.hold_secretly(stream, &tls).await,
            };
            if let Err(error) = ended {
                tracing::debug!(error, "a connection ended early");
            }
            METRICS.connections.add(-1);
            drop((permit, place));
        });
    }

    /// Lets the requests under way finish.
    async fn close(self) {
        let farewell = self.traffic.patience.farewell;
        if tokio::time::timeout(farewell, self.graceful.shutdown()).await.is_err() {
            tracing::warn!("requests under way were cut off after {} s", farewell.as_secs());
        }
    }
}

/// The requests of one connection and their answers.
struct Conversation {
    router: Router,
    peer: Option<IpAddr>,
    patience: Patience,
    /// The server does not end before this does.
    watcher: Watcher,
}

impl Conversation {
    /// Under TLS, whose beginning may take as long as the head of a request.
    async fn hold_secretly(self, stream: Patient<TcpStream>, tls: &Tls) -> Result<(), String> {
        let begun = tokio::time::timeout(self.patience.head, tls.accept(stream)).await;
        let begun = begun.map_err(|_| "TLS took too long to begin".to_owned())?;
        self.hold(begun.map_err(|error| error.to_string())?).await
    }

    async fn hold(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    ) -> Result<(), String> {
        let mut beside = Extensions::new();
        if let Some(peer) = self.peer {
            beside.insert(PeerAddress(peer));
        }
        let router = TowerToHyperService::new(self.router);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().extend(beside.clone());
            if let Some(uri) = without_empty_parts(request.uri()) {
                *request.uri_mut() = uri;
            }
            router.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.patience.head)
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        self.watcher.watch(connection).await.map_err(|error| error.to_string())
    }
}

/// A connection that broke while being accepted is nothing; a process out of file descriptors is
/// given time to close some.
async fn pause_after(error: &io::Error) {
    let broken = [
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::ConnectionRefused,
    ];
    if !broken.contains(&error.kind()) {
        tracing::warn!(%error, "connections cannot be accepted");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
