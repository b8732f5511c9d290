//! `claimsmith config`: what `serve` would go by, each setting with where it comes from. Secrets are
//! not shown.

use super::installation::Stop;
use super::settings::{Origin, Setting};
use super::{Format, serve, tell};
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Takes what `serve` takes, and starts nothing.\n\nExamples:\n  \
    claimsmith config\n  claimsmith config --config /etc/claimsmith.toml --format json")]
#[group(skip)]
pub(super) struct Arguments {
    #[command(flatten)]
    serve: serve::Arguments,
    /// How to tell it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// What stands for a secret.
const HIDDEN: &str = "(not shown)";

pub(super) fn run(arguments: &Arguments, settings: &[Setting]) -> Result<ExitCode, Stop> {
    arguments.serve.check()?;
    tell(&match arguments.format {
        Format::Text => table(settings),
        Format::Json => format!("{:#}\n", Value::from_iter(settings.iter().map(json_of))),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// One line for each: name, value, origin.
fn table(settings: &[Setting]) -> String {
    let name = settings.iter().map(|setting| setting.name.len()).max().unwrap_or_default();
    let values: Vec<String> = settings.iter().map(shown).collect();
    let value = values.iter().map(|value| value.chars().count()).max().unwrap_or_default();
    let line = |(setting, shown): (&Setting, &String)| {
        format!("{:<name$}  {shown:<value$}  {}\n", setting.name, origin(setting))
    };
    settings.iter().zip(&values).map(line).collect()
}

fn shown(setting: &Setting) -> String {
    match setting.is_secret && !setting.values.is_empty() {
        true => HIDDEN.to_owned(),
        false => setting.values.join(","),
    }
}

fn origin(setting: &Setting) -> String {
    match &setting.origin {
        Origin::CommandLine => format!("--{}", setting.name),
        Origin::Environment(variable) => variable.clone(),
        Origin::File(path) => path.display().to_string(),
        Origin::Default => "default".to_owned(),
        Origin::Unset => "not set".to_owned(),
    }
}

fn json_of(setting: &Setting) -> Value {
    let kind = match setting.origin {
        Origin::CommandLine => "commandLine",
        Origin::Environment(_) => "environment",
        Origin::File(_) => "file",
        Origin::Default => "default",
        Origin::Unset => "unset",
    };
    let values = match setting.is_secret {
        true => Value::Null,
        false => json!(setting.values),
    };
    json!({"name": setting.name, "values": values, "origin": kind, "source": origin(setting)})
}
