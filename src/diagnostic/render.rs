//! A diagnostic as a person at a terminal sees it: the line, a caret, a label, help.

use super::{Diagnostic, Severity};
use crate::source::Span;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;

/// Most bytes of source shown around the place; longer texts are cut to them.
const WINDOW: usize = 2_000;

/// The diagnostic with the part of `text` it is about. `name` says where the text came from.
/// Any span is safe: one outside the text points at its end.
#[must_use]
pub fn render(diagnostic: &Diagnostic, name: &str, text: &str, colour: bool) -> String {
    let (shown, range) = window(text, diagnostic.span);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Lint => Level::WARNING,
    };
    let annotation = AnnotationKind::Primary.span(range).label(diagnostic.label.as_str());
    let snippet = Snippet::source(shown).path(name).annotation(annotation);
    let mut group =
        level.primary_title(diagnostic.message.as_str()).id(diagnostic.code).element(snippet);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group]) + "\n"
}

/// The part of the text that is shown, and where the span lies in it, on character boundaries.
fn window(text: &str, span: Span) -> (&str, Range<usize>) {
    let range = span.range();
    let start = floor(text, range.start);
    let end = floor(text, range.end).max(start);
    let from = floor(text, start.saturating_sub(WINDOW / 2));
    let to = floor(text, end.min(start + WINDOW / 2).saturating_add(WINDOW / 2));
    let shown = text.get(from..to).unwrap_or_default();
    (shown, start - from..end.min(to).max(start) - from)
}

/// The character boundary at or before `offset`.
fn floor(text: &str, offset: usize) -> usize {
    let offset = offset.min(text.len());
    (0..=offset).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
