//! `claimsmith invite`: a link by which a person sets their first password, or another one.

use super::installation::{Installation, Stop};
use super::{PUBLIC_URL, log, tell};
use crate::login::{Invitation, invite};
use crate::program::Engine;
use crate::publish::Missing;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "Whoever has the link sets the password: give it to the person alone. A first one may \
    be followed for seven days, one of --reset for an hour.\n\n\
    Example:\n  claimsmith invite ada@example.com --data /var/lib/claimsmith \
    --public-url https://id.example.com"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    installation: Installation,
    /// The login or id of the person
    login: String,
    /// For somebody who lost their password
    #[arg(long)]
    reset: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    log::start();
    let installation = &arguments.installation;
    let addresses = installation.addresses(PUBLIC_URL)?;
    let invitation = if arguments.reset { Invitation::Reset } else { Invitation::Welcome };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let token = runtime.block_on(async {
        let opened = installation.open(None).await?;
        let draft = Box::pin(opened.kept(&addresses, Engine::Interpreter)).await?;
        let published = Box::pin(opened.published(draft, &addresses, Missing::Warn)).await?;
        let name = arguments.login.trim();
        let person = match published.find_person_by_login(name).await? {
            Some(person) => Some(person),
            None => published.find_person(name).await?,
        };
        let person = person.ok_or_else(|| format!("there is no user `{name}`"))?;
        let user = person.user();
        let token = invite(&opened.store, &opened.random, invitation, &user.id).await;
        token.map_err(|error| Stop::from(error.to_string()))
    })?;
    tell(&format!("{}/{}/{token}\n", addresses.public(), invitation.word()))?;
    Ok(ExitCode::SUCCESS)
}
