//! A server that is measured: a process on the first core, its processor time and memory.

use crate::Extent;
use crate::drive::{Renewal, member, send};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What the clients and the person of the demo prove themselves with.
const SECRET: &str = "a-secret-of-the-bench-0123456789-abcdefghij";
pub(crate) const PASSWORD: &str = "a-password-of-the-bench";

const TOKEN: &str = "/oauth2/internal/v1/token";

/// Clock ticks a second, as `/proc` counts them.
const TICKS: u64 = 100;
const PAGE: u64 = 4096;

/// A process on the first core; killed when it is dropped.
pub(crate) struct Process(Child);

impl Process {
    /// Starts it and waits for the address that it tells: the rest of the first line with `://`.
    pub(crate) fn start(command: &mut Command) -> (Self, String) {
        let mut child =
            on_first_core(command).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            line.unwrap().rsplit_once("://").map(|(_, address)| address.trim().to_owned())
        });
        let address = address.unwrap();
        // The rest is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.count());
        (Self(child), address)
    }

    /// What the processor worked for it.
    pub(crate) fn processor_time(&self) -> Duration {
        let (user, system) = (self.stat(11), self.stat(12));
        Duration::from_millis((user + system) * 1000 / TICKS)
    }

    /// Bytes of it that are in memory.
    pub(crate) fn memory(&self) -> u64 {
        self.stat(21) * PAGE
    }

    /// A field of `/proc/pid/stat` behind the name.
    fn stat(&self, index: usize) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        fields.split(' ').nth(index).unwrap().parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The same command, held to the first core where that can be done.
pub(crate) fn on_first_core(command: &Command) -> Command {
    let has_taskset = Command::new("taskset").arg("--version").output().is_ok();
    let mut pinned = match has_taskset {
        true => Command::new("taskset"),
        false => Command::new(command.get_program()),
    };
    if has_taskset {
        pinned.args(["-c", "0"]).arg(command.get_program());
    }
    pinned.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => pinned.env(name, value),
            None => pinned.env_remove(name),
        };
    }
    pinned
}

/// Claimsmith with the demo's organization, audit, metrics and rate limits on.
pub(crate) struct Claimsmith {
    folder: TempDir,
    running: Option<(Process, String)>,
}

impl Claimsmith {
    /// The demo, signing with this algorithm.
    pub(crate) fn start(algorithm: &str, extent: &Extent) -> Self {
        // Beside the build, which is on a disk; what is temporary may be in memory.
        let target = std::env::current_exe().unwrap();
        let beside = target.parent().unwrap();
        let folder = match extent.is_test {
            true => TempDir::new().unwrap(),
            false => TempDir::new_in(beside).unwrap(),
        };
        let demo = claimsmith::organization::DEMO;
        let document = demo.replace(r#""alg": "RS256""#, &format!(r#""alg": "{algorithm}""#));
        std::fs::write(folder.path().join("org.json"), document).unwrap();
        let mut server = Self { folder, running: None };
        server.restart();
        server
    }

    /// Ends it if it runs, and starts it.
    pub(crate) fn restart(&mut self) {
        self.running = None;
        self.running = Some(Process::start(&mut self.command()));
    }

    fn command(&self) -> Command {
        let path = |name: &str| self.folder.path().join(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_claimsmith"));
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.arg("--org").arg(path("org.json")).arg("--data").arg(path("data"));
        // On, and never reached.
        for limit in ["client", "address", "page"] {
            command.arg(format!("--rate-limit-{limit}")).arg("60000000");
        }
        command.args(["--log", "warn"]);
        for client in ["WEB_APP", "BILLING_SERVICE", "PARTNER_SERVICE"] {
            command.env(format!("CLAIMSMITH_DEMO_SECRET_{client}"), SECRET);
        }
        for user in ["ADA", "GRACE", "LINUS", "PAT", "SAM"] {
            command.env(format!("CLAIMSMITH_DEMO_PASSWORD_{user}"), PASSWORD);
        }
        command
    }

    /// Starts it anew; how long that took, to the first token.
    #[expect(clippy::disallowed_methods, reason = "it measures time")]
    pub(crate) async fn restart_until_token(&mut self) -> Duration {
        self.running = None;
        let begin = Instant::now();
        self.running = Some(Process::start(&mut self.command()));
        self.access_token().await;
        begin.elapsed()
    }

    pub(crate) fn process(&self) -> &Process {
        &self.running.as_ref().unwrap().0
    }

    pub(crate) fn address(&self) -> &str {
        &self.running.as_ref().unwrap().1
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// A token request of a service.
    pub(crate) fn token_request(&self) -> Vec<u8> {
        let form = "grant_type=client_credentials&scope=read%3Acustomers";
        post(TOKEN, Some("billing-service"), form)
    }

    pub(crate) fn introspect_request(&self, token: &str) -> Vec<u8> {
        let form = format!("token={token}");
        post("/oauth2/internal/v1/introspect", Some("billing-service"), &form)
    }

    /// A refresh by the web application, without its token.
    pub(crate) fn refresh_request(&self) -> Renewal {
        let form = "grant_type=refresh_token&refresh_token=".to_owned();
        Renewal { head: head(TOKEN, Some("web-app")), form }
    }

    pub(crate) async fn access_token(&self) -> String {
        member(&self.send(&self.token_request()).await, "access_token").to_owned()
    }

    pub(crate) async fn exchange(&self, form: &str) -> String {
        self.send(&post(TOKEN, Some("web-app"), form)).await
    }

    async fn send(&self, request: &[u8]) -> String {
        send(self.address(), request).await
    }
}

/// A request with a form.
pub(crate) fn post(path: &str, client: Option<&str>, form: &str) -> Vec<u8> {
    format!("{}Content-Length: {}\r\n\r\n{form}", head(path, client), form.len()).into_bytes()
}

fn head(path: &str, client: Option<&str>) -> String {
    let credentials = client.map(|client| {
        let encoded = base64_simd::STANDARD.encode_to_string(format!("{client}:{SECRET}"));
        format!("Authorization: Basic {encoded}\r\n")
    });
    let credentials = credentials.unwrap_or_default();
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{credentials}\
         Content-Type: application/x-www-form-urlencoded\r\n"
    )
}

/// The folder of this bench.
pub(crate) fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/load")
}
