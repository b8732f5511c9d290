//! Constant folding: a node whose operands are constants becomes the constant that the interpreter
//! makes of it. What faults is left as it is, and so is what asks for the time of the request.
//! Charges on the way stay.

use super::rewrite::{Charges, Draft};
use crate::interpret;
use crate::ir::{Body, Constant, Node, NodeId, NodeKind};
use claimsmith_runtime::abi::Surroundings;
use claimsmith_runtime::arena::Arena;
use claimsmith_runtime::functions::{self, Operator};
use claimsmith_runtime::symbol::GroupTable;
use claimsmith_runtime::types::{RecordType, Shape, Type};
use claimsmith_runtime::{Context, Kind, Value};

/// Longer texts are not kept in a program: a few characters can ask for a hundred thousand.
const MOST_TEXT: usize = 1_024;

pub(super) fn run(body: &Body) -> Body {
    let table = GroupTable::new(RecordType::default().into(), Vec::new());
    Draft::of(body, |draft, node| match folded(draft, &node, &table) {
        Some((charges, constant)) => {
            let id = draft.push_constant(constant, &node);
            draft.charged(charges, id)
        }
        None => draft.push(node),
    })
}

/// The constant that a node is, and the charges before it.
fn folded(draft: &Draft, node: &Node, table: &GroupTable) -> Option<(Charges, Constant)> {
    match &node.kind {
        NodeKind::ChargeSize(value, work) => {
            let (mut charges, constant) = draft.constant(*value)?;
            let size = NodeKind::Operation { operator: work.operator(), arguments: vec![] };
            let constant = constant.clone();
            let Constant::Integer(steps) = evaluated(size, std::slice::from_ref(&constant), table)?
            else {
                return None;
            };
            charges.push((u32::try_from(steps).ok()?, node.clone()));
            Some((charges, constant))
        }
        kind if is_foldable(kind) => {
            let (mut charges, mut operands) = (Charges::new(), Vec::new());
            for child in kind.children() {
                let (before, constant) = draft.constant(child)?;
                charges.extend(before);
                operands.push(constant.clone());
            }
            Some((charges, evaluated(kind.clone(), &operands, table)?))
        }
        _ => None,
    }
}

/// Whether a node always evaluates all its operands, in order, and depends on nothing else.
fn is_foldable(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Not(_)
        | NodeKind::Equal { .. }
        | NodeKind::Order { .. }
        | NodeKind::Arithmetic { .. }
        | NodeKind::Concat(_) => true,
        // The row of a method is found when it runs; lists and maps are no constants.
        NodeKind::Operation { operator, .. } => {
            !matches!(operator, Operator::Method | Operator::List | Operator::Map)
        }
        NodeKind::Call { row, .. } => functions::row(*row).is_some_and(|row| !row.asks_time),
        _ => false,
    }
}

/// What a node of this kind makes of these operands, if it does not fault and is a constant.
fn evaluated(kind: NodeKind, operands: &[Constant], table: &GroupTable) -> Option<Constant> {
    let node = |kind| Node { kind, shape: Shape::of(Type::Any), span: Default::default() };
    let ids: Vec<NodeId> = (0..u32::try_from(operands.len()).ok()?).map(NodeId).collect();
    let mut nodes: Vec<Node> =
        operands.iter().map(|operand| node(NodeKind::Constant(operand.clone()))).collect();
    let mut kind = kind;
    match &mut kind {
        NodeKind::Operation { arguments, .. } if arguments.is_empty() => arguments.clone_from(&ids),
        other => other.children_mut().into_iter().zip(&ids).for_each(|(child, id)| *child = *id),
    }
    nodes.push(node(kind));
    let body = Body { nodes, root: NodeId(u32::try_from(ids.len()).ok()?), n_locals: 0 };
    let arena = Arena::new();
    let surroundings = Surroundings::new(table, &[]);
    let mut context = Context::new(&arena, &surroundings, None);
    let value = interpret::evaluate(&body, &mut context, &[]).ok()?;
    constant_of(value)
}

fn constant_of(value: Value<'_>) -> Option<Constant> {
    match value.kind() {
        Kind::Null => Some(Constant::Null),
        Kind::Boolean => value.as_boolean().map(Constant::Boolean),
        Kind::Integer => value.as_integer().map(Constant::Integer),
        Kind::Number => value.as_number().map(Constant::Number),
        Kind::Text => {
            let text = value.as_text()?.as_str();
            (text.len() <= MOST_TEXT).then(|| Constant::Text(text.to_owned()))
        }
        _ => None,
    }
}
