//! What the server does under load, as ratios in one run: beside bare handlers that only do the same
//! signature or verification, beside a bare loop of SQLite commits, and beside npm's oidc-provider.
//! The server has one core for itself, the load the other; what is compared takes turns.
//!
//! `cargo bench --profile dist --bench load` measures, for `SECONDS` (5) a turn and `TURNS` (5) turns;
//! with `-- --test` everything is tried for a moment and nothing is told.
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
        for algorithm in ["ES256", "RS256"] {
            client_credentials(algorithm, &extent).await;
        }
        introspection(&extent).await;
        refresh(&extent).await;
        start(&extent).await;
        peer::compare(&extent).await;
    });
}

/// One figure, unless this is only a trial.
fn tell(extent: &Extent, words: &str) {
    if !extent.is_test {
        println!("{words}");
    }
}

/// Measures two in turns: what the first came to in the median, and its ratio to the second.
async fn in_turns(
    extent: &Extent,
    (ours, process): (&mut Drive, &Process),
    (other, yardstick): (&mut Drive, &Process),
) -> (Measured, f64) {
    let mut measured = Vec::new();
    // Connections, caches and machine code are warm then.
    ours.run(process, extent.turn / 4).await;
    other.run(yardstick, extent.turn / 4).await;
    for _ in 0..extent.n_turns {
        let one = ours.run(process, extent.turn).await;
        let two = other.run(yardstick, extent.turn).await;
        let ratio = one.per_second / two.per_second;
        measured.push((one, ratio));
    }
    measured.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let n_turns = measured.len();
    measured.swap_remove(n_turns / 2)
}

async fn client_credentials(algorithm: &str, extent: &Extent) {
    let server = Claimsmith::start(algorithm, extent);
    let bare = Bare::sign(algorithm);
    let mut ours = Drive::new(server.address(), CONNECTIONS, &server.token_request());
    let mut other = Drive::new(bare.address(), CONNECTIONS, &bare.request());
    let (measured, ratio) =
        in_turns(extent, (&mut ours, server.process()), (&mut other, bare.process())).await;
    tell(
        extent,
        &format!("client credentials {algorithm}: {ratio:.2} of a bare signature; {measured}"),
    );
}

async fn introspection(extent: &Extent) {
    let server = Claimsmith::start("ES256", extent);
    let token = server.access_token().await;
    let bare = Bare::verify(&token).await;
    let mut ours = Drive::new(server.address(), CONNECTIONS, &server.introspect_request(&token));
    let mut other = Drive::new(bare.address(), CONNECTIONS, &bare.request());
    let (measured, ratio) =
        in_turns(extent, (&mut ours, server.process()), (&mut other, bare.process())).await;
    tell(
        extent,
        &format!(
            "introspection of a service's token: {ratio:.2} of a bare verification; {measured}"
        ),
    );
    let person = walk::sign_in(&server).await.tokens().await;
    let request = server.introspect_request(&person.access_token);
    let mut ours = Drive::new(server.address(), CONNECTIONS, &request);
    let measured = ours.run(server.process(), extent.turn).await;
    tell(extent, &format!("introspection of a person's token, which reads its family: {measured}"));
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
    let mut turns = Vec::new();
    for _ in 0..extent.n_turns {
        let measured = ours.run(server.process(), extent.turn).await;
        let rows = bare::commits(&server.data().join("bare.sqlite"), n_families, extent.turn);
        turns.push((measured.per_second / rows, measured));
    }
    turns.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let (ratio, measured) = turns.swap_remove(turns.len() / 2);
    tell(
        extent,
        &format!(
            "refresh rotations, durable, {n_families} connections: {ratio:.2} of a bare loop of \
             commits as large; {measured}"
        ),
    );
}

/// Memory of a server that nobody asked anything yet, and the time to the first token.
async fn start(extent: &Extent) {
    let mut server = Claimsmith::start("ES256", extent);
    let mut times = Vec::new();
    for _ in 0..extent.n_turns {
        times.push(server.restart_until_token().await);
    }
    times.sort_unstable();
    let time = times.get(times.len() / 2).copied().unwrap_or_default();
    server.restart();
    tell(extent, &format!("first token after {:.0} ms of starting", time.as_secs_f64() * 1e3));
    let megabytes = server.process().memory() as f64 / 1e6;
    tell(extent, &format!("idle memory: {megabytes:.1} MB"));
}
