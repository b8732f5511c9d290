//! `docs/policy-authors.md`, `docs/app-developers.md` and `docs/operation.md`: their commands print what they show, in one
//! shell for each page, with a server that runs. `UPDATE=1` writes what they print. Ids that are made up
//! by the server are told as `…`, and the port is that of the page.

use crate::reference::is_generated;
use crate::support::has;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Where the server of the pages listens; the tests have it listen at a port that is free.
const ADDRESS: &str = "127.0.0.1:8600";

/// What stands before and behind what a command prints.
const MARK: &str = "-- the next command --";

/// What ids begin with.
const PREFIXES: &[&str] = &["aus", "0oa", "00u", "00g", "00p", "0pr", "ocl", "scp"];

/// Characters of an id behind what it begins with.
const ID_LENGTH: usize = 17;

/// A page in parts: what is no command, and blocks of commands.
fn parts(text: &str) -> Vec<(bool, &str)> {
    let mut parts = Vec::new();
    for (index, part) in text.split("```").enumerate() {
        parts.push((index % 2 == 1 && part.starts_with("console\n"), part));
    }
    parts
}

fn commands(block: &str) -> impl Iterator<Item = &str> {
    block.lines().filter_map(|line| line.strip_prefix("$ "))
}

/// The text with made-up ids told as `…`.
fn without_ids(text: &str) -> String {
    let mut told = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_inside = told.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
        let prefix = PREFIXES.iter().find(|prefix| !is_inside && rest.starts_with(**prefix));
        let id = prefix.and_then(|prefix| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            (end == prefix.len() + ID_LENGTH).then_some((*prefix, end))
        });
        match id {
            Some((prefix, end)) => {
                told.push_str(&format!("{prefix}…"));
                rest = rest.split_at(end).1;
            }
            None => {
                told.push(first);
                rest = rest.split_at(first.len_utf8()).1;
            }
        }
    }
    told
}

/// What the commands print, one after the other, in one shell.
fn played(folder: &Path, all: &[(bool, &str)], address: &str) -> Vec<String> {
    let binary = Path::new(env!("CARGO_BIN_EXE_claimsmith")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut script = "exec 2>&1\ntrap 'kill $(jobs -p) 2> /dev/null' EXIT\n".to_owned();
    for (is_console, part) in all {
        if *is_console {
            for command in commands(part) {
                let command = command.replace(ADDRESS, address);
                script.push_str(&format!("{command}\necho; echo '{MARK}'\n"));
            }
        }
    }
    let mut shell = Command::new("bash");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CLAIMSMITH_") {
            shell.env_remove(name);
        }
    }
    let mut child = shell
        .arg("-s")
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", binary.display()))
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let in_a_query = |address: &str| address.replace(':', "%3A");
    let said = String::from_utf8(output.stdout).unwrap().replace(address, ADDRESS);
    let said = said.replace(&in_a_query(address), &in_a_query(ADDRESS));
    let mut printed: Vec<String> = said
        .split(&format!("{MARK}\n"))
        // The line that ends what may not have ended by itself.
        .map(|text| text.strip_suffix('\n').unwrap_or(text))
        .map(without_ids)
        .collect();
    printed.pop();
    printed
}

/// The page with what its commands print.
fn play(file: &str) {
    if !["bash", "curl", "openssl"].iter().all(|tool| has(tool)) {
        return;
    }
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let folder = TempDir::new().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let all = parts(&text);
    for (is_console, part) in &all {
        let named = part.split_once('\n').filter(|_| !is_console);
        if let Some((info, block)) = named
            && let Some((_, name)) = info.split_once(' ')
            && !info.starts_with(' ')
            && [".json", ".sh", ".mjs"].iter().any(|ending| name.ends_with(ending))
        {
            fs::write(folder.path().join(name), block).unwrap();
        }
    }
    let mut printed = played(folder.path(), &all, &format!("127.0.0.1:{port}")).into_iter();
    let mut whole = Vec::new();
    for (is_console, part) in &all {
        if !is_console {
            whole.push((*part).to_owned());
            continue;
        }
        let mut block = "console\n".to_owned();
        for command in commands(part) {
            let printed = printed.next().unwrap_or_else(|| panic!("{file}: {command} never ended"));
            block.push_str(&format!("$ {command}\n{printed}"));
            if !block.ends_with('\n') {
                block.push('\n');
            }
        }
        whole.push(block);
    }
    is_generated(file, &whole.join("```"));
}

#[test]
fn the_commands_of_the_page_for_policy_authors_print_what_it_shows() {
    play("docs/policy-authors.md");
}

#[test]
fn the_commands_of_the_page_for_operators_print_what_it_shows() {
    play("docs/operation.md");
}

#[test]
fn the_commands_of_the_page_for_app_developers_print_what_it_shows() {
    play("docs/app-developers.md");
}
