//! `claimsmith org`: the organization as a document that is exported, compared, applied and taken back.
//! It works on a store that nobody serves as on one that nodes serve, which follow.

mod okta;
mod proposal;
mod recorded;
mod replay;
mod tell;
#[cfg(test)]
mod tests;

use super::installation::{Installation, KEPT, Stop, read_document};
use super::{Format, PUBLIC_URL, check, log, tell as print};
use crate::analysis::replay::Report;
use crate::organization::{Version, versions};
use clap::{Args, Subcommand};
use proposal::{Plan, Proposal, Standing, Wanted};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "A document without `users` or `groups` leaves those alone.\n\nExamples:\n  \
    claimsmith org export --data /var/lib/claimsmith --without-users > org.json\n  \
    claimsmith org plan --org org.json --data /var/lib/claimsmith --out plan.json\n  \
    claimsmith org apply --plan plan.json --data /var/lib/claimsmith\n  \
    claimsmith org rollback 3 --data /var/lib/claimsmith"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write what is kept as a document in its one form
    Export {
        #[command(flatten)]
        installation: Installation,
        /// Leave people out: they are the directory's
        #[arg(long)]
        without_users: bool,
        /// The file to write; standard output if none is named
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Say everything that is wrong with a document, as `claimsmith check` does
    Validate(check::Arguments),
    /// Show what applying a document would change
    #[command(
        after_help = "Exit status: 0 nothing differs, 1 the document has problems, 2 something \
        differs."
    )]
    Plan {
        #[command(flatten)]
        installation: Installation,
        /// Make recorded decisions once more, and show which tokens would change, and how
        #[arg(long)]
        replay: bool,
        /// Keep the plan in this file, to be applied as it was shown
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        telling: Telling,
    },
    /// Have what is kept say what a document or a plan says, all at once
    Apply {
        #[command(flatten)]
        installation: Installation,
        /// A plan that was kept: refused if anything was changed since
        #[arg(long, value_name = "FILE", conflicts_with = "org")]
        plan: Option<PathBuf>,
        /// Why, for the list of versions
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        #[command(flatten)]
        telling: Telling,
    },
    /// Go back to a version that is kept
    Rollback {
        /// Its number
        #[arg(value_name = "NUMBER")]
        number: u64,
        #[command(flatten)]
        installation: Installation,
        /// Only show what it would change
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        telling: Telling,
    },
    /// Write the document of an organization that Okta serves: asked of its API, or read from a dump of
    /// what that answered
    #[command(after_help = "The token is read from OKTA_API_TOKEN.\n\nExamples:\n  \
        claimsmith org import-okta --url https://example.okta.com --save-dump dump.json --out org.json\n  \
        claimsmith org import-okta --dump dump.json")]
    ImportOkta(okta::Arguments),
    /// List the versions that are kept
    Versions {
        #[command(flatten)]
        installation: Installation,
        #[command(flatten)]
        telling: Telling,
    },
}

#[derive(Debug, Args)]
struct Telling {
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl Telling {
    fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// The exit status of a plan that changes something.
const DIFFERS: u8 = 2;

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    if let Task::Validate(arguments) = &arguments.task {
        return check::run(arguments);
    }
    log::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(do_task(&arguments.task))
}

async fn do_task(task: &Task) -> Result<ExitCode, Stop> {
    match task {
        Task::Export { installation, without_users, out } => {
            let text = installation.open(None).await?.text().await?;
            let text = proposal::exported(&text, *without_users)?;
            match out {
                Some(path) => fs::write(path, text).map_err(|error| at(path, &error))?,
                None => print(&text)?,
            }
        }
        Task::Validate(_) => {}
        Task::ImportOkta(arguments) => return okta::run(arguments).await,
        Task::Plan { installation, replay, out, telling } => {
            let wanted = of_document(installation)?;
            let asked = Asked { replay: *replay, out: out.as_deref(), format: telling.format() };
            return plan(installation, &wanted, &asked).await;
        }
        Task::Apply { installation, plan, note, telling } => {
            let (wanted, seen) = match plan {
                Some(path) => {
                    let Plan { wanted, seen } = Plan::read(&read_document(path)?)?;
                    (wanted, Some(seen))
                }
                None => (of_document(installation)?, None),
            };
            return apply(installation, &wanted, seen, note, telling.format()).await;
        }
        Task::Rollback { number, installation, dry_run, telling } => {
            let store = installation.open(None).await?.store;
            let known = versions(&store).await?;
            let found = known.iter().find(|version| version.number == *number);
            let found = found.ok_or_else(|| no_version(*number, &known))?;
            let name = format!("version {number}");
            let wanted = Wanted { name, text: found.document.clone().into_bytes() };
            if *dry_run {
                let asked = Asked { replay: false, out: None, format: telling.format() };
                return plan(installation, &wanted, &asked).await;
            }
            let note = format!("back to version {number}");
            return apply(installation, &wanted, None, &note, telling.format()).await;
        }
        Task::Versions { installation, telling } => {
            let opened = installation.open(None).await?;
            let known = versions(&opened.store).await?;
            let now = proposal::exported(&opened.text().await?, true)?;
            print(&tell::versions(&known, &now, telling.format()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The document that is named.
fn of_document(installation: &Installation) -> Result<Wanted, Stop> {
    let document = installation.document()?.ok_or("name a document with --org")?;
    let (name, text) = document.into_parts();
    Ok(Wanted { name, text })
}

fn no_version(number: u64, known: &[Version]) -> String {
    match (known.first(), known.last()) {
        (Some(first), Some(last)) => {
            format!("there is no version {number}; kept are {} to {}", first.number, last.number)
        }
        _ => format!("there is no version {number}; none is kept yet"),
    }
}

fn at(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

/// How a plan is asked for.
struct Asked<'a> {
    replay: bool,
    out: Option<&'a Path>,
    format: Format,
}

async fn plan(
    installation: &Installation,
    wanted: &Wanted,
    asked: &Asked<'_>,
) -> Result<ExitCode, Stop> {
    let addresses = installation.addresses(PUBLIC_URL)?;
    let opened = installation.open(None).await?;
    let standing = Standing::read(&opened).await?;
    let Some(proposal) = Proposal::new(&standing, wanted, &addresses)? else {
        return Ok(ExitCode::FAILURE);
    };
    if let Some(path) = asked.out {
        let plan = Plan::write(wanted, standing.counters())?;
        fs::write(path, plan).map_err(|error| at(path, &error))?;
    }
    let differs = !proposal.difference().entries.is_empty();
    let difference = proposal.difference().clone();
    let report = match asked.replay {
        true => Some(replay::replay(&opened, &standing, proposal, &addresses).await?),
        false => None,
    };
    let told = match asked.format {
        Format::Text => {
            let replayed = report.map(|report| format!("\n{report}")).unwrap_or_default();
            tell::difference(&difference) + &replayed
        }
        Format::Json => {
            let counters = standing.counters();
            let told = json!({
                "configuration": counters.configuration,
                "directory": counters.directory,
                "changes": tell::difference_to_json(&difference),
                "replay": report.as_ref().map(Report::to_json),
            });
            format!("{told:#}\n")
        }
    };
    print(&told)?;
    Ok(if differs { ExitCode::from(DIFFERS) } else { ExitCode::SUCCESS })
}

async fn apply(
    installation: &Installation,
    wanted: &Wanted,
    seen: Option<crate::store::organization::Counters>,
    note: &str,
    format: Format,
) -> Result<ExitCode, Stop> {
    let addresses = installation.addresses(PUBLIC_URL)?;
    let opened = installation.open(None).await?;
    let Some(applied) = proposal::apply(&opened, wanted, &addresses, seen, note).await? else {
        return Ok(ExitCode::FAILURE);
    };
    let proposal::Applied { difference, version, n_changes } = applied;
    print(&match format {
        Format::Text => {
            let mut told = tell::difference(&difference);
            if let Some(version) = version {
                told.push_str(&format!("{KEPT} is now version {version}\n"));
            }
            told
        }
        Format::Json => {
            let changes = tell::difference_to_json(&difference);
            let told = json!({"version": version, "nWritten": n_changes, "changes": changes});
            format!("{told:#}\n")
        }
    })?;
    Ok(ExitCode::SUCCESS)
}
