//! `claimsmith repl`: expressions one after another, each answered at once. On a terminal lines are
//! edited, completed and remembered; otherwise they are read as they come.

mod command;
mod session;
mod terminal;

use super::expression::{About, Which, read_context};
use super::installation::Stop;
use super::{say, tell};
use clap::Args;
use session::{Next, Session};
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

/// Where lines are remembered, in the home directory.
const HISTORY: &str = ".claimsmith_history";

#[derive(Debug, Args)]
#[command(
    after_help = "An expression that is not finished goes on in the next line; an empty line \
    ends it anyway.\nTab completes names of the schema, functions and methods. `:help` lists the \
    commands.\n\nExamples:\n  \
    claimsmith repl --context me.json\n  \
    echo 'user.email.length()' | claimsmith repl --context me.json"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    about: About,
    /// Which engine answers
    #[arg(long, value_enum, default_value_t = Which::Native)]
    engine: Which,
    /// Where lines are remembered [default: ~/.claimsmith_history]
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    let declared = match arguments.about.declared()? {
        Ok(declared) => declared,
        Err(told) => return Err(told.trim_end().into()),
    };
    let context =
        read_context(arguments.about.context.as_deref())?.map_err(|refusal| refusal.message)?;
    let mut session = Session::new(context, declared, arguments.engine.into())?;
    if std::io::stdin().is_terminal() {
        let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(HISTORY));
        let history = arguments.history.clone().or_else(home);
        tell(
            "Claimsmith. An expression is answered; `:help` lists the commands, `:quit` leaves.\n",
        );
        terminal::run(&mut session, history.as_deref())?;
        return Ok(ExitCode::SUCCESS);
    }
    read_lines(&mut session, &mut std::io::stdin().lock())?;
    Ok(if session.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Takes what comes on a stream, line by line, without a word in between.
fn read_lines(session: &mut Session, input: &mut impl BufRead) -> Result<(), Stop> {
    let mut entry = String::new();
    loop {
        let before = entry.len();
        let n_bytes = input.read_line(&mut entry)?;
        let is_last = n_bytes == 0 || entry.len() > super::expression::MOST_BYTES;
        let is_empty_line = entry.get(before..).unwrap_or_default().trim().is_empty();
        if !is_last && !is_empty_line && command::is_unfinished(&entry) {
            continue;
        }
        let next = session.take(entry.trim())?;
        if is_last || next == Next::Quit {
            return Ok(());
        }
        entry.clear();
    }
}

/// Tells of something that went wrong without an expression.
fn complain(words: &str) {
    say(&format!("error: {words}\n"));
}
