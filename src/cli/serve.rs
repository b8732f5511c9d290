//! `claimsmith serve`: the issuer on a socket, until it is told to stop.

use super::adopt::Kept;
use super::installation::{Installation, Opened, Stop};
use super::{demo, log, say, tell};
use crate::clock::Clock;
use crate::grant::DenyList;
use crate::http::{Surface, router, serve};
use crate::program::Engine;
use crate::publish::{Issuer, PublicUrl, Published};
use crate::store::key_store;
use crate::store::organization::Counters;
use clap::Args;
use std::fmt::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How long to rest when nothing is left that has expired.
const SWEEP: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  claimsmith serve --demo\n  \
    claimsmith serve --org org.json --data /var/lib/claimsmith --public-url https://id.example.com\n\n\
    SIGHUP reads the org document again; one with problems changes nothing.")]
pub(super) struct Arguments {
    #[command(flatten)]
    installation: Installation,
    /// The address to listen on
    #[arg(long, value_name = "ADDR", default_value = super::LISTEN)]
    listen: SocketAddr,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    log::start(log::Loudness::Serving);
    let installation = &arguments.installation;
    if installation.demo && !arguments.listen.ip().is_loopback() {
        return Err(format!("--demo listens on loopback only, not on {}", arguments.listen).into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(arguments.listen)
            .await
            .map_err(|error| format!("cannot listen on {}: {error}", arguments.listen))?;
        let public_url = installation.public_url(&format!("http://{}", listener.local_addr()?))?;
        let given = match installation.has_document() {
            // The issuer compiles it while it already serves.
            true => match installation.draft(public_url.clone(), Engine::Interpreter)? {
                Some(draft) => Some(draft),
                None => return Ok(ExitCode::FAILURE),
            },
            false => None,
        };
        let opened = installation.open(given.as_ref()).await?;
        let Kept { draft, counters } = opened.adopt(installation, given, &public_url).await?;
        let published = opened.start(draft).await?;
        opened.warn();
        // Before anybody is told that it serves, so that nobody's signal ends it.
        let stop = until_stopped()?;
        let again = signal(SignalKind::hangup())?;
        tell(&welcome(&published, &opened))?;
        let (clock, random) = (Clock::System, opened.random.clone());
        let store = opened.store.clone();
        let issuer = Issuer::new(published);
        let denied = DenyList::default();
        denied.read(&store).await?;
        let login = opened.authenticator()?;
        let surface = Arc::new(Surface { issuer, store, clock, random, denied, login });
        let (stands, heard) = watch::channel(counters);
        let follower = Follower { installation, opened: &opened, surface: &surface, public_url };
        tokio::select! {
            served = serve(listener, router(Arc::clone(&surface)), stop) => served?,
            never = listen(&opened, &surface, stands) => match never {},
            never = follow(again, follower, heard, counters) => match never {},
            never = forget_expired(&surface) => match never {},
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Done when the process is asked to end.
fn until_stopped() -> Result<impl Future<Output = ()>, Stop> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Removes what has expired, step by step, and looks again after a pause.
async fn forget_expired(surface: &Surface) -> std::convert::Infallible {
    loop {
        match surface.store.sweep().await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "what has expired is still there"),
        }
        if let Err(error) = surface.denied.read(&surface.store).await {
            tracing::warn!(%error, "the revoked tokens could not be read");
        }
        tokio::time::sleep(SWEEP).await;
    }
}

/// What keeps a server at the version that is kept.
struct Follower<'f> {
    installation: &'f Installation,
    opened: &'f Opened,
    surface: &'f Surface,
    public_url: PublicUrl,
}

/// How often to ask whether the organization was written, by whichever node or command.
const POLL: Duration = Duration::from_millis(250);

/// Hears how the organization stands, whichever node or command writes it, and tells who follows.
async fn listen(
    opened: &Opened,
    surface: &Surface,
    stands: watch::Sender<Counters>,
) -> std::convert::Infallible {
    loop {
        match opened.organizations().counters().await {
            Ok(stand) => {
                if opened.store.is_shared() {
                    surface.issuer.freshness().hear(surface.clock.microseconds());
                }
                stands.send_if_modified(|known| std::mem::replace(known, stand) != stand);
            }
            Err(error) => tracing::warn!(%error, "whether the organization changed is not known"),
        }
        tokio::time::sleep(POLL).await;
    }
}

/// How long to wait before what could not be published is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How often to look at the signing keys.
const KEYS: Duration = Duration::from_secs(30);

/// Imports the document at each SIGHUP; one that has problems changes nothing. Publishes what is
/// kept whenever it was written, and after a SIGHUP, since secrets may be others too.
async fn follow(
    mut again: Signal,
    follower: Follower<'_>,
    mut stands: watch::Receiver<Counters>,
    mut seen: Counters,
) -> std::convert::Infallible {
    let mut keys = tokio::time::interval(KEYS);
    loop {
        tokio::select! {
            Some(()) = again.recv() => match follower.import().await {
                Ok(true) => {
                    if follower.publish(&mut seen).await {
                        say("the org document was published anew\n");
                    }
                }
                Ok(false) => {
                    say("error: the org document was not published; the former one serves\n");
                }
                Err(stop) => say(&format!("error: the former org document serves on: {stop}\n")),
            },
            Ok(()) = stands.changed() => {
                if *stands.borrow_and_update() != seen && follower.publish(&mut seen).await {
                    tracing::info!("the organization was changed, and is served as it is now");
                }
            }
            // What could not be served is tried again, without waiting for another change.
            () = tokio::time::sleep(AGAIN), if *stands.borrow() != seen => {
                follower.publish(&mut seen).await;
            }
            _ = keys.tick() => {
                if follower.have_keys_changed().await && follower.publish(&mut seen).await {
                    tracing::info!("signing keys changed, and are served as they are now");
                }
            }
        }
    }
}

impl Follower<'_> {
    /// Whether there was nothing wrong with the document.
    async fn import(&self) -> Result<bool, Stop> {
        if !self.installation.has_document() {
            return Ok(true);
        }
        let engine = Engine::Interpreter;
        if self.installation.draft(self.public_url.clone(), engine)?.is_none() {
            return Ok(false);
        }
        self.opened.import(self.installation).await.map(|_| true)
    }

    /// Does what is due to the keys, and says whether others are kept than are served.
    async fn have_keys_changed(&self) -> bool {
        let Opened { store, vault, random, .. } = self.opened;
        let published = self.surface.issuer.version();
        let mut is_changed = false;
        for server in published.all_servers() {
            let (Some(algorithm), mode) = server.signing() else { continue };
            let id = &server.definition().id;
            match key_store::maintain(store, vault, random, id, algorithm, mode).await {
                Ok(version) => is_changed |= version != server.key_version(),
                Err(error) => tracing::warn!(server = id, %error, "the keys were not looked at"),
            }
        }
        is_changed
    }

    /// Serves what is kept, and says whether it does. If it cannot be, what served before serves on,
    /// and `seen` stays what it was.
    async fn publish(&self, seen: &mut Counters) -> bool {
        let published = async {
            let former = Some(self.surface.issuer.version());
            let kept = self.opened.kept(&self.public_url, former, Engine::Native).await?;
            let Kept { draft, counters } = kept;
            self.opened.start(draft).await.map(|published| (published, counters))
        };
        match published.await {
            Ok((published, counters)) => {
                self.surface.issuer.replace(published);
                *seen = counters;
                true
            }
            Err(stop) => {
                say(&format!("error: the former organization serves on: {stop}\n"));
                false
            }
        }
    }
}

/// What a person who started it wants to know.
fn welcome(published: &Published, opened: &Opened) -> String {
    let mut text = format!(
        "Claimsmith serves {} at {}\n\nauthorization servers\n",
        published.organization_name(),
        published.public_url()
    );
    let mut line = |line: std::fmt::Arguments<'_>| {
        let written = text.write_fmt(line);
        debug_assert!(written.is_ok(), "a text in memory takes everything");
    };
    for server in published.all_servers() {
        line(format_args!("  {}\n", server.issuer()));
    }
    if let Some(credentials) = &opened.credentials {
        let file = opened.directory.path().join(demo::FILE);
        line(format_args!("\nclients and their secrets, kept in {}\n", file.display()));
        for (client_id, secret) in &credentials.clients {
            line(format_args!("  {client_id:<16} {secret}\n"));
        }
        line(format_args!("\nusers and their passwords\n"));
        for (login, password) in &credentials.users {
            line(format_args!("  {login:<24} {password}\n"));
        }
    }
    text.push('\n');
    text
}
