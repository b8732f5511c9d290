//! Chains of list steps as loops: what becomes of the elements that arrive. Nothing is made between
//! the stages.

use super::compare::Side;
use super::function::{Binding, Emitter, Ssa, Words, kind_word};
use super::walk::{Element, Stream};
use crate::ir::{NodeId, Reduction, Sink, Stage, StageKind};
use claimsmith_runtime::functions::{self, Accepts, Meaning, Operator};
use claimsmith_runtime::types::Type;
use claimsmith_runtime::value::layout;
use claimsmith_runtime::{Fault, Kind, limits};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Block, InstBuilder};
use cranelift_frontend::Variable;

/// Most elements of a list.
const MOST_ELEMENTS: i64 = limits::LIST as i64;

/// A list that is being gathered in the arena.
#[derive(Clone, Copy)]
struct Room {
    start: Variable,
    /// Where the next element goes.
    at: Variable,
    /// Where the room ends.
    end: Variable,
    /// Whether more can arrive than the source has.
    grows: bool,
}

/// What each comparison with a sink's argument needs.
#[derive(Clone, Copy)]
struct Sought<'b> {
    side: Side<'b>,
    /// What it spends.
    weight: Option<Ssa>,
}

impl<'b> Emitter<'_, 'b> {
    /// A stream that answers a question.
    pub(super) fn branch_stream(
        &mut self,
        id: NodeId,
        source: NodeId,
        stages: &'b [Stage],
        sink: &Sink,
        element_cost: u32,
        (yes, no): (Block, Block),
    ) {
        let stream = self.open(id, source, stages, sink.argument(), element_cost);
        let sought = self.sought(&stream, sink);
        let (found, missed) = if *sink == Sink::None { (no, yes) } else { (yes, no) };
        self.for_each(&stream, (missed, false), &mut |emitter, element| match sought {
            Some(sought) => {
                let next = emitter.block();
                emitter.branch_sought(id, element, sought, (found, next));
                emitter.enter(next);
                true
            }
            None => {
                emitter.jump(found);
                false
            }
        });
    }

    /// The argument that elements are compared with. What has levels is weighed once.
    fn sought(&mut self, stream: &Stream<'b>, sink: &Sink) -> Option<Sought<'b>> {
        let (node, words) = (sink.argument()?, stream.argument?);
        let side = self.side(node, words);
        let weight = (!super::function::is_scalar(&side.shape.ty)).then(|| {
            let size = self.operate(Operator::Size, &[words], stream.id);
            let text = self.is_kind(words, Kind::Text);
            let zero = self.constant(0);
            self.builder.ins().select(text, zero, size.bits)
        });
        Some(Sought { side, weight })
    }

    fn branch_sought(
        &mut self,
        id: NodeId,
        element: Element<'b>,
        sought: Sought<'b>,
        (found, next): (Block, Block),
    ) {
        if let Some(weight) = sought.weight {
            self.spend(weight, id);
        }
        let Element { words, shape, .. } = element;
        let side = Side { words, shape, text: None, is_present: false };
        self.branch_equal(id, side, sought.side, found, next);
    }

    /// A stream whose result is a value.
    pub(super) fn stream_value(
        &mut self,
        id: NodeId,
        source: NodeId,
        stages: &'b [Stage],
        sink: &Sink,
        element_cost: u32,
    ) -> Words {
        let stream = self.open(id, source, stages, sink.argument(), element_cost);
        match (sink, stream.argument) {
            (Sink::List, _) => self.gather(&stream),
            (Sink::First, _) => self.first(&stream),
            (Sink::Last, _) => self.last(&stream),
            (Sink::At(_), Some(place)) => self.element_at(&stream, place),
            (Sink::Nth(_), Some(place)) => self.nth(&stream, place),
            (Sink::IndexOf(_), _) => self.index_of(&stream, sink),
            (Sink::Join(_), Some(separator)) => self.join(&stream, separator),
            (Sink::Reduce(reduction), seed) => self.reduce(&stream, **reduction, seed),
            // What answers a question is decided by control flow, not here.
            _ => self.count(&stream),
        }
    }

    fn count(&mut self, stream: &Stream<'b>) -> Words {
        let n = self.counter(0);
        self.each(stream, &mut |emitter, _| {
            emitter.count_up(n);
            true
        });
        let n = self.builder.use_var(n);
        self.of_kind(n, Kind::Integer)
    }

    fn first(&mut self, stream: &Stream<'b>) -> Words {
        let end = self.merge_block();
        self.each(stream, &mut |emitter, element| {
            emitter.jump_with(end, element.words);
            false
        });
        let nothing = self.null();
        self.jump_with(end, nothing);
        self.enter_with(end)
    }

    /// The element that arrives after `place` others.
    fn element_at(&mut self, stream: &Stream<'b>, place: Words) -> Words {
        let negative = self.compare(IntCC::SignedLessThan, place.bits, 0);
        self.fault_if(negative, Fault::Index, stream.id);
        let n = self.counter(0);
        let end = self.merge_block();
        self.each(stream, &mut |emitter, element| {
            emitter.jump_if_there(n, place, element, end);
            true
        });
        self.raise(Fault::Index, stream.id);
        let nothing = self.null();
        self.jump_with(end, nothing);
        self.enter_with(end)
    }

    /// Hands the element to `end` if `place` others arrived before it.
    fn jump_if_there(&mut self, n: Variable, place: Words, element: Element<'b>, end: Block) {
        let before = self.count_up(n);
        let there = self.builder.ins().icmp(IntCC::Equal, before, place.bits);
        let (found, next) = (self.block(), self.block());
        self.fork(there, found, next);
        self.enter(found);
        self.jump_with(end, element.words);
        self.enter(next);
    }

    /// As `element_at`; for a negative place all that arrives is kept and counted from the end.
    fn nth(&mut self, stream: &Stream<'b>, place: Words) -> Words {
        let n = self.counter(0);
        let room = self.room(stream);
        let end = self.merge_block();
        let negative = self.compare(IntCC::SignedLessThan, place.bits, 0);
        self.each(stream, &mut |emitter, element| {
            let (keep, ask, behind) = (emitter.block(), emitter.block(), emitter.block());
            emitter.fork(negative, keep, ask);
            emitter.enter(keep);
            let full = emitter.full;
            emitter.push(stream.id, room, element.words, Some(full));
            emitter.jump(behind);
            emitter.enter(ask);
            emitter.jump_if_there(n, place, element, end);
            emitter.jump(behind);
            emitter.enter(behind);
            true
        });
        let (start, n) = self.gathered(room);
        let index = self.builder.ins().iadd(n, place.bits);
        let inside = self.builder.ins().icmp(IntCC::UnsignedLessThan, index, n);
        let (found, nothing) = (self.block(), self.block());
        self.fork(inside, found, nothing);
        self.enter(found);
        let offset = self.builder.ins().ishl_imm_u(index, 4);
        let address = self.builder.ins().iadd(start, offset);
        let words = self.load_words(address, 0);
        self.jump_with(end, words);
        self.enter(nothing);
        let null = self.null();
        self.jump_with(end, null);
        self.enter_with(end)
    }

    fn index_of(&mut self, stream: &Stream<'b>, sink: &Sink) -> Words {
        let n = self.counter(0);
        let end = self.block();
        let index = self.builder.append_block_param(end, I64);
        let sought = self.sought(stream, sink);
        self.each(stream, &mut |emitter, element| {
            let before = emitter.count_up(n);
            let (found, next) = (emitter.block(), emitter.block());
            match sought {
                Some(sought) => emitter.branch_sought(stream.id, element, sought, (found, next)),
                None => emitter.jump(next),
            }
            emitter.enter(found);
            emitter.jump_one(end, before);
            emitter.enter(next);
            true
        });
        let absent = self.constant(-1);
        self.jump_one(end, absent);
        self.enter(end);
        self.of_kind(index, Kind::Integer)
    }

    /// Two variables that start as these words.
    fn kept(&mut self, words: Words) -> (Variable, Variable) {
        (self.variable(words.bits), self.variable(words.meta))
    }

    fn keep(&mut self, (bits, meta): (Variable, Variable), words: Words) {
        self.builder.def_var(bits, words.bits);
        self.builder.def_var(meta, words.meta);
    }

    fn what_was_kept(&mut self, (bits, meta): (Variable, Variable)) -> Words {
        Words { bits: self.builder.use_var(bits), meta: self.builder.use_var(meta) }
    }

    fn last(&mut self, stream: &Stream<'b>) -> Words {
        let nothing = self.null();
        let kept = self.kept(nothing);
        self.each(stream, &mut |emitter, element| {
            emitter.keep(kept, element.words);
            true
        });
        self.what_was_kept(kept)
    }

    /// Takes the elements into one value; without a seed the first is where it starts.
    fn reduce(&mut self, stream: &Stream<'b>, reduction: Reduction, seed: Option<Words>) -> Words {
        let n = self.counter(0);
        let start = seed.unwrap_or_else(|| self.null());
        let kept = self.kept(start);
        self.each(stream, &mut |emitter, element| {
            let before = emitter.count_up(n);
            let behind = emitter.block();
            if seed.is_none() {
                let (first, later) = (emitter.block(), emitter.block());
                emitter.fork(before, later, first);
                emitter.enter(first);
                emitter.keep(kept, element.words);
                emitter.jump(behind);
                emitter.enter(later);
            }
            emitter.step(reduction, kept, element, before);
            emitter.jump(behind);
            emitter.enter(behind);
            true
        });
        if seed.is_none() {
            let n = self.builder.use_var(n);
            let nothing = self.compare(IntCC::Equal, n, 0);
            self.fault_if(nothing, Fault::Index, stream.id);
        }
        self.what_was_kept(kept)
    }

    /// The next value of a reduction.
    fn step(
        &mut self,
        reduction: Reduction,
        kept: (Variable, Variable),
        element: Element<'b>,
        before: Ssa,
    ) {
        let value = self.what_was_kept(kept);
        self.bind(reduction.value, Binding { words: value, prefix: None });
        self.bind(reduction.element, Binding { words: element.words, prefix: None });
        if let Some(index) = reduction.index {
            let words = self.of_kind(before, Kind::Integer);
            self.bind(index, Binding { words, prefix: None });
        }
        let words = self.value(reduction.body);
        self.keep(kept, words);
    }

    /// Memory for what arrives: as much as the source has, or as any list may have.
    fn room(&mut self, stream: &Stream<'b>) -> Room {
        let is_flat = |stage: &Stage| matches!(stage.kind, StageKind::FlatMap { .. });
        let grows = stream.stages.iter().any(is_flat);
        let len = self.len(stream.list);
        let most = self.constant(MOST_ELEMENTS);
        let n = self.builder.ins().umin(len, most);
        let bytes = self.builder.ins().ishl_imm_u(n, 4);
        let address = self.allocate(bytes);
        let limit = self.builder.ins().iadd(address, bytes);
        let [start, at, end] = [address, address, limit].map(|word| self.variable(word));
        Room { start, at, end, grows }
    }

    /// Puts an element behind the others. One more than a list may have leaves for `full`, or
    /// without one faults.
    fn push(&mut self, id: NodeId, room: Room, words: Words, full: Option<Block>) {
        let (at, end) = (self.builder.use_var(room.at), self.builder.use_var(room.end));
        let over = self.builder.ins().icmp(IntCC::Equal, at, end);
        let (beyond, next) = (self.cold_block(), self.block());
        self.fork(over, beyond, next);
        self.enter(beyond);
        if room.grows {
            self.grow(id, room, full);
            self.jump(next);
        } else {
            self.too_many(id, full);
        }
        self.enter(next);
        let at = self.builder.use_var(room.at);
        self.store_words(words, at, 0);
        let following = self.add(at, i64::from(layout::SIZE));
        self.builder.def_var(room.at, following);
    }

    /// Leaves the block for good.
    fn too_many(&mut self, id: NodeId, full: Option<Block>) {
        match full {
            Some(full) => self.jump(full),
            None => self.fault(Fault::Limit, id),
        }
    }

    /// Moves what was gathered to where there is twice the room.
    fn grow(&mut self, id: NodeId, room: Room, full: Option<Block>) {
        let (from, at) = (self.builder.use_var(room.start), self.builder.use_var(room.at));
        let used = self.builder.ins().isub(at, from);
        let most = MOST_ELEMENTS * i64::from(layout::SIZE);
        let all = self.compare(IntCC::SignedGreaterThanOrEqual, used, most);
        let (stop, go) = (self.cold_block(), self.block());
        self.fork(all, stop, go);
        self.enter(stop);
        self.too_many(id, full);
        self.enter(go);
        let twice = self.builder.ins().ishl_imm_u(used, 1);
        let twice = self.add(twice, 8 * i64::from(layout::SIZE));
        let most = self.constant(most);
        let bytes = self.builder.ins().umin(twice, most);
        let to = self.allocate(bytes);
        self.copy(from, to, used);
        let at = self.builder.ins().iadd(to, used);
        let end = self.builder.ins().iadd(to, bytes);
        for (variable, value) in [(room.start, to), (room.at, at), (room.end, end)] {
            self.builder.def_var(variable, value);
        }
    }

    /// Copies values.
    fn copy(&mut self, from: Ssa, to: Ssa, bytes: Ssa) {
        let (body, done) = (self.block(), self.block());
        let offset = self.builder.append_block_param(body, I64);
        let zero = self.constant(0);
        self.builder.ins().brif(bytes, body, &[zero.into()], done, &[]);
        self.builder.switch_to_block(body);
        let source = self.builder.ins().iadd(from, offset);
        let words = self.load_words(source, 0);
        let target = self.builder.ins().iadd(to, offset);
        self.store_words(words, target, 0);
        let following = self.add(offset, i64::from(layout::SIZE));
        let more = self.builder.ins().icmp(IntCC::UnsignedLessThan, following, bytes);
        self.builder.ins().brif(more, body, &[following.into()], done, &[]);
        self.builder.seal_block(body);
        self.enter(done);
    }

    /// Where the gathered elements are and how many.
    fn gathered(&mut self, room: Room) -> (Ssa, Ssa) {
        let (start, at) = (self.builder.use_var(room.start), self.builder.use_var(room.at));
        let bytes = self.builder.ins().isub(at, start);
        (start, self.builder.ins().ushr_imm_u(bytes, 4))
    }

    /// The list of gathered scalars.
    fn list_of_scalars(&mut self, start: Ssa, n: Ssa) -> Words {
        let word = self.constant(kind_word(Kind::List) | 1 << layout::DEPTH_SHIFT);
        let meta = self.builder.ins().bor(n, word);
        Words { bits: start, meta }
    }

    /// Makes a list of what arrives.
    fn gather(&mut self, stream: &Stream<'b>) -> Words {
        let room = self.room(stream);
        self.each(stream, &mut |emitter, element| {
            emitter.push(stream.id, room, element.words, None);
            true
        });
        let (start, n) = self.gathered(room);
        let arriving = self.arriving(stream.source, stream.stages);
        if super::function::is_scalar(&arriving.ty) {
            return self.list_of_scalars(start, n);
        }
        // The row finds how deep it is.
        let row = functions::operator(Operator::List);
        self.call_row_at(row, start, n, stream.id)
    }

    /// Gathers the texts of what arrives, counting their bytes, then joins them.
    fn join(&mut self, stream: &Stream<'b>, separator: Words) -> Words {
        let room = self.room(stream);
        let between = self.len(separator);
        // The first text has no separator before it.
        let before = self.builder.ins().ineg(between);
        let total = self.variable(before);
        self.each(stream, &mut |emitter, element| {
            let text = emitter.piece(stream.id, element);
            let len = emitter.len(text);
            let before = emitter.builder.use_var(total);
            let sum = emitter.builder.ins().iadd(before, between);
            let sum = emitter.builder.ins().iadd(sum, len);
            emitter.builder.def_var(total, sum);
            let most = i64::try_from(limits::TEXT).unwrap_or(i64::MAX);
            let over = emitter.compare(IntCC::SignedGreaterThan, sum, most);
            emitter.fault_if(over, Fault::Limit, stream.id);
            // More elements than a list may have: the interpreter joins them.
            let full = emitter.full;
            emitter.push(stream.id, room, text, Some(full));
            true
        });
        let (start, n) = self.gathered(room);
        let texts = self.list_of_scalars(start, n);
        match join_row() {
            Some(row) => self.call_row(row, &[texts, separator], stream.id),
            None => {
                self.raise(Fault::Internal, stream.id);
                texts
            }
        }
    }

    /// The text an element adds to a joined text, or null for none; a list faults.
    fn piece(&mut self, id: NodeId, element: Element<'b>) -> Words {
        match element.shape.ty {
            Type::Text | Type::Null => element.words,
            Type::Group if !element.shape.nullable => self.group_text(element.words),
            _ => {
                let list = self.is_kind(element.words, Kind::List);
                self.fault_if(list, Fault::Type, id);
                self.operate(Operator::Piece, &[element.words], id)
            }
        }
    }
}

/// The row that joins the texts of a list with a separator.
fn join_row() -> Option<u32> {
    functions::rows()
        .find(|(_, row)| {
            let first = row.parameters.first().map(|first| first.accepts);
            first == Some(Accepts::List)
                && row.names.contains(&"join")
                && matches!(row.meaning, Meaning::Body(_))
        })
        .map(|(number, _)| number)
}
