//! The yardsticks: an axum handler that only signs, one that only verifies, and a loop that only
//! commits. Each runs as a process of its own, which is this bench called with other arguments.

use crate::drive::send;
use crate::server::{Process, on_first_core, post};
use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use base64_simd::URL_SAFE_NO_PAD;
use claimsmith::token::{Algorithm, KeySet, SigningKey};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rusqlite::Connection;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// The word that makes this bench a yardstick.
const BARE: &str = "--bare";

/// What the token's header and claims are in the median.
const SIGNED_BYTES: usize = 600;

/// A yardstick that is asked for.
pub(crate) enum Asked {
    Sign(Algorithm),
    /// Tokens of these claims, in base64url.
    Verify(String),
    /// In this file, so many rows a commit, for so many milliseconds, and what is done for each.
    Commit(String, usize, u64, Besides),
}

/// What a loop of commits does for each row besides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Besides {
    Nothing,
    /// The signatures of an access token and of an ID token.
    Signatures,
}

/// What the command line asks for, if it is a yardstick.
pub(crate) fn asked() -> Option<Asked> {
    let mut arguments = std::env::args().skip_while(|argument| argument != BARE).skip(1);
    let (what, first) = (arguments.next()?, arguments.next()?);
    match what.as_str() {
        "sign" => Algorithm::from_name(&first).map(Asked::Sign),
        "verify" => Some(Asked::Verify(first)),
        _ => {
            let mut number = || arguments.next()?.parse::<u64>().ok();
            let n_rows = usize::try_from(number()?).ok()?;
            let time = number()?;
            let besides = match number() {
                Some(_) => Besides::Signatures,
                None => Besides::Nothing,
            };
            Some(Asked::Commit(first, n_rows, time, besides))
        }
    }
}

impl Asked {
    /// Does it, until the process is killed or the time is over.
    pub(crate) fn run(self) {
        match self {
            Self::Sign(algorithm) => serve(&sign(algorithm)),
            Self::Verify(claims) => serve(&verify(&claims)),
            Self::Commit(file, n_rows, time, besides) => {
                println!("{}", commit(&file, n_rows, Duration::from_millis(time), besides));
            }
        }
    }
}

fn sign(algorithm: Algorithm) -> Router {
    let key = Arc::new(SigningKey::generate(algorithm).unwrap());
    let input = vec![b'x'; SIGNED_BYTES];
    Router::new().fallback(move || {
        let (key, input) = (Arc::clone(&key), input.clone());
        async move {
            let mut signature = Vec::new();
            key.sign(&input, &mut signature).unwrap();
            let input = String::from_utf8(input).unwrap();
            let signature = URL_SAFE_NO_PAD.encode_to_string(signature);
            let body = format!("{{\"access_token\":\"{input}.{signature}\"}}");
            ([(header::CONTENT_TYPE, "application/json")], body)
        }
    })
}

/// Verifies tokens of a key of its own; what stands under `/` is one, with these claims.
fn verify(claims: &str) -> Router {
    let keys = Arc::new(KeySet::generate(Algorithm::Es256).unwrap());
    let header = format!(r#"{{"alg":"ES256","kid":"{}"}}"#, keys.active().key().kid());
    let input = format!("{}.{claims}", URL_SAFE_NO_PAD.encode_to_string(header));
    let mut signature = Vec::new();
    keys.active().key().sign(input.as_bytes(), &mut signature).unwrap();
    let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode_to_string(signature));
    let answer = move |body: Bytes| {
        let keys = Arc::clone(&keys);
        async move {
            let form = std::str::from_utf8(&body).unwrap_or_default();
            let token = form.strip_prefix("token=").unwrap_or_default();
            let is_ours = keys.verifier().verify(token).is_ok();
            let status = if is_ours { StatusCode::OK } else { StatusCode::BAD_REQUEST };
            let body = format!("{{\"active\":{is_ours}}}");
            (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
    };
    Router::new().route("/", get(async move || token).post(answer))
}

/// Serves as plainly as hyper does.
fn serve(router: &Router) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("http://{}", listener.local_addr().unwrap());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let service = TowerToHyperService::new(router.clone());
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
}

/// Rows a second that a loop of commits of this many rows each replaces.
#[expect(clippy::disallowed_methods, reason = "it measures time")]
fn commit(file: &str, n_rows: usize, time: Duration, besides: Besides) -> f64 {
    let mut connection = Connection::open(file).unwrap();
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                    CREATE TABLE IF NOT EXISTS state (
                        kind TEXT NOT NULL, key TEXT NOT NULL, generation INTEGER NOT NULL,
                        bytes BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID";
    connection.execute_batch(settings).unwrap();
    let bytes = vec![b'x'; 400];
    let insert = "INSERT OR REPLACE INTO state VALUES ('family', ?1, 1, ?2)";
    for row in 0..n_rows {
        connection.execute(insert, (format!("family-{row:018}"), &bytes)).unwrap();
    }
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let (input, mut signature) = (vec![b'x'; SIGNED_BYTES], Vec::new());
    let begin = Instant::now();
    let mut n_written = 0;
    while begin.elapsed() < time {
        let transaction = connection.transaction().unwrap();
        for row in 0..n_rows {
            let sql = "UPDATE state SET generation = generation + 1, bytes = ?2
                       WHERE kind = 'family' AND key = ?1";
            let mut update = transaction.prepare_cached(sql).unwrap();
            if besides == Besides::Signatures {
                key.sign(&input, &mut signature).unwrap();
                key.sign(&input, &mut signature).unwrap();
            }
            n_written += update.execute((format!("family-{row:018}"), &bytes)).unwrap();
        }
        transaction.commit().unwrap();
    }
    n_written as f64 / begin.elapsed().as_secs_f64()
}

fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(BARE).args(arguments);
    command
}

/// What [`commit`] comes to in a process on the first core.
pub(crate) fn commits(file: &Path, n_rows: usize, time: Duration, besides: Besides) -> f64 {
    let (rows, milliseconds) = (n_rows.to_string(), time.as_millis().to_string());
    let mut arguments = vec!["commit", file.to_str().unwrap(), &rows, &milliseconds];
    if besides == Besides::Signatures {
        arguments.push("2");
    }
    let command = bare(&arguments);
    let output = on_first_core(&command).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// How many events are in the audit log that this file keeps.
pub(crate) fn n_recorded(file: &Path) -> i64 {
    let connection = Connection::open(file).unwrap();
    let sql = "SELECT COUNT(*) FROM state WHERE kind = 'audit'";
    connection.query_row(sql, [], |row| row.get(0)).unwrap_or(0)
}

/// A handler that runs.
pub(crate) struct Bare {
    process: Process,
    address: String,
    request: Vec<u8>,
}

impl Bare {
    pub(crate) fn sign(algorithm: &str) -> Self {
        let (process, address) = Process::start(&mut bare(&["sign", algorithm]));
        let form = "grant_type=client_credentials&scope=read%3Acustomers";
        Self { process, address, request: post("/", Some("billing-service"), form) }
    }

    /// Of a token with the claims of this one.
    pub(crate) async fn verify(token: &str) -> Self {
        let claims = token.split('.').nth(1).unwrap();
        let (process, address) = Process::start(&mut bare(&["verify", claims]));
        let token = send(&address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let form = format!("token={token}");
        Self { process, address, request: post("/", Some("billing-service"), &form) }
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn request(&self) -> Vec<u8> {
        self.request.clone()
    }
}
