//! `claimsmith repl`: expressions one after another, each answered at once. On a terminal lines are
//! edited, completed and remembered; otherwise they are read as they come.

mod command;
mod session;
mod terminal;

use super::expression::{About, Which};
use super::input::{LINE_TOO_LONG, Line, next_line};
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

impl Arguments {
    /// How many times it would read standard input, where the entries come from.
    pub(super) fn n_from_standard_input(&self) -> usize {
        self.about.n_from_standard_input() + 1
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    let (about, engine) = (&arguments.about, arguments.engine.into());
    let opened = about
        .declared()
        .and_then(|declared| Session::open(about.context.as_deref(), declared, engine));
    let mut session = match opened {
        Ok(session) => session,
        Err(refusal) => {
            refusal.say("");
            return Ok(ExitCode::FAILURE);
        }
    };
    if std::io::stdin().is_terminal() {
        let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(HISTORY));
        let history = arguments.history.clone().or_else(home);
        tell(
            "Claimsmith. An expression is answered; `:help` lists the commands, `:quit` leaves.\n",
        )?;
        terminal::run(&mut session, history.as_deref())?;
        return Ok(ExitCode::SUCCESS);
    }
    read_lines(&mut session, &mut std::io::stdin().lock())?;
    Ok(if session.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Takes what comes on a stream, line by line, without a word in between. A line that cannot be
/// taken ends its entry, not the session.
fn read_lines(session: &mut Session, input: &mut impl BufRead) -> Result<(), Stop> {
    let (mut entry, mut line) = (String::new(), Vec::new());
    loop {
        let read = next_line(input, &mut line)?;
        let text = match read {
            Some(Line::TooLong) => Err(LINE_TOO_LONG),
            Some(Line::Whole) => std::str::from_utf8(&line).map_err(|_| "the line is not UTF-8"),
            None => Ok(""),
        };
        let text = match text {
            Ok(text) => text,
            Err(words) => {
                session.fail(words);
                entry.clear();
                continue;
            }
        };
        entry.push_str(text);
        entry.push('\n');
        let is_last = read.is_none();
        if !is_last && !text.trim().is_empty() && command::is_unfinished(&entry) {
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
