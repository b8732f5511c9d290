//! What we say to a person whose text is wrong: code, message, span, label, help.
//! How it was found is no concern of this room.

pub mod code;
mod json;
mod nearest;
mod render;
#[cfg(test)]
mod tests;

pub use code::Code;
pub use json::to_json;
pub(crate) use nearest::nearest;
pub use render::render;

use crate::source::Span;

/// One thing that is wrong with, or remarkable about, a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its entry in the table of codes.
    pub code: &'static Code,
    /// Whether it stops the program from being made.
    pub severity: Severity,
    /// One sentence, lower-case, no full stop.
    pub message: String,
    /// Where, in bytes of the source text.
    pub span: Span,
    /// The words at the caret; may be empty.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// As severe as its code, without label and help.
    pub(crate) fn new(code: &'static Code, message: impl Into<String>, span: Span) -> Self {
        let message = message.into();
        Self { code, severity: code.severity(), message, span, label: String::new(), help: None }
    }

    /// The same with these words at the caret.
    pub(crate) fn label(self, label: impl Into<String>) -> Self {
        Self { label: label.into(), ..self }
    }

    /// The same with what to do about it.
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same with what to do about it, if that is known.
    pub(crate) fn help_if(self, help: Option<impl Into<String>>) -> Self {
        Self { help: help.map(Into::into), ..self }
    }
}

/// Most findings told of one text.
pub(crate) const MOST: usize = 100;

/// Keeps no more than [`MOST`]: errors before lints, and the first of each.
pub(crate) fn keep_most(diagnostics: &mut Vec<Diagnostic>) {
    let is_error = |told: &Diagnostic| told.severity == Severity::Error;
    let mut errors = MOST;
    let mut lints = MOST.saturating_sub(diagnostics.iter().filter(|told| is_error(told)).count());
    diagnostics.retain(|told| {
        let left = if is_error(told) { &mut errors } else { &mut lints };
        let is_kept = *left > 0;
        *left = left.saturating_sub(1);
        is_kept
    });
}

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Surprising, but allowed.
    Lint,
    /// Nothing is made of this text.
    Error,
}

/// Stages in the order decision 52 names errors by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The line or context a harness gave, before any text was read.
    Context,
    /// Characters and tokens.
    Lexing,
    /// The grammar, and caps on size and nesting.
    Grammar,
    /// Names of functions, and how many arguments they take.
    Functions,
    /// Names of roots and attributes.
    Names,
    /// Types of operands and arguments.
    Types,
    /// Anything that needs an evaluation.
    Evaluation,
}

/// The error categories of OEL §4.5, as `eval --batch` prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    Syntax,
    Unsupported,
    UnknownProperty,
    UnknownFunction,
    Arity,
    Type,
    NullTarget,
    Index,
    NumberFormat,
    Regex,
    Arith,
    GroupLimit,
    BadZone,
    BadTime,
    BadCountry,
    Limit,
    Context,
}

impl Category {
    /// The spelling of OEL §4.5, e.g. `null-target`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Unsupported => "unsupported",
            Self::UnknownProperty => "unknown-property",
            Self::UnknownFunction => "unknown-function",
            Self::Arity => "arity",
            Self::Type => "type",
            Self::NullTarget => "null-target",
            Self::Index => "index",
            Self::NumberFormat => "number-format",
            Self::Regex => "regex",
            Self::Arith => "arith",
            Self::GroupLimit => "group-limit",
            Self::BadZone => "bad-zone",
            Self::BadTime => "bad-time",
            Self::BadCountry => "bad-country",
            Self::Limit => "limit",
            Self::Context => "context",
        }
    }
}

/// The error a harness is told when there are several: earliest stage, then leftmost (decision 52).
#[must_use]
pub fn first_error(diagnostics: &[Diagnostic]) -> Option<&Diagnostic> {
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .min_by_key(|diagnostic| (diagnostic.code.stage, diagnostic.span.start))
}
