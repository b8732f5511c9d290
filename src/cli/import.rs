//! `claimsmith import`: makes the organization that is kept say what a document says. Servers that
//! run follow.

use super::installation::{Installation, Stop};
use super::{PUBLIC_URL, log, tell};
use crate::program::Engine;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "What the document does not name is deleted. Servers that run follow at once.\n\n\
    Example:\n  claimsmith import --org org.json --data /var/lib/claimsmith"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    installation: Installation,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    log::start();
    let installation = &arguments.installation;
    let Some(document) = installation.document()? else {
        return Err("name a document with --org".into());
    };
    let addresses = installation.addresses(PUBLIC_URL)?;
    let Some(draft) = document.draft(addresses, Engine::Interpreter) else {
        return Ok(ExitCode::FAILURE);
    };
    let entities = document.entities()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let n_changes = runtime.block_on(async {
        let opened = installation.open(Some(&draft)).await?;
        opened.import(&entities).await
    })?;
    tell(&match n_changes {
        0 => "nothing differs\n".to_owned(),
        1 => "changed 1 thing\n".to_owned(),
        n_changes => format!("changed {n_changes} things\n"),
    })?;
    Ok(ExitCode::SUCCESS)
}
