//! What the README shows is what happens.

use std::fs;
use std::path::Path;
use std::process::Command;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The arguments of a command line with single quotes, after `before`.
pub(crate) fn arguments(line: &str, before: &str) -> Vec<String> {
    let rest = line.split_once(before).unwrap().1.trim();
    let quoted = rest.split('\'').enumerate();
    quoted
        .flat_map(|(index, part)| {
            if index % 2 == 1 {
                vec![part.to_owned()]
            } else {
                part.split_whitespace().map(str::to_owned).collect()
            }
        })
        .collect()
}

pub(crate) fn run(arguments: &[String]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_claimsmith"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn the_expression_of_the_readme_gives_what_it_says() {
    let readme = readme();
    let line = readme.lines().find(|line| line.starts_with("claimsmith eval")).unwrap();
    let (printed, said) = run(&arguments(line, "claimsmith"));
    assert!(readme.contains(&format!("`{}`", printed.trim())), "{printed}{said}");
}

#[test]
fn the_token_of_the_readme_is_explained_as_it_shows() {
    let readme = readme();
    let line = readme.lines().find(|line| line.starts_with("$ claimsmith token")).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let mut arguments = arguments(line, "$ claimsmith");
    arguments.push("--data".to_owned());
    arguments.push(folder.path().join("demo").to_str().unwrap().to_owned());
    let (printed, said) = run(&arguments);
    let (explained, token) = printed.split_once("\naccess_token ").unwrap();
    assert!(readme.contains(explained), "{explained}{said}");
    assert_eq!(token.trim().split('.').count(), 3);
}

#[test]
fn the_mistake_in_the_readme_is_shown_as_it_shows() {
    let readme = readme();
    let line = readme.lines().find(|line| line.starts_with("$ claimsmith eval")).unwrap();
    let (_, said) = run(&arguments(line, "$ claimsmith"));
    assert!(readme.contains(&said), "{said}");
}

#[test]
fn the_library_in_the_readme_is_the_one_that_is_tested() {
    let whole = std::fs::read_to_string("docs/embedding.md").unwrap();
    let code = |text: &str| {
        let (_, rest) = text.split_once("```rust\n").unwrap();
        rest.split_once("```").unwrap().0.trim().to_owned()
    };
    assert!(code(&whole).starts_with(&code(&readme())), "{}", code(&readme()));
}
