//! Dead branches: what a constant or the schema decides is not asked, and what is then never reached
//! is gone. Charges that would have been spent on the way stay.

use super::rewrite::{Charges, Draft};
use crate::ir::{Body, Constant, Link, Node, NodeId, NodeKind};
use claimsmith_runtime::types::{Shape, Type};

pub(super) fn run(body: &Body) -> Body {
    Draft::of(body, |draft, node| match &node.kind {
        NodeKind::And(operands) => decided(draft, operands, false, &node),
        NodeKind::Or(operands) => decided(draft, operands, true, &node),
        NodeKind::Choice { links, otherwise } => chosen(draft, links, *otherwise, &node),
        NodeKind::NonNull { value, .. } if never_null(draft, *value) => *value,
        NodeKind::Guard { value, .. } => match draft.constant(*value) {
            // Of the shape of the whole chain: whoever takes it relies on that.
            Some((charges, Constant::Null)) => {
                let null = draft.push_constant(Constant::Null, &node);
                draft.charged(charges, null)
            }
            _ => draft.push(node),
        },
        NodeKind::Charge { body, .. } => {
            let shape = narrowed(draft, *body, &node.shape);
            draft.push(Node { shape, ..node })
        }
        NodeKind::Equal { lhs, rhs, negated } => compared(draft, (*lhs, *rhs), *negated, &node),
        _ => draft.push(node),
    })
}

/// Whether the schema, or the value itself, says that a node is never null.
fn never_null(draft: &Draft, id: NodeId) -> bool {
    match draft.constant(id) {
        Some((_, constant)) => *constant != Constant::Null,
        None => draft.node(id).is_some_and(|node| is_never_null(&node.shape)),
    }
}

/// The shape of what stands behind a charge: what became a constant is never null, and whoever takes
/// it in the place of something narrower relies on that.
fn narrowed(draft: &Draft, body: NodeId, shape: &Shape) -> Shape {
    let inner = draft.node(body).map(|node| &node.shape);
    match inner.filter(|inner| inner.ty == shape.ty && never_null(draft, body)) {
        Some(_) => Shape { nullable: false, ..shape.clone() },
        None => shape.clone(),
    }
}

fn is_never_null(shape: &Shape) -> bool {
    !shape.nullable && !matches!(shape.ty, Type::Any | Type::Null)
}

/// Operands from the left until one is `decisive`.
fn decided(draft: &mut Draft, operands: &[NodeId], decisive: bool, node: &Node) -> NodeId {
    let mut kept = Vec::with_capacity(operands.len());
    for operand in operands {
        match draft.boolean(*operand) {
            // What it costs to ask is spent before the next is asked: it stays.
            Some((charges, value)) if value != decisive && charges.is_empty() => {}
            Some((_, value)) => {
                kept.push(*operand);
                if value == decisive {
                    break;
                }
            }
            None => kept.push(*operand),
        }
    }
    match kept.as_slice() {
        [] => draft.push_constant(Constant::Boolean(!decisive), node),
        [only] => *only,
        _ => {
            let kind = match decisive {
                true => NodeKind::Or(kept),
                false => NodeKind::And(kept),
            };
            draft.push(Node { kind, ..node.clone() })
        }
    }
}

/// What becomes of a link.
enum Fate {
    Kept,
    /// It never decides; asking it costs this.
    Passed(Charges),
    /// It always decides, having spent this, and gives the node.
    Taken(Charges, NodeId),
}

fn fate(draft: &Draft, link: &Link) -> Fate {
    match link {
        Link::If { condition, then } => match draft.boolean(*condition) {
            Some((charges, true)) => Fate::Taken(charges, *then),
            Some((charges, false)) => Fate::Passed(charges),
            None => Fate::Kept,
        },
        Link::Default { value, empty_too } => match draft.constant(*value) {
            Some((charges, Constant::Null)) => Fate::Passed(charges),
            Some((charges, Constant::Text(text))) if *empty_too && text.is_empty() => {
                Fate::Passed(charges)
            }
            Some(_) => Fate::Taken(Charges::new(), *value),
            None => {
                let shape = draft.node(*value).map(|node| &node.shape);
                let could_be_empty = |shape: &Shape| *empty_too && shape.ty == Type::Text;
                match shape {
                    Some(shape) if is_never_null(shape) && !could_be_empty(shape) => {
                        Fate::Taken(Charges::new(), *value)
                    }
                    _ => Fate::Kept,
                }
            }
        },
    }
}

/// The links from the first on, until one always decides.
fn chosen(draft: &mut Draft, links: &[Link], otherwise: NodeId, node: &Node) -> NodeId {
    let mut kept = Vec::new();
    for (place, link) in links.iter().enumerate() {
        match fate(draft, link) {
            Fate::Kept => kept.push(link.clone()),
            Fate::Passed(charges) if charges.is_empty() => {}
            Fate::Passed(charges) => {
                let rest = links.get(place + 1..).unwrap_or_default();
                let rest = chosen(draft, rest, otherwise, node);
                let rest = draft.charged(charges, rest);
                return choice(draft, kept, rest, node);
            }
            Fate::Taken(charges, taken) => {
                let taken = draft.charged(charges, taken);
                return choice(draft, kept, taken, node);
            }
        }
    }
    choice(draft, kept, otherwise, node)
}

fn choice(draft: &mut Draft, links: Vec<Link>, otherwise: NodeId, node: &Node) -> NodeId {
    if links.is_empty() {
        return otherwise;
    }
    draft.push(Node { kind: NodeKind::Choice { links, otherwise }, ..node.clone() })
}

/// A comparison with null that the schema answers, of something that cannot fault.
fn compared(draft: &mut Draft, (lhs, rhs): (NodeId, NodeId), negated: bool, node: &Node) -> NodeId {
    let is_null = |id| matches!(draft.constant(id), Some((_, Constant::Null)));
    let is_answered = |null, other| {
        is_null(null)
            && draft.is_faultless(null)
            && draft.is_faultless(other)
            && draft.node(other).is_some_and(|node| is_never_null(&node.shape))
    };
    if is_answered(lhs, rhs) || is_answered(rhs, lhs) {
        return draft.push_constant(Constant::Boolean(negated), node);
    }
    draft.push(node.clone())
}
