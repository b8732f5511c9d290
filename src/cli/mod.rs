//! The commands, one file each.

mod eval;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Room for what recurses: trees are bounded to 100 levels, chains of members to 10,000 characters.
const STACK: usize = 256 * 1024 * 1024;

#[derive(Debug, Parser)]
#[command(
    name = "claimsmith",
    version,
    about = "An OAuth 2 / OpenID Connect authorization server whose policies are programs",
    after_help = "Exit status: 0 done, 1 the input is wrong, 2 the command line is wrong."
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Evaluate an expression against a context
    Eval(eval::Arguments),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let CommandLine { command } = CommandLine::parse();
    let run = move || match command {
        Command::Eval(arguments) => eval::run(&arguments),
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(status))) => status,
        Ok(Ok(Err(error))) => {
            say(&format!("error: {error}\n"));
            ExitCode::FAILURE
        }
        Ok(Err(_)) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("error: no thread for the command: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Writes to standard error; where that is closed nobody can be told.
fn say(text: &str) {
    use std::io::Write;
    let written = std::io::stderr().write_all(text.as_bytes());
    drop(written);
}
