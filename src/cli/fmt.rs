//! `claimsmith fmt`: expressions laid out anew, in files of one expression, in org documents, or
//! from standard input.

use super::input::{NOT_UTF_8, Source, is_json, is_standard_input, say_all, sources};
use super::installation::Stop;
use super::{say, show_problems, tell};
use crate::program::{Length, Lines, format};
use crate::publish;
use clap::Args;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tempfile::NamedTempFile;

#[derive(Debug, Args)]
#[command(
    after_help = "A file that ends in .json is an org document: its expressions are formatted, each \
    on one line,\nand nothing else of it changes. Any other file holds one expression.\n\n\
    Examples:\n  \
    claimsmith fmt roles.oel org.json\n  \
    claimsmith fmt --check org.json\n  \
    echo 'user.groups . filter(g=>(g==\"a\"))' | claimsmith fmt -\n  \
    claimsmith fmt --expression '((a AND b) and c)'"
)]
pub(super) struct Arguments {
    /// Files to rewrite; `-` is standard input, one expression, which is printed
    #[arg(value_name = "FILE", required_unless_present = "expression")]
    files: Vec<PathBuf>,
    /// An expression to print instead
    #[arg(long, short, value_name = "TEXT", conflicts_with = "files")]
    expression: Option<String>,
    /// Change and print nothing; fail if something is not formatted
    #[arg(long)]
    check: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    let mut is_well = true;
    for source in sources(arguments.expression.as_deref(), &arguments.files) {
        is_well &= run_one(&source, arguments.check)?;
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether it could be formatted and, if only that is asked, was formatted already.
fn run_one(source: &Source<'_>, check: bool) -> io::Result<bool> {
    let name = source.name();
    let text = match source.read() {
        Ok(text) => text,
        Err(stop) => {
            say(&format!("error: {stop}\n"));
            return Ok(false);
        }
    };
    let Some(formatted) = formatted(source, &name, &text) else { return Ok(false) };
    let is_same = formatted.as_bytes() == text;
    match source {
        _ if check && is_same => {}
        Source::Argument(given) if check && formatted.trim_end() == *given => {}
        _ if check => {
            say(&format!("{name} is not formatted\n"));
            return Ok(false);
        }
        Source::Argument(_) | Source::StandardInput => tell(&formatted)?,
        Source::File(_) if is_same => {}
        Source::File(path) => {
            if let Err(error) = replace(path, formatted.as_bytes()) {
                say(&format!("error: {name}: {error}\n"));
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Writes beside the file and renames, so that it is the old one or the new one whatever happens.
/// A link stays one, and what may not be written is refused.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let file = fs::canonicalize(path)?;
    let old = OpenOptions::new().write(true).open(&file)?.metadata()?;
    let folder = match file.parent() {
        Some(folder) if old.is_file() => folder,
        _ => return Err(io::Error::other("only a regular file can be rewritten")),
    };
    let mut beside = NamedTempFile::new_in(folder)?;
    beside.write_all(text)?;
    beside.as_file().set_permissions(old.permissions())?;
    beside.as_file().sync_all()?;
    beside.persist(&file)?;
    Ok(())
}

impl Arguments {
    /// How many of its files are standard input.
    pub(super) fn n_from_standard_input(&self) -> usize {
        self.files.iter().filter(|path| is_standard_input(path)).count()
    }
}

/// What it becomes; `None` after telling why it cannot be read.
fn formatted(source: &Source<'_>, name: &str, text: &[u8]) -> Option<String> {
    match source {
        Source::File(path) if is_json(path) => {
            publish::format(text).inspect_err(|problems| show_problems(problems, name, text)).ok()
        }
        Source::Argument(_) | Source::StandardInput | Source::File(_) => {
            let Ok(text) = std::str::from_utf8(text) else {
                say(&format!("error: {name}: {NOT_UTF_8}\n"));
                return None;
            };
            format(text, Length::Free, Lines::Several)
                .inspect_err(|diagnostics| say_all(diagnostics, name, text))
                .map(|formatted| formatted + "\n")
                .ok()
        }
    }
}
