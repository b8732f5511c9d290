//! A diagnostic as a person at a terminal sees it: the line, a caret, a label, help.

use super::{Diagnostic, Severity};
use crate::source::Span;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;

/// Most bytes of source shown around the place; longer texts are cut to them.
const WINDOW: usize = 2_000;

/// The diagnostic with the part of `text` it is about. `name` says where the text came from.
/// Any span is safe: one outside the text points at its end. Only the lines of the place are shown.
#[must_use]
pub fn render(diagnostic: &Diagnostic, name: &str, text: &str, colour: bool) -> String {
    let Window { shown, range, first_line } = window(text, diagnostic.span);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Lint => Level::WARNING,
    };
    let annotation = AnnotationKind::Primary.span(range).label(diagnostic.label.as_str());
    let snippet = Snippet::source(shown).line_start(first_line).path(name).annotation(annotation);
    let mut group =
        level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.id).element(snippet);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group]) + "\n"
}

/// The part of a text that is shown.
struct Window<'t> {
    shown: &'t str,
    /// Where the span lies in it, on character boundaries.
    range: Range<usize>,
    /// The number of its first line.
    first_line: usize,
}

/// The lines of the span; of long ones the part around it.
fn window(text: &str, span: Span) -> Window<'_> {
    let range = span.range();
    let start = floor(text, range.start);
    let end = floor(text, range.end).max(start);
    let before = text.get(..start).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let from = line.max(floor(text, start.saturating_sub(WINDOW / 2)));
    let farthest = floor(text, end.min(start + WINDOW / 2).saturating_add(WINDOW / 2));
    let rest = text.get(end..).unwrap_or_default();
    let line_end = rest.find('\n').map_or(text.len(), |at| end + at);
    let to = farthest.min(line_end);
    let shown = text.get(from..to).unwrap_or_default();
    let first_line = before.matches('\n').count() + 1;
    Window { shown, range: start - from..end.min(to).max(start) - from, first_line }
}

/// The character boundary at or before `offset`.
fn floor(text: &str, offset: usize) -> usize {
    let offset = offset.min(text.len());
    (0..=offset).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
