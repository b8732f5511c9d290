//! Whole functions: one for a value, one for its JSON, one for the members of an object.

use super::Place;
use super::function::{Emitter, Needs, Ssa};
use super::literal::json_bytes;
use super::sink::Omitted;
use crate::ir::{Body, Constant, Member};
use claimsmith_runtime::Kind;
use claimsmith_runtime::abi::OFFSETS;
use claimsmith_runtime::limits;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Block, InstBuilder};
use cranelift_frontend::FunctionBuilder;

/// Bytes of one expression's output.
const MOST_OUTPUT: i64 = limits::OUTPUT as i64;

impl<'e, 'b> Emitter<'e, 'b> {
    /// Leaves the value of an expression in the context.
    pub(super) fn write_value(mut self, body: &'b Body) -> (FunctionBuilder<'e>, Needs) {
        self.start(body, None);
        let words = self.value(self.root());
        let context = self.kept_context();
        self.store_words(words, context, OFFSETS.result);
        self.finish()
    }

    /// Writes the value of an expression as JSON.
    pub(super) fn write_json(mut self, body: &'b Body) -> (FunctionBuilder<'e>, Needs) {
        let cursor = self.open_output();
        self.start(body, None);
        // `CompiledSet::evaluate` makes sure that there is room for all that one may write.
        self.limit = self.add(cursor, MOST_OUTPUT);
        self.is_roomy = true;
        self.json(self.root(), Omitted::default());
        self.settle();
        self.close_output()
    }

    /// Writes the selected members of an object.
    pub(super) fn write_object(mut self, members: &'b [Member]) -> (FunctionBuilder<'e>, Needs) {
        self.open_output();
        self.limit = self.load_fixed(I64, self.context, OFFSETS.output_end);
        self.needs.n_words = members.len().div_ceil(64);
        let start = self.at();
        for (index, member) in members.iter().enumerate() {
            let next = self.block();
            self.skip_unless_selected(index, next);
            let most = self.member(index, member, next);
            self.jump(next);
            self.enter(next);
            self.unchecked = most;
        }
        self.limit = self.load_fixed(I64, self.context, OFFSETS.output_end);
        self.settle();
        // The comma behind the last one.
        let end = self.at();
        let is_any = self.builder.ins().icmp(IntCC::NotEqual, end, start);
        let comma = self.builder.ins().uextend(I64, is_any);
        let end = self.builder.ins().isub(end, comma);
        self.go_to(end);
        self.close_output()
    }

    fn open_output(&mut self) -> Ssa {
        let cursor = self.load(I64, self.context, OFFSETS.cursor);
        self.go_to(cursor);
        cursor
    }

    fn close_output(mut self) -> (FunctionBuilder<'e>, Needs) {
        let cursor = self.at();
        let context = self.kept_context();
        self.store(cursor, context, OFFSETS.cursor);
        self.finish()
    }

    /// From here an expression may write so much and no more.
    fn limit_output(&mut self) {
        let end = self.load_fixed(I64, self.context, OFFSETS.output_end);
        let cursor = self.at();
        let most = self.add(cursor, MOST_OUTPUT);
        self.limit = self.builder.ins().umin(end, most);
    }

    fn skip_unless_selected(&mut self, index: usize, next: Block) {
        let offset = i32::try_from(index / 64 * 8).unwrap_or(0);
        let word = self.load_fixed(I64, self.selected, offset);
        let bit = self.builder.ins().band_imm_u(word, 1_i64 << (index % 64));
        self.leave_if_not(bit, next);
    }

    /// Writes one member, or nothing if it has no value. Answers how many bytes are unchecked behind it
    /// at most.
    fn member(&mut self, index: usize, member: &'b Member, next: Block) -> u32 {
        let (before, unchecked) = (self.at(), self.unchecked);
        let (omitted, mut most) = (self.cold_block(), unchecked);
        let mut is_left = true;
        for (number, alternative) in member.alternatives.iter().enumerate() {
            let place = |in_guard| Some(Place { member: index, alternative: number, in_guard });
            let other = alternative.guard.as_ref().map(|guard| {
                let other = self.block();
                self.start(guard, place(true));
                self.guarded(other);
                other
            });
            self.start(&alternative.value, place(false));
            self.unchecked = unchecked;
            self.alternative(member, omitted);
            most = most.max(self.unchecked);
            self.jump(next);
            // Behind one without a guard there is no other.
            let Some(other) = other else {
                is_left = false;
                break;
            };
            self.enter(other);
            self.go_to(before);
        }
        if is_left {
            self.jump(omitted);
        }
        self.enter(omitted);
        self.go_to(before);
        most
    }

    /// Leaves for `other` unless the guard gives the boolean true.
    fn guarded(&mut self, other: Block) {
        let root = self.root();
        let holds = self.block();
        if super::branch::is_boolean(self.shape(root)) {
            self.branch(root, holds, other);
        } else {
            let words = self.value(root);
            let boolean = self.is_kind(words, Kind::Boolean);
            self.leave_if_not(boolean, other);
            self.fork(words.bits, holds, other);
        }
        self.enter(holds);
    }

    fn leave_if_not(&mut self, condition: Ssa, block: Block) {
        let next = self.block();
        self.fork(condition, next, block);
        self.enter(next);
    }

    /// Writes name, value and comma; nothing counts if the value is left out.
    fn alternative(&mut self, member: &Member, omitted: Block) {
        self.limit = self.load_fixed(I64, self.context, OFFSETS.output_end);
        let mut name = json_bytes(&Constant::Text(member.name.clone()));
        name.push(b':');
        self.literal(&name);
        self.limit_output();
        self.is_short = true;
        let empty = member.omit_empty.then_some(omitted);
        self.json(self.root(), Omitted { null: Some(omitted), empty });
        // Only of what is short are bytes left for those who come next to compare with their limit.
        if !self.is_short {
            self.settle();
        }
        self.literal(b",");
    }
}
