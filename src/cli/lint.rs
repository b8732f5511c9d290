//! `claimsmith lint`: what is odd about the policies of an organization though it is allowed, each
//! with a request that shows it.

use super::installation::{Installation, Stop};
use super::{Format, PUBLIC_URL, is_coloured, log, tell};
use crate::analysis::lint::{Finding, Witness, lint};
use crate::diagnostic;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "`claimsmith explain L0805` says more of a code.\n\nExamples:\n  \
    claimsmith lint org.json\n  claimsmith lint --data /var/lib/claimsmith --json\n\n\
    Exit status: 0 nothing was found, 1 the document has problems, 2 something was found.")]
pub(super) struct Arguments {
    /// The organization: a JSON document; without one, what is kept is looked at
    #[arg(value_name = "FILE", conflicts_with_all = ["org", "demo"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    installation: Installation,
    /// A code that is no finding here; may be repeated
    #[arg(long, value_name = "CODE")]
    allow: Vec<String>,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// The exit status where something was found.
const FOUND: u8 = 2;

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    log::start();
    let installation = &arguments.installation;
    let addresses = installation.addresses(PUBLIC_URL)?;
    let (name, text) = installation.text_of(arguments.file.as_deref())?;
    let mut findings = match lint(&text, addresses) {
        Ok(findings) => findings,
        Err(problems) => {
            super::show_problems(&problems, &name, &text);
            return Ok(ExitCode::FAILURE);
        }
    };
    let is_allowed = |finding: &Finding| {
        let id = finding.problem.diagnostic.code.id;
        arguments.allow.iter().any(|allowed| allowed.eq_ignore_ascii_case(id))
    };
    findings.retain(|finding| !is_allowed(finding));
    let text = String::from_utf8_lossy(&text);
    let format = if arguments.json { Format::Json } else { arguments.format };
    tell(&match format {
        Format::Text => to_text(&findings, &name, &text),
        Format::Json => format!("{}\n", to_json(&findings, &name, &text)),
    })?;
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
}

fn to_text(findings: &[Finding], name: &str, document: &str) -> String {
    let mut text = String::new();
    for Finding { problem, witness } in findings {
        text.push_str(&problem.render(name, document, is_coloured()));
        if let Some(Witness { request, shown }) = witness {
            text.push_str(&format!("  for example: {request}\n  shows: {shown}\n"));
        }
        text.push('\n');
    }
    match findings.len() {
        0 => text.push_str("nothing was found\n"),
        1 => text.push_str("1 finding\n"),
        n_findings => text.push_str(&format!("{n_findings} findings\n")),
    }
    text
}

fn to_json(findings: &[Finding], name: &str, document: &str) -> Value {
    let told = |Finding { problem, witness }: &Finding| {
        let mut told = diagnostic::to_json(&problem.diagnostic, document);
        if let Value::Object(members) = &mut told {
            members.insert("path".to_owned(), json!(problem.path));
            members.insert("witness".to_owned(), json!(witness.as_ref().map(of_witness)));
        }
        told
    };
    json!({"file": name, "findings": findings.iter().map(told).collect::<Vec<_>>()})
}

fn of_witness(Witness { request, shown }: &Witness) -> Value {
    json!({
        "server": request.server,
        "client": request.client,
        "user": request.user,
        "grant": request.grant_type,
        "scopes": request.scopes,
        "audience": request.audience,
        "redirectUri": request.redirect_uri,
        "secondFactor": request.second_factor,
        "command": request.to_string(),
        "shown": shown,
    })
}
