//! V8, by node: a process of its own beside which ours is timed once more, since two engines in two
//! processes cannot take turns within one. It is handed the people, checks its answers against ours,
//! warms up and tells how long it takes to make the same JSON.

use crate::interleaved::{self, Candidate};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

const ROWS: &[(&str, &str)] = &[
    (
        "filter and map",
        r#"user.groups.filter(g => g.startsWith("role_")).map(g => g.replaceAll("role_", ""))"#,
    ),
    ("selection and projection", r#"user.groups.filter(g => g.startsWith("role_"))"#),
    (
        "condition",
        r#"user.profile.department === "Engineering" && user.profile.email.endsWith("@example.com")"#,
    ),
    ("substringAfter", r#"user.profile.email.slice(user.profile.email.indexOf("@") + 1)"#),
    (
        "five arms",
        r#"user.profile.department === "Engineering" ? "eng" : user.profile.department === "Sales" ? "sal"
        : user.profile.department === "Finance" ? "fin"
        : user.profile.department === "Support" ? "sup" : "oth""#,
    ),
    ("concatenation", r#"user.profile.firstName + " " + user.profile.lastName"#),
    (
        "membership of three",
        r#"user.groups.includes("role_admin-0") || user.groups.includes("vpn-3") || user.groups.includes("nobody")"#,
    ),
    ("regular expression", "/^[a-z.]+@example[.]com$/.test(user.profile.email)"),
    ("comparison of dates", "user.created < user.lastLogin"),
    (
        "classic CSV trick",
        r#"user.groups.filter(g => g.startsWith("role_")).join(",").replaceAll("role_", "").split(",")"#,
    ),
];

/// Times V8 between two timings of ours, and prints how many times as long it takes.
pub(crate) fn compare(
    title: &str,
    row: &str,
    people: &[Value],
    answers: &[Value],
    batch: usize,
    native: &mut dyn FnMut(usize),
) {
    let Some((_, text)) = ROWS.iter().find(|(name, _)| *name == row) else { return };
    let is_test = std::env::args().any(|argument| argument == "--test");
    let mut ours = || {
        let ours = &mut [Candidate::new("Claimsmith", native)];
        let turns = interleaved::turns(title, batch, ours);
        interleaved::median(turns.iter().filter_map(|turn| turn.first().copied()))
    };
    let before = ours();
    let question = json!({
        "expression": text, "people": people, "answers": answers, "batch": batch, "test": is_test,
    });
    let found = ask(&question);
    let ours = f64::midpoint(before, ours());
    if is_test {
        return;
    }
    let found = found["nanoseconds"].as_f64().unwrap();
    println!("{title}/V8: {:.3} times, in a process of its own", found / ours);
}

fn ask(question: &Value) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/v8.mjs");
    let mut node = Command::new("node")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "node could not evaluate it");
    serde_json::from_slice(&output.stdout).unwrap()
}
