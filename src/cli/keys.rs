//! `claimsmith keys`: what an operator does with the keys that servers sign with, which change by
//! themselves unless a server says `MANUAL`.

use super::installation::{Installation, Stop};
use super::{PUBLIC_URL, log, tell};
use crate::program::Engine;
use crate::store::key_store;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  claimsmith keys rotate --server internal --data /var/lib/claimsmith"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Sign with another key from now on; the former one verifies until its last token ended
    Rotate {
        /// The id of the authorization server
        #[arg(long, value_name = "ID")]
        server: String,
        #[command(flatten)]
        installation: Installation,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    log::start();
    let Task::Rotate { server, installation } = &arguments.task;
    let addresses = installation.addresses(PUBLIC_URL)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let opened = installation.open(None).await?;
        let draft = opened.kept(&addresses, Engine::Interpreter).await?;
        let (id, algorithm) = draft.signing_of(server).ok_or_else(|| -> Stop {
            format!("there is no authorization server `{server}`").into()
        })?;
        let random = &opened.random;
        let kid =
            key_store::rotate(&opened.store, &opened.vault, random, id, algorithm, Vec::new())
                .await?;
        tell(&format!(
            "{server} signs with {kid}; servers that run follow within half a minute\n"
        ))?;
        Ok(ExitCode::SUCCESS)
    })
}
