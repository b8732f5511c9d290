//! A server on a port of its own, spoken to over a socket.

use std::fs::File;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;

/// The command, with nothing of the developer's environment that it would heed.
pub(crate) fn claimsmith() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claimsmith"));
    command.env("NO_COLOR", "1");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CLAIMSMITH_") {
            command.env_remove(name);
        }
    }
    command
}

/// A server; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    address: String,
    /// What it told after the first line.
    told: Mutex<Lines<BufReader<ChildStdout>>>,
}

impl Server {
    /// Adds to `arguments` of `serve` where it listens, and waits until it does.
    pub(crate) fn start(serve: &mut Command) -> Self {
        Self::spawn(serve, Stdio::null())
    }

    /// As [`Server::start`], with its log in a file.
    pub(crate) fn start_logging(serve: &mut Command, log: &Path) -> Self {
        Self::spawn(serve, File::create(log).unwrap().into())
    }

    fn spawn(serve: &mut Command, log: Stdio) -> Self {
        let mut child = serve
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let address = first.rsplit_once("://").unwrap().1.to_owned();
        // What it tells besides fits the pipe, so that it never waits for a reader.
        Self { child, address, told: Mutex::new(lines) }
    }

    /// The rest of the next line that it told which has this in it.
    pub(crate) fn told_after(&self, start: &str) -> String {
        let mut lines = self.told.lock().unwrap();
        let mut found = lines.by_ref().map(Result::unwrap);
        found.find_map(|line| Some(line.split_once(start)?.1.to_owned())).unwrap()
    }

    /// Sends a signal: `HUP`, `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status();
        assert!(kill.unwrap().success());
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn get(&self, path: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
