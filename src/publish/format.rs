//! The expressions of an org document laid out anew. Every other byte of it stays as it is.

use super::Problem;
use crate::document;
use crate::organization;
use crate::program::{self, Length, Lines};
use crate::server::ExpressionText;
use crate::token;

/// The document with each of its expressions formatted, on one line, since a line's end inside a
/// JSON string is no line's end.
///
/// # Errors
/// Everything that is wrong with the document, or keeps an expression from being read.
pub fn format(text: &[u8]) -> Result<String, Vec<Problem>> {
    let document = document::read(text).map_err(|error| vec![Problem::not_json(&error)])?;
    let organization = organization::read(&document, &token::digest)
        .map_err(|problems| problems.into_iter().map(Problem::from).collect::<Vec<_>>())?;
    let text = std::str::from_utf8(text).unwrap_or_default();
    let mut problems = Vec::new();
    let mut changed: Vec<(&ExpressionText, String)> = Vec::new();
    let all = organization.servers.iter().flat_map(|server| server.expressions());
    for expression in all.filter(|expression| !expression.span.range().is_empty()) {
        match program::format(&expression.text, Length::Claim, Lines::One) {
            Ok(formatted) if formatted == expression.text => {}
            Ok(formatted) => changed.push((expression, formatted)),
            Err(found) => problems.extend(
                found.into_iter().map(|found| Problem::of_expression(text, expression, found)),
            ),
        }
    }
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.diagnostic.span);
        return Err(problems);
    }
    changed.sort_by_key(|(expression, _)| expression.span);
    Ok(with_changes(text, &changed))
}

fn with_changes(text: &str, changed: &[(&ExpressionText, String)]) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut from = 0;
    for (expression, formatted) in changed {
        let range = expression.span.range();
        whole.push_str(text.get(from..range.start).unwrap_or_default());
        whole.push_str(&serde_json::Value::from(formatted.as_str()).to_string());
        from = range.end;
    }
    whole.push_str(text.get(from..).unwrap_or_default());
    whole
}
