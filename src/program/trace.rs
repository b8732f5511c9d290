//! An expression with what every part of it gave, for a person who asks why. The interpreter is
//! watched for it; nothing else pays.

use super::fault::{code_of, stopped};
use super::{EvaluationFault, Program, ProgramId, ProgramSet, Roots, Worker};
use crate::diagnostic::Code;
use crate::interpret::{self, Recording, Seen};
use crate::ir::{Body, Link, Node, NodeId, NodeKind};
use crate::source::Span;
use claimsmith_runtime::symbol::GroupTable;
use claimsmith_runtime::{Kind, Value, json};
use std::collections::BTreeMap;

/// An evaluation, told whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Traced {
    /// The value as JSON, or why there is none.
    pub outcome: Result<String, EvaluationFault>,
    /// The parts that were evaluated, in the order in which they end.
    pub steps: Vec<Step>,
}

/// A part of an expression and what it gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub span: Span,
    /// The first few; one in a lambda gives one for each element.
    pub gave: Vec<Gave>,
    /// How often it was evaluated.
    pub n_times: usize,
    /// Of a choice: the branch that was taken.
    pub took: Option<Span>,
}

/// What a part gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Gave {
    /// As JSON, shortened.
    Value(String),
    Fault(&'static Code),
}

/// How many bytes of a value are shown.
const SHOWN: usize = 160;

/// The longest expression that its parts are underlined of, in characters.
const WIDTH: usize = 100;

impl ProgramSet {
    /// What an expression or condition gives, and every part of it; `text` is how it is written.
    /// `None` for an object.
    #[must_use]
    pub fn trace(
        &self,
        id: ProgramId,
        text: &str,
        roots: &Roots<'_>,
        worker: &mut Worker,
    ) -> Option<Traced> {
        match self.programs.get(id.0)? {
            Program::Json(body) | Program::Condition(body) => {
                Some(trace(body, text, roots, worker))
            }
            Program::Object(_) => None,
        }
    }

    /// The same of the first alternative of a member of an object.
    #[must_use]
    pub fn trace_member(
        &self,
        (id, member): (ProgramId, usize),
        text: &str,
        roots: &Roots<'_>,
        worker: &mut Worker,
    ) -> Option<Traced> {
        let Program::Object(object) = self.programs.get(id.0)? else { return None };
        let alternative = object.members.get(member)?.alternatives.first()?;
        Some(trace(&alternative.value, text, roots, worker))
    }
}

fn trace(body: &Body, text: &str, roots: &Roots<'_>, worker: &mut Worker) -> Traced {
    worker.interpret(roots, |context, roots, _| {
        let (outcome, recording) = interpret::evaluate_watched(body, context, roots);
        let table = context.table();
        Traced {
            outcome: outcome
                .map(|value| written(value, table, usize::MAX))
                .map_err(|fault| stopped(fault, body)),
            steps: steps(body, text, &recording, table),
        }
    })
}

/// Of several nodes that were written at one place, the last is the one around the others.
fn steps(body: &Body, text: &str, recording: &Recording<'_>, table: &GroupTable) -> Vec<Step> {
    let mut known: BTreeMap<(u32, std::cmp::Reverse<u32>), Step> = BTreeMap::new();
    for (index, node) in body.nodes.iter().enumerate() {
        let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
        let telling = recording.find(id).filter(|seen| is_telling(node, body, seen));
        let Some(seen) = telling else { continue };
        let took = branch_taken(&node.kind, body, recording);
        let step = Step {
            span: with_owner(node.span, text),
            gave: seen.first.iter().map(|outcome| gave(*outcome, table)).collect(),
            n_times: seen.n_times,
            took: took.map(|span| with_owner(span, text)),
        };
        let place = (step.span.end, std::cmp::Reverse(step.span.start));
        let took = known.get(&place).and_then(|inner| inner.took);
        known.insert(place, Step { took: step.took.or(took), ..step });
    }
    known.into_values().collect()
}

/// Literals say what they are, elements of a list were told with the list, and whole records are too
/// much to say.
fn is_telling(node: &Node, body: &Body, seen: &Seen<'_>) -> bool {
    let is_record =
        |outcome: &Result<Value<'_>, _>| outcome.is_ok_and(|value| value.kind() == Kind::Record);
    let charged = match node.kind {
        NodeKind::Charge { body: charged, .. } => body.node(charged),
        _ => Some(node),
    };
    let is_plain = |node: &Node| matches!(node.kind, NodeKind::Constant(_) | NodeKind::Local(_));
    node.span.start < node.span.end
        && !charged.is_some_and(is_plain)
        && !seen.first.iter().all(is_record)
}

/// An attribute with the names before it that it is one of.
pub(super) fn with_owner(span: Span, text: &str) -> Span {
    let mut start = span.range().start;
    while let Some(before) = text.get(..start).and_then(|before| before.strip_suffix('.')) {
        let before = before.strip_suffix('?').unwrap_or(before);
        let name = |c: char| c.is_alphanumeric() || c == '_';
        let owner = before.trim_end_matches(name);
        if owner.len() == before.len() {
            break;
        }
        start = owner.len();
    }
    Span::new(start, span.range().end)
}

fn gave(outcome: Result<Value<'_>, claimsmith_runtime::Fault>, table: &GroupTable) -> Gave {
    match outcome {
        Ok(value) => Gave::Value(written(value, table, SHOWN)),
        Err(fault) => Gave::Fault(code_of(fault)),
    }
}

/// The last link that was asked decides: those before it were evaluated and passed over.
fn branch_taken(kind: &NodeKind, body: &Body, recording: &Recording<'_>) -> Option<Span> {
    let NodeKind::Choice { links, otherwise } = kind else { return None };
    let ends = links.iter().map(|link| match link {
        Link::If { then, .. } => *then,
        Link::Default { value, .. } => *value,
    });
    let mut from_the_last = ends.chain([*otherwise]).rev();
    let taken = from_the_last.find(|end| recording.find(*end).is_some())?;
    body.node(taken).map(|node| node.span)
}

/// A value as JSON, up to so many bytes.
fn written(value: Value<'_>, table: &GroupTable, most: usize) -> String {
    let mut bytes = Vec::new();
    let whole = json::write(value, table, &mut |part| {
        let left = most.saturating_sub(bytes.len());
        bytes.extend_from_slice(part.get(..left.min(part.len())).unwrap_or_default());
        part.len() <= left
    });
    let text = String::from_utf8_lossy(&bytes);
    if whole { text.into_owned() } else { format!("{}…", text.trim_end_matches('\u{fffd}')) }
}

impl Step {
    /// What it gave, on one line; `expression` is what it is a part of.
    #[must_use]
    pub fn to_text(&self, expression: &str) -> String {
        let gave: Vec<String> = self.gave.iter().map(Gave::to_text).collect();
        let mut text = gave.join(", ");
        if self.n_times > self.gave.len() {
            text.push_str(&format!(", … ({} times)", self.n_times));
        }
        if let Some(taken) = self.took.and_then(|span| expression.get(span.range())) {
            text.push_str(&format!("   (took `{taken}`)"));
        }
        text
    }
}

impl Gave {
    fn to_text(&self) -> String {
        match self {
            Self::Value(value) => value.clone(),
            Self::Fault(code) => format!("fault {code}: {}", code.title),
        }
    }
}

impl Traced {
    /// The expression with the value of each part under it, a line each.
    #[must_use]
    pub fn to_text(&self, expression: &str) -> String {
        let fits = !expression.contains(['\n', '\t']) && expression.chars().count() <= WIDTH;
        let mut text = format!("{expression}\n");
        for step in &self.steps {
            let Some(part) = expression.get(step.span.range()) else { continue };
            let gave = step.to_text(expression);
            if fits {
                let before = expression.get(..step.span.start as usize).unwrap_or_default();
                let (indent, width) = (before.chars().count(), part.chars().count());
                text.push_str(&format!("{:indent$}{} {gave}\n", "", "^".repeat(width)));
            } else {
                text.push_str(&format!("  `{part}` gives {gave}\n"));
            }
        }
        text
    }
}
