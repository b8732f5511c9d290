//! Connections: accepted, bounded in number and in how long they may dally, and let finish when the
//! server stops.

use super::PeerAddress;
use super::connection::{Patient, Place, Places};
use crate::metrics::METRICS;
use crate::traffic::{Connections, Patience, Traffic};
use axum::Router;
use axum::http::{Extensions, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
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
    router: Router,
    traffic: &Traffic,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let doors = Doors::new(router, traffic);
    let mut stop = pin!(async {
        stop.await;
        traffic.stopping.begin();
        tokio::time::sleep(traffic.patience.notice).await;
    });
    loop {
        tokio::select! {
            accepted = doors.accept(&listener) => match accepted {
                Ok((stream, permit)) => doors.admit(stream, permit, traffic),
                Err(error) => pause_after(&error).await,
            },
            () = &mut stop => break,
        }
    }
    // Whoever is connected already was never told that nobody listens.
    while let Ok(Ok((stream, permit))) =
        tokio::time::timeout(Duration::ZERO, doors.accept(&listener)).await
    {
        doors.admit(stream, permit, traffic);
    }
    drop(listener);
    doors.close().await;
    Ok(())
}

/// What connections are handed.
struct Doors {
    router: Router,
    patience: Patience,
    connections: Connections,
    permits: Arc<Semaphore>,
    places: Places,
    graceful: GracefulShutdown,
}

impl Doors {
    fn new(router: Router, traffic: &Traffic) -> Self {
        let Traffic { patience, connections, .. } = *traffic;
        let permits = Arc::new(Semaphore::new(connections.most.min(Semaphore::MAX_PERMITS)));
        let (places, graceful) = (Places::default(), GracefulShutdown::new());
        Self { router, patience, connections, permits, places, graceful }
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

    /// Serves a connection, unless its address has too many.
    fn admit(&self, stream: TcpStream, permit: Option<OwnedSemaphorePermit>, traffic: &Traffic) {
        let peer = stream.peer_addr().ok().map(|address| address.ip().to_canonical());
        let place = match peer.filter(|peer| !traffic.proxies.is_trusted(*peer)) {
            Some(peer) => {
                let Some(place) = self.places.take(peer, self.connections.most_per_address) else {
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
        self.converse(Patient::new(stream, self.patience.reader), peer, (permit, place));
    }

    /// Answers the requests of a connection in a task of its own, which holds its place.
    fn converse(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: Option<IpAddr>,
        held: (Option<OwnedSemaphorePermit>, Option<Place>),
    ) {
        let mut beside = Extensions::new();
        if let Some(peer) = peer {
            beside.insert(PeerAddress(peer));
        }
        let router = TowerToHyperService::new(self.router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().extend(beside.clone());
            router.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.patience.head)
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        let connection = self.graceful.watch(connection);
        METRICS.connections.add(1);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            METRICS.connections.add(-1);
            drop(held);
        });
    }

    /// Lets the requests under way finish.
    async fn close(self) {
        let farewell = self.patience.farewell;
        if tokio::time::timeout(farewell, self.graceful.shutdown()).await.is_err() {
            tracing::warn!("requests under way were cut off after {} s", farewell.as_secs());
        }
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
