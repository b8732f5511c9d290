//! Chains of list steps as loops: an element passes all stages in registers before the next is
//! loaded. Nothing is made between the stages.

use super::Mistake;
use super::compare::Side;
use super::function::{Binding, Emitter, Ssa, Words, kind_word};
use crate::ir::{NodeId, Sink, Stage, StageKind};
use claimsmith_runtime::functions::{self, Accepts, Meaning, Operator};
use claimsmith_runtime::types::{Shape, Type};
use claimsmith_runtime::value::layout;
use claimsmith_runtime::{Fault, Kind, limits};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Block, InstBuilder};
use cranelift_frontend::Variable;

/// What arrives at the end of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'b> {
    pub(super) words: Words,
    pub(super) shape: &'b Shape,
    /// The body of the last stage, if it is yet to be evaluated.
    pub(super) unmade: Option<NodeId>,
}

/// What to do with an element; answers whether the stream goes on behind it. If not, it has jumped
/// away itself.
type Arrive<'f, 'e, 'b> = dyn FnMut(&mut Emitter<'e, 'b>, Element<'b>) -> bool + 'f;

/// The parts of a stream node.
#[derive(Clone, Copy, Debug)]
struct Stream<'b> {
    id: NodeId,
    source: NodeId,
    stages: &'b [Stage],
    list: Words,
}

impl<'e, 'b> Emitter<'e, 'b> {
    /// Whether a node gives a list and never null.
    pub(super) fn is_list(&self, id: NodeId) -> bool {
        matches!(self.shape(id).ty, Type::List(_)) && !self.shape(id).nullable
    }

    fn element_shape(&self, source: NodeId) -> &'b Shape {
        match &self.shape(source).ty {
            Type::List(element) => element,
            _ => self.shape(source),
        }
    }

    /// The shape of what arrives at the end.
    pub(super) fn arriving(&self, source: NodeId, stages: &[Stage]) -> &'b Shape {
        let last = stages.iter().rev().find(|stage| stage.kind == StageKind::Map);
        last.map_or(self.element_shape(source), |stage| self.shape(stage.body))
    }

    /// Spends the cost of all elements.
    pub(super) fn charge_elements(&mut self, id: NodeId, list: Words, element_cost: u32) {
        let len = self.len(list);
        if element_cost >= 1 << 31 {
            // One element is more than any budget, and a product could overflow.
            let any = self.compare(IntCC::NotEqual, len, 0);
            return self.fault_if(any, Fault::Limit, id);
        }
        let steps = self.builder.ins().imul_imm_s(len, i64::from(element_cost));
        self.spend(steps, id);
    }

    /// A list that could arrive longer than any list may be is left to the interpreter.
    pub(super) fn leave_if_too_long(&mut self, list: Words) {
        let len = self.len(list);
        let most = i64::try_from(limits::LIST).unwrap_or(i64::MAX);
        let long = self.compare(IntCC::UnsignedGreaterThan, len, most);
        self.leave_if(long, self.full);
    }

    /// Writes the loop; behind the last element it goes on at `done`, which is not sealed. If
    /// `direct`, the last stage maps, and its body is left to `arrive`.
    pub(super) fn for_each(
        &mut self,
        id: NodeId,
        list: Words,
        source: NodeId,
        stages: &'b [Stage],
        (done, direct): (Block, bool),
        arrive: &mut Arrive<'_, 'e, 'b>,
    ) {
        let indexes: Vec<Option<Variable>> =
            stages.iter().map(|stage| stage.index.map(|_| self.counter())).collect();
        let (body, next) = (self.block(), self.block());
        let address = self.builder.append_block_param(body, I64);
        let left = self.builder.append_block_param(body, I64);
        let len = self.len(list);
        self.builder.ins().brif(len, body, &[list.bits.into(), len.into()], done, &[]);
        self.builder.switch_to_block(body);
        let shape = self.element_shape(source);
        let words = self.load_value(shape, address, 0);
        let element = Element { words, shape, unmade: None };
        let element = self.pass(id, stages, &indexes, element, (next, direct));
        if arrive(self, element) {
            self.jump(next);
        }
        self.enter(next);
        let following = self.add(address, i64::from(layout::SIZE));
        let left = self.add(left, -1);
        self.builder.ins().brif(left, body, &[following.into(), left.into()], done, &[]);
        self.builder.seal_block(body);
    }

    /// A variable that starts at zero, or at one by mistake.
    fn counter(&mut self) -> Variable {
        let counter = self.builder.declare_var(I64);
        let start = self.constant(i64::from(self.makes(Mistake::IndexFromOne)));
        self.builder.def_var(counter, start);
        counter
    }

    /// One element through all stages; filters leave for `next`.
    fn pass(
        &mut self,
        id: NodeId,
        stages: &'b [Stage],
        indexes: &[Option<Variable>],
        mut element: Element<'b>,
        (next, direct): (Block, bool),
    ) -> Element<'b> {
        let mut prefix = None;
        let mut n_maps = 0;
        let Some(last) = stages.last() else { return element };
        for (stage, index) in stages.iter().zip(indexes) {
            self.bind(stage.element, Binding { words: element.words, prefix });
            if let (Some(local), Some(counter)) = (stage.index, index) {
                let bits = self.builder.use_var(*counter);
                let words = self.of_kind(bits, Kind::Integer);
                self.bind(local, Binding { words, prefix: None });
                let following = self.add(bits, 1);
                self.builder.def_var(*counter, following);
            }
            match stage.kind {
                StageKind::Filter => {
                    let through = self.block();
                    self.condition(id, stage.body, through, next);
                    self.enter(through);
                    let known = self.known_prefix(stage.body);
                    let own = known.filter(|(local, _)| *local == stage.element);
                    prefix = own.map(|(_, text)| text).or(prefix);
                }
                StageKind::Map if direct && std::ptr::eq(stage, last) => {
                    element.shape = self.shape(stage.body);
                    element.unmade = Some(stage.body);
                }
                StageKind::Map => {
                    n_maps += 1;
                    let words = self.value(stage.body);
                    let same = element.shape == self.shape(stage.body);
                    if !(same && self.lost(n_maps)) {
                        element.words = words;
                    }
                    element.shape = self.shape(stage.body);
                    prefix = None;
                }
            }
        }
        element
    }

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
        let list = self.source(id, source);
        let argument = sink.child().map(|node| {
            let words = self.value(node);
            self.side(node, words)
        });
        self.charge_elements(id, list, element_cost);
        let (found, missed) = if *sink == Sink::None { (no, yes) } else { (yes, no) };
        self.for_each(id, list, source, stages, (missed, false), &mut |emitter, element| {
            match argument {
                Some(argument) => {
                    let next = emitter.block();
                    let side = Side { words: element.words, shape: element.shape, text: None };
                    emitter.branch_equal(id, side, argument, found, next);
                    emitter.enter(next);
                    true
                }
                None => {
                    emitter.jump(found);
                    false
                }
            }
        });
    }

    /// The source of a stream; anything but a list faults.
    fn source(&mut self, id: NodeId, source: NodeId) -> Words {
        let list = self.value(source);
        if !self.is_list(source) {
            let is_list = self.is_kind(list, Kind::List);
            let other = self.compare(IntCC::Equal, is_list, 0);
            self.fault_if(other, Fault::Type, id);
        }
        list
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
        let list = self.source(id, source);
        let argument = sink.child().map(|node| self.value(node));
        self.charge_elements(id, list, element_cost);
        let stream = Stream { id, source, stages, list };
        match (sink, argument) {
            (Sink::List, _) => self.gather(stream),
            (Sink::First, _) => self.first(stream),
            (Sink::Last, _) => self.last(stream),
            (Sink::At(_), Some(place)) => self.element_at(stream, place),
            (Sink::Join(_), Some(separator)) => self.join(stream, separator),
            // What answers a question is decided by control flow, not here.
            _ => self.count(stream),
        }
    }

    fn count(&mut self, stream: Stream<'b>) -> Words {
        let n = self.builder.declare_var(I64);
        let zero = self.constant(0);
        self.builder.def_var(n, zero);
        self.each(stream, &mut |emitter, _| {
            let before = emitter.builder.use_var(n);
            let after = emitter.add(before, 1);
            emitter.builder.def_var(n, after);
            true
        });
        let n = self.builder.use_var(n);
        self.of_kind(n, Kind::Integer)
    }

    /// As `for_each`, going on behind the loop.
    fn each(&mut self, stream: Stream<'b>, arrive: &mut Arrive<'_, 'e, 'b>) {
        let done = self.block();
        self.for_each(stream.id, stream.list, stream.source, stream.stages, (done, false), arrive);
        self.enter(done);
    }

    fn first(&mut self, stream: Stream<'b>) -> Words {
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
    fn element_at(&mut self, stream: Stream<'b>, place: Words) -> Words {
        let negative = self.compare(IntCC::SignedLessThan, place.bits, 0);
        self.fault_if(negative, Fault::Index, stream.id);
        let left = self.builder.declare_var(I64);
        self.builder.def_var(left, place.bits);
        let end = self.merge_block();
        self.each(stream, &mut |emitter, element| {
            let before = emitter.builder.use_var(left);
            let (found, next) = (emitter.block(), emitter.block());
            emitter.builder.ins().brif(before, next, &[], found, &[]);
            emitter.enter(found);
            emitter.jump_with(end, element.words);
            emitter.enter(next);
            let after = emitter.add(before, -1);
            emitter.builder.def_var(left, after);
            true
        });
        self.raise(Fault::Index, stream.id);
        let nothing = self.null();
        self.jump_with(end, nothing);
        self.enter_with(end)
    }

    fn last(&mut self, stream: Stream<'b>) -> Words {
        let (bits, meta) = (self.builder.declare_var(I64), self.builder.declare_var(I64));
        let nothing = self.null();
        self.builder.def_var(bits, nothing.bits);
        self.builder.def_var(meta, nothing.meta);
        self.each(stream, &mut |emitter, element| {
            emitter.builder.def_var(bits, element.words.bits);
            emitter.builder.def_var(meta, element.words.meta);
            true
        });
        Words { bits: self.builder.use_var(bits), meta: self.builder.use_var(meta) }
    }

    /// Memory for what arrives: as much as the source has, or as any list may have.
    fn room_for(&mut self, list: Words) -> Ssa {
        let len = self.len(list);
        let most = self.constant(i64::try_from(limits::LIST).unwrap_or(i64::MAX));
        let n = self.builder.ins().umin(len, most);
        let bytes = self.builder.ins().ishl_imm_u(n, 4);
        self.allocate(bytes)
    }

    /// Makes a list of what arrives.
    fn gather(&mut self, stream: Stream<'b>) -> Words {
        let start = self.room_for(stream.list);
        let at = self.builder.declare_var(I64);
        self.builder.def_var(at, start);
        let most = i64::try_from(limits::LIST * 16).unwrap_or(i64::MAX);
        let full = self.add(start, most);
        self.each(stream, &mut |emitter, element| {
            let address = emitter.builder.use_var(at);
            let over = emitter.builder.ins().icmp(IntCC::Equal, address, full);
            emitter.fault_if(over, Fault::Limit, stream.id);
            emitter.store_words(element.words, address, 0);
            let following = emitter.add(address, i64::from(layout::SIZE));
            emitter.builder.def_var(at, following);
            true
        });
        let end = self.builder.use_var(at);
        let bytes = self.builder.ins().isub(end, start);
        let n = self.builder.ins().ushr_imm_u(bytes, 4);
        let arriving = self.arriving(stream.source, stream.stages);
        if super::function::is_scalar(&arriving.ty) {
            let word = kind_word(Kind::List) | 1 << layout::DEPTH_SHIFT;
            let word = self.constant(word);
            let meta = self.builder.ins().bor(n, word);
            return Words { bits: start, meta };
        }
        // The row finds how deep it is.
        let row = functions::operator(Operator::List);
        self.call_row_at(row, start, n, stream.id)
    }

    /// Gathers the texts of what arrives, counting their bytes, then joins them.
    fn join(&mut self, stream: Stream<'b>, separator: Words) -> Words {
        let start = self.room_for(stream.list);
        let (at, total) = (self.builder.declare_var(I64), self.builder.declare_var(I64));
        self.builder.def_var(at, start);
        let between = self.len(separator);
        // The first text has no separator before it.
        let before = self.builder.ins().ineg(between);
        self.builder.def_var(total, before);
        let most = i64::try_from(limits::LIST * 16).unwrap_or(i64::MAX);
        let full = self.add(start, most);
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
            let address = emitter.builder.use_var(at);
            let over = emitter.builder.ins().icmp(IntCC::Equal, address, full);
            emitter.leave_if(over, emitter.full);
            emitter.store_words(text, address, 0);
            let following = emitter.add(address, i64::from(layout::SIZE));
            emitter.builder.def_var(at, following);
            true
        });
        let end = self.builder.use_var(at);
        let bytes = self.builder.ins().isub(end, start);
        let n = self.builder.ins().ushr_imm_u(bytes, 4);
        let word = self.constant(kind_word(Kind::List) | 1 << layout::DEPTH_SHIFT);
        let meta = self.builder.ins().bor(n, word);
        let texts = Words { bits: start, meta };
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
