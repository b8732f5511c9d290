//! `docs/preview.md`: its commands print what it shows.

use crate::examples::{arguments, run};
use std::fs;
use tempfile::TempDir;

#[test]
fn the_commands_of_the_page_on_previews_print_what_it_shows() {
    let page = fs::read_to_string("docs/preview.md").unwrap();
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("demo").to_str().unwrap().to_owned();
    let mut n_commands = 0;
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let (command, shown) = block.split_once('\n').unwrap();
        let mut arguments = arguments(command, "$ claimsmith");
        arguments.extend(["--data".to_owned(), data.clone()]);
        let (printed, said) = run(&arguments);
        let printed = printed.split("\naccess_token ").next().unwrap();
        assert!(printed.contains(shown.trim_end()), "{command}\n{printed}{said}");
        n_commands += 1;
    }
    assert!(n_commands >= 2);
}

/// Every warning that there is has a line on the page.
#[test]
fn the_page_on_previews_lists_every_warning() {
    let page = fs::read_to_string("docs/preview.md").unwrap();
    let source = fs::read_to_string("src/grant/preview/warning.rs").unwrap();
    let mut codes = Vec::new();
    for rest in source.split("Self::new(").skip(1) {
        codes.push(rest.split('"').nth(1).unwrap());
    }
    assert!(codes.len() > 10);
    for code in codes {
        assert!(page.contains(&format!("`{code}`")), "{code}");
    }
}

#[test]
fn drafts_are_previewed_at_the_command_line_and_what_is_wrong_with_them_is_told() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("drafts.json");
    let data = folder.path().join("demo");
    let told = |drafts: &str| {
        fs::write(&file, drafts).unwrap();
        let mut arguments = arguments(
            "claimsmith token --demo --server internal --client billing-service --scope \
             read:customers",
            "claimsmith",
        );
        for part in ["--drafts", file.to_str().unwrap(), "--data", data.to_str().unwrap()] {
            arguments.push(part.to_owned());
        }
        run(&arguments)
    };
    let claim = |value: &str| {
        format!(
            "{{\"claims\": [{{\"name\": \"desk\", \"claimType\": \"RESOURCE\", \"valueType\": \
             \"EXPRESSION\", \"value\": \"{value}\"}}]}}"
        )
    };
    let (printed, said) = told(&claim("'of ' + app.clientId"));
    assert!(printed.contains("desk = \"of billing-service\""), "{printed}{said}");
    assert!(!printed.contains("\naccess_token "), "a draft is never signed: {printed}");
    let (printed, said) = told(&claim("app.clientId +"));
    assert!(said.contains("drafts.json: value:") && said.contains('^'), "{printed}{said}");
}
