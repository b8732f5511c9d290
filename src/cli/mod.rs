//! The commands, one file each.

mod adopt;
mod app;
mod asm;
mod bench;
mod bootstrap;
mod check;
mod config;
mod demo;
mod eval;
mod fmt;
mod functions;
mod explain;
mod explain_token;
mod expression;
mod import;
mod invite;
mod input;
mod installation;
mod ir;
mod keys;
mod lint;
mod log;
#[cfg(feature = "telemetry")]
mod telemetry;
mod org;
mod recorded;
mod repl;
mod serve;
mod settings;
mod store;
mod test;
mod token;
mod traffic;
mod users;

use crate::audit::Actor;
use crate::publish::{Problem, STACK};
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use installation::Stop;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

/// Where `serve` listens, unless told otherwise.
const LISTEN: &str = "127.0.0.1:8600";

/// Where others find it then.
const PUBLIC_URL: &str = "http://127.0.0.1:8600";

/// How a command tells what it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

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
    /// Issue tokens over HTTP
    Serve(serve::Arguments),
    /// Show every setting of `serve`, and where it comes from
    Config(config::Arguments),
    /// Decide and issue at the command line, and explain every claim
    Token(token::Arguments),
    /// Say why a token holds what it holds, claim by claim and part by part
    ExplainToken(explain_token::Arguments),
    /// Make the organization that is kept say what a document says
    Import(import::Arguments),
    /// Export, compare, apply and take back the organization as a document
    Org(org::Arguments),
    /// Register applications, and show how each gets its first token
    App(app::Arguments),
    /// Make a link by which a person sets their password
    Invite(invite::Arguments),
    /// Take people over from a file
    Users(users::Arguments),
    /// Have a server sign with another key
    Keys(keys::Arguments),
    /// Back up, restore, check, rekey and vacuum what is kept
    Store(store::Arguments),
    /// Evaluate an expression against a context
    Eval(eval::Arguments),
    /// Show the typed program that an expression becomes
    Ir(ir::Arguments),
    /// Show the machine code that an expression becomes
    Asm(asm::Arguments),
    /// Measure what expressions, or the claims and rules of an organization, take
    Bench(bench::Arguments),
    /// Answer expressions as they are written
    Repl(repl::Arguments),
    /// Say everything that is wrong with org documents and expressions
    Check(check::Arguments),
    /// Say what is odd about policies, each with a request that shows it
    Lint(lint::Arguments),
    /// Run tests of policies: who asks for what, and what the token must hold
    Test(test::Arguments),
    /// Lay expressions out anew, in files or org documents
    Fmt(fmt::Arguments),
    /// Say what a code means, and how to mend what it is about
    Explain(explain::Arguments),
    /// List the functions of the language, or tell all that is known of one
    Functions(functions::Arguments),
}

impl Command {
    /// How many things it would read standard input for.
    fn n_from_standard_input(&self) -> usize {
        match self {
            Self::Eval(arguments) => arguments.n_from_standard_input(),
            Self::Ir(arguments) => arguments.about.n_from_standard_input(),
            Self::Asm(arguments) => arguments.about.n_from_standard_input(),
            Self::Bench(arguments) => arguments.n_from_standard_input(),
            Self::Repl(arguments) => arguments.n_from_standard_input(),
            Self::Fmt(arguments) => arguments.n_from_standard_input(),
            Self::Check(arguments) => arguments.n_from_standard_input(),
            Self::Serve(_)
            | Self::Config(_)
            | Self::Token(_)
            | Self::ExplainToken(_)
            | Self::Import(_)
            | Self::Org(_)
            | Self::App(_)
            | Self::Invite(_)
            | Self::Users(_)
            | Self::Keys(_)
            | Self::Store(_)
            | Self::Lint(_)
            | Self::Test(_)
            | Self::Explain(_)
            | Self::Functions(_) => 0,
        }
    }
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let (matches, file) = match settings::read() {
        Ok(read) => read,
        Err(stop) => {
            say(&format!("error: {stop}\n"));
            return ExitCode::FAILURE;
        }
    };
    let parsed = CommandLine::from_arg_matches(&matches);
    let CommandLine { command } = parsed.unwrap_or_else(|error| error.exit());
    let of_command = matches.subcommand().map(|(_, matches)| matches);
    if command.n_from_standard_input() > 1 {
        let words = "standard input can be read for one thing only";
        CommandLine::command().error(ErrorKind::ArgumentConflict, words).exit();
    }
    let settings = match (&command, of_command) {
        (Command::Config(_), Some(matches)) => settings::chosen(matches, &file),
        _ => Vec::new(),
    };
    let run = move || match command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Config(arguments) => config::run(&arguments, &settings),
        Command::Token(arguments) => token::run(&arguments),
        Command::ExplainToken(arguments) => explain_token::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Org(arguments) => org::run(&arguments),
        Command::App(arguments) => app::run(&arguments),
        Command::Invite(arguments) => invite::run(&arguments),
        Command::Users(arguments) => users::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Store(arguments) => store::run(&arguments),
        Command::Eval(arguments) => eval::run(&arguments).map_err(Stop::from),
        Command::Ir(arguments) => ir::run(&arguments).map_err(Stop::from),
        Command::Asm(arguments) => asm::run(&arguments).map_err(Stop::from),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Repl(arguments) => repl::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Functions(arguments) => functions::run(&arguments),
    };
    let run = move || run().map_err(|stop| stop.to_string());
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

/// Who runs the command, for the audit log, as far as the machine says.
fn operator() -> Actor {
    let of = |name: &str| std::env::var(name).ok().filter(|name| !name.is_empty());
    let name = ["SUDO_USER", "LOGNAME", "USER"].into_iter().find_map(of);
    Actor { name, ..Actor::system() }
}

/// Writes to standard error; where that is closed nobody can be told.
fn say(text: &str) {
    let written = io::stderr().write_all(text.as_bytes());
    drop(written);
}

/// Writes to standard output.
fn tell(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    unless_closed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// A reader that has seen enough closes the pipe; that is no failure of what was written.
fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Whether what is said to people is coloured: on a terminal, unless `NO_COLOR` is set
/// (no-color.org).
fn is_coloured() -> bool {
    let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !is_unwanted
}

/// Most problems that are shown at once.
const MOST_PROBLEMS: usize = 100;

/// Shows what is wrong with a document, each problem with a caret.
fn show_problems(problems: &[Problem], name: &str, text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    for problem in problems.iter().take(MOST_PROBLEMS) {
        say(&problem.render(name, &text, is_coloured()));
    }
    let n_more = problems.len().saturating_sub(MOST_PROBLEMS);
    if n_more > 0 {
        say(&format!("and {n_more} more\n"));
    }
}
