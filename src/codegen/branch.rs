//! A condition, decided by control flow instead of a boolean in a register.

use super::function::{Binding, Emitter, Ssa};
use crate::ir::{Link, NodeId, NodeKind, Order, Sink};
use claimsmith_runtime::abi::OFFSETS;
use claimsmith_runtime::functions::Operator;
use claimsmith_runtime::types::{Shape, Type};
use claimsmith_runtime::value::layout;
use claimsmith_runtime::{Fault, Kind};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder};

/// Symbols of names that wait in registers for a loop over groups.
const MOST_HELD: usize = 6;

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
                let (left, right) = (self.value(*lhs), self.value(*rhs));
                self.branch_equal(id, self.side(*lhs, left), self.side(*rhs, right), yes, no);
            }
            NodeKind::Order { order, lhs, rhs } => {
                self.branch_order(id, *order, *lhs, *rhs, yes, no)
            }
            NodeKind::MemberOf { groups, names } => self.branch_member(id, *groups, names, yes, no),
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
    fn operands(&mut self, id: NodeId, nodes: &[NodeId], yes: Block, no: Block, wanted: bool) {
        let Some((last, first)) = nodes.split_last() else {
            return self.jump(if wanted { yes } else { no });
        };
        for node in first {
            let next = self.block();
            if wanted {
                self.condition(id, *node, next, no);
            } else {
                self.condition(id, *node, yes, next);
            }
            self.enter(next);
        }
        self.condition(id, *last, yes, no);
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
                Link::Default { value, empty_too } => {
                    let words = self.value(*value);
                    self.leave_if_missing(words, self.shape(*value), *empty_too, next);
                    self.fork(words.bits, yes, no);
                }
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

    /// Compares the name symbol of each group with those of the constants.
    fn branch_member(&mut self, id: NodeId, groups: NodeId, names: &[u32], yes: Block, no: Block) {
        let shape = self.shape(groups);
        let words = self.value(groups);
        if let Some(null) = self.is_null(words, shape) {
            self.leave_if(null, no);
        }
        let Type::List(element) = &shape.ty else {
            self.raise(Fault::Type, id);
            return self.jump(no);
        };
        let most = names.iter().map(|name| *name as usize + 1).max().unwrap_or(0);
        self.needs.n_names = self.needs.n_names.max(most);
        // Loads of what never changes are not moved out of a loop.
        let resolved = self.load_surrounding(OFFSETS.resolved);
        let offset = |name: &u32| i32::try_from(u64::from(*name) * 4).unwrap_or(0);
        let held = names.get(..MOST_HELD).unwrap_or(names);
        let held: Vec<Ssa> =
            held.iter().map(|name| self.load_fixed(I32, resolved, offset(name))).collect();
        let (body, next) = (self.block(), self.block());
        let address = self.builder.append_block_param(body, I64);
        let len = self.len(words);
        let bytes = self.builder.ins().ishl_imm_u(len, 4);
        let end = self.builder.ins().iadd(words.bits, bytes);
        let empty = self.compare(IntCC::Equal, len, 0);
        self.builder.ins().brif(empty, no, &[], body, &[words.bits.into()]);
        self.builder.switch_to_block(body);
        if element.nullable {
            let meta = self.load(I64, address, layout::META);
            let null = self.compare(IntCC::Equal, meta, 0);
            self.leave_if(null, next);
        }
        let found = self.load(I32, address, layout::BITS + 4);
        for (index, name) in names.iter().enumerate() {
            let symbol = match held.get(index) {
                Some(symbol) => *symbol,
                None => self.load_fixed(I32, resolved, offset(name)),
            };
            let same = self.builder.ins().icmp(IntCC::Equal, found, symbol);
            self.leave_if(same, yes);
        }
        self.jump(next);
        self.enter(next);
        let following = self.add(address, i64::from(layout::SIZE));
        let more = self.builder.ins().icmp(IntCC::NotEqual, following, end);
        self.builder.ins().brif(more, body, &[following.into()], no, &[]);
        self.builder.seal_block(body);
    }
}

pub(super) fn is_boolean(shape: &Shape) -> bool {
    shape.ty == Type::Boolean && !shape.nullable
}
