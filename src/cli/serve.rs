//! `claimsmith serve`: the issuer on a socket, until it is told to stop.

use super::adopt::{Kept, off_the_loop};
use super::installation::{Installation, Opened, Stop};
use super::{demo, log, say, tell};
use crate::clock::Clock;
use crate::fetch::{ClientKeys, Fetcher};
use crate::grant::DenyList;
use crate::http::{Surface, router, serve};
use crate::program::Engine;
use crate::publish::{Issuer, Missing, PublicUrl, Published};
use crate::store::journal::{Journal, forget_old_events};
use crate::store::organization::{Counters, Endings};
use crate::store::{Store, key_store};
use crate::traffic::Traffic;
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
    /// Fetch `jwks_uri` of applications from private networks too
    #[arg(long)]
    allow_private_networks: bool,
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
        let given = match installation.document()? {
            // The issuer compiles it while it already serves.
            Some(document) => match document.draft(public_url.clone(), Engine::Interpreter) {
                Some(draft) => Some((draft, document.entities()?)),
                None => return Ok(ExitCode::FAILURE),
            },
            None => None,
        };
        let opened = installation.open(given.as_ref().map(|(draft, _)| draft)).await?;
        let Kept { draft, counters } = opened.adopt(given, &public_url).await?;
        let published = opened.start(draft, Missing::Refuse).await?;
        opened.warn();
        // Before anybody is told that it serves, so that nobody's signal ends it.
        let stop = until_stopped()?;
        let again = signal(SignalKind::hangup())?;
        tell(&welcome(&published, &opened))?;
        let (clock, random) = (Clock::System, opened.random.clone());
        let store = opened.store.clone();
        let issuer = Issuer::new(published);
        if store.is_shared() {
            issuer.freshness().depend_on_others();
        }
        let denied = DenyList::default();
        let (journal, mut writer) = Journal::new(clock.clone(), random.clone());
        let events = opened.events().await?;
        let client_keys = ClientKeys::new(Fetcher::new(arguments.allow_private_networks));
        denied.read(&store).await?;
        let login = opened.authenticator()?;
        let traffic = Traffic::default();
        let surface = Arc::new(Surface { issuer, store, clock, random, denied, journal, client_keys, login, traffic });
        let ((stands, heard), (serves, served)) =
            (watch::channel(counters), watch::channel(counters));
        let follower = Follower { installation, opened: &opened, surface: &surface, public_url };
        tokio::select! {
            served = serve(listener, router(Arc::clone(&surface)), &surface.traffic, stop) => served?,
            never = listen(&opened, &surface, stands, served) => match never {},
            never = follow(again, follower, heard, serves) => match never {},
            never = remove_ended(&surface) => match never {},
            never = forget_expired(&surface, &events) => match never {},
            () = writer.run(&events) => {}
        }
        writer.drain(&events).await;
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
async fn forget_expired(surface: &Surface, events: &Store) -> std::convert::Infallible {
    loop {
        match surface.store.sweep().await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "what has expired is still there"),
        }
        for store in [&surface.store, events] {
            if let Err(error) = forget_old_events(store, surface.clock.microseconds()).await {
                tracing::warn!(%error, "events that are too old are still there");
            }
        }
        tokio::time::sleep(SWEEP).await;
    }
}

/// Removes what came of users, applications and servers that were deactivated or deleted.
async fn remove_ended(surface: &Surface) -> std::convert::Infallible {
    let mut endings = Endings::new(surface.store.clone());
    loop {
        match endings.remove().await {
            Ok(0) => {}
            Ok(n_rows) => tracing::info!(n_rows, "what came of somebody inactive has ended"),
            Err(error) => tracing::warn!(%error, "what has ended is still there"),
        }
        tokio::time::sleep(POLL).await;
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

/// Hears how the organization stands and which tokens were revoked, whichever node or command does
/// that, and tells who follows.
async fn listen(
    opened: &Opened,
    surface: &Surface,
    stands: watch::Sender<Counters>,
    served: watch::Receiver<Counters>,
) -> std::convert::Infallible {
    loop {
        let asked = surface.clock.monotonic();
        let heard = async {
            surface.denied.read(&surface.store).await?;
            opened.organizations().counters().await
        };
        match heard.await {
            Ok(stand) => {
                if opened.store.is_shared() && *served.borrow() == stand {
                    surface.issuer.freshness().hear(asked);
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
    serves: watch::Sender<Counters>,
) -> std::convert::Infallible {
    let mut keys = tokio::time::interval(KEYS);
    loop {
        tokio::select! {
            Some(()) = again.recv() => match follower.import().await {
                Ok(true) => {
                    if follower.publish(&serves).await {
                        say("the org document was published anew\n");
                    }
                }
                Ok(false) => {
                    say("error: the org document was not published; the former one serves\n");
                }
                Err(stop) => say(&format!("error: the former org document serves on: {stop}\n")),
            },
            Ok(()) = stands.changed() => {
                let stands = *stands.borrow_and_update();
                if stands != *serves.borrow() && follower.publish(&serves).await {
                    tracing::info!("the organization was changed, and is served as it is now");
                }
            }
            // What could not be served is tried again, without waiting for another change.
            () = tokio::time::sleep(AGAIN), if *stands.borrow() != *serves.borrow() => {
                follower.publish(&serves).await;
            }
            _ = keys.tick() => {
                if follower.have_keys_changed().await && follower.publish(&serves).await {
                    tracing::info!("signing keys changed, and are served as they are now");
                }
            }
        }
    }
}

impl Follower<'_> {
    /// Whether there was nothing wrong with the document.
    async fn import(&self) -> Result<bool, Stop> {
        let Some(document) = self.installation.document()? else { return Ok(true) };
        let url = self.public_url.clone();
        let read = move || {
            let has_draft = document.draft(url, Engine::Interpreter).is_some();
            has_draft.then(|| document.entities())
        };
        match off_the_loop("import", read).await? {
            Some(entities) => self.opened.import(&entities?).await.map(|_| true),
            None => Ok(false),
        }
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

    /// Serves what is kept, and says whether it does. If it cannot be, what served before serves on.
    /// Machine code is made of it while it already serves, so that a change does not wait for that.
    async fn publish(&self, serves: &watch::Sender<Counters>) -> bool {
        let published = async {
            let former = Some(self.surface.issuer.version());
            let kept = self.opened.kept(&self.public_url, former, Engine::Interpreter).await?;
            let Kept { draft, counters } = kept;
            self.opened.start(draft, Missing::Warn).await.map(|published| (published, counters))
        };
        match published.await {
            Ok((published, counters)) => {
                self.surface.issuer.replace(published);
                serves.send_replace(counters);
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
