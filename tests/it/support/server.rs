//! A server on a port of its own, spoken to over a socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// The command, with nothing of the developer's environment that it would heed.
pub(crate) fn claimsmith() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claimsmith"));
    command.env("NO_COLOR", "1");
    command.env_remove("CLAIMSMITH_MASTER_KEY").env_remove("CLAIMSMITH_STORE");
    command
}

/// A server; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Adds to `arguments` of `serve` where it listens, and waits until it does.
    pub(crate) fn start(serve: &mut Command) -> Self {
        let mut child = serve
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let address = first.rsplit_once("http://").unwrap().1.to_owned();
        // The rest is read, so that the server never waits for a reader.
        std::thread::spawn(move || lines.count());
        Self { child, address }
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
