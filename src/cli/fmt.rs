//! `claimsmith fmt`: expressions laid out anew, in files of one expression, in org documents, or
//! from standard input.

use super::installation::{DOCUMENT_BYTES, Stop, read_document};
use super::{is_coloured, say, show_problems, tell};
use crate::diagnostic::render;
use crate::program::{Length, Lines, format};
use crate::publish;
use clap::Args;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

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
    /// Files to rewrite; `-` is standard input, which is printed
    #[arg(value_name = "FILE", required_unless_present = "expression")]
    files: Vec<PathBuf>,
    /// An expression to print instead
    #[arg(long, short, value_name = "TEXT", conflicts_with = "files")]
    expression: Option<String>,
    /// Change and print nothing; fail if something is not formatted
    #[arg(long)]
    check: bool,
}

/// What is to be formatted.
enum Source<'a> {
    Argument(&'a str),
    StandardInput,
    File(&'a Path),
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    let mut is_well = true;
    if let Some(expression) = &arguments.expression {
        is_well &= run_one(&Source::Argument(expression), arguments.check)?;
    }
    for path in &arguments.files {
        let source =
            if path == Path::new("-") { Source::StandardInput } else { Source::File(path) };
        is_well &= run_one(&source, arguments.check)?;
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether it could be formatted and, if only that is asked, was formatted already.
fn run_one(source: &Source<'_>, check: bool) -> Result<bool, Stop> {
    let name = source.name();
    let text = source.read()?;
    let Some(formatted) = source.format(&name, &text) else { return Ok(false) };
    let is_same = formatted.as_bytes() == text;
    match source {
        _ if check && is_same => {}
        Source::Argument(given) if check && formatted.trim_end() == *given => {}
        _ if check => {
            say(&format!("{name} is not formatted\n"));
            return Ok(false);
        }
        Source::Argument(_) | Source::StandardInput => tell(&formatted),
        Source::File(_) if is_same => {}
        Source::File(path) => {
            fs::write(path, formatted).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    Ok(true)
}

impl Source<'_> {
    fn name(&self) -> String {
        match self {
            Self::Argument(_) => "expression".to_owned(),
            Self::StandardInput => "standard input".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    fn read(&self) -> Result<Vec<u8>, Stop> {
        match self {
            Self::Argument(text) => Ok(text.as_bytes().to_vec()),
            Self::File(path) => read_document(path),
            Self::StandardInput => {
                let mut text = Vec::new();
                std::io::stdin().lock().take(DOCUMENT_BYTES).read_to_end(&mut text)?;
                Ok(text)
            }
        }
    }

    /// What it becomes; `None` after telling why it cannot be read.
    fn format(&self, name: &str, text: &[u8]) -> Option<String> {
        match self {
            Self::File(path) if path.extension().is_some_and(|extension| extension == "json") => {
                publish::format(text)
                    .inspect_err(|problems| show_problems(problems, name, text))
                    .ok()
            }
            Self::Argument(_) | Self::StandardInput | Self::File(_) => {
                let Ok(text) = std::str::from_utf8(text) else {
                    say(&format!("error: {name}: this is not UTF-8\n"));
                    return None;
                };
                format(text, Length::Free, Lines::Several)
                    .inspect_err(|diagnostics| {
                        for diagnostic in diagnostics {
                            say(&render(diagnostic, name, text, is_coloured()));
                        }
                    })
                    .map(|formatted| formatted + "\n")
                    .ok()
            }
        }
    }
}
