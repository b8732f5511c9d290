//! `claimsmith org import-okta`: asks Okta's management API about an organization, or reads what it
//! answered before, and writes our document of it.

use crate::cli::installation::{Stop, read_document};
use crate::cli::{PUBLIC_URL, say, show_problems, tell};
use crate::document;
use crate::fetch::{Ask, Fetched, Fetcher, Limits};
use crate::organization::{Answers, PATHS, canonical, paths_below, translate};
use crate::program::Engine;
use crate::publish::{PublicUrl, compile};
use clap::Args;
use serde_json::Value;
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organization: `https://` and its host
    #[arg(long, value_name = "URL", required_unless_present = "dump", conflicts_with = "dump")]
    url: Option<String>,
    /// What the API answered: a JSON object of answers by path, as `--save-dump` writes it
    #[arg(long, value_name = "FILE")]
    dump: Option<PathBuf>,
    /// Keep what the API answers in this file
    #[arg(long, value_name = "FILE")]
    save_dump: Option<PathBuf>,
    /// Take people too, with their groups and assignments
    #[arg(long)]
    with_users: bool,
    /// The document to write; standard output if none is named
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The variable with the API token.
const TOKEN: &str = "OKTA_API_TOKEN";

const LIMITS: Limits = Limits { bytes: 16 * 1024 * 1024, time: Duration::from_secs(30) };

/// How many elements a page has, and how many pages a list at most.
const PAGE: u32 = 200;
const PAGES: usize = 10_000;

/// How often to wait where too much was asked, and how long.
const WAITS: u32 = 12;
const WAIT: Duration = Duration::from_secs(10);

pub(super) async fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    let answers = match (&arguments.dump, &arguments.url) {
        (Some(path), _) => serde_json::from_slice(&read_document(path)?)?,
        (None, Some(url)) => ask_all(url.trim_end_matches('/'), arguments.with_users).await?,
        (None, None) => return Err("name an organization with --url, or a dump with --dump".into()),
    };
    let write = |path: &Path, text: &str| {
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    if let Some(path) = &arguments.save_dump {
        write(path, &serde_json::to_string_pretty(&answers)?)?;
    }
    let translated = translate(&answers);
    for note in &translated.notes {
        say(&format!("note: {note}\n"));
    }
    let text = translated.document.to_string();
    let document = document::read(text.as_bytes()).map_err(|error| error.message)?;
    let text = canonical(&document);
    match &arguments.out {
        Some(path) => write(path, &text)?,
        None => tell(&text)?,
    }
    match compile(text.as_bytes(), PublicUrl::new(PUBLIC_URL)?, Engine::Interpreter) {
        Ok(_) => Ok(ExitCode::SUCCESS),
        Err(problems) => {
            show_problems(&problems, "the document", text.as_bytes());
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Asks for everything, list by list.
async fn ask_all(base: &str, with_users: bool) -> Result<Answers, Stop> {
    let token = std::env::var(TOKEN).map_err(|_| format!("set {TOKEN} to an API token"))?;
    let headers = [("Authorization".to_owned(), format!("SSWS {token}"))];
    let fetcher = Fetcher::new(false);
    let mut waiting: VecDeque<String> = PATHS.iter().map(|path| (*path).to_owned()).collect();
    let mut answers = Answers::new();
    while let Some(path) = waiting.pop_front() {
        if path.ends_with("/users") && !with_users {
            continue;
        }
        let answer = ask_for(&fetcher, base, &path, &headers).await?;
        waiting.extend(paths_below(&path, &answer));
        answers.insert(path, answer);
    }
    Ok(answers)
}

/// An answer; of a list all pages.
async fn ask_for(
    fetcher: &Fetcher,
    base: &str,
    path: &str,
    headers: &[(String, String)],
) -> Result<Value, Stop> {
    let mut url = format!("{base}{path}?limit={PAGE}");
    let mut all: Vec<Value> = Vec::new();
    for _ in 0..PAGES {
        let Fetched { status, body, links } = patiently(fetcher, &url, headers).await?;
        if status != 200 {
            let told = String::from_utf8_lossy(&body);
            return Err(format!("{url} answered {status}: {told}").into());
        }
        match serde_json::from_slice(&body)? {
            Value::Array(page) => all.extend(page),
            answer => return Ok(answer),
        }
        match next_of(&links, base) {
            Some(next) => url = next,
            None => return Ok(Value::Array(all)),
        }
    }
    Err(format!("{base}{path} has more pages than can be").into())
}

/// Where too much was asked, it is asked again later.
async fn patiently(
    fetcher: &Fetcher,
    url: &str,
    headers: &[(String, String)],
) -> Result<Fetched, Stop> {
    for _ in 0..WAITS {
        let fetched = fetcher.ask(url, Ask::GetWith { headers }, LIMITS).await?;
        if fetched.status != 429 {
            return Ok(fetched);
        }
        tokio::time::sleep(WAIT).await;
    }
    Err(format!("{url} is asked too much").into())
}

/// The next page (RFC 8288), which is of the same server: another would be sent the token.
fn next_of(links: &[String], base: &str) -> Option<String> {
    let each = links.iter().flat_map(|links| links.split(','));
    let next = each.filter(|link| link.contains("rel=\"next\""));
    let mut urls = next.filter_map(|link| link.split_once('<')?.1.split_once('>'));
    let (url, _) = urls.next()?;
    let rest = url.strip_prefix(base)?;
    rest.starts_with('/').then(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_of_the_same_server() {
        let base = "https://example.okta.com";
        let of = |link: &str| next_of(&[link.to_owned()], base);
        let next = "https://example.okta.com/api/v1/groups?after=1&limit=200";
        assert_eq!(of(&format!("<{next}>; rel=\"next\"")).as_deref(), Some(next));
        let both = format!("<{base}/api/v1/groups>; rel=\"self\", <{next}>; rel=\"next\"");
        assert_eq!(of(&both).as_deref(), Some(next));
        for link in [
            "<https://example.okta.com/api/v1/groups>; rel=\"self\"",
            "<https://example.okta.com.evil.example/api>; rel=\"next\"",
            "<https://evil.example/api/v1/groups>; rel=\"next\"",
        ] {
            assert_eq!(of(link), None, "{link}");
        }
    }
}
