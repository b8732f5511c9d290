//! The branches of an expression, so that it can be told which of them something took.

use super::trace::with_owner;
use super::{Program, ProgramId, ProgramSet};
use crate::ir::{Body, Link, NodeKind};
use crate::source::Span;

impl ProgramSet {
    /// Where the branches of an expression or condition stand; of an object, those of the first
    /// alternative of each member, whose texts these are. Spans are those that a trace tells as taken.
    #[must_use]
    pub fn branches(&self, id: ProgramId, texts: &[&str]) -> Vec<Vec<Span>> {
        let text = |index: usize| texts.get(index).copied().unwrap_or_default();
        match self.programs.get(id.0) {
            None => Vec::new(),
            Some(Program::Json(body) | Program::Condition(body)) => vec![of_body(body, text(0))],
            Some(Program::Object(object)) => {
                let values = object.members.iter().enumerate().map(|(index, member)| {
                    let first = member.alternatives.first();
                    first.map(|first| of_body(&first.value, text(index))).unwrap_or_default()
                });
                values.collect()
            }
        }
    }
}

fn of_body(body: &Body, text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for node in &body.nodes {
        let NodeKind::Choice { links, otherwise } = &node.kind else { continue };
        let ends = links.iter().map(|link| match link {
            Link::If { then, .. } => *then,
            Link::Default { value, .. } => *value,
        });
        let nodes = ends.chain([*otherwise]).filter_map(|id| body.node(id));
        spans.extend(nodes.map(|node| with_owner(node.span, text)));
    }
    spans.sort();
    spans.dedup();
    spans
}
