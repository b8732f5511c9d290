//! A condition, decided by control flow instead of a boolean in a register.

use super::function::{Binding, Emitter};
use crate::ir::{Link, NodeId, NodeKind, Order, Sink};
use claimsmith_runtime::functions::Operator;
use claimsmith_runtime::types::{Shape, Type};
use claimsmith_runtime::{Fault, Kind};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder};

impl<'b> Emitter<'_, 'b> {
    /// Goes on at `yes` or `no`. Anything but a boolean faults at `parent`, which asks.
    pub(super) fn condition(&mut self, parent: NodeId, id: NodeId, yes: Block, no: Block) {
        if is_boolean(self.shape(id)) {
            return self.branch(id, yes, no);
        }
        let words = self.value(id);
        let boolean = self.is_kind(words, Kind::Boolean);
        let other = self.compare(IntCC::Equal, boolean, 0);
        self.fault_if(other, Fault::Type, parent);
        self.fork(words.bits, yes, no);
    }

    /// Goes on at `yes` or `no`; the node gives a boolean.
    pub(super) fn branch(&mut self, id: NodeId, yes: Block, no: Block) {
        let Some(node) = self.node(id) else { return self.jump(no) };
        match &node.kind {
            NodeKind::Not(value) => self.condition(id, *value, no, yes),
            NodeKind::And(operands) => self.operands(id, operands, yes, no, true),
            NodeKind::Or(operands) => self.operands(id, operands, yes, no, false),
            NodeKind::Choice { links, otherwise } if is_boolean(&node.shape) => {
                self.branch_choice(id, links, *otherwise, yes, no);
            }
            NodeKind::Guard { local, value, rest } if self.is_there(*value) => {
                let words = self.value(*value);
                self.bind(*local, Binding { words, prefix: None });
                self.condition(id, *rest, yes, no);
            }
            NodeKind::Equal { lhs, rhs, negated } => {
                let (yes, no) = if *negated { (no, yes) } else { (yes, no) };
                self.branch_sides(id, *lhs, *rhs, yes, no);
            }
            NodeKind::Order { order, lhs, rhs } => {
                self.branch_order(id, *order, *lhs, *rhs, yes, no)
            }
            NodeKind::MemberOf { groups, names } => {
                let words = self.present(*groups, no);
                let shape = self.shape(*groups);
                self.branch_shared(id, (yes, no), |emitter, yes, no| {
                    emitter.branch_member(id, words, shape, names, (yes, no));
                });
            }
            NodeKind::Charge { steps, body } => {
                self.charge(*steps, id);
                self.condition(id, *body, yes, no);
            }
            NodeKind::Stream {
                source,
                stages,
                sink: sink @ (Sink::Any | Sink::None | Sink::Contains(_)),
                element_cost,
            } => self.branch_stream(id, *source, stages, sink, *element_cost, (yes, no)),
            NodeKind::Call { row, arguments } => match self.question(*row, arguments) {
                Some(question) => self.ask(id, question, yes, no),
                None => self.branch_value(id, yes, no),
            },
            NodeKind::Constant(_)
            | NodeKind::Root(_)
            | NodeKind::Local(_)
            | NodeKind::Slot { .. }
            | NodeKind::GroupRecord(_)
            | NodeKind::NonNull { .. }
            | NodeKind::Guard { .. }
            | NodeKind::Choice { .. }
            | NodeKind::Arithmetic { .. }
            | NodeKind::Concat(_)
            | NodeKind::Operation { .. }
            | NodeKind::Stream { .. }
            | NodeKind::ChargeSize(..)
            | NodeKind::Fail(_) => self.branch_value(id, yes, no),
        }
    }

    fn branch_value(&mut self, id: NodeId, yes: Block, no: Block) {
        let words = self.value(id);
        self.fork(words.bits, yes, no);
    }

    /// Whether a node's shape says that it is never null.
    fn is_there(&self, id: NodeId) -> bool {
        let shape = self.shape(id);
        !shape.nullable && !matches!(shape.ty, Type::Any | Type::Null)
    }

    /// Operands from the left, until one is not `wanted`.
    fn operands(&mut self, id: NodeId, nodes: &'b [NodeId], yes: Block, no: Block, wanted: bool) {
        if nodes.is_empty() {
            return self.jump(if wanted { yes } else { no });
        }
        let mut rest = nodes;
        while let Some((first, mut others)) = rest.split_first() {
            let memberships = if wanted { None } else { self.memberships(rest) };
            if let Some(memberships) = &memberships {
                others = rest.get(memberships.n()..).unwrap_or_default();
            }
            let next = match (others, wanted) {
                ([], true) => yes,
                ([], false) => no,
                _ => self.block(),
            };
            let (holds, fails) = if wanted { (next, no) } else { (yes, next) };
            match memberships {
                Some(memberships) => self.branch_memberships(id, &memberships, holds, fails),
                None => self.condition(id, *first, holds, fails),
            }
            if !others.is_empty() {
                self.enter(next);
            }
            rest = others;
        }
    }

    fn branch_choice(
        &mut self,
        id: NodeId,
        links: &'b [Link],
        otherwise: NodeId,
        yes: Block,
        no: Block,
    ) {
        for link in links {
            let next = self.block();
            match link {
                Link::If { condition, then } => {
                    let arm = self.block();
                    self.condition(id, *condition, arm, next);
                    self.enter(arm);
                    self.condition(id, *then, yes, no);
                }
                // No boolean is the empty text.
                Link::Default { value, .. } => self.branch_or_null(*value, yes, no, next),
            }
            self.enter(next);
        }
        self.condition(id, otherwise, yes, no);
    }

    fn branch_order(
        &mut self,
        id: NodeId,
        order: Order,
        lhs: NodeId,
        rhs: NodeId,
        yes: Block,
        no: Block,
    ) {
        // Their first words say all, a date-time's its microseconds since 1970.
        let of = |ty: &Type| {
            [lhs, rhs].iter().all(|side| self.shape(*side).ty == *ty && !self.shape(*side).nullable)
        };
        let is_by_word = of(&Type::Integer) || of(&Type::DateTime);
        let (left, right) = (self.value(lhs), self.value(rhs));
        let condition = match order {
            Order::Less => IntCC::SignedLessThan,
            Order::LessOrEqual => IntCC::SignedLessThanOrEqual,
            Order::Greater => IntCC::SignedGreaterThan,
            Order::GreaterOrEqual => IntCC::SignedGreaterThanOrEqual,
        };
        let holds = if is_by_word {
            self.builder.ins().icmp(condition, left.bits, right.bits)
        } else {
            let compared = self.operate(Operator::Compare, &[left, right], id);
            self.compare(condition, compared.bits, 0)
        };
        self.fork(holds, yes, no);
    }
}

pub(super) fn is_boolean(shape: &Shape) -> bool {
    shape.ty == Type::Boolean && !shape.nullable
}
