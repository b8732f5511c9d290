//! Calls of the runtime: of a row by its number, of the few functions that are called for
//! themselves, and what they need besides: the context, and room for arguments.

use super::function::{Emitter, Ssa, Words, flags};
use super::machine::Imports;
use crate::ir::NodeId;
use claimsmith_runtime::Fault;
use claimsmith_runtime::abi::{NO_ANSWER, OFFSETS};
use claimsmith_runtime::functions::{self, Meaning, Operator};
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{Inst, InstBuilder, StackSlot, StackSlotData, StackSlotKind};

/// What the calls of one function share.
#[derive(Debug)]
pub(super) struct Calls {
    imports: Imports,
    /// Where the context is wanted for seldom things, each standing for a load, see
    /// [`Emitter::keep_context`].
    wanted: Vec<Inst>,
    /// Room for the most arguments of any call.
    stack: Option<StackSlot>,
    /// Where loops over groups put what they need on, while none does.
    pub(super) parked: Option<StackSlot>,
    stacked: usize,
}

impl Calls {
    pub(super) fn new(imports: Imports) -> Self {
        Self { imports, wanted: Vec::new(), stack: None, parked: None, stacked: 0 }
    }
}

impl Emitter<'_, '_> {
    pub(super) fn operate(
        &mut self,
        operator: Operator,
        arguments: &[Words],
        node: NodeId,
    ) -> Words {
        self.call_row(functions::operator(operator), arguments, node)
    }

    /// Calls a row with these values.
    pub(super) fn call_row(&mut self, row: u32, arguments: &[Words], node: NodeId) -> Words {
        let address = self.arguments(arguments);
        let n = self.constant(i64::try_from(arguments.len()).unwrap_or(0));
        self.call_row_at(row, address, n, node)
    }

    /// Calls a row with the `n` values at an address.
    pub(super) fn call_row_at(&mut self, row: u32, address: Ssa, n: Ssa, node: NodeId) -> Words {
        let Some(Meaning::Body(body)) = functions::row(row).map(|row| row.meaning) else {
            self.raise(Fault::Internal, node);
            return self.null();
        };
        let n = self.builder.ins().ireduce(I32, n);
        let body = self.constant((body as usize).cast_signed() as i64);
        let context = self.kept_context();
        let arguments = [context, body, address, n];
        let call = self.builder.ins().call(self.calls.imports.call_row, &arguments);
        if let [code] = *self.builder.inst_results(call) {
            self.fault_unless_zero(code, node);
        }
        let context = self.kept_context();
        self.load_words(context, OFFSETS.result)
    }

    /// Asks whether a pattern of the program matches the whole of a text.
    pub(super) fn matches_pattern(&mut self, pattern: u64, text: Words, node: NodeId) -> Ssa {
        let pattern = self.constant(pattern.cast_signed());
        let len = self.len(text);
        let arguments = [pattern, text.bits, len];
        let call = self.builder.ins().call(self.calls.imports.matches_pattern, &arguments);
        let Some(answer) = self.builder.inst_results(call).first().copied() else { return len };
        let unknown = self.compare(IntCC::Equal, answer, i64::from(NO_ANSWER));
        self.fault_if(unknown, Fault::Internal, node);
        answer
    }

    /// Where these values lie, for a call.
    fn arguments(&mut self, arguments: &[Words]) -> Ssa {
        self.calls.stacked = self.calls.stacked.max(arguments.len().max(1));
        let slot = self.stack_slot();
        let address = self.builder.ins().stack_addr(I64, slot, 0);
        for (offset, words) in (0..).step_by(16).zip(arguments) {
            self.store_words(*words, address, offset);
        }
        address
    }

    /// Room for the arguments of one call at a time; its size is set when the function ends.
    fn stack_slot(&mut self) -> StackSlot {
        if let Some(slot) = self.calls.stack {
            return slot;
        }
        let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 16, 3);
        let slot = self.builder.create_sized_stack_slot(data);
        self.calls.stack = Some(slot);
        slot
    }

    /// Memory of the arena.
    pub(super) fn allocate(&mut self, bytes: Ssa) -> Ssa {
        let context = self.kept_context();
        let call = self.builder.ins().call(self.calls.imports.allocate, &[context, bytes]);
        self.builder.inst_results(call).first().copied().unwrap_or(bytes)
    }

    /// The address of what is kept of a lambda.
    pub(super) fn open_column(&mut self, number: Ssa) -> Ssa {
        let context = self.kept_context();
        let call = self.builder.ins().call(self.calls.imports.open_column, &[context, number]);
        self.builder.inst_results(call).first().copied().unwrap_or(number)
    }

    /// Keeps so many bytes that a lambda made of a group.
    pub(super) fn keep_bytes(
        &mut self,
        number: Ssa,
        symbol: Ssa,
        (start, len): (Ssa, Ssa),
        steps: Ssa,
    ) {
        let context = self.kept_context();
        let arguments = [context, number, symbol, start, len, steps];
        self.builder.ins().call(self.calls.imports.keep_fragment, &arguments);
    }

    /// Lets the runtime write a text at the cursor, and so many bytes of [`claimsmith_runtime::abi::BEHIND`] behind it; answers
    /// where the next byte goes, 0 if that is beyond the limit.
    pub(super) fn write_text_by_call(&mut self, words: Words, n_behind: usize) -> Ssa {
        let cursor = self.builder.use_var(self.cursor);
        let n_behind = self.builder.ins().iconst(I32, i64::try_from(n_behind).unwrap_or(0));
        let arguments = [cursor, self.limit, words.bits, words.meta, n_behind];
        let call = self.builder.ins().call(self.calls.imports.write_text, &arguments);
        self.builder.inst_results(call).first().copied().unwrap_or(cursor)
    }

    /// Lets the runtime write an integer at the cursor.
    pub(super) fn write_integer_by_call(&mut self, bits: Ssa) {
        let cursor = self.builder.use_var(self.cursor);
        let call = self.builder.ins().call(self.calls.imports.write_integer, &[cursor, bits]);
        if let [behind] = *self.builder.inst_results(call) {
            self.builder.def_var(self.cursor, behind);
        }
    }

    /// Lets the runtime write a value at the cursor.
    pub(super) fn write_by_call(&mut self, words: Words) {
        self.expect_much();
        let address = self.arguments(&[words]);
        let cursor = self.builder.use_var(self.cursor);
        let context = self.kept_context();
        self.store(cursor, context, OFFSETS.cursor);
        let call = self.builder.ins().call(self.calls.imports.write_json, &[context, address]);
        if let [code] = *self.builder.inst_results(call) {
            self.leave_if(code, self.full);
        }
        let context = self.kept_context();
        let cursor = self.load(I64, context, OFFSETS.cursor);
        self.builder.def_var(self.cursor, cursor);
    }

    /// The context, for a call or another seldom thing.
    pub(super) fn kept_context(&mut self) -> Ssa {
        let standing_for = self.builder.ins().bor_imm_u(self.context, 0);
        let inst = self.builder.func.dfg.value_def(standing_for).inst();
        self.calls.wanted.extend(inst);
        standing_for
    }

    /// Ends what calls need when the function is written.
    pub(super) fn finish_calls(&mut self) {
        if self.has_calls() {
            self.keep_context();
        }
        if let Some(slot) = self.calls.stack {
            let bytes = u32::try_from(self.calls.stacked * 16).unwrap_or(0);
            if let Some(data) = self.builder.func.sized_stack_slots.get_mut(slot) {
                data.size = bytes;
            }
        }
    }

    fn has_calls(&self) -> bool {
        let function = &self.builder.func;
        let mut instructions =
            function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
        instructions.any(|inst| function.dfg.insts[inst].opcode().is_call())
    }

    /// Puts the context on the stack, so that loops need no register for what is seldom wanted. A
    /// function that calls nothing has registers enough, and needs no frame without.
    fn keep_context(&mut self) {
        let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 8, 3);
        let kept = self.builder.create_sized_stack_slot(data);
        let mut cursor = FuncCursor::new(self.builder.func);
        for inst in &self.calls.wanted {
            cursor.goto_inst(*inst);
            let address = cursor.ins().stack_addr(I64, kept, 0);
            cursor.func.replace(*inst).load(I64, flags(), address, 0);
        }
        if let Some(entry) = cursor.func.layout.entry_block() {
            cursor.goto_first_insertion_point(entry);
            let address = cursor.ins().stack_addr(I64, kept, 0);
            cursor.ins().store(flags(), self.context, address, 0);
        }
    }
}
