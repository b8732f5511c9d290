//! Every row of the decisions about the server has a test that names it: in its name, in what is said
//! above it, or in the story that it tells. Which rows there are is said here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Rows about the flows of tokens and of people, and about what they stand on.
const OF_THE_FLOWS: &[u32] = &[
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    27, 28, 29, 30, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
];

/// Rows about the management API, and about looking into decisions.
const OF_THE_MANAGEMENT: &[u32] = &[31, 32, 33, 34, 35, 36, 37, 49, 50];

/// Where tests are, besides what is below a `tests` or is called so.
const TESTS: &[&str] = &["tests/exchanges", "tests/it", "benches/load"];

/// Rooms of the language, whose decisions have other numbers.
const OF_THE_LANGUAGE: &[&str] = &[
    "syntax",
    "schema",
    "ir",
    "check",
    "interpret",
    "optimize",
    "codegen",
    "program",
    "expression",
];

fn walk(folder: &Path, read: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_left_out =
            ["node_modules", "target", "decisions.rs"].iter().any(|name| path.ends_with(name));
        if path.is_dir() && !is_left_out {
            walk(&path, read);
        } else if !is_left_out
            && path.extension().is_some_and(|extension| extension == "rs" || extension == "txt")
        {
            read(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

/// What of a file is tests: all of it, or the module of tests at its end.
fn tests_in<'t>(path: &Path, text: &'t str) -> &'t str {
    let is_test = |part: &std::ffi::OsStr| {
        part.to_str()
            .is_some_and(|part| part == "tests" || part.trim_end_matches(".rs").ends_with("tests"))
    };
    match path.iter().any(is_test) {
        true => text,
        false => text.split_once("#[cfg(test)]\nmod tests {").map_or("", |(_, tests)| tests),
    }
}

/// The rows that a text names: `Decision 8 and decision 13`, `decisions 10 and 16 to 18`,
/// `decision_41_reuse_is_kept`.
fn rows_named(text: &str) -> BTreeSet<u32> {
    let mut rows = BTreeSet::new();
    let lower = text.to_ascii_lowercase();
    for rest in lower.split("decision").skip(1) {
        let rest = rest.strip_prefix('s').unwrap_or(rest);
        let words = rest.split(|c: char| c.is_whitespace() || "_,.:;()=`\"*/!-".contains(c));
        let (mut last, mut is_range) = (None, false);
        for word in words.filter(|word| !word.is_empty()) {
            match (word.parse::<u32>(), last) {
                (Ok(row), Some(first)) if is_range => {
                    rows.extend(first..=row);
                    (last, is_range) = (Some(row), false);
                }
                (Ok(row), _) => {
                    rows.insert(row);
                    last = Some(row);
                }
                (Err(_), Some(_)) if word == "to" => is_range = true,
                (Err(_), Some(_)) if word == "and" => {}
                (Err(_), _) => break,
            }
        }
    }
    rows
}

#[test]
fn how_rows_are_named() {
    for (text, rows) in [
        ("/// Decision 8 and decision 13.", &[8, 13][..]),
        ("(authorization-server §4, decisions 10 and 16 to 18)", &[10, 16, 17, 18]),
        ("fn decision_41_reuse_and_2_others_are_kept() {", &[41]),
        ("decisions 1, 2 and 7: a rule of 9", &[1, 2, 7]),
        ("it was decided", &[]),
        ("a decision that 4 of 5 make", &[]),
    ] {
        assert_eq!(rows_named(text), rows.iter().copied().collect(), "{text}");
    }
}

#[test]
fn every_row_is_of_one_list() {
    let all: Vec<u32> = OF_THE_FLOWS.iter().chain(OF_THE_MANAGEMENT).copied().collect();
    let rows: BTreeSet<u32> = all.iter().copied().collect();
    assert_eq!((rows.len(), all.len()), (50, 50));
    assert_eq!((rows.first(), rows.last()), (Some(&1), Some(&50)));
}

#[test]
fn every_row_has_a_test_that_names_it() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = BTreeSet::new();
    for folder in TESTS {
        walk(&top.join(folder), &mut |_, text| named.extend(rows_named(text)));
    }
    walk(&top.join("src"), &mut |path, text| {
        let inside = path.strip_prefix(top.join("src")).unwrap();
        let room = inside.iter().next().and_then(|room| room.to_str()).unwrap_or_default();
        if !OF_THE_LANGUAGE.contains(&room.trim_end_matches(".rs")) {
            named.extend(rows_named(tests_in(inside, text)));
        }
    });
    let all = OF_THE_FLOWS.iter().chain(OF_THE_MANAGEMENT);
    let missing: Vec<&u32> = all.filter(|row| !named.contains(row)).collect();
    assert!(missing.is_empty(), "no test names the rows {missing:?} of the server's decisions");
}
