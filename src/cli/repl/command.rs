//! What can be written besides expressions: words after a colon.

use crate::program::is_unfinished as is_unfinished_expression;

/// A command, or an expression to evaluate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Evaluate,
    Type,
    Ir,
    Asm,
    Time,
    Context,
    Help,
    Quit,
}

/// A command as it is written.
struct Row {
    command: Command,
    word: &'static str,
    /// What follows the word; empty for nothing.
    argument: &'static str,
    /// What it does.
    meaning: &'static str,
}

impl Row {
    const fn new(
        command: Command,
        word: &'static str,
        argument: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { command, word, argument, meaning }
    }
}

const OPTIONAL: &str = "[EXPRESSION]";

const ROWS: [Row; 7] = [
    Row::new(Command::Type, ":type", OPTIONAL, "the type of an expression, here the one before"),
    Row::new(Command::Ir, ":ir", OPTIONAL, "the typed program it becomes"),
    Row::new(Command::Asm, ":asm", OPTIONAL, "the machine code it becomes"),
    Row::new(Command::Time, ":time", OPTIONAL, "how long each stage takes"),
    Row::new(Command::Context, ":context", "FILE", "other roots, as JSON"),
    Row::new(Command::Help, ":help", "", "this list"),
    Row::new(Command::Quit, ":quit", "", "leave; so does the end of input"),
];

/// The words that can follow a colon, for completion.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.word)
}

/// What all commands do.
pub(super) fn help() -> String {
    let lines = ROWS.iter().map(|Row { word, argument, meaning, .. }| {
        let head = format!("{word} {argument}");
        format!("{head:<20} {meaning}\n")
    });
    lines.collect()
}

/// The command of an entry, and what it is about.
pub(super) fn read(entry: &str) -> Result<(Command, &str), String> {
    if !entry.starts_with(':') {
        return Ok((Command::Evaluate, entry));
    }
    let (word, rest) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
    match ROWS.iter().find(|row| row.word == word) {
        Some(row) => Ok((row.command, rest.trim())),
        None => Err(format!("there is no command `{word}`; `:help` lists them")),
    }
}

/// Whether an entry goes on in the next line.
pub(super) fn is_unfinished(entry: &str) -> bool {
    match read(entry.trim_start()) {
        Ok((Command::Context | Command::Help | Command::Quit, _)) | Err(_) => false,
        Ok((_, expression)) => {
            !expression.trim().is_empty() && is_unfinished_expression(expression)
        }
    }
}
