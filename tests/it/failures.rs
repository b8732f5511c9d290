//! What the commands do when files, streams and disks fail them: they say it, with its place where
//! there is one, lose nothing, and go on with what is left.

use crate::command_line::{claimsmith, text};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn read(output: &Output) -> Value {
    assert_eq!(text(&output.stderr), "");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A file in a folder of its own that goes with the test.
fn file(folder: &Path, name: &str, holds: &[u8]) -> String {
    let path = folder.join(name);
    fs::write(&path, holds).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn fmt_keeps_links_and_permissions_and_leaves_nothing_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "a.oel", b"1+1");
    fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    let link = folder.path().join("link.oel");
    symlink("a.oel", &link).unwrap();
    let before = File::open(&path).unwrap();
    let output = claimsmith(&["fmt", link.to_str().unwrap()], b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&path).unwrap(), "1 + 1\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    // Whoever has the old file open reads it whole: nothing was written into it.
    assert_eq!(std::io::read_to_string(before).unwrap(), "1+1");
}

#[test]
fn fmt_goes_on_after_a_file_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "a.oel", b"1+1");
    let output = claimsmith(&["fmt", "/nowhere/b.oel", &path], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("error: /nowhere/b.oel: "), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&path).unwrap(), "1 + 1\n");
    let long = "x".repeat((16 << 20) + 1);
    let output = claimsmith(&["fmt", "-", &path], long.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "error: standard input: longer than 16 MiB\n");
}

#[test]
fn problems_that_keep_a_document_from_being_formatted_are_told_in_its_order() {
    let demo = include_str!("../../src/organization/demo.json");
    let broken = demo
        .replace("\"user?.employeeType\"", "\"user?.\"")
        .replace("access.scope.contains('process:payments')", "access.");
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "org.json", broken.as_bytes());
    let said = text(&claimsmith(&["fmt", &path], b"").stderr);
    let place = |line: &str| line.trim().strip_prefix("--> ")?.rsplit(':').nth(1)?.parse().ok();
    let lines: Vec<usize> = said.lines().filter_map(place).collect();
    assert!(lines.len() >= 2 && lines.is_sorted(), "{lines:?}\n{said}");
}

#[test]
fn the_repl_goes_on_after_a_line_it_cannot_take() {
    let mut input = b"1 + 1\n(1 +\n\xff\xfe\n2 + 2\n(1 +\n".to_vec();
    input.resize(input.len() + (17 << 20), b'x');
    input.extend_from_slice(b"\n3 + 3\n:context -\n4 + 4\n");
    let output = claimsmith(&["repl"], &input);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "2\n4\n6\n8\n");
    let said = text(&output.stderr);
    let expected = "error: the line is not UTF-8\nerror: the line is longer than 16 MiB\n\
                    error: standard input is where entries come from\n";
    assert_eq!(said, expected);
}

/// A command whose standard output is `out`.
fn into(arguments: &[&str], out: Stdio) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claimsmith"));
    command.args(arguments).stdin(Stdio::null()).stdout(out).output().unwrap()
}

const TOLD: [&[&str]; 6] = [
    &["functions"],
    &["explain", "--markdown"],
    &["fmt", "--expression", "1+1"],
    &["eval", "1"],
    &["eval", "1", "--json"],
    &["ir", "1"],
];

#[test]
fn a_full_disk_is_a_failure() {
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    for arguments in TOLD {
        let output = into(arguments, full.try_clone().unwrap().into());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).starts_with("error: "), "{arguments:?}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_none() {
    for arguments in TOLD {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = into(arguments, writer.into());
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    }
}

#[test]
fn what_is_wrong_with_a_context_is_shown_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "me.json", b"{\n  \"user\": 3\n}");
    let said = text(&claimsmith(&["eval", "1", "--context", &path], b"").stderr);
    assert!(said.starts_with("error[E0710]: "), "{said}");
    assert!(said.contains(&format!("--> {path}:2:11")) && said.contains("\"user\": 3"), "{said}");
    let output = claimsmith(&["eval", "1", "--json", "--context", &path], b"");
    assert_eq!(output.status.code(), Some(1));
    let told = &read(&output)["diagnostics"];
    assert_eq!(told.as_array().unwrap().len(), 1);
    assert_eq!(told[0]["file"], json!(path));
    assert_eq!((&told[0]["span"], &told[0]["line"]), (&json!([12, 13]), &json!(2)));
    let said = text(&claimsmith(&["repl"], format!(":context {path}\n").as_bytes()).stderr);
    assert!(said.contains(&format!("--> {path}:2:11")), "{said}");
    let said = text(&claimsmith(&["eval", "1", "--context", "-"], b"{\"a\":1,}").stderr);
    assert!(said.contains("--> standard input:1:8"), "{said}");
}

#[test]
fn programs_get_one_object_whatever_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let schema = file(
        folder.path(),
        "schema.json",
        b"{\"user\": {\"age\": {\"type\": \"int\"},\n\"b\": {\"type\": \"text\"}}}",
    );
    let told = |arguments: &[&str]| {
        let output = claimsmith(&[&["eval", "1", "--json"], arguments].concat(), b"");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        read(&output)["diagnostics"].clone()
    };
    let wrong = told(&["--schema", &schema]);
    assert_eq!(wrong.as_array().unwrap().len(), 2, "{wrong}");
    assert_eq!((&wrong[0]["code"], &wrong[0]["line"]), (&json!("E0712"), &json!(1)));
    assert_eq!((&wrong[1]["file"], &wrong[1]["line"]), (&json!(schema), &json!(2)));
    assert!(wrong[0]["message"].as_str().unwrap().starts_with("user.age"), "{wrong}");
    for option in ["--schema", "--context"] {
        let missing = told(&[option, "/nowhere"]);
        assert_eq!(missing[0]["category"], "context");
        assert!(missing[0]["message"].as_str().unwrap().starts_with("/nowhere: "), "{missing}");
        let long = file(folder.path(), "long.json", &vec![b' '; (16 << 20) + 1]);
        let long = told(&[option, &long]);
        let what = format!("the {} is longer than 16 MiB", option.trim_start_matches('-'));
        assert!(long[0]["message"].as_str().unwrap().ends_with(&what), "{long}");
    }
    let said = text(&claimsmith(&["eval", "1", "--schema", &schema], b"").stderr);
    assert!(said.contains(&format!("--> {schema}:2:")), "{said}");
}

#[test]
fn check_tells_bounds_as_json_too() {
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/src/organization/demo.json");
    let told = read(&claimsmith(&["check", demo, "--json", "--bounds"], b""));
    let bounds = told["bounds"].as_array().unwrap();
    let path = "authorizationServers[0].claims[0].value";
    let first = bounds.iter().find(|one| one["path"] == path).unwrap();
    assert!(bounds.iter().all(|one| one["steps"].is_string() && one["output"].is_string()));
    let printed = text(&claimsmith(&["check", demo, "--bounds"], b"").stdout);
    let steps = format!("{path}\n  steps   {}\n", first["steps"].as_str().unwrap());
    assert!(printed.contains(&steps), "{printed}");
    assert_eq!(read(&claimsmith(&["check", demo, "--json"], b"")).get("bounds"), None);
}

#[test]
fn standard_input_is_read_once_or_the_command_line_is_wrong() {
    for arguments in [
        &["eval", "1", "--context", "-", "--schema", "-"][..],
        &["ir", "1", "--context", "-", "--schema", "-"],
        &["asm", "1", "--context", "-", "--schema", "-"],
        &["eval", "--batch", "--schema", "-"],
        &["repl", "--context", "-"],
        &["repl", "--schema", "-"],
        &["fmt", "-", "-"],
        &["eval", "1", "--json", "--bounds"],
        &["eval", "1", "--ir", "--asm"],
        &["eval", "--batch", "--json"],
        &["eval", "--batch", "1"],
    ] {
        let output = claimsmith(arguments, b"{}");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
    }
    assert_eq!(claimsmith(&["eval", "1", "--schema", "-"], b"{}").status.code(), Some(0));
}
