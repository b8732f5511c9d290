//! `claimsmith test` at the command line: what passes, what fails and how it is told, for people and for
//! build servers, and what no test came by.

use crate::support::server::claimsmith;
use serde_json::{Value, json};
use std::fs;
use std::process::Output;
use tempfile::TempDir;

/// Runs a file of tests over the demo.
fn run(tests: &Value, more: &[&str]) -> (TempDir, Output) {
    let folder = TempDir::new().unwrap();
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/src/organization/demo.json");
    fs::copy(demo, folder.path().join("org.json")).unwrap();
    let suite = json!({"org": "org.json", "server": "internal", "tests": tests});
    fs::write(folder.path().join("demo.test.json"), format!("{suite:#}")).unwrap();
    let mut command = claimsmith();
    command.arg("test").arg("demo.test.json").args(more).current_dir(folder.path());
    let output = command.output().unwrap();
    (folder, output)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn tests() -> Value {
    json!([
        {"name": "ada administers", "client": "web-app", "user": "ada@example.com",
         "scope": "admin:users", "expect": {"rule": "Administration / none"}},
        {"name": "a made-up contractor is nobody's employee", "client": "phone-app",
         "user": {"profile": {"login": "tom@example.com", "email": "tom@example.com",
                              "employeeType": "CONTRACTOR"}, "groups": ["Contractors"]},
         "scope": "read:customers",
         "expect": {"accessToken": {"claims": {"employeeType": "CONTRACTOR", "channel": "mobile"}}}},
        {"name": "a service", "client": "billing-service", "scope": "process:payments",
         "expect": {"rule": "Services / Our own services",
                    "accessToken": {"claims": {"channel": "service", "can_pay": true}}}},
    ])
}

#[test]
fn failures_are_told_with_their_place_and_the_rest_is_counted() {
    let (_folder, output) = run(&tests(), &[]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    let mut lines = told.lines();
    assert!(lines.next().unwrap().starts_with("FAIL  ada administers (demo.test.json:"), "{told}");
    let expected = "rule: expected Administration / none, found People / Administrators";
    assert_eq!(lines.next().unwrap().trim(), expected);
    assert!(told.contains("ok    a service\n"), "{told}");
    assert!(told.ends_with("3 tests: 2 pass, 1 fail\n"), "{told}");
}

#[test]
fn results_are_written_for_build_servers_and_coverage_is_told() {
    let (folder, output) = run(&tests(), &["--junit", "report.xml", "--coverage", "--quiet"]);
    let told = text(&output.stdout);
    assert!(!told.contains("ok    "), "{told}");
    let xml = fs::read_to_string(folder.path().join("report.xml")).unwrap();
    assert!(
        xml.contains("<testsuite name=\"demo.test.json\" tests=\"3\" failures=\"1\">"),
        "{xml}"
    );
    let (_, coverage) = told.split_once("\ncoverage\n").unwrap();
    let has = |line: &str| coverage.lines().any(|found| found.trim() == line);
    assert!(has("not: internal: Services / Partner services"), "{coverage}");
    assert!(!has("not: internal: Services / Our own services"), "{coverage}");
    assert!(has("not: internal: `partner_api` of the access token"), "{coverage}");
    // Somebody came by mobile, by the web and as a service, nobody to the partner's API.
    let partner = "access.audience == 'https://my-partner-api.com' ? true : null";
    assert!(has(&format!("not: internal: `true` of `{partner}`")), "{coverage}");
    assert!(!has(&format!("not: internal: `null` of `{partner}`")), "{coverage}");
    assert!(!coverage.contains("`'mobile'` of"), "{coverage}");
}

#[test]
fn a_file_or_an_organization_with_problems_is_no_failed_test() {
    let (_folder, output) = run(&json!([{"name": "n", "client": "web-app"}]), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("tests[0]: the member `expect` is missing"));
    let folder = TempDir::new().unwrap();
    let org = folder.path().join("wrong.json");
    fs::write(&org, "{}").unwrap();
    let (_folder, output) = run(&tests(), &["--org", org.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("the member `version` is missing"));
}
