//! What an expression costs at least, whatever a request holds: what is beyond a limit then never
//! has a value, and is refused when it is checked.

use crate::ir::{Body, Constant, Link, NodeId, NodeKind, Sink, StageKind};
use claimsmith_runtime::functions::Operator;
use claimsmith_runtime::limits;

/// A limit that an expression always goes beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    Steps,
    Output,
}

/// The limit that a program with its charges goes beyond whenever it is evaluated.
pub(crate) fn always_exceeds(body: &Body) -> Option<Excess> {
    if least_steps(body, body.root) > limits::STEPS.unsigned_abs() {
        Some(Excess::Steps)
    } else if least_output(body, body.root) > limits::OUTPUT {
        Some(Excess::Output)
    } else {
        None
    }
}

/// The fewest steps that a node takes before it has a value.
fn least_steps(body: &Body, id: NodeId) -> u64 {
    let of = |id: &NodeId| least_steps(body, *id);
    let Some(node) = body.node(id) else { return 0 };
    match &node.kind {
        NodeKind::Charge { steps, body: inner } => u64::from(*steps).saturating_add(of(inner)),
        NodeKind::Guard { value, .. } => of(value),
        NodeKind::And(nodes) | NodeKind::Or(nodes) => nodes.first().map_or(0, of),
        NodeKind::Choice { links, .. } => match links.first() {
            Some(Link::If { condition: question, .. } | Link::Default { value: question, .. }) => {
                of(question)
            }
            None => 0,
        },
        NodeKind::Stream { source, stages, sink, element_cost } => {
            let before = stages.iter().filter(|stage| !stage.kind.has_lambda());
            let arguments = before
                .map(|stage| &stage.body)
                .chain(sink.argument().as_ref())
                .map(of)
                .sum::<u64>();
            let elements = literal_length(body, *source).saturating_mul(u64::from(*element_cost));
            of(source).saturating_add(arguments).saturating_add(elements)
        }
        kind => kind.children().iter().map(of).fold(0, u64::saturating_add),
    }
}

/// How many elements a list has at least.
fn literal_length(body: &Body, id: NodeId) -> u64 {
    match body.node(id).map(|node| &node.kind) {
        Some(NodeKind::Operation { operator: Operator::List, arguments }) => arguments.len() as u64,
        Some(NodeKind::Charge { body: inner, .. } | NodeKind::ChargeSize(inner, _)) => {
            literal_length(body, *inner)
        }
        _ => 0,
    }
}

/// The fewest bytes that a node's value has as JSON.
fn least_output(body: &Body, id: NodeId) -> usize {
    let of = |id: &NodeId| least_output(body, *id);
    let with_commas = |n: usize, bytes: usize| bytes.saturating_add(n.saturating_sub(1)) + 2;
    let Some(node) = body.node(id) else { return 0 };
    match &node.kind {
        NodeKind::Charge { body: inner, .. }
        | NodeKind::ChargeSize(inner, _)
        | NodeKind::NonNull { value: inner, .. } => of(inner),
        NodeKind::Constant(Constant::Text(_)) | NodeKind::Concat(_) => least_text(body, id) + 2,
        NodeKind::Choice { links, otherwise } => {
            let arms = links.iter().map(|link| match link {
                Link::If { then: value, .. } | Link::Default { value, .. } => value,
            });
            arms.chain([otherwise]).map(of).min().unwrap_or(0)
        }
        NodeKind::Operation { operator: Operator::List | Operator::Map, arguments } => {
            let bytes = arguments.iter().map(of).fold(0, usize::saturating_add);
            with_commas(arguments.len(), bytes)
        }
        NodeKind::Stream { source, stages, sink: Sink::List, .. }
            if stages.iter().all(|stage| stage.kind == StageKind::Map) =>
        {
            let n = usize::try_from(literal_length(body, *source)).unwrap_or(usize::MAX);
            let each = stages.last().map_or(0, |stage| of(&stage.body));
            with_commas(n, n.saturating_mul(each))
        }
        // A number has a digit.
        _ => 1,
    }
}

/// The fewest bytes that a node's value has as text.
fn least_text(body: &Body, id: NodeId) -> usize {
    match body.node(id).map(|node| &node.kind) {
        Some(NodeKind::Constant(Constant::Text(text))) => text.len(),
        Some(NodeKind::Charge { body: inner, .. } | NodeKind::ChargeSize(inner, _)) => {
            least_text(body, *inner)
        }
        Some(NodeKind::Concat(pieces)) => {
            pieces.iter().map(|piece| least_text(body, *piece)).fold(0, usize::saturating_add)
        }
        _ => 0,
    }
}
