//! `claimsmith serve`: the issuer on a socket, until it is told to stop.

use super::adopt::told;
use super::bootstrap::BootstrapToken;
use super::installation::{Installation, Opened, Stop};
use super::log::LogArguments;
use super::traffic::TrafficArguments;
use super::{demo, say, tell};
use crate::administration::Administration;
use crate::clock::Clock;
use crate::fetch::{ClientKeys, Fetcher};
use crate::grant::DenyList;
use crate::http::{Surface, management, router, serve};
use crate::program::Engine;
use crate::publish::{Addresses, Keys, PublishError, Published, Publisher, apart};
use crate::store::journal::{Journal, forget_old_events};
use crate::store::organization::{Counters, Endings};
use crate::store::recorder::{Recorder, RecordingWriter};
use crate::store::{Store, key_store};
use crate::tls::Tls;
use crate::traffic::Traffic;
use clap::Args;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
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
    SIGHUP reads the org document again; one with problems changes nothing.\n\n\
    Each setting may also be in its environment variable, or in the file of --config under the \
    same name. The command line goes before the environment, the environment before the file; \
    `claimsmith config` shows what came of it.")]
pub(super) struct Arguments {
    #[command(flatten)]
    installation: Installation,
    #[command(flatten)]
    listening: Listening,
    #[command(flatten)]
    traffic: TrafficArguments,
    #[command(flatten)]
    log: LogArguments,
    #[cfg(feature = "telemetry")]
    #[command(flatten)]
    telemetry: super::telemetry::TelemetryArguments,
    /// Record decisions, encrypted, for `claimsmith org plan --replay`, and keep them for so many days
    #[arg(long, value_name = "DAYS", env = "CLAIMSMITH_RECORD_DECISIONS",
        value_parser = clap::value_parser!(u16).range(1..=90))]
    record_decisions: Option<u16>,
}

/// Seconds of a day.
const DAY: i64 = 24 * 3600;

/// Where it is served.
#[derive(Debug, Args)]
#[command(next_help_heading = "Listening")]
struct Listening {
    /// The address to listen on
    #[arg(long, value_name = "ADDR", env = "CLAIMSMITH_LISTEN", default_value = super::LISTEN)]
    listen: SocketAddr,
    /// Fetch `jwks_uri` of applications from private networks too
    #[arg(long, env = "CLAIMSMITH_ALLOW_PRIVATE_NETWORKS")]
    allow_private_networks: bool,
    /// Another address for those who operate the server, with /api/v1, /metrics and /health; without it
    /// they are at the first, /metrics for this machine only
    #[arg(long, value_name = "ADDR", env = "CLAIMSMITH_MANAGEMENT_LISTEN")]
    management_listen: Option<SocketAddr>,
    /// Where that other address is found; `http://ADDR` if nothing is said
    #[arg(long, value_name = "URL", env = "CLAIMSMITH_MANAGEMENT_URL")]
    management_url: Option<String>,
    /// Speak TLS: the chain of certificates, in PEM; read again when it changes
    #[arg(long, value_name = "FILE", env = "CLAIMSMITH_TLS_CERTIFICATE")]
    tls_certificate: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", env = "CLAIMSMITH_TLS_KEY")]
    tls_key: Option<PathBuf>,
}

impl Listening {
    fn tls(&self) -> Result<Option<Arc<Tls>>, Stop> {
        match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => Ok(Some(Arc::new(Tls::load(certificate, key)?))),
            (None, None) => Ok(None),
            (Some(_), None) => Err("--tls-certificate needs --tls-key".into()),
            (None, Some(_)) => Err("--tls-key needs --tls-certificate".into()),
        }
    }

    /// Where others find it, unless it is told.
    fn usual_url(&self, listener: &TcpListener) -> std::io::Result<String> {
        let scheme = if self.tls_certificate.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{}", listener.local_addr()?))
    }

    async fn bind(&self, address: SocketAddr) -> Result<TcpListener, Stop> {
        let bound = TcpListener::bind(address).await;
        bound.map_err(|error| format!("cannot listen on {address}: {error}").into())
    }
}

impl Arguments {
    /// Refuses settings that do not go together, wherever they come from.
    pub(super) fn check(&self) -> Result<(), Stop> {
        let Self { installation, listening, .. } = self;
        installation.check()?;
        let mut listens = std::iter::once(&listening.listen).chain(&listening.management_listen);
        match listens.find(|address| installation.demo && !address.ip().is_loopback()) {
            Some(address) => {
                Err(format!("--demo listens on loopback only, not on {address}").into())
            }
            None => Ok(()),
        }
    }

    fn traffic(&self) -> Traffic {
        self.traffic.traffic(self.listening.management_listen.is_some())
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    #[cfg(feature = "telemetry")]
    let telemetry = arguments.telemetry.start(&arguments.log, &runtime)?;
    #[cfg(not(feature = "telemetry"))]
    arguments.log.start();
    arguments.check()?;
    let Arguments { installation, listening, .. } = arguments;
    let ended: Result<ExitCode, Stop> = runtime.block_on(async {
        let listener = listening.bind(listening.listen).await?;
        let operators = match listening.management_listen {
            Some(address) => Some(listening.bind(address).await?),
            None => None,
        };
        let tls = listening.tls()?;
        let addresses = installation.addresses(&listening.usual_url(&listener)?)?;
        let given = match installation.document()? {
            // The issuer compiles it while it already serves.
            Some(document) => match document.draft(addresses.clone(), Engine::Interpreter) {
                Some(draft) => Some((draft, document.entities()?)),
                None => return Ok(ExitCode::FAILURE),
            },
            None => None,
        };
        let opened = installation.open(given.as_ref().map(|(draft, _)| draft)).await?;
        let token = BootstrapToken::read(&opened).await?;
        // The document's users are not held on to.
        opened.adopt(given.map(|(_, entities)| entities)).await?;
        let publisher = Arc::new(opened.publisher(&addresses).await?);
        let administration = Administration::new(Arc::clone(&publisher), Clock::System);
        token.keep(&opened, &administration).await?;
        opened.warn();
        // Before anybody is told that it serves, so that nobody's signal ends it.
        let stop = until_stopped()?;
        let again = signal(SignalKind::hangup())?;
        let operators_at = operators.as_ref().map(TcpListener::local_addr).transpose()?;
        tell(&welcome(&publisher.issuer().current(), &opened, operators_at))?;
        let (clock, random) = (Clock::System, opened.random.clone());
        let store = opened.store.clone();
        let issuer = Arc::clone(publisher.issuer());
        if store.is_shared() {
            issuer.freshness().depend_on_others();
        }
        let denied = DenyList::default();
        let (journal, mut writer) = Journal::new(clock.clone(), random.clone());
        let events = opened.events().await?;
        let (journal, mut recordings) = match arguments.record_decisions {
            Some(days) => {
                let (vault, kept) = (Arc::clone(&opened.vault), i64::from(days) * DAY);
                let (recorder, writer) = Recorder::new(clock.clone(), vault, random.clone(), kept);
                (journal.recording(recorder), Some(writer))
            }
            None => (journal, None),
        };
        let fetcher = Fetcher::new(listening.allow_private_networks);
        denied.read(&store).await?;
        let login = opened.authenticator(&journal, &fetcher)?;
        let client_keys = ClientKeys::new(fetcher);
        let traffic = arguments.traffic();
        let surface = Arc::new(Surface {
            issuer,
            store,
            clock,
            random,
            denied,
            journal,
            events: events.clone(),
            client_keys,
            login,
            traffic,
            administration,
        });
        let (stands, heard) = watch::channel(publisher.served());
        let follower =
            Follower { installation, opened: &opened, publisher: &publisher, addresses };
        let (routes, renewed) = (router(Arc::clone(&surface)), signal(SignalKind::hangup())?);
        tokio::select! {
            served = serve(listener, tls.clone(), routes, &surface.traffic, stop) => served?,
            served = serve_operators(operators, listening.management_url.clone(), &surface) => match served? {},
            never = renew(tls, renewed) => match never {},
            never = listen(&surface, &publisher, stands) => match never {},
            never = follow(again, follower, heard) => match never {},
            never = remove_ended(&surface) => match never {},
            never = follow_rules(&surface) => match never {},
            never = forget_expired(&surface, &events) => match never {},
            never = record(recordings.as_mut(), &surface.store) => match never {},
            () = writer.run(&events) => {}
        }
        if let Some(recordings) = &mut recordings {
            recordings.drain(&surface.store).await;
        }
        writer.drain(&events).await;
        Ok(ExitCode::SUCCESS)
    });
    #[cfg(feature = "telemetry")]
    super::telemetry::end(telemetry, &runtime);
    ended
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

/// Serves those who operate the server, until the process ends.
async fn serve_operators(
    listener: Option<TcpListener>,
    url: Option<String>,
    surface: &Arc<Surface>,
) -> std::io::Result<std::convert::Infallible> {
    if let Some(listener) = listener {
        let usual = format!("http://{}", listener.local_addr()?);
        let url = url.map_or(usual, |url| url.trim_end_matches('/').to_owned());
        let router = management(Arc::clone(surface), url);
        serve(listener, None, router, &Traffic::default(), std::future::pending()).await?;
    }
    std::future::pending().await
}

/// How often to look whether the certificate is another.
const CERTIFICATE: Duration = Duration::from_secs(5);

/// Serves the certificate that the files hold, from when they hold it; at once at each SIGHUP.
async fn renew(tls: Option<Arc<Tls>>, mut again: Signal) -> std::convert::Infallible {
    let Some(tls) = tls else { return std::future::pending().await };
    loop {
        tokio::select! {
            Some(()) = again.recv() => {}
            () = tokio::time::sleep(CERTIFICATE) => {}
        }
        match tls.reload() {
            Ok(true) => tracing::info!("the certificate is served as it is now"),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the former certificate is served on"),
        }
    }
}

/// Writes down decisions, where they are recorded.
async fn record(writer: Option<&mut RecordingWriter>, store: &Store) -> std::convert::Infallible {
    if let Some(writer) = writer {
        writer.run(store).await;
    }
    std::future::pending().await
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

/// Looks at users again whom rules of groups may give something else, whichever node or command
/// changed the rules.
async fn follow_rules(surface: &Surface) -> std::convert::Infallible {
    loop {
        match surface.administration.follow_rules().await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "rules of groups are not followed yet"),
        }
        tokio::time::sleep(POLL).await;
    }
}

/// What has a server follow what is kept.
struct Follower<'f> {
    installation: &'f Installation,
    opened: &'f Opened,
    publisher: &'f Publisher,
    addresses: Addresses,
}

/// How often to ask whether the organization was written, by whichever node or command.
const POLL: Duration = Duration::from_millis(250);

/// Hears how the organization stands and which tokens were revoked, whichever node or command does
/// that, and tells who follows.
async fn listen(
    surface: &Surface,
    publisher: &Publisher,
    stands: watch::Sender<Counters>,
) -> std::convert::Infallible {
    loop {
        let asked = surface.clock.monotonic();
        let heard = async {
            surface.denied.read(&surface.store).await?;
            publisher.organizations().counters().await
        };
        match heard.await {
            Ok(stand) => {
                if surface.store.is_shared() && publisher.served() == stand {
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
) -> std::convert::Infallible {
    let mut keys = tokio::time::interval(KEYS);
    let publisher = follower.publisher;
    loop {
        tokio::select! {
            Some(()) = again.recv() => match follower.import().await {
                Ok(true) => {
                    if follower.publish().await {
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
                if stands != publisher.served() && is_done(publisher.turn().await.follow().await) {
                    tracing::info!("the organization was changed, and is served as it is now");
                }
            }
            // What could not be served is tried again, without waiting for another change.
            () = tokio::time::sleep(AGAIN), if *stands.borrow() != publisher.served() => {
                is_done(publisher.turn().await.follow().await);
            }
            _ = keys.tick() => {
                if follower.have_keys_changed().await && follower.publish().await {
                    tracing::info!("signing keys changed, and are served as they are now");
                }
            }
        }
    }
}

/// Whether that went well; if not, what served before serves on.
fn is_done(published: Result<(), PublishError>) -> bool {
    let told = published.map_err(told);
    if let Err(stop) = &told {
        say(&format!("error: the former organization serves on: {stop}\n"));
    }
    told.is_ok()
}

impl Follower<'_> {
    /// Whether there was nothing wrong with the document.
    async fn import(&self) -> Result<bool, Stop> {
        let Some(document) = self.installation.document()? else { return Ok(true) };
        let addresses = self.addresses.clone();
        let read = move || {
            let has_draft = document.draft(addresses, Engine::Interpreter).is_some();
            has_draft.then(|| document.entities())
        };
        match apart("import", read).await? {
            Some(entities) => self.opened.import(&entities?).await.map(|_| true),
            None => Ok(false),
        }
    }

    /// Does what is due to the keys, and says whether others are kept than are served.
    async fn have_keys_changed(&self) -> bool {
        let Opened { store, vault, random, .. } = self.opened;
        let published = self.publisher.issuer().version();
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

    /// Serves what is kept, with the keys and secrets of now, and says whether it does.
    async fn publish(&self) -> bool {
        is_done(self.publisher.turn().await.publish(Keys::Anew).await)
    }
}

/// What a person who started it wants to know.
fn welcome(published: &Published, opened: &Opened, operators: Option<SocketAddr>) -> String {
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
    if let Some(address) = operators {
        line(format_args!("\nfor those who operate it: http://{address}\n"));
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
