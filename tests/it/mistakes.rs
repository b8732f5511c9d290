//! A whole document with many mistakes: all of them are told in one run of `check`, each where it
//! is, and nothing else.

use claimsmith::diagnostic::Diagnostic;
use claimsmith::document;
use claimsmith::program::{Length, SetBuilder, Subject};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;

/// Expressions that are in order, as organizations write them.
const RIGHT: [&str; 10] = [
    "user?.email",
    "user?.department ?: 'none'",
    "user?.groups.filter(g => g.startsWith('role_')).map(g => g.replace('role_', ''))",
    "String.substringBefore(user?.email, '@')",
    "isMemberOfGroupName('role_admin') ? 'admin' : 'user'",
    "(appuser != null) ? appuser.userName : app.clientId",
    "user != null && user.email.endsWith('@example.com')",
    "Arrays.toCsvString(access.scope)",
    "app.profile.limit ?? 100",
    "user?.getGroups({'group.profile.name': 'role_'}).![profile.name]",
];

/// Mistakes, and the codes and places of what is said of each.
const WRONG: [(&str, &[(&str, &str)]); 17] = [
    ("user?.emial", &[("E0302", "emial")]),
    ("usr.email", &[("E0301", "usr")]),
    ("user?.status = 'ACTIVE'", &[("E0110", "=")]),
    ("user?.groups.fliter(g => true)", &[("E0501", "fliter")]),
    ("String.append('a')", &[("E0502", "String.append")]),
    ("user?.email == 'a' & user?.email == 'b'", &[("E0105", "&")]),
    ("(user?.email + 'x'", &[("E0202", "")]),
    ("user?.email user?.login", &[("E0201", "user")]),
    ("user?.email contains 'x'", &[("E0207", "contains")]),
    ("user?.email matches '('", &[("E0410", "'('")]),
    ("user?.email.startsWith(7)", &[("E0402", "7")]),
    ("'x' - 1", &[("E0406", "'x'")]),
    ("user?.groups.?[g => g.name == 'a']", &[("E0206", "=>")]),
    ("device.profile.managed", &[("E0305", "device")]),
    ("{1, 2,}", &[("E0110", ",")]),
    ("user?.nope + (1 2) + user?.nein", &[("E0302", "nope"), ("E0201", "2"), ("E0302", "nein")]),
    ("user?.title == \u{201c}Countess\u{201d}", &[("E0103", "\u{201c}")]),
];

/// The demo's document with 200 claims more, of which some are wrong, and three other mistakes.
fn document() -> (String, Vec<(String, String)>) {
    let text = include_str!("../../src/organization/demo.json");
    let mut document: Value = serde_json::from_str(text).unwrap();
    let mut expected = Vec::new();
    let server = &mut document["authorizationServers"][0];
    let claims = server["claims"].as_array_mut().unwrap();
    for index in 0..200 {
        let wrong = WRONG.get(index / 11).filter(|_| index % 11 == 7);
        let value = match wrong {
            Some((text, told)) => {
                expected
                    .extend(told.iter().map(|(code, at)| ((*code).to_owned(), (*at).to_owned())));
                text
            }
            None => RIGHT[index % RIGHT.len()],
        };
        claims.push(json!({
            "name": format!("claim_{index}"), "claimType": "RESOURCE", "valueType": "EXPRESSION",
            "value": value,
        }));
    }
    claims[20]["conditions"] = json!({"scopes": ["no:such:scope"]});
    claims[21]["claimType"] = json!("OTHER");
    server["policies"][0]["rules"][0]["conditions"]["elCondition"] =
        json!({"condition": "user.login.length()"});
    for (code, at) in
        [("E0712", "\"no:such:scope\""), ("E0712", "\"OTHER\""), ("E0401", "login.length()")]
    {
        expected.push((code.to_owned(), at.to_owned()));
    }
    (serde_json::to_string_pretty(&document).unwrap(), expected)
}

#[test]
fn all_mistakes_of_a_document_are_told_in_one_run_each_where_it_is() {
    let (text, mut expected) = document();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_claimsmith"))
        .args(["check", file.path().to_str().unwrap(), "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut found: Vec<(String, String)> = told["problems"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|problem| problem["severity"] == "error")
        .map(|problem| {
            let offset = |index: usize| problem["span"][index].as_u64().unwrap() as usize;
            let at = text.get(offset(0)..offset(1)).unwrap();
            (problem["code"].as_str().unwrap().to_owned(), at.to_owned())
        })
        .collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

/// What is said of an expression whose types are only seen: code, place and help.
fn told(expression: &str) -> Vec<(String, String, String)> {
    let context = document::read(br#"{"user": {"a": "b"}}"#).unwrap();
    let schema = Arc::new(Subject::infer(&context).unwrap().0);
    let found = match SetBuilder::new(schema).add_json(expression, Length::Free) {
        Ok((_, lints)) => lints,
        Err(found) => found,
    };
    let at = |told: &Diagnostic| expression.get(told.span.range()).unwrap().to_owned();
    found
        .iter()
        .map(|told| (told.code.to_string(), at(told), told.help.clone().unwrap_or_default()))
        .collect()
}

#[test]
fn reductions_in_reductions_are_checked_at_once() {
    let open = "{'a'}.reduce((r, x) => ".repeat(90);
    let expression = format!("{open}r + 1{}", ", 0)".repeat(90));
    assert!(told(&expression).len() <= 100);
}

#[test]
fn no_more_is_told_of_a_text_than_anybody_reads() {
    let keys = "a:1,".repeat(2_000);
    let found = told(&format!("{{{keys}b:2}}"));
    assert_eq!(found.len(), 100);
    let escapes = "'\\n'+".repeat(300);
    let found = told(&format!("{escapes}user.nope(1 2)"));
    assert!(found.iter().any(|(code, place, _)| code == "E0201" && place == "2"), "{found:?}");
}

#[test]
fn places_are_told_in_characters_and_only_plain_quotes_are_one_too_many() {
    let (code, _, help) = told("'\u{1f600}\u{1f600}' == (1").remove(0);
    assert_eq!((code.as_str(), help.as_str()), ("E0202", "`(` at character 9 is not closed"));
    for text in ["\u{201c}abc\u{201d}x 'foo", "`abc`x 'foo"] {
        assert!(
            told(text).iter().all(|(_, place, _)| place != "\u{201d}" && place != "`"),
            "{text}"
        );
    }
    assert!(told("'it's'").iter().any(|(code, place, _)| code == "E0104" && place == "'"));
}
