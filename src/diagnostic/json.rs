//! A diagnostic as a program reads it: byte span, line and column.

use super::{Diagnostic, Severity};
use crate::source::line_and_column;
use serde_json::{Value, json};

/// The diagnostic as a JSON object; `text` is the source it is about.
#[must_use]
pub fn to_json(diagnostic: &Diagnostic, text: &str) -> Value {
    let (line, column) = line_and_column(text, diagnostic.span.range().start);
    json!({
        "code": diagnostic.code.id,
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Lint => "lint",
        },
        "category": diagnostic.code.category.name(),
        "message": diagnostic.message,
        "span": [diagnostic.span.start, diagnostic.span.end],
        "line": line,
        "column": column,
        "label": diagnostic.label,
        "help": diagnostic.help,
    })
}
