//! `claimsmith store`: what an operator does with the database of a data directory.

use super::installation::{Installation, Stop};
use super::{say, tell};
use crate::clock::Clock;
use crate::random::Random;
use crate::store::data_directory;
use crate::store::upkeep::{self, Restored};
use clap::{Args, Subcommand};
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "The master key is in no backup: keep a copy of DIR/master.key apart.\n\nExamples:\n  \
    claimsmith store backup --data /var/lib/claimsmith --to monday.sqlite\n  \
    claimsmith store restore --data /var/lib/claimsmith --from monday.sqlite"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write all that is kept to a new file, also while the server runs
    Backup {
        #[command(flatten)]
        data: Data,
        /// The file to write; it must not be there
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Make a backup the database; every session and refresh token of before ends
    Restore {
        #[command(flatten)]
        data: Data,
        /// The backup
        #[arg(long, value_name = "FILE", required_unless_present = "store")]
        from: Option<PathBuf>,
        /// A PostgreSQL database that its own tools restored just now
        #[arg(long, value_name = "URL", conflicts_with = "from")]
        store: Option<String>,
    },
    /// Read everything and say what is wrong
    Check {
        #[command(flatten)]
        data: Data,
    },
    /// Put another master key in the place of the one that everything secret is kept under, also
    /// while the server runs
    Rekey {
        /// The new master key; without one a fresh one is made where the key is DIR/master.key
        #[arg(long, value_name = "FILE")]
        new_master_key_file: Option<PathBuf>,
        #[command(flatten)]
        installation: Installation,
    },
    /// Give back the space of what was deleted; best while the server is stopped
    Vacuum {
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Debug, Args)]
struct Data {
    /// The data directory of the server
    #[arg(long, value_name = "DIR", default_value = "./claimsmith-data")]
    data: PathBuf,
}

impl Data {
    fn database(&self) -> PathBuf {
        data_directory::database_in(&self.data)
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    match &arguments.task {
        Task::Backup { data, to } => {
            upkeep::backup(&data.database(), to, &Random::System)?;
            tell(&format!("wrote {}; the master key is not in it\n", to.display()))?;
        }
        Task::Restore { store: Some(url), .. } => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            tell_restored("the database", runtime.block_on(upkeep::end_all_of_before(url))?)?;
        }
        Task::Restore { data, from: Some(from), .. } => {
            data_directory::create(&data.data)?;
            let database = data.database();
            let restored = upkeep::restore(from, &database, &Clock::System, &Random::System)?;
            tell_restored(&database.display().to_string(), restored)?;
        }
        Task::Restore { from: None, .. } => return Err("name a backup with --from".into()),
        Task::Check { data } => return check(data),
        Task::Rekey { new_master_key_file, installation } => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let said = runtime.block_on(async {
                let opened = installation.open(None).await?;
                opened.rekey(new_master_key_file.as_deref()).await
            })?;
            tell(&format!("{said}; keep a copy of it apart, the former one opens nothing more\n"))?;
        }
        Task::Vacuum { data } => {
            upkeep::vacuum(&data.database())?;
            tell(&format!("vacuumed {}\n", data.database().display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_restored(what: &str, restored: Restored) -> io::Result<()> {
    let Restored { epoch, n_ended } = restored;
    tell(&format!("restored {what}; {n_ended} rows of before have ended (epoch {epoch})\n"))
}

fn check(data: &Data) -> Result<ExitCode, Stop> {
    let report = upkeep::check(&data.database())?;
    let mut text = format!("version {}, epoch {}\n", report.version, report.epoch);
    for (kind, n_rows) in &report.n_rows {
        text.push_str(&format!("  {n_rows:>10} {kind}\n"));
    }
    tell(&text)?;
    for problem in &report.problems {
        say(&format!("error: {problem}\n"));
    }
    if report.problems.is_empty() {
        tell("nothing is wrong\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}
