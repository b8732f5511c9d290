//! The load: connections that each send the next request when the answer to the last is there. The
//! requests are bytes made beforehand, so that the load costs little beside what is measured.

use crate::server::Process;
use std::fmt;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Connections to one server.
pub(crate) struct Drive {
    address: String,
    clients: Vec<Client>,
}

struct Client {
    stream: Option<TcpStream>,
    request: Vec<u8>,
    renewal: Option<Renewal>,
}

/// What is sent, but for the token, which each answer changes.
#[derive(Clone)]
pub(crate) struct Renewal {
    /// The head up to the length, what is between length and token.
    pub(crate) head: String,
    pub(crate) form: String,
}

impl Renewal {
    fn request(&self, token: &str) -> Vec<u8> {
        let Self { head, form } = self;
        format!("{head}Content-Length: {}\r\n\r\n{form}{token}", form.len() + token.len())
            .into_bytes()
    }
}

/// What a turn came to.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    /// Microseconds of processor time a request took the server.
    pub(crate) processor: f64,
    /// How long one of a hundred took at least, in milliseconds, and one of two.
    p99: f64,
    p50: f64,
}

impl Measured {
    /// How long one of a hundred took at least, in milliseconds.
    pub(crate) fn p99(&self) -> f64 {
        self.p99
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, processor, p99, p50 } = self;
        write!(
            formatter,
            "{per_second:.0}/s, {processor:.1} µs of processor each, p50 {p50:.2} ms, p99 {p99:.2} ms"
        )
    }
}

impl Drive {
    pub(crate) fn new(address: &str, n_connections: usize, request: &[u8]) -> Self {
        let client = || Client { stream: None, request: request.to_vec(), renewal: None };
        let clients = std::iter::repeat_with(client).take(n_connections).collect();
        Self { address: address.to_owned(), clients }
    }

    /// Connections that each renew a token of their own.
    pub(crate) fn renewing(address: &str, tokens: Vec<String>, renewal: &Renewal) -> Self {
        let client = |token: String| Client {
            stream: None,
            request: renewal.request(&token),
            renewal: Some(renewal.clone()),
        };
        let clients = tokens.into_iter().map(client).collect();
        Self { address: address.to_owned(), clients }
    }

    /// Drives the server for so long.
    #[expect(clippy::disallowed_methods, reason = "it measures time")]
    pub(crate) async fn run(&mut self, process: &Process, time: Duration) -> Measured {
        for client in &mut self.clients {
            if client.stream.is_none() {
                let stream = TcpStream::connect(&self.address).await.unwrap();
                stream.set_nodelay(true).unwrap();
                client.stream = Some(stream);
            }
        }
        let (begin, busy) = (Instant::now(), process.processor_time());
        let clients = std::mem::take(&mut self.clients);
        let tasks: Vec<_> =
            clients.into_iter().map(|client| tokio::spawn(client.run(begin, time))).collect();
        let mut times = Vec::new();
        for task in tasks {
            let (client, mut more) = task.await.unwrap();
            self.clients.push(client);
            times.append(&mut more);
        }
        let elapsed = begin.elapsed().as_secs_f64();
        let busy = process.processor_time() - busy;
        times.sort_unstable();
        let n_requests = times.len();
        let at = |part: usize| {
            let nanoseconds = times.get(n_requests * part / 100).copied().unwrap_or_default();
            Duration::from_nanos(nanoseconds).as_secs_f64() * 1e3
        };
        let per_second = n_requests as f64 / elapsed;
        let processor = busy.as_secs_f64() * 1e6 / n_requests as f64;
        Measured { per_second, processor, p99: at(99), p50: at(50) }
    }
}

impl Client {
    /// Sends and reads until the time is over; answers how long each took, in nanoseconds.
    #[expect(clippy::disallowed_methods, reason = "it measures time")]
    async fn run(mut self, begin: Instant, time: Duration) -> (Self, Vec<u64>) {
        let mut times = Vec::with_capacity(1 << 16);
        let mut buffer = Vec::with_capacity(8192);
        let mut stream = self.stream.take().unwrap();
        while begin.elapsed() < time || times.is_empty() {
            let sent = Instant::now();
            stream.write_all(&self.request).await.unwrap();
            let body = read_answer(&mut stream, &mut buffer).await;
            times.push(u64::try_from(sent.elapsed().as_nanos()).unwrap());
            if let Some(renewal) = &self.renewal {
                self.request = renewal.request(member(body, "refresh_token"));
            }
        }
        self.stream = Some(stream);
        (self, times)
    }
}

/// The body of the answer to one request, which must be a success.
pub(crate) async fn send(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut buffer = Vec::new();
    read_answer(&mut stream, &mut buffer).await.to_owned()
}

/// All of the answer to one request, which must be a success.
pub(crate) async fn send_for_all(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut buffer = Vec::new();
    read_answer(&mut stream, &mut buffer).await;
    String::from_utf8(buffer).unwrap()
}

/// Reads one answer, which must be a success; its body.
pub(crate) async fn read_answer<'b>(stream: &mut TcpStream, buffer: &'b mut Vec<u8>) -> &'b str {
    buffer.clear();
    let (start, end) = loop {
        let n_read = stream.read_buf(buffer).await.unwrap();
        let text = std::str::from_utf8(buffer).unwrap();
        assert!(n_read > 0, "the connection was closed: {text}");
        let Some(head) = text.find("\r\n\r\n") else { continue };
        let start = head + 4;
        let length = header(text.split_at(head).0, "content-length: ");
        let end = start + length.and_then(|length| length.parse().ok()).unwrap_or(0);
        if text.len() >= end {
            break (start, end);
        }
    };
    let text = std::str::from_utf8(buffer).unwrap();
    let status = text.split(' ').nth(1).unwrap_or_default();
    assert!(status.starts_with('2') || status.starts_with('3'), "{text}");
    text.get(start..end).unwrap_or_default()
}

/// The value of a header.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines();
    lines.find_map(|line| {
        let (start, value) = line.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// A text member of a JSON object, written without blanks.
pub(crate) fn member<'b>(body: &'b str, name: &str) -> &'b str {
    let start = body.find(&format!("\"{name}\":\"")).map(|at| at + name.len() + 4);
    let rest = start.and_then(|start| body.get(start..)).unwrap_or_default();
    rest.split('"').next().unwrap_or_default()
}

/// Keeps the load, and whatever thread it has, off the core of the servers.
pub(crate) fn pin() {
    let pinned = std::process::Command::new("taskset")
        .args(["-a", "-p", "-c", "1", &std::process::id().to_string()])
        .output();
    if !pinned.is_ok_and(|output| output.status.success()) {
        eprintln!("there is no second core, or no taskset: servers and load share what there is");
    }
}
