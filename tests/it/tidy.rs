//! Rules about the repository that no compiler checks: who may know whom, which words are spoken
//! where, and that every file says what it is for.

use std::fs;
use std::path::{Path, PathBuf};

/// Words of other people's libraries, and the only places that may speak them.
const FOREIGN_WORDS: &[(&str, &[&str])] = &[
    ("logos::", &["src/syntax/"]),
    ("lalrpop_util", &["src/syntax/"]),
    ("cranelift", &["src/codegen/"]),
    ("axum::", &["src/http/"]),
    ("hyper::", &["src/http/", "src/fetch/"]),
    ("opentelemetry", &["src/telemetry/", "src/cli/log.rs"]),
    ("prost::", &["src/telemetry/"]),
    ("hyper_util::", &["src/http/", "src/fetch/"]),
    ("http_body_util", &["src/fetch/"]),
    ("rustls", &["src/fetch/", "src/tls.rs"]),
    ("tower::", &["src/http/", "tests/"]),
    ("rusqlite", &["src/store/"]),
    ("tokio_postgres", &["src/store/postgres/"]),
    ("deadpool", &["src/store/postgres/"]),
    (
        "aws_lc_rs",
        &["src/token/", "src/random.rs", "src/login/password/", "src/fetch/", "src/tls.rs"],
    ),
    ("use der::", &["src/token/"]),
    ("x509_cert", &["src/token/certificate.rs"]),
    ("argon2::", &["src/login/password/"]),
    ("bcrypt::", &["src/login/", "src/http/tests/"]),
    ("clap::", &["src/cli/"]),
    ("rustyline", &["src/cli/repl/"]),
    ("strsim", &["src/diagnostic/nearest.rs"]),
    (
        "tempfile",
        &[
            "src/cli/fmt.rs",
            "src/cli/org/tests",
            "src/cli/users/tests",
            "tests/",
            "src/store/",
            "src/http/tests/",
            "src/administration/tests",
            "src/analysis/replay/tests",
        ],
    ),
    ("arc_swap", &["src/publish/"]),
    ("itoa::", &["src/token/"]),
    ("mimalloc", &["src/main.rs"]),
    ("qrcode::", &["src/http/pages/qr_code.rs"]),
    ("percent_encoding", &["src/http/", "src/fetch/"]),
    ("jiff::", &["runtime/src/time/"]),
    ("regex_automata::", &["runtime/src/pattern.rs"]),
    ("regex_syntax::", &["runtime/src/pattern.rs"]),
    ("tracing_subscriber", &["src/cli/"]),
    ("toml::", &["src/cli/settings.rs"]),
    ("annotate_snippets", &["src/diagnostic/"]),
    ("json_event_parser", &["src/document"]),
    ("libc::", &["tests/it/support/guard.rs"]),
    ("base64_simd", &["src/token/", "src/random.rs", "src/login/", "src/http/"]),
];

/// The files that may hold `unsafe` (design.md).
const UNSAFE_FILES: &[&str] = &[
    "runtime/src/abi.rs",
    "runtime/src/arena.rs",
    "runtime/src/record/",
    "runtime/src/value.rs",
    "src/codegen/machine.rs",
    "benches/hand/",
    "tests/it/support/guard.rs",
    "tests/it/support/allocator.rs",
];

/// Rooms of the language that the issuer must not name: of these it knows only the door.
const INSIDE_THE_LANGUAGE: &[&str] = &["syntax", "ir", "check", "interpret", "optimize", "codegen"];

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in ["src", "runtime/src", "tests", "benches", "grammar"] {
        walk(&top().join(folder), &mut files);
    }
    assert!(files.len() > 20, "the walk found only {} files", files.len());
    files
}

fn walk(folder: &Path, files: &mut Vec<(String, String)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(top()).unwrap().to_str().unwrap().to_owned();
            files.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The rooms, in the order `src/lib.rs` lists them.
fn rooms() -> Vec<String> {
    let list = fs::read_to_string(top().join("src/lib.rs")).unwrap();
    let name = |line: &str| {
        let line = line.trim();
        let rest = line.strip_prefix("pub mod ").or(line.strip_prefix("mod "))?;
        Some(rest.strip_suffix(';')?.to_owned())
    };
    let rooms: Vec<String> = list.lines().filter_map(name).collect();
    assert!(rooms.len() > 15, "src/lib.rs lists only {rooms:?}");
    rooms
}

/// The room a file of `src/` is in.
fn room_of(file: &str) -> Option<&str> {
    let inner = file.strip_prefix("src/")?;
    let room = inner.split('/').next()?.trim_end_matches(".rs");
    (room != "lib" && room != "main" && room != "internals").then_some(room)
}

/// Lines of code, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
}

#[test]
fn a_room_names_only_rooms_above_it() {
    let rooms = rooms();
    let place = |name: &str| rooms.iter().position(|room| room == name);
    let mut broken = Vec::new();
    for (file, text) in rust_files() {
        let Some(room) = room_of(&file) else { continue };
        let Some(here) = place(room) else {
            broken.push(format!("{file}: `{room}` is not in src/lib.rs"));
            continue;
        };
        for (number, line) in code(&text) {
            if line.contains("use crate::{") || line.contains("super::super::super") {
                broken.push(format!("{file}:{number}: name the room: `use crate::room::…`"));
            }
            for rest in line.split("crate::").skip(1) {
                let named: String =
                    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if place(&named).is_some_and(|there| there > here) {
                    broken.push(format!(
                        "{file}:{number}: `{room}` names `{named}`, a room below it"
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_issuer_knows_only_the_door_of_the_language() {
    let rooms = rooms();
    let door = rooms.iter().position(|room| room == "program").unwrap();
    let mut broken = Vec::new();
    for (file, text) in rust_files() {
        let Some(here) = room_of(&file).and_then(|room| rooms.iter().position(|one| one == room))
        else {
            continue;
        };
        for (number, line) in code(&text).filter(|_| here > door) {
            for inside in INSIDE_THE_LANGUAGE {
                if line.contains(&format!("crate::{inside}::")) {
                    broken.push(format!("{file}:{number}: names `{inside}`; go through `program`"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_foreign_word_is_spoken_in_one_room() {
    let mut broken = Vec::new();
    for (file, text) in rust_files().iter().filter(|(file, _)| file.starts_with("src/")) {
        for (number, line) in code(text) {
            for (word, homes) in FOREIGN_WORDS {
                if line.contains(word) && !homes.iter().any(|home| file.starts_with(home)) {
                    broken.push(format!("{file}:{number}: `{word}` belongs to {homes:?}"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn unsafe_lives_in_the_named_files() {
    let mut broken = Vec::new();
    for (file, text) in rust_files() {
        let named = UNSAFE_FILES.iter().any(|home| file.starts_with(home));
        for (number, line) in code(&text) {
            let speaks = ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"]
                .iter()
                .any(|form| line.contains(form));
            if speaks && !named && file != "tests/it/tidy.rs" {
                broken.push(format!("{file}:{number}"));
            }
        }
    }
    assert!(broken.is_empty(), "unsafe outside its files:\n{}", broken.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let wrong: Vec<String> = rust_files()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(file, _)| file)
        .collect();
    assert!(wrong.is_empty(), "no `//!` at the top of {wrong:?}");
}

/// The platform that this runs on, as Cargo names it.
fn host() -> String {
    let output = std::process::Command::new("rustc").arg("-vV").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    told.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

#[test]
fn licences_of_dependencies_are_allowed() {
    const ALLOWED: &[&str] = &[
        "MIT",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MPL-2.0",
        "0BSD",
        "Zlib",
        "Unlicense",
        "Unicode-3.0",
        "CC0-1.0",
        "BSL-1.0",
        "Apache-2.0 WITH LLVM-exception",
    ];
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        // Other platforms' packages need not be here.
        .args(["--filter-platform", &host()])
        .current_dir(top())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or("none");
        let readable = licence.replace('/', " OR ").replace(['(', ')'], "");
        let ok = readable
            .split(" OR ")
            .any(|choice| choice.split(" AND ").all(|part| ALLOWED.contains(&part.trim())));
        if !ok {
            wrong.push(format!("{} ({licence})", package["name"]));
        }
    }
    assert!(wrong.is_empty(), "licences not allowed: {wrong:?}");
}
