//! What the commands on expressions read: contexts, schemas and lines, all of them bounded; and why
//! what was given is refused.

use super::installation::{Stop, read_document};
use super::{is_coloured, say};
use crate::diagnostic::{Code, Diagnostic, Severity, code, first_error, render, to_json};
use crate::document::{self, Node};
use crate::source::Span;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

/// Most bytes of a context, a schema or a line.
pub(super) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// What a line that is longer is told.
pub(super) const LINE_TOO_LONG: &str = "the line is longer than 16 MiB";

/// What a path says that is standard input.
pub(super) const STANDARD_INPUT: &str = "-";

/// Whether a path means standard input.
pub(super) fn is_standard_input(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT)
}

/// What is said of a text that is none.
pub(super) const NOT_UTF_8: &str = "this is not UTF-8";

/// Whether a file is an org document by its name.
pub(super) fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

/// What a command on expressions and documents is given to work on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    Argument(&'a str),
    StandardInput,
    File(&'a Path),
}

/// The expression of the command line, then the files.
pub(super) fn sources<'a>(
    expression: Option<&'a str>,
    files: &'a [PathBuf],
) -> impl Iterator<Item = Source<'a>> {
    let of_path = |path: &'a PathBuf| match is_standard_input(path) {
        true => Source::StandardInput,
        false => Source::File(path),
    };
    expression.map(Source::Argument).into_iter().chain(files.iter().map(of_path))
}

impl Source<'_> {
    /// What it is called in messages.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Argument(_) => "expression".to_owned(),
            Self::StandardInput => "standard input".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// All of it, bounded.
    pub(super) fn read(&self) -> Result<Vec<u8>, Stop> {
        match self {
            Self::Argument(text) => Ok(text.as_bytes().to_vec()),
            Self::File(path) => read_document(path),
            Self::StandardInput => {
                let text = read_all(io::stdin().lock())?;
                text.ok_or_else(|| "standard input: longer than 16 MiB".into())
            }
        }
    }
}

/// A text besides the expression: what it is called, and what it says.
pub(super) struct Given {
    name: String,
    text: Vec<u8>,
}

impl Given {
    pub(super) fn new(name: &str, text: &[u8]) -> Self {
        Self { name: name.to_owned(), text: text.to_owned() }
    }

    /// What a file or standard input holds. `what` it should be is for messages, `code` for what is
    /// wrong with it.
    pub(super) fn read(
        path: &Path,
        what: &str,
        code: &'static Code,
    ) -> Result<(Node, Self), Refusal> {
        let name = match is_standard_input(path) {
            true => "standard input".to_owned(),
            false => path.display().to_string(),
        };
        let read = match is_standard_input(path) {
            true => read_all(io::stdin().lock()),
            false => File::open(path).and_then(read_all),
        };
        let text = read.map_err(|error| Refusal::unread(code, format!("{name}: {error}")))?;
        match text {
            Some(text) => Self { name, text }.parsed(code),
            None => {
                let message = format!("{name}: the {what} is longer than 16 MiB");
                Err(Refusal::unread(code, message))
            }
        }
    }

    pub(super) fn parsed(self, code: &'static Code) -> Result<(Node, Self), Refusal> {
        match document::read(&self.text) {
            Ok(node) => Ok((node, self)),
            Err(error) => Err(self.refused(vec![Diagnostic::new(code, error.message, error.span)])),
        }
    }

    /// Because of these, whose places are in this text.
    pub(super) fn refused(self, diagnostics: Vec<Diagnostic>) -> Refusal {
        Refusal::Given { given: Some(self), diagnostics }
    }
}

/// All there is to read; `None` if that is too much.
fn read_all(input: impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    input.take(MOST_BYTES as u64 + 1).read_to_end(&mut text)?;
    Ok((text.len() <= MOST_BYTES).then_some(text))
}

/// A line that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Whole,
    /// Only its start; the rest was skipped.
    TooLong,
}

/// Reads a line without its end into `line`. `None` at the end of input.
pub(super) fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<Line>> {
    line.clear();
    let most = MOST_BYTES as u64 + 1;
    if input.by_ref().take(most).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        return Ok(Some(Line::Whole));
    }
    if line.len() <= MOST_BYTES {
        return Ok(Some(Line::Whole));
    }
    input.skip_until(b'\n')?;
    Ok(Some(Line::TooLong))
}

/// Why there is no value.
pub(super) enum Refusal {
    /// A context, a schema or a line of a batch cannot be read, or describes nothing (decision 52,
    /// `context`): the text that the places are in, if it was read.
    Given { given: Option<Given>, diagnostics: Vec<Diagnostic> },
    /// The expression means nothing, or faulted: all there is to say of it.
    Expression(Vec<Diagnostic>),
}

impl Refusal {
    /// A line that cannot be read, or what it holds.
    pub(super) fn context(message: impl Into<String>) -> Self {
        Self::unread(&code::BAD_CONTEXT, message)
    }

    fn unread(code: &'static Code, message: impl Into<String>) -> Self {
        let diagnostics = vec![Diagnostic::new(code, message, Span::default())];
        Self::Given { given: None, diagnostics }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        match self {
            Self::Given { diagnostics, .. } | Self::Expression(diagnostics) => diagnostics,
        }
    }

    /// What a harness is told. Its place is one of the expression: of a context it is 0..0.
    pub(super) fn first(&self) -> (&'static Code, &str, Span) {
        let found = match self {
            Self::Given { diagnostics, .. } => {
                diagnostics.first().map(|first| (first, Span::default()))
            }
            Self::Expression(diagnostics) => {
                first_error(diagnostics).map(|first| (first, first.span))
            }
        };
        found.map_or((&code::BUG, code::BUG.title, Span::default()), |(first, span)| {
            (first.code, first.message.as_str(), span)
        })
    }

    /// The same as JSON.
    pub(super) fn first_as_json(&self) -> Value {
        let (code, message, span) = self.first();
        json!({
            "category": code.category.name(),
            "code": code.id,
            "message": message,
            "span": [span.start, span.end],
        })
    }

    /// For programs; what is not about the expression names its `file`.
    pub(super) fn to_json(&self, expression: &str) -> Value {
        match self {
            Self::Expression(diagnostics) => all_to_json(diagnostics, expression),
            Self::Given { given, diagnostics } => {
                let text = given
                    .as_ref()
                    .map(|given| String::from_utf8_lossy(&given.text))
                    .unwrap_or_default();
                let mut told = all_to_json(diagnostics, &text);
                for one in told.as_array_mut().into_iter().flatten() {
                    if let Some(members) = one.as_object_mut() {
                        let file = given.as_ref().map(|given| given.name.as_str());
                        members.insert("file".to_owned(), json!(file));
                    }
                }
                told
            }
        }
    }

    /// For people, errors first.
    pub(super) fn say(self, expression: &str) {
        self.say_of("expression", expression);
    }

    /// As [`Refusal::say`], of an expression that is called so.
    pub(super) fn say_of(self, name_of_expression: &str, expression: &str) {
        match self {
            Self::Given { given: Some(Given { name, text }), diagnostics } => {
                say_all(&diagnostics, &name, &String::from_utf8_lossy(&text));
            }
            Self::Given { given: None, diagnostics } => {
                for Diagnostic { code, message, .. } in diagnostics {
                    say(&format!("error[{code}]: {message}\n"));
                }
            }
            Self::Expression(mut diagnostics) => {
                if diagnostics.iter().any(|one| one.severity == Severity::Error) {
                    diagnostics.sort_by_key(|one| std::cmp::Reverse(one.severity));
                }
                say_all(&diagnostics, name_of_expression, expression);
            }
        }
    }
}

pub(super) fn all_to_json(diagnostics: &[Diagnostic], text: &str) -> Value {
    diagnostics.iter().map(|diagnostic| to_json(diagnostic, text)).collect()
}

pub(super) fn say_all(diagnostics: &[Diagnostic], name: &str, text: &str) {
    for diagnostic in diagnostics {
        say(&render(diagnostic, name, text, is_coloured()));
    }
}
