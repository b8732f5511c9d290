//! What the server does under load, as ratios in one run: beside bare handlers that only do the same
//! signature or verification, beside a bare loop of SQLite commits, and beside npm's oidc-provider.
//! The server has one core for itself, the load the other; what is compared takes turns.
//!
//! `(cd benches/load/peer && npm ci); cargo bench --profile dist --bench load` tells every figure with
//! its target, after `TURNS` (5) turns of `SECONDS` (5) each; with `-- --test` everything is tried for a
//! moment and nothing is told.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to say")]
#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]
#![expect(clippy::print_stderr, reason = "and says what it leaves out")]

mod bare;
mod drive;
mod peer;
mod server;
mod walk;

use bare::Bare;
use drive::{Drive, Measured};
use server::{Claimsmith, Process};
use std::time::Duration;

/// As many as clients of issue trackers' benchmarks have.
const CONNECTIONS: usize = 32;

/// As many renew their tokens at a time.
const FAMILIES: usize = 256;

/// How long a turn is, and how many there are.
struct Extent {
    turn: Duration,
    n_turns: usize,
    is_test: bool,
}

impl Extent {
    fn read() -> Self {
        let is_test = std::env::args().any(|argument| argument == "--test");
        let number = |name: &str| std::env::var(name).ok()?.parse::<u32>().ok();
        let (seconds, n_turns) = (number("SECONDS").unwrap_or(5), number("TURNS").unwrap_or(5));
        match is_test {
            true => Self { turn: Duration::from_millis(50), n_turns: 1, is_test },
            false => Self {
                turn: Duration::from_secs(seconds.into()),
                n_turns: usize::try_from(n_turns).unwrap().max(1),
                is_test,
            },
        }
    }
}

fn main() {
    if let Some(bare) = bare::asked() {
        bare.run();
        return;
    }
    drive::pin();
    let extent = Extent::read();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        everything_is_on(&extent).await;
        client_credentials("ES256", 0.85, &extent).await;
        client_credentials("RS256", 0.95, &extent).await;
        introspection(&extent).await;
        refresh(&extent).await;
        start(&extent).await;
        peer::compare(&extent).await;
    });
}

/// What is asked of a figure.
enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// Nothing: it is told beside others.
    None,
}

/// One figure with its target and how it was come by, unless this is only a trial.
fn tell(extent: &Extent, what: &str, figure: f64, target: &Target, how: &str) {
    if extent.is_test {
        return;
    }
    let target = match target {
        Target::AtLeast(least) if figure >= *least => format!("met, at least {least}"),
        Target::AtLeast(least) => format!("MISSED, at least {least}"),
        Target::AtMost(most) if figure <= *most => format!("met, at most {most}"),
        Target::AtMost(most) => format!("MISSED, at most {most}"),
        Target::None => "no target".to_owned(),
    };
    println!("{what}: {figure:.3} ({target}); {how}");
}

/// What the figures are of counts, limits and records as it does for everybody (decision 42).
async fn everything_is_on(extent: &Extent) {
    let server = Claimsmith::start("ES256", extent);
    let answer = drive::send_for_all(server.address(), &server.token_request()).await;
    let limit = drive::header(&answer, "x-rate-limit-limit: ");
    assert!(limit.is_some_and(|limit| limit.trim() != "0"), "{answer}");
    let metrics = drive::send(server.address(), b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let counted = metrics
        .lines()
        .find(|line| line.starts_with("claimsmith_requests_total{endpoint=\"token\""));
    assert!(counted.is_some(), "{metrics}");
    let log = server.data().join("data/audit.sqlite");
    let mut left = 100;
    while bare::n_recorded(&log) == 0 {
        assert!(left > 0, "nothing is recorded");
        left -= 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What measuring two in turns came to.
struct Compared {
    /// Ours, in the turn whose ratio is the median.
    ours: Measured,
    /// Of requests a second, ours to the other's.
    ratio: f64,
    /// The same of processor time, the other's to ours: what else the machine does matters less to it.
    by_processor: f64,
}

impl Compared {
    fn how(&self) -> String {
        format!("{:.3} by processor time; {}", self.by_processor, self.ours)
    }
}

/// Measures two in turns: the medians of their ratios.
async fn in_turns(
    extent: &Extent,
    (ours, process): (&mut Drive, &Process),
    (other, yardstick): (&mut Drive, &Process),
) -> Compared {
    let (mut measured, mut processors) = (Vec::new(), Vec::new());
    // Connections, caches and machine code are warm then.
    ours.run(process, extent.turn / 4).await;
    other.run(yardstick, extent.turn / 4).await;
    for _ in 0..extent.n_turns {
        let one = ours.run(process, extent.turn).await;
        let two = other.run(yardstick, extent.turn).await;
        processors.push(two.processor / one.processor);
        let ratio = one.per_second / two.per_second;
        measured.push((one, ratio));
    }
    measured.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let (ours, ratio) = measured.swap_remove(measured.len() / 2);
    Compared { ours, ratio, by_processor: median(processors) }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

async fn client_credentials(algorithm: &str, least: f64, extent: &Extent) {
    let server = Claimsmith::start(algorithm, extent);
    let bare = Bare::sign(algorithm);
    let mut ours = Drive::new(server.address(), CONNECTIONS, &server.token_request());
    let mut other = Drive::new(bare.address(), CONNECTIONS, &bare.request());
    let compared =
        in_turns(extent, (&mut ours, server.process()), (&mut other, bare.process())).await;
    let what = format!("client credentials {algorithm}, to a bare signature");
    tell(extent, &what, compared.ratio, &Target::AtLeast(least), &compared.how());
    if algorithm == "ES256" {
        let what = format!("p99 of client credentials {algorithm}, ms");
        let how = format!("{CONNECTIONS} connections that send the next at once");
        tell(extent, &what, compared.ours.p99(), &Target::AtMost(5.0), &how);
    }
}

async fn introspection(extent: &Extent) {
    let server = Claimsmith::start("ES256", extent);
    let token = server.access_token().await;
    let bare = Bare::verify(&token).await;
    let mut ours = Drive::new(server.address(), CONNECTIONS, &server.introspect_request(&token));
    let mut other = Drive::new(bare.address(), CONNECTIONS, &bare.request());
    let compared =
        in_turns(extent, (&mut ours, server.process()), (&mut other, bare.process())).await;
    let what = "introspection of a service's token, to a bare verification";
    tell(extent, what, compared.ratio, &Target::AtLeast(0.85), &compared.how());
    let person = walk::sign_in(&server).await.tokens().await;
    let request = server.introspect_request(&person.access_token);
    let mut ours = Drive::new(server.address(), CONNECTIONS, &request);
    let compared =
        in_turns(extent, (&mut ours, server.process()), (&mut other, bare.process())).await;
    let what = "introspection of a person's token, which reads its family, to the same";
    tell(extent, what, compared.ratio, &Target::None, &compared.how());
}

async fn refresh(extent: &Extent) {
    let server = Claimsmith::start("ES256", extent);
    let session = walk::sign_in(&server).await;
    let n_families = if extent.is_test { 4 } else { FAMILIES };
    let mut families = Vec::with_capacity(n_families);
    for _ in 0..n_families {
        families.push(session.tokens().await.refresh_token);
    }
    let mut ours = Drive::renewing(server.address(), families, &server.refresh_request());
    let (mut turns, mut signing) = (Vec::new(), Vec::new());
    let file = server.data().join("bare.sqlite");
    for _ in 0..extent.n_turns {
        let measured = ours.run(server.process(), extent.turn).await;
        let rows = bare::commits(&file, n_families, extent.turn, bare::Besides::Nothing);
        let signed = bare::commits(&file, n_families, extent.turn, bare::Besides::Signatures);
        signing.push(measured.per_second / signed);
        turns.push((measured.per_second / rows, measured));
    }
    turns.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let (ratio, measured) = turns.swap_remove(turns.len() / 2);
    let what = format!(
        "refresh rotations, durable, {n_families} connections, to a bare loop of commits as large"
    );
    tell(extent, &what, ratio, &Target::AtLeast(0.8), &measured.to_string());
    let what = "the same to a loop that also makes the two signatures of each rotation";
    tell(extent, what, median(signing), &Target::None, "without HTTP, policies, claims and audit");
}

/// Memory of a server that nobody asked anything yet, and the time to the first token.
async fn start(extent: &Extent) {
    let mut server = Claimsmith::start("ES256", extent);
    let mut times = Vec::new();
    for _ in 0..extent.n_turns {
        times.push(server.restart_until_token().await.as_secs_f64() * 1e3);
    }
    let how = "from the start of the process on a database that is there";
    tell(extent, "first token, ms", median(times), &Target::AtMost(150.0), how);
    server.restart();
    if !extent.is_test {
        // Until what is done at a start is done, and what it took given back.
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    let megabytes = server.process().memory() as f64 / 1e6;
    tell(extent, "idle memory, MB", megabytes, &Target::AtMost(40.0), "resident");
}
