//! `docs/as-code.md`: its commands print what it shows, in a shell, over the files it shows.
//! `UPDATE=1` writes what they print.

use crate::reference::is_generated;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const FILE: &str = "docs/as-code.md";

/// What a command of the page prints.
fn printed(folder: &Path, command: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_claimsmith")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", binary.display()))
        .env("NO_COLOR", "1")
        .env("SHOP_SECRET", "a secret of the shop")
        .env("BILLING_SECRET", "a secret of billing")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The block with what its commands print.
fn played(folder: &Path, block: &str) -> String {
    let commands = block.lines().filter_map(|line| line.strip_prefix("$ "));
    commands.map(|command| format!("$ {command}\n{}", printed(folder, command))).collect()
}

#[test]
fn the_commands_of_the_page_print_what_it_shows() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE)).unwrap();
    let folder = TempDir::new().unwrap();
    let mut whole = String::new();
    for (index, part) in text.split("```").enumerate() {
        if index > 0 {
            whole.push_str("```");
        }
        match part.split_once('\n').filter(|_| index % 2 == 1) {
            Some(("console", block)) => {
                whole.push_str(&format!("console\n{}", played(folder.path(), block)));
            }
            Some((info, block)) => {
                if let Some((_, name)) = info.split_once(' ') {
                    fs::write(folder.path().join(name), block).unwrap();
                }
                whole.push_str(part);
            }
            None => whole.push_str(part),
        }
    }
    is_generated(FILE, &whole);
}

/// What integrators stumble over most often (26 things) is all there, and each is said by something: a
/// lint that there is, or what has a paragraph below the table.
#[test]
fn every_stumbling_block_is_said_by_a_lint_or_has_a_paragraph() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE)).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.ends_with(" |"));
    let mut number = 0;
    for row in rows.filter(|row| row.chars().nth(2).is_some_and(|c| c.is_ascii_digit())) {
        number += 1;
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells[0], number.to_string());
        let codes: Vec<&str> = cells[2]
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| word.len() == 5 && word.starts_with('L'))
            .collect();
        for code in &codes {
            let known = claimsmith::diagnostic::code::all().any(|known| known.id == *code);
            assert!(known, "{code}");
        }
        let has_paragraph = text.contains(&format!("- **{number}** "));
        assert!(!codes.is_empty() || has_paragraph, "{row}");
    }
    assert_eq!(number, 26);
}
