//! The loops of a stream: an element passes all stages in registers before the next is loaded, and
//! the list that a `flatMap` gives is a loop inside.

use super::Mistake;
use super::function::{Binding, Emitter, Ssa, Words};
use crate::ir::{NodeId, Stage, StageKind};
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
pub(super) type Arrive<'f, 'e, 'b> = dyn FnMut(&mut Emitter<'e, 'b>, Element<'b>) -> bool + 'f;

/// A stream whose source and arguments are evaluated and whose elements are paid for.
#[derive(Clone, Debug)]
pub(super) struct Stream<'b> {
    pub(super) id: NodeId,
    pub(super) source: NodeId,
    pub(super) stages: &'b [Stage],
    pub(super) list: Words,
    /// What the sink evaluated.
    pub(super) argument: Option<Words>,
    /// What each stage evaluated before the first element.
    limits: Vec<Option<Ssa>>,
}

/// A stream while its loops are written.
struct Walk<'s, 'b> {
    stream: &'s Stream<'b>,
    /// How many elements reached each stage, where that is asked for.
    counters: Vec<Option<Variable>>,
    /// Where it goes on when nothing more is taken.
    done: Block,
    /// Whether the last stage maps and its body is left to the sink.
    direct: bool,
}

/// The part of a stream between two loops.
#[derive(Clone, Copy)]
struct Segment<'b> {
    /// The first stage of it.
    first: usize,
    list: Words,
    element: &'b Shape,
    /// Where it goes on behind the last element.
    behind: Block,
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
        let first = self.element_shape(source);
        stages.iter().fold(first, |element, stage| match stage.kind {
            StageKind::Map => self.shape(stage.body),
            StageKind::FlatMap { .. } => self.element_shape(stage.body),
            StageKind::Filter | StageKind::Take | StageKind::Skip => element,
        })
    }

    /// Evaluates the source and the arguments, and spends the cost of all elements.
    pub(super) fn open(
        &mut self,
        id: NodeId,
        source: NodeId,
        stages: &'b [Stage],
        argument: Option<NodeId>,
        element_cost: u32,
    ) -> Stream<'b> {
        let list = self.list_of(id, source);
        let limits = stages
            .iter()
            .map(|stage| (!stage.kind.has_lambda()).then(|| self.value(stage.body).bits))
            .collect();
        let argument = argument.map(|node| self.value(node));
        self.charge_elements(id, list, element_cost);
        Stream { id, source, stages, list, argument, limits }
    }

    /// A list that goes into a loop; anything but a list faults.
    fn list_of(&mut self, id: NodeId, source: NodeId) -> Words {
        let list = self.value(source);
        if !self.is_list(source) {
            let is_list = self.is_kind(list, Kind::List);
            let other = self.compare(IntCC::Equal, is_list, 0);
            self.fault_if(other, Fault::Type, id);
        }
        list
    }

    /// Spends the cost of all elements.
    fn charge_elements(&mut self, id: NodeId, list: Words, element_cost: u32) {
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

    /// Counts an element; one more than any list may have is left to the interpreter.
    pub(super) fn leave_if_too_many(&mut self, counter: Variable) {
        let before = self.count_up(counter);
        let most = i64::try_from(limits::LIST).unwrap_or(i64::MAX);
        let over = self.compare(IntCC::UnsignedGreaterThanOrEqual, before, most);
        self.leave_if(over, self.full);
    }

    /// Writes the loops; behind the last element it goes on at `done`, which is not sealed. If
    /// `direct`, the last stage maps, and its body is left to `arrive`.
    pub(super) fn for_each(
        &mut self,
        stream: &Stream<'b>,
        (done, direct): (Block, bool),
        arrive: &mut Arrive<'_, 'e, 'b>,
    ) {
        let counters = stream.stages.iter().map(|stage| self.counter_of(stage)).collect();
        for (stage, limit) in stream.stages.iter().zip(&stream.limits) {
            if let (StageKind::Take, Some(limit)) = (stage.kind, limit) {
                let nothing = self.compare(IntCC::SignedLessThanOrEqual, *limit, 0);
                self.leave_if(nothing, done);
            }
        }
        let walk = Walk { stream, counters, done, direct };
        let element = self.element_shape(stream.source);
        let segment = Segment { first: 0, list: stream.list, element, behind: done };
        self.segment(&walk, segment, arrive);
    }

    /// As `for_each`, going on behind the loops.
    pub(super) fn each(&mut self, stream: &Stream<'b>, arrive: &mut Arrive<'_, 'e, 'b>) {
        let done = self.block();
        self.for_each(stream, (done, false), arrive);
        self.enter(done);
    }

    /// One element through all stages, none of which counts, and to the sink; it goes on at `next`.
    pub(super) fn pass_one(
        &mut self,
        stream: &Stream<'b>,
        element: Element<'b>,
        (next, direct): (Block, bool),
        arrive: &mut Arrive<'_, 'e, 'b>,
    ) {
        let counters = vec![None; stream.stages.len()];
        let walk = Walk { stream, counters, done: next, direct };
        self.pass(&walk, 0, element, next, arrive);
    }

    /// A variable that counts from zero, or by mistake from one.
    fn counter_of(&mut self, stage: &Stage) -> Option<Variable> {
        let is_index = stage.index.is_some();
        (is_index || !stage.kind.has_lambda()).then(|| {
            let start = i64::from(is_index && self.makes(Mistake::IndexFromOne));
            self.counter(start)
        })
    }

    /// A variable that starts so.
    pub(super) fn counter(&mut self, start: i64) -> Variable {
        let start = self.constant(start);
        self.variable(start)
    }

    /// A variable that is this word at first.
    pub(super) fn variable(&mut self, word: Ssa) -> Variable {
        let variable = self.builder.declare_var(I64);
        self.builder.def_var(variable, word);
        variable
    }

    /// Counts one more, and gives what was counted before.
    pub(super) fn count_up(&mut self, counter: Variable) -> Ssa {
        let before = self.builder.use_var(counter);
        let after = self.add(before, 1);
        self.builder.def_var(counter, after);
        before
    }

    fn segment(
        &mut self,
        walk: &Walk<'_, 'b>,
        segment: Segment<'b>,
        arrive: &mut Arrive<'_, 'e, 'b>,
    ) {
        let (body, next) = (self.block(), self.block());
        let address = self.builder.append_block_param(body, I64);
        let left = self.builder.append_block_param(body, I64);
        let (list, behind) = (segment.list, segment.behind);
        let len = self.len(list);
        self.builder.ins().brif(len, body, &[list.bits.into(), len.into()], behind, &[]);
        self.builder.switch_to_block(body);
        let words = self.load_value(segment.element, address, 0);
        let element = Element { words, shape: segment.element, unmade: None };
        self.pass(walk, segment.first, element, next, arrive);
        self.enter(next);
        self.end_if_taken(walk, segment.first);
        let following = self.add(address, i64::from(layout::SIZE));
        let left = self.add(left, -1);
        self.builder.ins().brif(left, body, &[following.into(), left.into()], behind, &[]);
        self.builder.seal_block(body);
    }

    /// Ends the stream if a stage before the next loop has passed all that it may.
    fn end_if_taken(&mut self, walk: &Walk<'_, 'b>, first: usize) {
        let stages = walk.stream.stages.iter().zip(&walk.counters).zip(&walk.stream.limits);
        for ((stage, counter), limit) in stages.skip(first) {
            if matches!(stage.kind, StageKind::FlatMap { .. }) {
                return;
            }
            if let (StageKind::Take, Some(counter), Some(limit)) = (stage.kind, counter, limit) {
                let count = self.builder.use_var(*counter);
                let more = i64::from(self.makes(Mistake::OneMoreTaken));
                let limit = self.add(*limit, more);
                let all = self.builder.ins().icmp(IntCC::SignedGreaterThanOrEqual, count, limit);
                self.leave_if(all, walk.done);
            }
        }
    }

    /// One element through the stages from `first` on and to the sink; what is held back leaves for
    /// `next`, and so does what arrived.
    fn pass(
        &mut self,
        walk: &Walk<'_, 'b>,
        first: usize,
        mut element: Element<'b>,
        next: Block,
        arrive: &mut Arrive<'_, 'e, 'b>,
    ) {
        let (id, stages) = (walk.stream.id, walk.stream.stages);
        let mut prefix = None;
        for (place, stage) in stages.iter().enumerate().skip(first) {
            let counter = walk.counters.get(place).copied().flatten();
            let count = counter.map(|counter| self.count_up(counter));
            if stage.kind.has_lambda() {
                self.bind(stage.element, Binding { words: element.words, prefix });
                if let (Some(local), Some(count)) = (stage.index, count) {
                    let words = self.of_kind(count, Kind::Integer);
                    self.bind(local, Binding { words, prefix: None });
                }
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
                StageKind::Map if walk.direct && place + 1 == stages.len() => {
                    element.shape = self.shape(stage.body);
                    element.unmade = Some(stage.body);
                }
                StageKind::Map => {
                    let words = self.value(stage.body);
                    let same = element.shape == self.shape(stage.body);
                    if !(same && self.is_lost(stages, place)) {
                        element.words = words;
                    }
                    element.shape = self.shape(stage.body);
                    prefix = None;
                }
                StageKind::FlatMap { element_cost } => {
                    let list = self.list_of(id, stage.body);
                    self.charge_elements(id, list, element_cost);
                    let element = self.element_shape(stage.body);
                    let inner = Segment { first: place + 1, list, element, behind: next };
                    return self.segment(walk, inner, arrive);
                }
                StageKind::Skip => {
                    if let (Some(count), Some(Some(limit))) = (count, walk.stream.limits.get(place))
                    {
                        let early = self.builder.ins().icmp(IntCC::SignedLessThan, count, *limit);
                        self.leave_if(early, next);
                    }
                }
                StageKind::Take => {}
            }
        }
        if arrive(self, element) {
            self.jump(next);
        }
    }

    /// Whether this mapping stage is the one that a planted mistake forgets.
    fn is_lost(&self, stages: &[Stage], place: usize) -> bool {
        let maps = stages.iter().take(place + 1).filter(|stage| stage.kind == StageKind::Map);
        maps.count() == 2 && self.makes(Mistake::LostSecondMap)
    }
}
