//! The value of a node, in registers.

use super::Mistake;
use super::function::{Binding, Emitter, Ssa, Words};
use crate::ir::{Constant, Link, LocalId, NodeId, NodeKind, Sink};
use claimsmith_runtime::abi::OFFSETS;
use claimsmith_runtime::functions::{self, Null, Operator, Work};
use claimsmith_runtime::record::SLOTS;
use claimsmith_runtime::types::{Shape, Type};
use claimsmith_runtime::value::layout;
use claimsmith_runtime::{Fault, Kind, Value};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Block, InstBuilder};
use std::sync::Arc;

/// Arguments of one call that wait for it in registers. Each is kept over all calls that the others
/// take, and the register allocator looks at every such pair.
const MOST_HELD: usize = 16;

impl<'b> Emitter<'_, 'b> {
    /// Evaluates a node.
    pub(super) fn value(&mut self, id: NodeId) -> Words {
        let Some(node) = self.node(id) else { return self.never(Fault::Internal, id) };
        if self.is_decided(id) {
            return self.decided(id);
        }
        match &node.kind {
            NodeKind::Constant(constant) => self.constant_value(constant),
            NodeKind::Root(ordinal) => self.root_record(id, *ordinal, &node.shape),
            NodeKind::Local(local) => match self.binding(*local) {
                Some(binding) => binding.words,
                None => self.never(Fault::Internal, id),
            },
            NodeKind::Slot { record, index } => self.slot(id, *record, *index),
            NodeKind::GroupRecord(group) => self.group_record(id, *group, &node.shape),
            NodeKind::NonNull { value, fault } => {
                let words = self.value(*value);
                if let Some(null) = self.is_null(words, self.shape(*value)) {
                    self.fault_if(null, *fault, id);
                }
                words
            }
            NodeKind::Guard { local, value, rest } => self.guard(*local, *value, *rest),
            NodeKind::Choice { links, otherwise } => self.choice(id, links, *otherwise),
            NodeKind::Arithmetic { first, rest } => self.arithmetic(id, *first, rest),
            NodeKind::Concat(pieces) => self.operation(id, Operator::Concatenate, pieces),
            NodeKind::Operation { operator, arguments } => self.operation(id, *operator, arguments),
            NodeKind::Call { row, arguments } => self.call(id, *row, arguments),
            NodeKind::Stream { source, stages, sink, element_cost } => {
                self.stream_value(id, *source, stages, sink, *element_cost)
            }
            NodeKind::Charge { steps, body } => {
                self.charge(*steps, id);
                self.value(*body)
            }
            NodeKind::ChargeSize(value, work) => {
                let words = self.value(*value);
                match work {
                    Work::Walk => self.spend_size(words, self.shape(*value), id),
                    other => {
                        let steps = self.operate(other.operator(), &[words], id);
                        self.spend(steps.bits, id);
                    }
                }
                words
            }
            NodeKind::Fail(fault) => self.never(*fault, id),
            NodeKind::Not(_)
            | NodeKind::And(_)
            | NodeKind::Or(_)
            | NodeKind::Equal { .. }
            | NodeKind::Order { .. }
            | NodeKind::MemberOf { .. } => self.decided(id),
        }
    }

    /// Whether a node is a question that is best decided by control flow.
    fn is_decided(&self, id: NodeId) -> bool {
        match self.node(id).map(|node| &node.kind) {
            Some(
                NodeKind::Not(_)
                | NodeKind::And(_)
                | NodeKind::Or(_)
                | NodeKind::Equal { .. }
                | NodeKind::Order { .. }
                | NodeKind::MemberOf { .. }
                | NodeKind::Stream { sink: Sink::Any | Sink::None | Sink::Contains(_), .. },
            ) => true,
            Some(NodeKind::Call { row, arguments }) => self.question(*row, arguments).is_some(),
            _ => false,
        }
    }

    /// The boolean of a question.
    fn decided(&mut self, id: NodeId) -> Words {
        let (yes, no, end) = (self.block(), self.block(), self.block());
        let answer = self.builder.append_block_param(end, I64);
        self.branch(id, yes, no);
        for (block, bits) in [(yes, 1), (no, 0)] {
            self.enter(block);
            let bits = self.constant(bits);
            self.jump_one(end, bits);
        }
        self.enter(end);
        self.of_kind(answer, Kind::Boolean)
    }

    /// Faults, and stands for a value that is never there.
    fn never(&mut self, fault: Fault, node: NodeId) -> Words {
        self.raise(fault, node);
        self.null()
    }

    pub(super) fn constant_value(&mut self, constant: &Constant) -> Words {
        let words = match constant {
            Constant::Null => Value::NULL.words(),
            Constant::Boolean(value) => Value::boolean(*value).words(),
            Constant::Integer(value) => Value::integer(*value).words(),
            Constant::Number(value) => Value::number(*value).words(),
            Constant::Text(text) => self.shared.constants.text(text),
        };
        self.words(words)
    }

    fn root_record(&mut self, id: NodeId, ordinal: u32, shape: &Shape) -> Words {
        let record_type = match &shape.ty {
            Type::Record(record_type) => Some(Arc::clone(record_type)),
            _ => None,
        };
        let need = (ordinal as usize, record_type, shape.nullable);
        if !self.needs.roots.contains(&need) {
            self.needs.roots.push(need);
        }
        let offset = i32::try_from(u64::from(ordinal) * 8).unwrap_or(0);
        let header = self.load_fixed(I64, self.roots, offset);
        match (&shape.ty, self.is_wanted_whole(id)) {
            (Type::Record(_), false) => self.of_kind(header, Kind::Record),
            _ => self.record_words(header),
        }
    }

    /// The value of a record by its header, which may be null: its depth is in the header.
    fn record_words(&mut self, header: Ssa) -> Words {
        let null = self.compare(IntCC::Equal, header, 0);
        let zeros = self.constant(self.shared.constants.zeros().cast_signed());
        let readable = self.builder.ins().select(null, zeros, header);
        let word = self.load_fixed(I64, readable, layout::META);
        let depth = self.builder.ins().band_imm_u(word, 0xff_i64 << layout::DEPTH_SHIFT);
        let kind = self.constant((Kind::Record as i64) << layout::KIND_SHIFT);
        let meta = self.builder.ins().bor(depth, kind);
        let nothing = self.constant(0);
        let meta = self.builder.ins().select(null, nothing, meta);
        Words { bits: header, meta }
    }

    fn slot(&mut self, id: NodeId, record: NodeId, index: u32) -> Words {
        let field = match &self.shape(record).ty {
            Type::Record(record_type) => record_type.fields.get(index as usize),
            _ => None,
        };
        let record = self.value(record);
        match (slot_offset(index), field) {
            (Some(offset), Some(field)) => self.load_value(&field.shape, record.bits, offset),
            _ => self.never(Fault::Internal, id),
        }
    }

    fn group_record(&mut self, id: NodeId, group: NodeId, shape: &Shape) -> Words {
        let record_type = match &shape.ty {
            Type::Record(record_type) => Arc::clone(record_type),
            _ => return self.never(Fault::Internal, id),
        };
        self.needs.groups = Some(record_type);
        let group = self.value(group);
        let symbol = self.low_half(group.bits);
        let n = self.load_surrounding(OFFSETS.n_groups);
        let beyond = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, symbol, n);
        self.fault_if(beyond, Fault::Internal, id);
        let groups = self.load_surrounding(OFFSETS.groups);
        let offset = self.builder.ins().ishl_imm_u(symbol, 3);
        let address = self.builder.ins().iadd(groups, offset);
        let header = self.load(I64, address, 0);
        self.record_words(header)
    }

    /// The name of a group. Total for any bits, so that it can stand anywhere.
    pub(super) fn group_text(&mut self, group: Words) -> Words {
        let mask = self.load_surrounding(OFFSETS.names_mask);
        let names = self.load_surrounding(OFFSETS.names);
        // The symbol is the upper half, and a name takes 16 bytes.
        let offset = self.builder.ins().ushr_imm_u(group.bits, 32 - 4);
        let offset = self.builder.ins().band(offset, mask);
        let address = self.builder.ins().iadd(names, offset);
        let bits = self.load_fixed(I64, address, layout::BITS);
        let meta = self.load_fixed(I64, address, layout::META);
        Words { bits, meta }
    }

    fn guard(&mut self, local: LocalId, value: NodeId, rest: NodeId) -> Words {
        let end = self.merge_block();
        self.guard_into(local, value, rest, end);
        self.enter_with(end)
    }

    /// Hands the value of a guard to `end`.
    fn guard_into(&mut self, local: LocalId, value: NodeId, rest: NodeId, end: Block) {
        let words = self.value(value);
        let null = self.is_null(words, self.shape(value));
        self.bind(local, Binding { words, prefix: None });
        if let Some(null) = null {
            let some = self.block();
            let nothing = self.null();
            let arguments = [nothing.bits.into(), nothing.meta.into()];
            self.builder.ins().brif(null, end, &arguments, some, &[]);
            self.enter(some);
        }
        self.value_into(rest, end);
    }

    /// Hands the value of a node to `end`: a chain of guards has one end, however long it is.
    fn value_into(&mut self, id: NodeId, end: Block) {
        match self.node(id).map(|node| &node.kind) {
            Some(NodeKind::Charge { steps, body }) => {
                self.charge(*steps, id);
                self.value_into(*body, end);
            }
            Some(NodeKind::Guard { local, value, rest }) => {
                self.guard_into(*local, *value, *rest, end);
            }
            _ => {
                let words = self.value(id);
                self.jump_with(end, words);
            }
        }
    }

    fn choice(&mut self, id: NodeId, links: &'b [Link], otherwise: NodeId) -> Words {
        let end = self.merge_block();
        for link in links {
            let next = self.block();
            match link {
                Link::If { condition, then } => {
                    let arm = self.block();
                    self.condition(id, *condition, arm, next);
                    self.enter(arm);
                    let words = self.value(*then);
                    self.jump_with(end, words);
                }
                Link::Default { value, empty_too } => {
                    let words = self.default(*value, *empty_too, next);
                    self.jump_with(end, words);
                }
            }
            self.enter(next);
        }
        let words = self.value(otherwise);
        self.jump_with(end, words);
        self.enter_with(end)
    }

    /// Leaves for `block` if the value is the empty text.
    pub(super) fn leave_if_empty_text(&mut self, words: Words, shape: &Shape, block: Block) {
        if shape.ty == Type::Text {
            let len = self.short_len(words);
            let empty = self.compare(IntCC::Equal, len, 0);
            self.leave_if(empty, block);
        } else if shape.ty == Type::Any {
            let empty = self.is_empty_of(words, Kind::Text);
            self.leave_if(empty, block);
        }
    }

    /// Whether a value of any kind is the text or list without elements.
    pub(super) fn is_empty_of(&mut self, words: Words, kind: Kind) -> Ssa {
        let low = self.builder.ins().band_imm_u(words.meta, 0xff_ffff_ffff);
        self.compare(IntCC::Equal, low, super::function::kind_word(kind))
    }

    /// Each step is done before the next operand is evaluated. Integers need no call.
    fn arithmetic(&mut self, id: NodeId, first: NodeId, rest: &[(Operator, NodeId)]) -> Words {
        let integer = |shape: &Shape| shape.ty == Type::Integer && !shape.nullable;
        let mut integers = integer(self.shape(first));
        let mut result = self.value(first);
        for (operator, node) in rest {
            let operand = self.value(*node);
            integers &= integer(self.shape(*node))
                && matches!(operator, Operator::Add | Operator::Subtract | Operator::Multiply);
            result = if integers {
                self.integer_step(id, *operator, result, operand)
            } else {
                self.operate(*operator, &[result, operand], id)
            };
        }
        result
    }

    fn integer_step(&mut self, id: NodeId, operator: Operator, lhs: Words, rhs: Words) -> Words {
        let instructions = self.builder.ins();
        let (bits, overflow) = match operator {
            Operator::Add => instructions.sadd_overflow(lhs.bits, rhs.bits),
            Operator::Subtract => instructions.ssub_overflow(lhs.bits, rhs.bits),
            _ => instructions.smul_overflow(lhs.bits, rhs.bits),
        };
        self.fault_if(overflow, Fault::Arithmetic, id);
        self.of_kind(bits, Kind::Integer)
    }

    fn operation(&mut self, id: NodeId, operator: Operator, arguments: &[NodeId]) -> Words {
        if let (Operator::AsText, [argument]) = (operator, arguments) {
            let shape = self.shape(*argument);
            let words = self.value(*argument);
            return match shape.ty {
                Type::Group if !shape.nullable => self.group_text(words),
                Type::Text if !shape.nullable => words,
                _ => self.operate(operator, &[words], id),
            };
        }
        if arguments.len() > MOST_HELD {
            return self.call_stored(id, functions::operator(operator), arguments);
        }
        let mut values = self.values(arguments);
        if operator == Operator::SortedBy && self.makes(Mistake::UnstableSort) {
            values = values.into_iter().map(|list| self.reversed(list, id)).collect();
        }
        self.shared(id, |emitter| emitter.operate(operator, &values, id))
    }

    /// The list in opposite order, for a planted mistake.
    fn reversed(&mut self, list: Words, id: NodeId) -> Words {
        let reverse = functions::rows().find(|(_, row)| row.names.contains(&"reverse"));
        reverse.map_or(list, |(row, _)| self.call_row(row, &[list], id))
    }

    pub(super) fn values(&mut self, nodes: &[NodeId]) -> Vec<Words> {
        nodes.iter().map(|node| self.value(*node)).collect()
    }

    fn call(&mut self, id: NodeId, row: u32, arguments: &[NodeId]) -> Words {
        self.call_or_null(id, row, arguments, None)
    }

    /// The result of a row; where a null argument makes it null, it goes on at `null`, if that is
    /// given.
    pub(super) fn call_or_null(
        &mut self,
        id: NodeId,
        row: u32,
        arguments: &[NodeId],
        null: Option<Block>,
    ) -> Words {
        if arguments.len() > MOST_HELD {
            let words = self.call_stored(id, row, arguments);
            return null.map_or(words, |null| self.unless_missing(id, words, null));
        }
        let Some(function) = functions::row(row) else { return self.never(Fault::Internal, id) };
        let values = self.values(arguments);
        let mut flowing = Vec::new();
        for (index, (argument, words)) in arguments.iter().zip(&values).enumerate() {
            let Some(null) = self.is_null(*words, self.shape(*argument)) else { continue };
            match function.parameter(index).map(|parameter| parameter.null) {
                Some(Null::Faults) => self.fault_if(null, Fault::Type, id),
                Some(Null::Flows) => flowing.push(null),
                Some(Null::Accepted) | None => {}
            }
        }
        if self.makes(Mistake::MissingNullCheck) {
            return self.call_row(row, &values, id);
        }
        let call = |emitter: &mut Self| match emitter.part_of(id, row, arguments, &values) {
            Some(words) => words,
            None => emitter.shared(id, |emitter| emitter.call_row(row, &values, id)),
        };
        match null {
            Some(block) => {
                flowing.into_iter().for_each(|null| self.leave_if(null, block));
                call(self)
            }
            None => self.unless_null(flowing, call),
        }
    }

    /// What `made` gives, or null where one of these conditions holds.
    fn unless_null(&mut self, nulls: Vec<Ssa>, made: impl FnOnce(&mut Self) -> Words) -> Words {
        if nulls.is_empty() {
            return made(self);
        }
        let end = self.merge_block();
        let nothing = self.null();
        for null in nulls {
            let next = self.block();
            let arguments = [nothing.bits.into(), nothing.meta.into()];
            self.builder.ins().brif(null, end, &arguments, next, &[]);
            self.enter(next);
        }
        let words = made(self);
        self.jump_with(end, words);
        self.enter_with(end)
    }

    /// Calls a row with many arguments, each of which is stored as soon as it is made.
    fn call_stored(&mut self, id: NodeId, row: u32, arguments: &[NodeId]) -> Words {
        let Some(function) = functions::row(row) else { return self.never(Fault::Internal, id) };
        let address = self.stored(arguments);
        let mut flowing = Vec::new();
        for (index, (argument, offset)) in arguments.iter().zip((0..).step_by(16)).enumerate() {
            let null = function.parameter(index).map_or(Null::Accepted, |parameter| parameter.null);
            if null == Null::Accepted {
                continue;
            }
            let words = self.load_words(address, offset);
            let Some(is_null) = self.is_null(words, self.shape(*argument)) else { continue };
            match null {
                Null::Faults => self.fault_if(is_null, Fault::Type, id),
                _ => flowing.push(is_null),
            }
        }
        let n = self.constant(i64::try_from(arguments.len()).unwrap_or(0));
        self.unless_null(flowing, |emitter| emitter.call_row_at(row, address, n, id))
    }

    /// Where the values of these nodes lie in the arena.
    fn stored(&mut self, nodes: &[NodeId]) -> Ssa {
        let bytes = self.constant(i64::try_from(nodes.len() * 16).unwrap_or(0));
        let address = self.allocate(bytes);
        for (node, offset) in nodes.iter().zip((0..).step_by(16)) {
            let words = self.value(*node);
            self.store_words(words, address, offset);
        }
        address
    }
}

/// Where a slot is in a record.
pub(super) fn slot_offset(index: u32) -> Option<i32> {
    i32::try_from(u64::from(index) * 16).ok().and_then(|at| at.checked_add(SLOTS))
}
