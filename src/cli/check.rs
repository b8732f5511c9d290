//! `claimsmith check`: whether an org document can be served, without serving it.

use super::installation::{Stop, read_document};
use super::{Format, show_problems, tell};
use crate::diagnostic;
use crate::program::{Bounds, Engine};
use crate::publish::{Problem, PublicUrl, compile};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  claimsmith check org.json --public-url https://id.example.com\n  \
    claimsmith check org.json --json\n\n\
    Exit status: 0 the document is in order, 1 it has problems, 2 the command line is wrong."
)]
pub(super) struct Arguments {
    /// The organization: a JSON document
    #[arg(value_name = "FILE")]
    org: PathBuf,
    /// Where the outside world will find the server: no audience may equal an issuer
    #[arg(long, value_name = "URL", default_value = super::PUBLIC_URL)]
    public_url: String,
    /// Print what each expression costs at most, as sums over the sizes of what it reads
    #[arg(long)]
    bounds: bool,
    /// How problems are told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as `--format json`: byte spans, lines and columns
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    let text = read_document(&arguments.org)?;
    let name = arguments.org.display().to_string();
    let public_url = PublicUrl::new(&arguments.public_url)
        .map_err(|error| format!("the public URL `{}`: {error}", arguments.public_url))?;
    let compiled = compile(&text, public_url, Engine::Native);
    let problems = match &compiled {
        Ok(draft) => draft.remarks(),
        Err(problems) => problems,
    };
    let bounds = match &compiled {
        Ok(draft) if arguments.bounds => draft.bounds(),
        _ => Vec::new(),
    };
    let format = if arguments.json { Format::Json } else { arguments.format };
    match (format, &compiled) {
        (Format::Json, _) => {
            let bounds = arguments.bounds.then_some(bounds.as_slice());
            tell(&format!("{}\n", to_json(&name, &text, problems, bounds)))?;
        }
        (Format::Text, Err(problems)) => show_problems(problems, &name, &text),
        (Format::Text, Ok(draft)) => {
            show_problems(problems, &name, &text);
            let bounds = bounds.iter().map(|(path, bounds)| format!("{path}\n{bounds}\n"));
            tell(&bounds.collect::<String>())?;
            let organization = draft.organization();
            let directory = &organization.directory;
            tell(&format!(
                "{name} is in order: {} authorization servers, {} applications, {} users, {} \
                 groups\n",
                organization.servers.len(),
                directory.applications().len(),
                directory.users().len(),
                directory.groups().len(),
            ))?;
        }
    }
    Ok(if compiled.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `bounds` are there if they were asked for.
fn to_json(
    name: &str,
    text: &[u8],
    problems: &[Problem],
    bounds: Option<&[(&str, Bounds)]>,
) -> String {
    let text = String::from_utf8_lossy(text);
    let problems: Vec<_> = problems
        .iter()
        .map(|problem| {
            let mut told = diagnostic::to_json(&problem.diagnostic, &text);
            if let serde_json::Value::Object(members) = &mut told {
                members.insert("path".to_owned(), json!(problem.path));
            }
            told
        })
        .collect();
    let mut told = json!({"file": name, "problems": problems});
    if let (Some(bounds), Some(members)) = (bounds, told.as_object_mut()) {
        let bounds = bounds.iter().map(|(path, Bounds { steps, output })| {
            json!({"path": path, "steps": steps.to_string(), "output": output.to_string()})
        });
        members.insert("bounds".to_owned(), bounds.collect());
    }
    told.to_string()
}
