//! What people see, and that no text can break it.

use super::{Diagnostic, code, nearest, render, to_json};
use crate::source::Span;

fn at(start: usize, end: usize) -> Diagnostic {
    Diagnostic::new(&code::UNEXPECTED_TYPE, "expected text, found integer", Span::new(start, end))
        .label("this is integer")
        .help("write it in quotes")
}

#[test]
fn a_caret_stands_under_the_place() {
    let shown = render(&at(4, 5), "claim", "1 + 7", false);
    assert_eq!(
        shown,
        "error[E0402]: expected text, found integer\n --> claim:1:5\n  |\n1 | 1 + 7\n  |     ^ \
         this is integer\n  |\n  = help: write it in quotes\n"
    );
}

#[test]
fn no_text_and_no_span_break_the_rendering() {
    let long = "é".repeat(1 << 19);
    for text in ["", "é", "a\tb\nc", "\u{1F600}\u{200d}x", long.as_str()] {
        for (start, end) in [(0, 0), (1, 1), (1, 2), (3, 1), (0, 1 << 21), (1 << 20, 1 << 21)] {
            let shown = render(&at(start, end), "claim", text, true);
            assert!(shown.contains("expected text") && shown.len() < 100_000);
        }
    }
}

#[test]
fn the_line_is_numbered_as_in_the_whole_text() {
    let text = format!("{}  1 + 7\nafter\n", "before\n".repeat(1_000));
    let shown = render(&at(7_006, 7_007), "org.json", &text, false);
    assert!(shown.contains("org.json:1001:7") && shown.contains("1001 |   1 + 7"), "{shown}");
    assert!(!shown.contains("before") && !shown.contains("after"));
}

#[test]
fn programs_get_bytes_and_people_get_lines() {
    let json = to_json(&at(5, 6), "aé\n x");
    assert_eq!(json["span"], serde_json::json!([5, 6]));
    assert_eq!((json["line"].as_u64(), json["column"].as_u64()), (Some(2), Some(2)));
}

#[test]
fn only_what_is_likely_a_slip_is_suggested() {
    let names = ["email", "firstName", "id"];
    assert_eq!(nearest("emial", names.into_iter()), Some("email"));
    assert_eq!(nearest("fristNmae", names.into_iter()), Some("firstName"));
    assert_eq!(nearest("phone", names.into_iter()), None);
}
