//! `claimsmith token`: what a request would be answered, explained; signed with `--demo` or `--sign`
//! only (decision 35).

mod drafts;
mod request;
mod tell;

use super::installation::{Installation, Opened, Stop};
use super::{Format, log, tell};
use crate::audit::{About, Event, EventType, Outcome};
use crate::clock::Clock;
use crate::grant::Issued;
use crate::grant::preview::{Preview, PreviewRequest, preview, preview_and_sign};
use crate::program::Engine;
use crate::publish::{Missing, Published, RunningServer};
use crate::store::Op;
use crate::store::journal::event_row;
use clap::Args;
pub(super) use request::{RequestArguments, find_person, find_server, unknown};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
pub(super) use tell::to_text;
use tokio::runtime::Runtime;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  claimsmith token --demo --server internal --client web-app \
    --user ada@example.com --scope \"openid read:customers\"\n\n\
    Exit status: 0 tokens would be granted, 1 they would be refused or something is wrong.")]
pub(super) struct Arguments {
    #[command(flatten)]
    installation: Installation,
    /// The id of the authorization server
    #[arg(long, value_name = "ID")]
    server: String,
    /// The client_id of the client
    #[arg(long, value_name = "ID")]
    client: String,
    #[command(flatten)]
    request: RequestArguments,
    /// Say of every expression what each part of it gave
    #[arg(long)]
    explain: bool,
    /// Sign the tokens, which is recorded; --demo always does
    #[arg(long, conflicts_with_all = ["user_json", "drafts"])]
    sign: bool,
    /// A file with claims, rules, policies and scopes of the server that are not saved yet
    #[arg(long, value_name = "FILE")]
    drafts: Option<PathBuf>,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as --format json
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    log::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let Arguments { installation, client, .. } = arguments;
    let Some((opened, kept)) = start(installation, &runtime)? else {
        return Ok(ExitCode::FAILURE);
    };
    let published = match &arguments.drafts {
        Some(file) => {
            let addresses = installation.addresses(super::PUBLIC_URL)?;
            let id = find_server(&kept, &arguments.server)?.definition().id.clone();
            let drafted = drafts::drafted(installation, &opened, &addresses, (&id, file));
            runtime.block_on(drafted)?
        }
        None => Arc::new(kept),
    };
    let server = find_server(&published, &arguments.server)?;
    let request = runtime.block_on(arguments.request.read(client, &published, server))?;
    let is_kept = !arguments.request.is_made_up() && arguments.drafts.is_none();
    let signs = arguments.sign || installation.demo && is_kept;
    let (preview, issued) = match signs {
        true => runtime.block_on(sign(&published, server, &request, &opened))?,
        false => {
            server.programs().compile();
            (preview(&published, server, &request, Clock::System.seconds()), None)
        }
    };
    let is_json = arguments.json || arguments.format == Format::Json;
    tell(&match is_json {
        true => format!("{:#}\n", to_json(&preview, issued.as_ref())),
        false => to_text(&preview, issued.as_ref(), arguments.explain),
    })?;
    Ok(if preview.error.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The installation and what it serves; `None` after telling what is wrong with the document.
pub(super) fn start(
    installation: &Installation,
    runtime: &Runtime,
) -> Result<Option<(Opened, Published)>, Stop> {
    let addresses = installation.addresses(super::PUBLIC_URL)?;
    let given = match installation.document()? {
        Some(document) => match document.draft(addresses.clone(), Engine::Native) {
            Some(draft) => Some(draft),
            None => return Ok(None),
        },
        None => None,
    };
    let opened = runtime.block_on(installation.open(given.as_ref()))?;
    let draft = match given {
        Some(draft) => draft,
        None => runtime.block_on(opened.kept(&addresses, Engine::Native))?,
    };
    let published = runtime.block_on(opened.published(draft, &addresses, Missing::Refuse))?;
    Ok(Some((opened, published)))
}

/// The preview and the tokens, once it is recorded that an operator has them.
async fn sign(
    published: &Published,
    server: &RunningServer,
    request: &PreviewRequest,
    opened: &Opened,
) -> Result<(Preview, Option<Issued>), Stop> {
    let now = Clock::System.seconds();
    let (preview, issued) = preview_and_sign(published, server, request, &opened.random, now);
    if let Some(issued) = &issued {
        let about = About {
            server: Some(server.definition().id.clone()),
            client: Some(request.client_id.clone()),
            user: preview.user.as_ref().map(|(id, _)| id.clone()),
            grant_type: Some(preview.grant_type.clone()),
            scope: Some(issued.scope.clone()),
            ..About::default()
        };
        let (event_type, outcome) = (EventType::AccessTokenGranted, Outcome::Success);
        let event = Event { event_type, outcome, about: &about };
        let row = event_row(&event, now.saturating_mul(1_000_000), &opened.random);
        opened.store.batch(vec![Op::Insert(row)]).await?;
        tracing::info!(client = request.client_id, "signed by an operator");
    }
    Ok((preview, issued))
}

fn to_json(preview: &Preview, issued: Option<&Issued>) -> serde_json::Value {
    let mut told: serde_json::Value = serde_json::from_str(&preview.to_json()).unwrap_or_default();
    if let (Some(members), Some(issued)) = (told.as_object_mut(), issued) {
        let Issued { access_token, id_token, .. } = issued;
        let signed = serde_json::json!({"access_token": access_token, "id_token": id_token});
        members.insert("signed".to_owned(), signed);
    }
    told
}
