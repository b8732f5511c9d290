//! Connections: accepted, bounded in number and in how long they may dally, and let finish when the
//! server stops.

use super::PeerAddress;
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
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Most connections at a time; more wait to be accepted.
const CONNECTIONS: usize = 8192;

/// How long the head of a request may take to arrive. It is also how long a connection may idle.
const HEAD: Duration = Duration::from_secs(30);

/// How long requests under way may take once the server stops.
const FAREWELL: Duration = Duration::from_secs(10);

/// Serves `router` until `stop` is done, then lets the requests under way finish.
///
/// # Errors
/// That the listener is no longer good.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let permit = Arc::clone(&connections).acquire_owned();
        let accepted = async {
            let permit = permit.await;
            (listener.accept().await, permit)
        };
        let (stream, permit) = tokio::select! {
            (accepted, permit) = accepted => match accepted {
                Ok((stream, _)) => (stream, permit),
                Err(error) => {
                    pause_after(&error).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let peer = peer_of(&stream);
        let router = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().extend(peer.clone());
            router.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(io_of(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests under way were cut off after {} s", FAREWELL.as_secs());
    }
    Ok(())
}

/// Where a connection comes from, to go beside its requests.
fn peer_of(stream: &TcpStream) -> Extensions {
    let mut peer = Extensions::new();
    if let Ok(address) = stream.peer_addr() {
        peer.insert(PeerAddress(address.ip()));
    }
    peer
}

/// Small answers go out at once.
fn io_of(stream: TcpStream) -> TokioIo<TcpStream> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    TokioIo::new(stream)
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
