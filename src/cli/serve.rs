//! `claimsmith serve`: the issuer on a socket, until it is told to stop.

use super::installation::{Installation, Opened, Stop};
use super::{demo, log, say, tell};
use crate::clock::Clock;
use crate::grant::DenyList;
use crate::http::{Surface, router, serve};
use crate::publish::{Issuer, PublicUrl, Published};
use clap::Args;
use std::fmt::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

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
        let Some(draft) = installation.draft(public_url.clone())? else {
            return Ok(ExitCode::FAILURE);
        };
        let opened = installation.open(&draft).await?;
        let published = opened.start(draft).await?;
        opened.warn();
        tell(&welcome(&published, &opened))?;
        let (clock, random) = (Clock::System, opened.random.clone());
        let store = opened.store.clone();
        let issuer = Issuer::new(published);
        let denied = DenyList::default();
        denied.read(&store).await?;
        let surface = Arc::new(Surface { issuer, store, clock, random, denied });
        let stop = until_stopped()?;
        let again = signal(SignalKind::hangup())?;
        tokio::select! {
            served = serve(listener, router(Arc::clone(&surface)), stop) => served?,
            never = reload(again, installation, &opened, &surface, &public_url) => match never {},
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

/// Publishes the document anew at each SIGHUP. One that has problems changes nothing.
async fn reload(
    mut again: Signal,
    installation: &Installation,
    opened: &Opened,
    surface: &Surface,
    public_url: &PublicUrl,
) -> std::convert::Infallible {
    loop {
        if again.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        let started = match installation.draft(public_url.clone()) {
            Ok(Some(draft)) => opened.start(draft).await.map(Some),
            Ok(None) => Ok(None),
            Err(stop) => Err(stop),
        };
        match started {
            Ok(Some(published)) => {
                surface.issuer.replace(published);
                say("the org document was published anew\n");
            }
            Ok(None) => say("error: the org document was not published; the former one serves\n"),
            Err(stop) => say(&format!("error: the former org document serves on: {stop}\n")),
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
    for server in published.servers() {
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
