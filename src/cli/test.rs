//! `claimsmith test`: tests of policies, run by the code that issues.

use super::installation::{Installation, Stop, read_document};
use super::{PUBLIC_URL, is_coloured, log, show_problems, tell};
use crate::analysis::policy_test::{
    Case, Coverage, Covered, Mismatch, Suite, Who, judge, junit, read_suite,
};
use crate::clock::Clock;
use crate::grant::preview::{Preview, PreviewRequest, preview};
use crate::program::Engine;
use crate::publish::{Addresses, Draft, Published, compile};
use crate::random::Random;
use crate::store::Store;
use clap::Args;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "A file says itself by `org` which document it tests; --org, --data or --store say it \
    otherwise.\n\nExamples:\n  claimsmith test policies.test.json\n  \
    claimsmith test tests/*.json --org org.json --junit report.xml --coverage\n\n\
    Exit status: 0 all tests pass, 1 a file or the organization has problems, 2 a test fails."
)]
pub(super) struct Arguments {
    /// Files of tests: JSON
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    installation: Installation,
    /// Write the results to a file as JUnit's XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Tell which rules, claims and branches of expressions no test comes by
    #[arg(long)]
    coverage: bool,
    /// Tell failures and the sum only
    #[arg(long)]
    quiet: bool,
}

/// The exit status where a test fails.
const FAILED: u8 = 2;

/// A file of tests, read.
struct File {
    path: PathBuf,
    name: String,
    text: Vec<u8>,
    suite: Suite,
}

/// The name of a test and how it differs, not at all if it passes.
type Tested = (String, Vec<Mismatch>);

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    log::start();
    let mut files = Vec::new();
    for path in &arguments.files {
        let (name, text) = (path.display().to_string(), read_document(path)?);
        match read_suite(&text) {
            Ok(suite) => files.push(File { path: path.clone(), name, text, suite }),
            Err(problems) => show_problems(&problems, &name, &text),
        }
    }
    if files.len() < arguments.files.len() {
        return Ok(ExitCode::FAILURE);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run_files(arguments, &files))
}

async fn run_files(arguments: &Arguments, files: &[File]) -> Result<ExitCode, Stop> {
    let mut organizations: BTreeMap<Option<PathBuf>, Published> = BTreeMap::new();
    let (mut coverage, mut results) = (Coverage::default(), Vec::new());
    for file in files {
        let place = document_of(arguments, file);
        if !organizations.contains_key(&place) {
            let Some(published) = rehearse(arguments, place.as_deref()).await? else {
                return Ok(ExitCode::FAILURE);
            };
            coverage.expect_all(&published);
            organizations.insert(place.clone(), published);
        }
        let Some(published) = organizations.get(&place) else { continue };
        let mut tests: Vec<Tested> = Vec::with_capacity(file.suite.cases.len());
        for case in &file.suite.cases {
            let found = run_case(published, case, &mut coverage).await?;
            tell(&told(file, case, &found, arguments.quiet))?;
            tests.push((case.name.clone(), found));
        }
        results.push((file.name.clone(), tests));
    }
    if let Some(path) = &arguments.junit {
        let at = |error: std::io::Error| format!("{}: {error}", path.display());
        fs::write(path, junit(&results)).map_err(at)?;
    }
    let all = || results.iter().flat_map(|(_, tests)| tests);
    let n_failed = all().filter(|(_, found)| !found.is_empty()).count();
    let n_tests = all().count();
    tell(&format!("{n_tests} tests: {} pass, {n_failed} fail\n", n_tests - n_failed))?;
    if arguments.coverage {
        tell(&covered(&coverage.covered()))?;
    }
    Ok(if n_failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// The document that a file is about; `None` for the organization that the command line names.
fn document_of(arguments: &Arguments, file: &File) -> Option<PathBuf> {
    if arguments.installation.names_one() {
        return None;
    }
    let org = file.suite.org.as_ref()?;
    Some(file.path.parent().map_or_else(|| PathBuf::from(org), |folder| folder.join(org)))
}

/// The organization, ready to be asked; `None` after telling all that is wrong with it.
async fn rehearse(arguments: &Arguments, file: Option<&Path>) -> Result<Option<Published>, Stop> {
    let installation = &arguments.installation;
    let addresses = installation.addresses(PUBLIC_URL)?;
    let given = match file {
        Some(path) => Some((path.display().to_string(), read_document(path)?)),
        None => installation.document()?.map(|document| document.into_parts()),
    };
    let Some((name, text)) = given else {
        let opened = installation.open(None).await?;
        let draft = opened.kept(&addresses, Engine::Native).await?;
        return Ok(Some(draft.rehearse(&opened.store, &Random::System)?));
    };
    match draft(&name, &text, addresses) {
        Some(draft) => Ok(Some(draft.rehearse(&Store::memory(Clock::System), &Random::System)?)),
        None => Ok(None),
    }
}

fn draft(name: &str, text: &[u8], addresses: Addresses) -> Option<Draft> {
    match compile(text, addresses, Engine::Native) {
        Ok(draft) => Some(draft),
        Err(problems) => {
            show_problems(&problems, name, text);
            None
        }
    }
}

/// How the answer to a test differs from what it expects.
async fn run_case(
    published: &Published,
    case: &Case,
    coverage: &mut Coverage,
) -> Result<Vec<Mismatch>, Stop> {
    let wrong = |what: &str, found: String| {
        Ok(vec![Mismatch { what: what.to_owned(), expected: "one".to_owned(), found }])
    };
    let Some(server) = published.find_server(&case.server) else {
        return wrong("server", format!("no active authorization server `{}`", case.server));
    };
    let person = match &case.user {
        Who::Nobody => None,
        Who::Stored(name) => {
            let by_login = published.find_person_by_login(name).await?;
            let found = match by_login.filter(|person| person.user().login == *name) {
                Some(found) => Some(found),
                None => published.find_person(name).await?,
            };
            if found.is_none() {
                return wrong("user", format!("no user `{name}`"));
            }
            found
        }
        Who::MadeUp(person) => match published.make_up_person(person).await {
            Ok(person) => Some(person),
            Err(problems) => return wrong("user", problems.join("; ")),
        },
    };
    let request = PreviewRequest {
        client_id: case.client.clone(),
        grant_type: case.grant_type.clone(),
        person,
        scope: case.scope.clone(),
        audiences: case.audiences.clone(),
        response_type: case.response_type.clone(),
        second_factor: case.second_factor,
        explain: true,
        ..PreviewRequest::default()
    };
    let now = case.at.unwrap_or_else(|| Clock::System.seconds());
    let answer: Preview = preview(published, server, &request, now);
    coverage.take(&server.definition().id, &answer);
    Ok(judge(&case.expectation, &answer))
}

fn told(file: &File, case: &Case, found: &[Mismatch], quiet: bool) -> String {
    if found.is_empty() {
        return if quiet { String::new() } else { format!("ok    {}\n", case.name) };
    }
    let before = file.text.get(..case.span.range().start).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let (red, end) = if is_coloured() { ("\u{1b}[31m", "\u{1b}[0m") } else { ("", "") };
    let mut text = format!("{red}FAIL{end}  {} ({}:{line})\n", case.name, file.name);
    for mismatch in found {
        text.push_str(&format!("        {mismatch}\n"));
    }
    text
}

fn covered(all: &[Covered]) -> String {
    let mut text = "\ncoverage\n".to_owned();
    for Covered { what, n_covered, n_all, missing } in all {
        text.push_str(&format!("  {what:<9} {n_covered} of {n_all}\n"));
        for name in missing {
            text.push_str(&format!("    not: {name}\n"));
        }
    }
    text
}
