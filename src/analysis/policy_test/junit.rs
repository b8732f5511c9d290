//! What tests found, as JUnit's XML, which every build server reads.

use super::Mismatch;
use std::fmt::Write;

/// A test by its name, with what it found.
pub type Finding = (String, Vec<Mismatch>);

/// The results of files: name, and its tests.
#[must_use]
pub fn junit(files: &[(String, Vec<Finding>)]) -> String {
    let n_of = |tests: &[Finding]| {
        (tests.len(), tests.iter().filter(|(_, found)| !found.is_empty()).count())
    };
    let counts: Vec<(usize, usize)> = files.iter().map(|(_, tests)| n_of(tests)).collect();
    let n_tests: usize = counts.iter().map(|(n_tests, _)| n_tests).sum();
    let n_failures: usize = counts.iter().map(|(_, n_failures)| n_failures).sum();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut line = |text: std::fmt::Arguments<'_>| {
        let written = xml.write_fmt(text);
        debug_assert!(written.is_ok(), "a text in memory takes everything");
    };
    line(format_args!("<testsuites tests=\"{n_tests}\" failures=\"{n_failures}\">\n"));
    for ((file, tests), (n_tests, n_failures)) in files.iter().zip(counts) {
        let file = escaped(file);
        line(format_args!(
            "  <testsuite name=\"{file}\" tests=\"{n_tests}\" failures=\"{n_failures}\">\n"
        ));
        for (name, found) in tests {
            let name = escaped(name);
            let case = format!("    <testcase classname=\"{file}\" name=\"{name}\"");
            if found.is_empty() {
                line(format_args!("{case}/>\n"));
                continue;
            }
            let told: Vec<String> = found.iter().map(ToString::to_string).collect();
            let first = told.first().map(|first| escaped(first)).unwrap_or_default();
            line(format_args!("{case}>\n      <failure message=\"{first}\">"));
            line(format_args!("{}</failure>\n    </testcase>\n", escaped(&told.join("\n"))));
        }
        line(format_args!("  </testsuite>\n"));
    }
    line(format_args!("</testsuites>\n"));
    xml
}

/// A text that may stand between tags and in quotes. XML has no way to write most control characters.
fn escaped(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => whole.push_str("&amp;"),
            '<' => whole.push_str("&lt;"),
            '>' => whole.push_str("&gt;"),
            '"' => whole.push_str("&quot;"),
            '\n' => whole.push_str("&#10;"),
            '\t' | '\r' => whole.push(' '),
            control if control.is_control() => whole.push('\u{fffd}'),
            other => whole.push(other),
        }
    }
    whole
}
