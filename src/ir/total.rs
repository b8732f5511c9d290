//! Which nodes can fault. Only a node that cannot may be moved, merged, repeated or dropped
//! (design: total nodes).

use super::{Body, Node, NodeId, NodeKind};
use claimsmith_runtime::functions;
use claimsmith_runtime::types::{Shape, Type};

impl Body {
    /// Whether this node never faults once its children have values. A node that spends steps can.
    pub(crate) fn is_total(&self, id: NodeId) -> bool {
        self.node(id).is_some_and(|node| is_total(&node.kind, |child| self.node(child)))
    }
}

/// As [`Body::is_total`], of a program that is not whole.
pub(crate) fn is_total<'n>(kind: &NodeKind, node: impl Fn(NodeId) -> Option<&'n Node>) -> bool {
    match kind {
        NodeKind::Constant(_)
        | NodeKind::Root(_)
        | NodeKind::Local(_)
        | NodeKind::Slot { .. }
        | NodeKind::GroupRecord(_)
        | NodeKind::Guard { .. }
        | NodeKind::Not(_)
        | NodeKind::And(_)
        | NodeKind::Or(_)
        | NodeKind::Choice { .. }
        | NodeKind::Equal { .. }
        | NodeKind::MemberOf { .. } => true,
        NodeKind::NonNull { value, .. } => {
            node(*value).is_some_and(|value| !value.shape.nullable && value.shape.ty != Type::Any)
        }
        NodeKind::Order { lhs, rhs, .. } => match (node(*lhs), node(*rhs)) {
            (Some(lhs), Some(rhs)) => always_ordered(&lhs.shape, &rhs.shape),
            _ => false,
        },
        NodeKind::Operation { operator, .. } => {
            functions::row(functions::operator(*operator)).is_some_and(|row| row.total)
        }
        NodeKind::Call { row, .. } => functions::row(*row).is_some_and(|row| row.total),
        NodeKind::Arithmetic { .. }
        | NodeKind::Concat(_)
        | NodeKind::Stream { .. }
        | NodeKind::Charge { .. }
        | NodeKind::ChargeSize(..)
        | NodeKind::Fail(_) => false,
    }
}

/// Whether `Operator::Compare` has an answer for all values of these shapes (decision 14).
fn always_ordered(lhs: &Shape, rhs: &Shape) -> bool {
    let numeric = |shape: &Shape| matches!(shape.ty, Type::Integer | Type::Number);
    let textual = |shape: &Shape| {
        matches!(shape.ty, Type::Text | Type::Group | Type::DateTime | Type::Country)
    };
    let boolean = |shape: &Shape| shape.ty == Type::Boolean;
    let null = |shape: &Shape| shape.ty == Type::Null;
    null(lhs)
        || null(rhs)
        || (numeric(lhs) && numeric(rhs))
        || (textual(lhs) && textual(rhs))
        || (boolean(lhs) && boolean(rhs))
}
