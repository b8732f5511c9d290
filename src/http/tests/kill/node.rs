//! Nodes as processes of their own: this very test binary, told to serve instead.

use super::super::code::web;
use super::super::{TOKEN, World};
use super::client::Issuing;
use super::history::Outcome;
use super::rotating;
use crate::clock::Clock;
use crate::http::serve;
use crate::random::Random;
use crate::store::{Isolation, Store, StoreError};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const STORE: &str = "CLAIMSMITH_KILLED_STORE";
const ADDRESS: &str = "CLAIMSMITH_KILLED_ADDRESS";
const SELF: &str = "http::tests::kill::node::serves_until_it_is_killed";

/// What nodes share, and a folder for the addresses they listen on.
pub(super) struct Place {
    folder: PathBuf,
    store: String,
}

impl Place {
    pub(super) fn sqlite(folder: &Path, file: &Path) -> Self {
        Self { folder: folder.to_owned(), store: file.display().to_string() }
    }

    pub(super) fn postgres(folder: &Path, url: &str) -> Self {
        Self { folder: folder.to_owned(), store: url.to_owned() }
    }
}

/// What a child process does.
#[test]
fn serves_until_it_is_killed() {
    let (Ok(store), Ok(file)) = (std::env::var(STORE), std::env::var(ADDRESS)) else { return };
    let open = |runtime: &Runtime, clock| match store.strip_prefix("host=") {
        Some(_) => {
            let opened = Store::postgres(&store, Isolation::ReadCommitted, clock);
            runtime.block_on(opened).unwrap()
        }
        None => open_patiently(Path::new(&store), &clock),
    };
    let world = World::over(open, Clock::System, Random::System, rotating);
    world.runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let draft = format!("{file}.draft");
        fs::write(&draft, listener.local_addr().unwrap().to_string()).unwrap();
        fs::rename(draft, file).unwrap();
        serve(listener, None, world.router.clone(), &world.surface.traffic, std::future::pending())
            .await
            .unwrap();
    });
}

/// As a supervisor starts a node again whose file another holds too long.
fn open_patiently(file: &Path, clock: &Clock) -> Store {
    let mut tries = (0..10).map(|_| Store::sqlite(file, clock.clone()));
    let opened = tries.find(|tried| !matches!(tried, Err(StoreError::Busy)));
    opened.expect("the file is held for a minute").unwrap()
}

/// Processes, by number.
pub(super) struct Nodes<'p> {
    place: &'p Place,
    running: Vec<Mutex<(Child, String)>>,
}

impl<'p> Nodes<'p> {
    pub(super) fn start(place: &'p Place, n_nodes: usize) -> Self {
        let running = (0..n_nodes).map(|number| Mutex::new(start(place, number))).collect();
        Self { place, running }
    }

    /// SIGKILL: nothing is finished. Until the node is there again, whoever asks it gets nothing.
    pub(super) fn kill_and_start_again(&self, number: usize) {
        {
            let mut node = self.running[number].lock().unwrap();
            assert_eq!(node.0.try_wait().unwrap(), None, "node {number} ended by itself");
            node.0.kill().unwrap();
            node.0.wait().unwrap();
            node.1.clear();
        }
        let again = start(self.place, number);
        *self.running[number].lock().unwrap() = again;
    }

    /// Sends the request; the answer is read later.
    fn send(&self, number: usize, token: &str) -> Option<TcpStream> {
        let address = self.running[number].lock().unwrap().1.clone();
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        let request = format!(
            "POST {TOKEN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            web(),
            form.len()
        );
        let sent = TcpStream::connect(address).and_then(|mut stream| {
            stream.write_all(request.as_bytes())?;
            Ok(stream)
        });
        if sent.is_err() {
            // Its successor is being started.
            std::thread::park_timeout(Duration::from_millis(10));
        }
        sent.ok()
    }
}

impl Drop for Nodes<'_> {
    fn drop(&mut self) {
        for node in &self.running {
            let mut node = node.lock().unwrap();
            drop((node.0.kill(), node.0.wait()));
        }
    }
}

impl Issuing for Nodes<'_> {
    fn ask_twice(&self, token: &str) -> [Outcome; 2] {
        let (one, other) = (self.send(0, token), self.send(1, token));
        [answer(one), answer(other)]
    }

    fn ask(&self, token: &str) -> Outcome {
        match answer(self.send(0, token)) {
            Outcome::Unanswered => answer(self.send(1, token)),
            outcome => outcome,
        }
    }
}

fn answer(stream: Option<TcpStream>) -> Outcome {
    let mut text = String::new();
    let read = stream.is_some_and(|mut stream| stream.read_to_string(&mut text).is_ok());
    let Some((head, body)) = text.split_once("\r\n\r\n").filter(|_| read) else {
        return Outcome::Unanswered;
    };
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    if head.starts_with("HTTP/1.1 200") {
        let token = body["refresh_token"].as_str();
        return token.map_or(Outcome::Unanswered, |token| Outcome::Renewed(token.to_owned()));
    }
    if body["error"] == "invalid_grant" { Outcome::Refused } else { Outcome::Unanswered }
}

fn start(place: &Place, number: usize) -> (Child, String) {
    let file = place.folder.join(format!("node{number}"));
    drop(fs::remove_file(&file));
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", SELF])
        .env(STORE, &place.store)
        .env(ADDRESS, &file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let address = wait_for(&file);
    (child, address)
}

/// What the node writes when it listens.
fn wait_for(file: &Path) -> String {
    for _ in 0..6000 {
        match fs::read_to_string(file) {
            Ok(address) => return address,
            Err(_) => std::thread::park_timeout(Duration::from_millis(10)),
        }
    }
    panic!("{} is not written: the node does not start", file.display());
}
