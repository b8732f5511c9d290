//! `claimsmith bench`: what expressions take, natively and interpreted, on this machine.

mod measure;
mod organization;
mod plot;
mod table;

use super::eval::read_line;
use super::expression::declared_schema;
use super::input::{LINE_TOO_LONG, Line, Refusal, is_standard_input, next_line};
use super::installation::Stop;
use super::tell;
use crate::schema::Schema;
use clap::Args;
use measure::{Figures, measure};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
#[command(
    after_help = "A line of the file is {\"expr\", \"context\"}, as `eval --batch` reads them. Both \
    engines are measured in turns over\none context, again and again: caches and branch predictor \
    know it well. Medians, and the span that eight\nof ten measurements lie in.\n\nExamples:\n  \
    claimsmith bench --expressions claims.jsonl\n  \
    claimsmith bench --expressions claims.jsonl --json --plot claims.svg\n  \
    claimsmith bench --org org.json --profile\n\n\
    Exit status: 0 all was measured, 1 an expression could not be, 2 the command line is wrong."
)]
pub(super) struct Arguments {
    /// The expressions: JSON lines of {"expr", "context"}; `-` is standard input
    #[arg(long, value_name = "FILE", required_unless_present = "org")]
    expressions: Option<PathBuf>,
    /// An organization, whose claims are measured over its people in turns
    #[arg(long, value_name = "FILE", conflicts_with_all = ["expressions", "schema", "plot"])]
    org: Option<PathBuf>,
    /// Measure each claim and rule of the organization apart, too
    #[arg(long, requires = "org")]
    profile: bool,
    /// Types of the roots' attributes, for all lines
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// For how long each expression is measured, in milliseconds
    #[arg(long, value_name = "N", default_value_t = 50)]
    milliseconds: u32,
    /// Print one JSON array, an object for each line
    #[arg(long)]
    json: bool,
    /// Draw the medians into a file
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
}

impl Arguments {
    /// How many of its files are standard input.
    pub(super) fn n_from_standard_input(&self) -> usize {
        let files = [&self.expressions, &self.schema].into_iter().flatten();
        files.filter(|path| is_standard_input(path)).count()
    }
}

/// One line of the file, and what was found.
struct Measured {
    /// Empty if the line could not be read.
    expression: String,
    outcome: Result<Figures, Refusal>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    let time = u64::from(arguments.milliseconds) * 1_000_000;
    if let Some(org) = &arguments.org {
        return organization::run(org, arguments.profile, arguments.json, time);
    }
    let Some(expressions) = &arguments.expressions else { return Ok(ExitCode::FAILURE) };
    let declared = match arguments.schema.as_deref().map(declared_schema).transpose() {
        Ok(declared) => declared,
        Err(refusal) => {
            refusal.say("");
            return Ok(ExitCode::FAILURE);
        }
    };
    let all = measure_file(expressions, declared.as_ref(), time)?;
    if arguments.json {
        tell(&format!("{}\n", table::to_json(&all)))?;
    } else {
        tell(&table::in_words(&all))?;
    }
    if let Some(path) = &arguments.plot {
        fs::write(path, plot::draw(&all)).map_err(|error| at(path, &error))?;
    }
    let is_well = all.iter().all(|measured| measured.outcome.is_ok());
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn at(path: &Path, error: &std::io::Error) -> Stop {
    format!("{}: {error}", path.display()).into()
}

/// Measures what a file or standard input holds.
fn measure_file(
    path: &Path,
    declared: Option<&Arc<Schema>>,
    time: u64,
) -> Result<Vec<Measured>, Stop> {
    let measured = if is_standard_input(path) {
        measure_lines(std::io::stdin().lock(), declared, time)
    } else {
        File::open(path).and_then(|file| measure_lines(BufReader::new(file), declared, time))
    };
    measured.map_err(|error| at(path, &error))
}

/// Measures each line that is not blank.
fn measure_lines(
    mut input: impl BufRead,
    declared: Option<&Arc<Schema>>,
    time: u64,
) -> std::io::Result<Vec<Measured>> {
    let (mut line, mut all) = (Vec::new(), Vec::new());
    while let Some(read) = next_line(&mut input, &mut line)? {
        let read = match read {
            Line::Whole if line.trim_ascii().is_empty() => continue,
            Line::Whole => read_line(&line),
            Line::TooLong => Err(Refusal::context(LINE_TOO_LONG)),
        };
        all.push(match read {
            Ok((expression, context)) => {
                let outcome = measure(&expression, &context, declared, time);
                Measured { expression, outcome }
            }
            Err(refusal) => Measured { expression: String::new(), outcome: Err(refusal) },
        });
    }
    Ok(all)
}
