//! Org documents: whether they could be served.

use super::Arguments;
use crate::cli::installation::Stop;
use crate::cli::{Format, show_problems, tell};
use crate::diagnostic;
use crate::program::{Bounds, Engine};
use crate::publish::{Draft, Problem, PublicUrl, compile};
use serde_json::json;

/// Tells all that is wrong with a document; whether nothing is.
pub(super) fn check(
    arguments: &Arguments,
    name: &str,
    text: &[u8],
    public_url: PublicUrl,
) -> Result<bool, Stop> {
    let compiled = compile(text, public_url, Engine::Native);
    let problems = match &compiled {
        Ok(draft) => draft.remarks(),
        Err(problems) => problems,
    };
    let bounds = match &compiled {
        Ok(draft) if arguments.bounds => draft.bounds(),
        _ => Vec::new(),
    };
    match (arguments.format(), &compiled) {
        (Format::Json, _) => {
            let bounds = arguments.bounds.then_some(bounds.as_slice());
            tell(&format!("{}\n", to_json(name, text, problems, bounds)))?;
        }
        (Format::Text, Err(problems)) => show_problems(problems, name, text),
        (Format::Text, Ok(draft)) => {
            show_problems(problems, name, text);
            let bounds = bounds.iter().map(|(path, bounds)| format!("{path}\n{bounds}\n"));
            tell(&bounds.collect::<String>())?;
            tell(&format!("{name} is in order: {}\n", contents(draft)))?;
        }
    }
    Ok(compiled.is_ok())
}

/// How much there is.
fn contents(draft: &Draft) -> String {
    let organization = draft.organization();
    let directory = &organization.directory;
    format!(
        "{} authorization servers, {} applications, {} users, {} groups",
        organization.servers.len(),
        directory.applications().len(),
        directory.users().len(),
        directory.groups().len(),
    )
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
