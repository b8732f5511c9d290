//! What a client can do to a connection: too much, too slowly, too often; and what is finished when
//! the server stops. Over real sockets.

use super::super::serve;
use super::*;
use crate::traffic::{Connections, Patience};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Times so short that a test need not wait, but for the one it is about.
const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(60);

const PATIENCE: Patience = Patience {
    head: LONG,
    body: LONG,
    answer: LONG,
    reader: LONG,
    notice: Duration::ZERO,
    farewell: LONG,
};

/// A world that is served on a socket.
struct Served {
    world: World,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Served {
    fn with(patience: Patience, connections: Connections) -> Self {
        Self::route(patience, connections, |router| router)
    }

    fn route(
        patience: Patience,
        connections: Connections,
        change: impl FnOnce(Router) -> Router,
    ) -> Self {
        let world = World::limited(|traffic| {
            traffic.patience = patience;
            traffic.connections = connections;
        });
        let listener = world.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (surface, router) = (world.surface.clone(), change(world.router.clone()));
        let ended = world.runtime.spawn(async move {
            let stopped = async { drop(stopped.await) };
            serve(listener, None, router, &surface.traffic, stopped).await.unwrap();
        });
        Self { world, address, stop, ended }
    }

    /// What is answered until the connection closes.
    fn send(&self, bytes: &[u8]) -> String {
        self.world.runtime.block_on(async {
            let mut stream = self.connect().await;
            // It may be closed before all of a flood is there.
            drop(stream.write_all(bytes).await);
            read(&mut stream).await
        })
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// All that comes until the connection ends, one way or another.
async fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes).await);
    String::from_utf8(bytes).unwrap()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

fn post(body: &str) -> Vec<u8> {
    format!(
        "POST {TOKEN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        billing(),
        body.len()
    )
    .into_bytes()
}

#[test]
fn an_answer_has_a_date_and_one_reset() {
    let served = Served::with(PATIENCE, Connections::default());
    let answer = served.send(&post("grant_type=client_credentials"));
    assert_eq!(status(&answer), "200", "{answer}");
    let lines = |name: &str| answer.lines().filter(|line| line.starts_with(name)).count();
    assert_eq!((lines("date: "), lines("x-rate-limit-reset: ")), (1, 1), "{answer}");
}

#[test]
fn empty_parts_of_a_path_say_nothing() {
    let served = Served::with(PATIENCE, Connections::default());
    for path in ["//health/", "/health/?a=b", "//oauth2/internal//.well-known/openid-configuration"]
    {
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assert_eq!(status(&served.send(head.as_bytes())), "200", "{path}");
    }
}

#[test]
fn enormous_heads_are_refused_and_the_next_client_is_served() {
    let served = Served::with(PATIENCE, Connections::default());
    let long = "x".repeat(200_000);
    let many = "a: b\r\n".repeat(200);
    for (head, expected) in [
        (format!("GET /health HTTP/1.1\r\nHost: x\r\nCookie: {long}\r\n\r\n"), "431"),
        (format!("GET /health HTTP/1.1\r\nHost: x\r\n{many}\r\n"), "431"),
        (format!("GET /health?{long} HTTP/1.1\r\nHost: x\r\n\r\n"), "431"),
        ("GET /health HTTP/1.1\r\nno colon\r\n\r\n".to_owned(), "400"),
        ("GET /health HTTP/9.9\r\n\r\n".to_owned(), "400"),
    ] {
        let answer = served.send(head.as_bytes());
        let start: String = head.chars().take(30).collect();
        // Of a flood that goes on while it is refused the answer may be lost.
        assert!(answer.is_empty() || status(&answer) == expected, "{start}: {answer}");
    }
    let fine = served.send(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&fine), "200");
}

#[test]
fn a_head_that_does_not_come_ends_the_connection() {
    let served = Served::with(Patience { head: SHORT, ..PATIENCE }, Connections::default());
    assert_eq!(served.send(b""), "");
    assert_eq!(served.send(b"GET /health HTTP/1.1\r\nHost: x\r\nA: "), "");
}

#[test]
fn a_body_that_does_not_come_is_answered_408() {
    let served = Served::with(Patience { body: SHORT, ..PATIENCE }, Connections::default());
    let mut request = post("grant_type=client_credentials");
    request.truncate(request.len() - 5);
    let answer = served.send(&request);
    assert_eq!(status(&answer), "408", "{answer}");
    assert!(answer.contains("\"invalid_request\""), "{answer}");
}

#[test]
fn an_answer_that_is_not_made_in_time_is_503() {
    let patience = Patience { body: SHORT, answer: SHORT, ..PATIENCE };
    let served = Served::route(patience, Connections::default(), |_| Router::new());
    let router = Router::new()
        .route("/slow", axum::routing::get(std::future::pending::<&'static str>))
        .layer(axum::middleware::from_fn_with_state(
            served.world.surface.clone(),
            super::super::guard::fence,
        ));
    let slow = request(Method::GET, "/slow", None, "");
    let answer = served.world.send_to(router, slow);
    let text = "The server has too much to do. Try again in a moment.";
    answer.refuses(503, "temporarily_unavailable", text);
}

#[test]
fn who_takes_nothing_of_the_answers_is_let_go() {
    let served = Served::with(Patience { reader: SHORT, ..PATIENCE }, Connections::default());
    let ask = b"GET /oauth2/internal/.well-known/openid-configuration HTTP/1.1\r\nHost: x\r\n\r\n";
    let is_let_go = served.world.runtime.block_on(async {
        let mut stream = served.connect().await;
        // Answers fill the buffers of both kernels; then nothing more can be written either way.
        loop {
            match tokio::time::timeout(LONG, stream.write_all(&ask.repeat(100))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => break true,
                Err(_) => break false,
            }
        }
    });
    assert!(is_let_go);
}

#[test]
fn one_address_has_so_many_connections_and_no_more() {
    let connections = Connections { most: 100, most_per_address: 2 };
    let served = Served::with(PATIENCE, connections);
    served.world.runtime.block_on(async {
        let (mut first, _second) = (served.connect().await, served.connect().await);
        let ask = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        first.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut start = [0; 12];
        first.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
        let mut third = served.connect().await;
        drop(third.write_all(ask).await);
        assert_eq!(read(&mut third).await, "", "it is closed");
        drop(first);
        // The place is free as soon as the server sees that.
        loop {
            let mut fourth = served.connect().await;
            drop(fourth.write_all(ask).await);
            if status(&read(&mut fourth).await) == "200" {
                break;
            }
        }
    });
}

#[test]
fn what_was_accepted_is_finished_when_the_server_stops() {
    let served = Served::with(PATIENCE, Connections::default());
    let whole = post("grant_type=client_credentials");
    let (start, end) = whole.split_at(whole.len() - 5);
    let Served { world, address, stop, ended } = served;
    let connect = async || TcpStream::connect(address).await;
    world.runtime.block_on(async {
        let mut under_way = connect().await.unwrap();
        under_way.write_all(start).await.unwrap();
        // Nobody has looked at this one yet.
        let mut waiting = connect().await.unwrap();
        waiting.write_all(&whole).await.unwrap();
        stop.send(()).unwrap();
        // Until nobody listens any more.
        while let Ok(late) = connect().await {
            drop(late);
            tokio::task::yield_now().await;
        }
        under_way.write_all(end).await.unwrap();
        let answer = read(&mut under_way).await;
        assert_eq!(status(&answer), "200", "{answer}");
        let answer = read(&mut waiting).await;
        assert_eq!(status(&answer), "200", "{answer}");
        ended.await.unwrap();
    });
}
