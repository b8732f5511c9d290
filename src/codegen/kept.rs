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
use cranelift_codegen::ir::{Block, InstBuilder, StackSlot, StackSlotData, StackSlotKind};
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

/// Words that a loop over groups has on the stack. Copying what is known loads them before, so that all
/// of it is in registers, whatever making what is not known takes of them meanwhile.
#[derive(Clone, Copy)]
enum Parked {
    /// Where the next byte goes.
    Cursor,
    /// The address of the column's first entry, or of one that never knows anything.
    Start,
    /// Of the symbols that have an entry.
    Mask,
    /// The address of the next group, and behind the last.
    Next,
    End,
    /// The group of which nothing is known, and what is told of it.
    Group,
    Told,
}

impl Parked {
    const SIZE: u32 = 7 * 8;

    fn offset(self) -> i32 {
        8 * self as i32
    }
}

/// The groups that are copied before one that is not known.
#[derive(Clone, Copy)]
struct Walk {
    start: Ssa,
    mask: Ssa,
    end: Ssa,
    /// Of the next.
    address: Variable,
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
        let parked = self.parked_slot();
        let (start, mask) = self.column(lambda);
        let len = self.len(stream.list);
        self.park_column(parked, (start, mask), len);
        let bytes = self.builder.ins().ishl_imm_u(len, 4);
        let end = self.builder.ins().iadd(stream.list.bits, bytes);
        self.park(parked, Parked::Next, stream.list.bits);
        self.park(parked, Parked::End, end);
        let cursor = self.at();
        self.park(parked, Parked::Cursor, cursor);
        let told = self.counter(0);
        let (again, unknown, settled) = (self.block(), self.cold_block(), self.block());
        self.fork(len, again, settled);
        self.builder.switch_to_block(again);
        let walk = self.walk(parked, told);
        let (group, of_group) = self.copy_known(walk, unknown, settled);
        self.enter(unknown);
        self.pay(told);
        let next = self.builder.use_var(walk.address);
        let next = self.add(next, i64::from(layout::SIZE));
        self.park(parked, Parked::Next, next);
        self.make_unknown(stream, (parked, lambda), (group, of_group), direct, arrive);
        let [next, end, start, mask] = [Parked::Next, Parked::End, Parked::Start, Parked::Mask]
            .map(|of| self.parked(parked, of));
        let left = self.builder.ins().isub(end, next);
        let left = self.builder.ins().ushr_imm_u(left, 4);
        let cursor = self.parked(parked, Parked::Cursor);
        self.go_to(cursor);
        self.park_column(parked, (start, mask), left);
        self.fork(left, again, settled);
        self.builder.seal_block(again);
        self.enter(settled);
        self.calls.parked = Some(parked);
        self.pay(told);
        // What was copied spent steps without asking whether there are as many: seldom, then the
        // interpreter says where they ended.
        self.leave_if_overdrawn();
        self.jump(done);
    }

    /// What copying needs, in registers.
    fn walk(&mut self, parked: StackSlot, told: Variable) -> Walk {
        let [cursor, start, mask, next, end] =
            [Parked::Cursor, Parked::Start, Parked::Mask, Parked::Next, Parked::End]
                .map(|of| self.parked(parked, of));
        self.go_to(cursor);
        let nothing = self.constant(0);
        self.builder.def_var(told, nothing);
        Walk { start, mask, end, address: self.variable(next), told }
    }

    /// Copies what is known up to the first group of which nothing is: that leaves for `unknown`, with
    /// its word and what is told of it. A loop inside of the one that makes what is unknown.
    fn copy_known(&mut self, walk: Walk, unknown: Block, settled: Block) -> (Ssa, Ssa) {
        let (known, copy) = (self.block(), self.block());
        self.jump(known);
        self.builder.switch_to_block(known);
        let address = self.builder.use_var(walk.address);
        let group = self.load(I64, address, layout::BITS);
        let symbol = self.builder.ins().band(group, walk.mask);
        let offset = self.builder.ins().imul_imm_s(symbol, i64::try_from(ENTRY_SIZE).unwrap_or(0));
        let entry = self.builder.ins().iadd(walk.start, offset);
        let told = self.load_shared(entry, 0);
        let is_known = self.builder.ins().band_imm_u(told, KNOWN.cast_signed());
        self.fork(is_known, copy, unknown);
        self.enter(copy);
        self.copy_fragment(entry, told);
        let before = self.builder.use_var(walk.told);
        let sum = self.builder.ins().iadd(before, told);
        self.builder.def_var(walk.told, sum);
        let following = self.add(address, i64::from(layout::SIZE));
        self.builder.def_var(walk.address, following);
        let more = self.builder.ins().icmp(IntCC::NotEqual, following, walk.end);
        self.fork(more, known, settled);
        self.builder.seal_block(known);
        (group, told)
    }

    /// Room for [`Parked`] words, which the loops of a function use in turn.
    fn parked_slot(&mut self) -> StackSlot {
        self.calls.parked.take().unwrap_or_else(|| {
            let data = StackSlotData::new(StackSlotKind::ExplicitSlot, Parked::SIZE, 3);
            self.builder.create_sized_stack_slot(data)
        })
    }

    fn park(&mut self, slot: StackSlot, word: Parked, value: Ssa) {
        let address = self.builder.ins().stack_addr(I64, slot, 0);
        self.store(value, address, word.offset());
    }

    fn parked(&mut self, slot: StackSlot, word: Parked) -> Ssa {
        let address = self.builder.ins().stack_addr(I64, slot, 0);
        self.load(I64, address, word.offset())
    }

    /// Spends what the fragments did that were copied since this was done last.
    fn pay(&mut self, told: Variable) {
        let sum = self.builder.use_var(told);
        let spent = self.builder.ins().ushr_imm_u(sum, i64::from(STEPS_SHIFT));
        let steps = self.builder.use_var(self.steps);
        let steps = self.builder.ins().isub(steps, spent);
        self.builder.def_var(self.steps, steps);
        let nothing = self.constant(0);
        self.builder.def_var(told, nothing);
    }

    fn leave_if_overdrawn(&mut self) {
        let steps = self.builder.use_var(self.steps);
        let overdrawn = self.compare(IntCC::SignedLessThan, steps, 0);
        self.leave_if(overdrawn, self.full);
    }

    /// The column of a lambda in the table of this evaluation: its start and its mask.
    fn column(&mut self, lambda: &Lambda) -> (Ssa, Ssa) {
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
        (start, mask)
    }

    /// Uses the column no longer unless `n` fragments fit into the output whatever they are.
    fn park_column(&mut self, parked: StackSlot, (start, mask): (Ssa, Ssa), n: Ssa) {
        let cursor = self.at();
        let room = self.builder.ins().isub(self.limit, cursor);
        let fragment = i64::try_from(FRAGMENT).unwrap_or(0);
        let bytes = self.builder.ins().imul_imm_s(n, fragment);
        let fits = self.builder.ins().icmp(IntCC::SignedLessThanOrEqual, bytes, room);
        let (nothing, zero) = (self.constant(nothing().cast_signed()), self.constant(0));
        let start = self.builder.ins().select(fits, start, nothing);
        let mask = self.builder.ins().select(fits, mask, zero);
        self.park(parked, Parked::Start, start);
        self.park(parked, Parked::Mask, mask);
    }

    /// Makes and keeps what is not known of a group.
    fn make_unknown(
        &mut self,
        stream: &Stream<'b>,
        (parked, lambda): (StackSlot, &Lambda),
        (group, told): (Ssa, Ssa),
        direct: bool,
        arrive: &mut Arrive<'_, 'e, 'b>,
    ) {
        static GROUP: Shape = Shape { ty: Type::Group, nullable: false };
        self.leave_if_overdrawn();
        let (before, steps) = (self.at(), self.builder.use_var(self.steps));
        self.park(parked, Parked::Cursor, before);
        // An atomic load, which cannot stand for the value just written: that is the loop's own, and
        // would lie on the stack there as well, for what is made here calls.
        let address = self.builder.ins().stack_addr(I64, parked, 0);
        let cursor = self.load_shared(address, Parked::Cursor.offset());
        self.go_to(cursor);
        self.park(parked, Parked::Group, group);
        self.park(parked, Parked::Told, told);
        let words = self.of_kind(group, Kind::Group);
        let element = Element { words, shape: &GROUP, unmade: None };
        let made = self.cold_block();
        self.pass_one(stream, element, (made, direct), arrive);
        self.enter(made);
        let spent = self.builder.use_var(self.steps);
        let spent = self.builder.ins().isub(steps, spent);
        let before = self.parked(parked, Parked::Cursor);
        let behind = self.at();
        self.park(parked, Parked::Cursor, behind);
        self.keep_fragment((parked, lambda), (before, behind), spent);
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

    /// Keeps what was written from one place to the other, unless it is known that it cannot be.
    fn keep_fragment(
        &mut self,
        (parked, lambda): (StackSlot, &Lambda),
        (before, behind): (Ssa, Ssa),
        spent: Ssa,
    ) {
        let (keep, kept) = (self.block(), self.block());
        let [start, group, told] =
            [Parked::Start, Parked::Group, Parked::Told].map(|word| self.parked(parked, word));
        let nothing = self.constant(nothing().cast_signed());
        let keeps = self.builder.ins().icmp(IntCC::NotEqual, start, nothing);
        let unknown = self.compare(IntCC::Equal, told, 0);
        let keeps = self.builder.ins().band(keeps, unknown);
        self.fork(keeps, keep, kept);
        self.enter(keep);
        let len = self.builder.ins().isub(behind, before);
        let number = self.constant(lambda.number.cast_signed());
        let symbol = self.builder.ins().ireduce(I32, group);
        let spent = self.builder.ins().ireduce(I32, spent);
        self.keep_bytes(number, symbol, (before, len), spent);
        self.jump(kept);
        self.enter(kept);
    }
}
