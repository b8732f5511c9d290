//! Something wrong with the document, with its path and a caret under its place.

use crate::diagnostic::{self, Diagnostic, code};
use crate::document::{DocumentError, place_in_string};
use crate::organization;
use crate::server::ExpressionText;
use crate::source::Span;

/// Something wrong with the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// As in `authorizationServers[0].claims[2].value`; empty for the whole document.
    pub path: String,
    /// Its span is in the document.
    pub diagnostic: Diagnostic,
    /// The expression that is wrong, and the same with its span in that.
    pub expression: Option<Box<(String, Diagnostic)>>,
}

impl Problem {
    /// What was found there, in the document.
    #[must_use]
    pub fn new(path: String, diagnostic: Diagnostic) -> Self {
        Self { path, diagnostic, expression: None }
    }

    pub(super) fn not_allowed(path: String, message: String, span: Span) -> Self {
        Self::new(path, Diagnostic::new(&code::NOT_ALLOWED, message, span))
    }

    pub(super) fn not_json(error: &DocumentError) -> Self {
        let diagnostic = Diagnostic::new(&code::NOT_JSON, error.message.as_str(), error.span);
        Self::new(String::new(), diagnostic)
    }

    /// What the compiler says of an expression, placed inside its JSON string.
    pub(super) fn of_expression(
        document: &str,
        expression: &ExpressionText,
        diagnostic: Diagnostic,
    ) -> Self {
        let span = place_in_string(document, expression.span, diagnostic.span);
        Self {
            path: expression.path.clone(),
            diagnostic: Diagnostic { span, ..diagnostic.clone() },
            expression: Some(Box::new((expression.text.clone(), diagnostic))),
        }
    }

    /// As a person sees it. `name` is that of the document, `document` its text.
    #[must_use]
    pub fn render(&self, name: &str, document: &str, colour: bool) -> String {
        let mut diagnostic = self.diagnostic.clone();
        if !self.path.is_empty() {
            diagnostic.message = format!("{}: {}", self.path, diagnostic.message);
        }
        diagnostic::render(&diagnostic, name, document, colour)
    }
}

impl From<organization::Problem> for Problem {
    fn from(problem: organization::Problem) -> Self {
        Self::not_allowed(problem.path, problem.message, problem.span)
    }
}
