//! `claimsmith functions`: the functions of the language by family, or all that is known of one.

use super::installation::Stop;
use super::tell;
use crate::program::{FunctionEntry, example_context, find_functions, functions, nearest_function};
use clap::Args;
use serde_json::json;
use std::fmt::Write;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  claimsmith functions\n  claimsmith functions padStart\n  \
    claimsmith functions String.len\n  claimsmith functions --json")]
pub(super) struct Arguments {
    /// A function such as `padStart` or `String.len`; without one all are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print JSON, for editors
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    let entries = match &arguments.name {
        Some(name) => find_functions(name),
        None => functions(),
    };
    match &arguments.name {
        Some(name) if entries.is_empty() => return Err(unknown(name).into()),
        _ if arguments.json => tell(&to_json(&entries))?,
        Some(_) => tell(&pages(&entries))?,
        None => tell(&list(&entries))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn unknown(name: &str) -> String {
    match nearest_function(name) {
        Some(near) => format!("there is no function `{name}`; did you mean `{near}`?"),
        None => format!("there is no function `{name}`; `claimsmith functions` lists them"),
    }
}

fn to_json(entries: &[FunctionEntry]) -> String {
    let functions: Vec<_> = entries.iter().map(FunctionEntry::to_json).collect();
    let told = json!({"exampleContext": example_context(), "functions": functions});
    format!("{told}\n")
}

/// A line for each function, below the name of its family.
fn list(entries: &[FunctionEntry]) -> String {
    let mut text = String::new();
    let mut family = "";
    for entry in entries {
        if entry.family != family {
            let space = if family.is_empty() { "" } else { "\n" };
            line(&mut text, format_args!("{space}{}", entry.family));
            family = entry.family;
        }
        line(&mut text, format_args!("  {}", entry.signature()));
        line(&mut text, format_args!("      {}", entry.documentation()));
    }
    text
}

/// All that is known of each.
fn pages(entries: &[FunctionEntry]) -> String {
    let pages: Vec<String> = entries.iter().map(page).collect();
    pages.join("\n")
}

fn page(entry: &FunctionEntry) -> String {
    let mut text = String::new();
    let (expression, answer) = entry.example();
    line(&mut text, format_args!("{}", entry.signature()));
    line(&mut text, format_args!("  {}\n", entry.documentation()));
    let mut row = |head: &str, value: &str| {
        if !value.is_empty() {
            line(&mut text, format_args!("  {head:<9}{value}"));
        }
    };
    row("also", &entry.names().get(1..).unwrap_or_default().join(", "));
    row("same as", &entry.other_style().join(", "));
    row("null", &entry.null());
    let faults: Vec<String> =
        entry.faults().iter().map(|code| format!("{code} ({})", code.category.name())).collect();
    row("faults", &faults.join(", "));
    row("example", &format!("{expression}  →  {answer}"));
    text
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    let written = writeln!(text, "{line}");
    debug_assert!(written.is_ok(), "a text in memory takes everything");
}
