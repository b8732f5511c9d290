//! The generated parts of `docs/` are what the commands print. `UPDATE=1` writes them anew.

use crate::examples::run;
use std::fs;
use std::path::Path;

/// What a command prints.
fn printed(arguments: &[&str]) -> String {
    let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
    let (printed, said) = run(&arguments);
    assert_eq!(said, "", "{arguments:?}");
    printed
}

/// Compares a whole file, or writes it.
pub(crate) fn is_generated(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "{file} is not what is generated; `UPDATE=1 cargo test` writes it");
}

#[test]
fn the_pages_of_codes_are_in_docs() {
    is_generated("docs/codes.md", &printed(&["explain", "--markdown"]));
}

#[test]
fn explain_finds_codes_lists_them_and_suggests_the_nearest() {
    let page = printed(&["explain", "e0501"]);
    assert!(page.starts_with("E0501: there is no function of this name\n"), "{page}");
    assert!(page.contains("error[E0501]: there is no function `fliter`"), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
    let list = printed(&["explain"]);
    assert!(list.lines().any(|line| line.starts_with("E0624  group-limit")), "{list}");
    let (printed, said) = run(&["explain".to_owned(), "E0602x".to_owned()]);
    assert_eq!(printed, "");
    assert!(said.contains("there is no code `E0602x`; did you mean `E0602`?"), "{said}");
}
