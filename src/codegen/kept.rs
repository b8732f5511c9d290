//! Lambdas that depend on nothing but a group: what they make of it is made once, kept under its
//! symbol, and copied from then on (design: "Results per group are kept").

use super::function::{Emitter, Ssa};
use super::walk::{Arrive, Element, Stream};
use crate::ir::{NodeId, Stage};
use crate::optimize::per_group;
use claimsmith_runtime::Kind;
use claimsmith_runtime::abi::OFFSETS;
use claimsmith_runtime::kept::{
    ENTRY_SIZE, FRAGMENT, KEPT_OFFSETS, KNOWN, LENGTH, PLACE_SIZE, STEPS_SHIFT, nothing,
};
use claimsmith_runtime::types::{Shape, Type};
use claimsmith_runtime::value::layout;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I8X16, I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder};
use cranelift_frontend::Variable;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A lambda that some compiled set has. Equal ones of all sets are one.
#[derive(Debug)]
pub(super) struct Lambda {
    /// Unlike those of all others, also of those that are gone.
    number: u64,
}

/// The lambdas of all sets that there are, by what they say.
static LAMBDAS: Mutex<Lambdas> = Mutex::new(Lambdas { by_text: BTreeMap::new(), swept_at: 64 });

/// Numbers that no lambda has yet; none has 0.
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

struct Lambdas {
    by_text: BTreeMap<String, Weak<Lambda>>,
    /// With so many, those that are gone are forgotten.
    swept_at: usize,
}

impl Lambda {
    /// The lambda that says this.
    pub(super) fn new(text: String) -> Arc<Self> {
        let mut lambdas = LAMBDAS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lambdas.by_text.get(&text).and_then(Weak::upgrade) {
            return known;
        }
        if lambdas.by_text.len() >= lambdas.swept_at {
            lambdas.by_text.retain(|_, lambda| lambda.strong_count() > 0);
            lambdas.swept_at = 64 + 2 * lambdas.by_text.len();
        }
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        let lambda = Arc::new(Self { number });
        lambdas.by_text.insert(text, Arc::downgrade(&lambda));
        lambda
    }
}

/// The column that a loop uses, while it may.
#[derive(Clone, Copy)]
struct Column {
    number: i64,
    /// The address of its first entry, or of one that never knows anything.
    start: Variable,
    /// Of the symbols that have an entry.
    mask: Variable,
}

/// The groups that a loop over them is yet to come to.
#[derive(Clone, Copy)]
struct Walk {
    /// Of the next.
    address: Variable,
    end: Ssa,
    /// The sum of what is told of those that were copied and are not paid for: their steps are its
    /// upper half, to which the lower does not carry.
    told: Variable,
}

impl<'e, 'b> Emitter<'e, 'b> {
    /// The lambda of a stream, if what it makes of groups is kept. A mistake made on purpose keeps
    /// nothing: those who make none would find it.
    pub(super) fn lambda_of(&mut self, source: NodeId, stages: &[Stage]) -> Option<Arc<Lambda>> {
        let text = per_group::text(self.body(), source, stages)?;
        let lambda = self.shared.settings.keeps().then(|| Lambda::new(text))?;
        self.shared.lambdas.push(Arc::clone(&lambda));
        Some(lambda)
    }

    /// As [`Emitter::for_each`], over groups of a stream whose lambda this is, and that writes what
    /// arrives.
    pub(super) fn for_each_kept(
        &mut self,
        stream: &Stream<'b>,
        (done, direct): (Block, bool),
        lambda: &Lambda,
        arrive: &mut Arrive<'_, 'e, 'b>,
    ) {
        let column = self.column(lambda);
        let len = self.len(stream.list);
        self.use_if_room(column, len);
        let bytes = self.builder.ins().ishl_imm_u(len, 4);
        let end = self.builder.ins().iadd(stream.list.bits, bytes);
        let walk = Walk { address: self.variable(stream.list.bits), end, told: self.counter(0) };
        let (again, unknown, settled) = (self.block(), self.cold_block(), self.block());
        self.fork(len, again, settled);
        self.builder.switch_to_block(again);
        let (group, told) = self.copy_known(column, walk, unknown, settled);
        self.enter(unknown);
        self.pay(walk);
        self.make_unknown(stream, column, (group, told), direct, arrive);
        let following = self.next_group(walk);
        let left = self.builder.ins().isub(end, following);
        let left = self.builder.ins().ushr_imm_u(left, 4);
        self.use_if_room(column, left);
        self.fork(left, again, settled);
        self.builder.seal_block(again);
        self.enter(settled);
        self.pay(walk);
        // What was copied spent steps without asking whether there are as many: seldom, then the
        // interpreter says where they ended.
        self.leave_if_overdrawn();
        self.jump(done);
    }

    /// Copies what is known up to the first group of which nothing is: that leaves for `unknown`, with
    /// its word and what is told of it. A loop inside of the one that makes what is unknown, so that
    /// its few words are in registers whatever making takes.
    fn copy_known(
        &mut self,
        column: Column,
        walk: Walk,
        unknown: Block,
        settled: Block,
    ) -> (Ssa, Ssa) {
        let (known, copy) = (self.block(), self.block());
        self.jump(known);
        self.builder.switch_to_block(known);
        let (start, mask) = (self.builder.use_var(column.start), self.builder.use_var(column.mask));
        let address = self.builder.use_var(walk.address);
        let group = self.load(I64, address, layout::BITS);
        let symbol = self.builder.ins().band(group, mask);
        let offset = self.builder.ins().imul_imm_s(symbol, i64::try_from(ENTRY_SIZE).unwrap_or(0));
        let entry = self.builder.ins().iadd(start, offset);
        let told = self.load_shared(entry, 0);
        let is_known = self.builder.ins().band_imm_u(told, KNOWN.cast_signed());
        self.fork(is_known, copy, unknown);
        self.enter(copy);
        self.copy_fragment(entry, told);
        let before = self.builder.use_var(walk.told);
        let sum = self.builder.ins().iadd(before, told);
        self.builder.def_var(walk.told, sum);
        let following = self.next_group(walk);
        let more = self.builder.ins().icmp(IntCC::NotEqual, following, walk.end);
        self.fork(more, known, settled);
        self.builder.seal_block(known);
        (group, told)
    }

    /// Goes on to the next group; answers its address.
    fn next_group(&mut self, walk: Walk) -> Ssa {
        let address = self.builder.use_var(walk.address);
        let following = self.add(address, i64::from(layout::SIZE));
        self.builder.def_var(walk.address, following);
        following
    }

    /// Spends what the fragments did that were copied since this was done last.
    fn pay(&mut self, walk: Walk) {
        let told = self.builder.use_var(walk.told);
        let spent = self.builder.ins().ushr_imm_u(told, i64::from(STEPS_SHIFT));
        let steps = self.builder.use_var(self.steps);
        let steps = self.builder.ins().isub(steps, spent);
        self.builder.def_var(self.steps, steps);
        let nothing = self.constant(0);
        self.builder.def_var(walk.told, nothing);
    }

    fn leave_if_overdrawn(&mut self) {
        let steps = self.builder.use_var(self.steps);
        let overdrawn = self.compare(IntCC::SignedLessThan, steps, 0);
        self.leave_if(overdrawn, self.full);
    }

    /// The column of a lambda in the table of this evaluation.
    fn column(&mut self, lambda: &Lambda) -> Column {
        let number = lambda.number.cast_signed();
        let kept = self.load_surrounding(OFFSETS.kept);
        let places = self.load_fixed(I64, kept, KEPT_OFFSETS.places);
        let places_mask = self.load_fixed(I64, kept, KEPT_OFFSETS.places_mask);
        let symbols_mask = self.load_fixed(I64, kept, KEPT_OFFSETS.symbols_mask);
        let number_value = self.constant(number);
        let index = self.builder.ins().band(places_mask, number_value);
        let shift = i64::from(PLACE_SIZE.trailing_zeros());
        let offset = self.builder.ins().ishl_imm_u(index, shift);
        let place = self.builder.ins().iadd(places, offset);
        let owner = self.load_shared(place, KEPT_OFFSETS.owner);
        let is_own = self.builder.ins().icmp(IntCC::Equal, owner, number_value);
        let (own, other, found) = (self.block(), self.cold_block(), self.block());
        let start = self.builder.append_block_param(found, I64);
        self.fork(is_own, own, other);
        self.enter(own);
        let known = self.load(I64, place, KEPT_OFFSETS.start);
        self.jump_one(found, known);
        self.enter(other);
        let opened = self.open_column(number_value);
        self.jump_one(found, opened);
        self.enter(found);
        let nothing = self.constant(nothing().cast_signed());
        let is_nothing = self.builder.ins().icmp(IntCC::Equal, start, nothing);
        let zero = self.constant(0);
        let mask = self.builder.ins().select(is_nothing, zero, symbols_mask);
        Column { number, start: self.variable(start), mask: self.variable(mask) }
    }

    /// Uses the column no longer unless `n` fragments fit into the output whatever they are.
    fn use_if_room(&mut self, column: Column, n: Ssa) {
        let cursor = self.at();
        let room = self.builder.ins().isub(self.limit, cursor);
        let fragment = i64::try_from(FRAGMENT).unwrap_or(0);
        let bytes = self.builder.ins().imul_imm_s(n, fragment);
        let fits = self.builder.ins().icmp(IntCC::SignedLessThanOrEqual, bytes, room);
        let (start, mask) = (self.builder.use_var(column.start), self.builder.use_var(column.mask));
        let (nothing, zero) = (self.constant(nothing().cast_signed()), self.constant(0));
        let start = self.builder.ins().select(fits, start, nothing);
        let mask = self.builder.ins().select(fits, mask, zero);
        self.builder.def_var(column.start, start);
        self.builder.def_var(column.mask, mask);
    }

    /// Makes and keeps what is not known of a group.
    fn make_unknown(
        &mut self,
        stream: &Stream<'b>,
        column: Column,
        (group, told): (Ssa, Ssa),
        direct: bool,
        arrive: &mut Arrive<'_, 'e, 'b>,
    ) {
        static GROUP: Shape = Shape { ty: Type::Group, nullable: false };
        self.leave_if_overdrawn();
        let (before, steps) = (self.at(), self.builder.use_var(self.steps));
        let words = self.of_kind(group, Kind::Group);
        let element = Element { words, shape: &GROUP, unmade: None };
        let made = self.cold_block();
        self.pass_one(stream, element, (made, direct), arrive);
        self.enter(made);
        let spent = self.builder.use_var(self.steps);
        let spent = self.builder.ins().isub(steps, spent);
        self.keep_fragment(column, (group, told), before, spent);
    }

    fn copy_fragment(&mut self, entry: Ssa, told: Ssa) {
        let cursor = self.at();
        for offset in [0, 16] {
            let bytes = self.load(I8X16, entry, KEPT_OFFSETS.fragment + offset);
            self.store(bytes, cursor, offset);
        }
        const _: () = assert!(LENGTH == 0xff);
        let len = self.builder.ins().ireduce(I8, told);
        let len = self.builder.ins().uextend(I64, len);
        let behind = self.builder.ins().iadd(cursor, len);
        self.go_to(behind);
    }

    /// Keeps what was written since `before`, unless it is known that it cannot be.
    fn keep_fragment(
        &mut self,
        column: Column,
        (group, told): (Ssa, Ssa),
        before: Ssa,
        spent: Ssa,
    ) {
        let (keep, behind) = (self.block(), self.block());
        let start = self.builder.use_var(column.start);
        let nothing = self.constant(nothing().cast_signed());
        let keeps = self.builder.ins().icmp(IntCC::NotEqual, start, nothing);
        let unknown = self.compare(IntCC::Equal, told, 0);
        let keeps = self.builder.ins().band(keeps, unknown);
        self.fork(keeps, keep, behind);
        self.enter(keep);
        let cursor = self.at();
        let len = self.builder.ins().isub(cursor, before);
        let number = self.constant(column.number);
        let symbol = self.builder.ins().ireduce(I32, group);
        let spent = self.builder.ins().ireduce(I32, spent);
        self.keep_bytes(number, symbol, (before, len), spent);
        self.jump(behind);
        self.enter(behind);
    }
}
