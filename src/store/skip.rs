//! Tests that need what a machine may lack say so aloud, past the capture of the test runner.

use std::io::Write;

/// Says that `test` is skipped for want of `what`; `.ci/run` counts these lines.
pub(crate) fn skip(test: &str, what: &str) {
    writeln!(std::io::stderr(), "\nSKIPPED {test}: there is no {what} here").unwrap();
}
