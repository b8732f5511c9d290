//! Which values are wanted whole. A record is mostly asked for one slot, or whether it is there: its
//! address says that, and what else a value is made of is not written then.

use crate::ir::{Body, NodeId, NodeKind};
use claimsmith_runtime::types::Type;

/// By node, whether more of its value is wanted than the address of a record.
pub(super) fn wanted_whole(body: &Body) -> Vec<bool> {
    if !body.nodes.iter().any(|node| matches!(node.kind, NodeKind::Root(_))) {
        return vec![true; body.nodes.len()];
    }
    let mut wanted = Wanted {
        nodes: vec![false; body.nodes.len()],
        locals: vec![false; body.n_locals as usize],
        is_settled: false,
    };
    mark(&mut wanted.nodes, body.root.0 as usize);
    // What reads a local says what is wanted of the value that it is bound to.
    while !std::mem::replace(&mut wanted.is_settled, true) {
        wanted.walk(body);
    }
    wanted.nodes
}

struct Wanted {
    nodes: Vec<bool>,
    locals: Vec<bool>,
    /// Whether walking once more finds nothing new.
    is_settled: bool,
}

impl Wanted {
    fn walk(&mut self, body: &Body) {
        for (index, node) in body.nodes.iter().enumerate().rev() {
            let is_whole = self.nodes.get(index).copied().unwrap_or(true);
            match &node.kind {
                NodeKind::Slot { .. } => {}
                NodeKind::NonNull { value: node, .. } | NodeKind::Charge { body: node, .. } => {
                    self.want(*node, is_whole);
                }
                NodeKind::Guard { local, value, rest } => {
                    let of_local = self.locals.get(local.0 as usize).copied().unwrap_or(true);
                    self.want(*value, of_local);
                    self.want(*rest, is_whole);
                }
                NodeKind::Local(local) if is_whole => {
                    self.is_settled &= !mark(&mut self.locals, local.0 as usize);
                }
                NodeKind::Equal { lhs, rhs, .. } => {
                    let is_null =
                        |id: NodeId| body.node(id).is_some_and(|node| node.shape.ty == Type::Null);
                    self.want(*lhs, !is_null(*rhs));
                    self.want(*rhs, !is_null(*lhs));
                }
                other => other.children().into_iter().for_each(|child| self.want(child, true)),
            }
        }
    }

    fn want(&mut self, node: NodeId, is_whole: bool) {
        if is_whole {
            self.is_settled &= !mark(&mut self.nodes, node.0 as usize);
        }
    }
}

/// Answers whether that is new.
fn mark(marks: &mut [bool], index: usize) -> bool {
    marks.get_mut(index).is_some_and(|mark| !std::mem::replace(mark, true))
}
