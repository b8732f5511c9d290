//! A node's value as JSON, written where it belongs in the output without being made first.

use super::branch::is_boolean;
use super::function::{Binding, Emitter, Ssa, Words, is_scalar};
use super::literal::{Around, json_bytes};
use super::walk::Element;
use crate::ir::{Constant, Link, LocalId, NodeId, NodeKind, Sink, Stage, StageKind};
use claimsmith_runtime::functions::Operator;
use claimsmith_runtime::types::{Shape, Type};
use claimsmith_runtime::value::layout;
use claimsmith_runtime::{Kind, limits};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Block, InstBuilder};

/// Where to go instead of writing some values. The cursor may be anywhere then.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Omitted {
    pub(super) null: Option<Block>,
    pub(super) empty: Option<Block>,
}

/// Several ways to write one thing, of which an evaluation takes one.
#[derive(Clone, Copy, Debug)]
struct Ways {
    /// Where they meet.
    end: Block,
    /// The bytes that were unchecked before, and those that are at most after any of them.
    before: u32,
    most: u32,
}

/// Whether values of this shape are written as one text.
fn is_text(shape: &Shape) -> bool {
    matches!(shape.ty, Type::Text | Type::Group) && !shape.nullable
}

/// Whether values of this type, which are not null, are written without a call.
fn is_written_here(ty: &Type) -> bool {
    match ty {
        Type::Text | Type::Group | Type::Integer | Type::Boolean => true,
        Type::List(element) => is_text(element),
        _ => false,
    }
}

impl<'b> Emitter<'_, 'b> {
    /// Writes the value of a node.
    pub(super) fn json(&mut self, id: NodeId, omitted: Omitted) {
        let Some(node) = self.node(id) else { return self.json_value(id, omitted) };
        match &node.kind {
            NodeKind::Constant(constant) => self.json_constant(constant, omitted),
            NodeKind::Charge { steps, body } => {
                self.charge(*steps, id);
                self.json(*body, omitted);
            }
            // Whatever it is made of: its shape leaves nothing out.
            _ if is_boolean(&node.shape) => self.json_boolean(id),
            NodeKind::Guard { local, value, rest } => {
                self.json_guard(*local, *value, *rest, omitted);
            }
            NodeKind::Choice { links, otherwise } => {
                self.json_choice(id, links, *otherwise, omitted)
            }
            NodeKind::Concat(pieces) if self.all_have_text(pieces) => self.json_concat(id, pieces),
            NodeKind::Operation { operator: Operator::List, arguments }
                if arguments.len() <= limits::LIST && self.all_scalar(arguments) =>
            {
                self.json_list(arguments, omitted);
            }
            NodeKind::Operation { operator: Operator::Map, arguments }
                if self.is_plain_map(arguments) =>
            {
                self.json_map(arguments);
            }
            NodeKind::Stream { source, stages, sink: Sink::List, element_cost } => {
                self.json_stream(id, *source, stages, *element_cost, omitted);
            }
            _ => self.json_value(id, omitted),
        }
    }

    fn json_value(&mut self, id: NodeId, omitted: Omitted) {
        let Some(block) = omitted.null else {
            let words = self.value(id);
            return self.json_words(words, self.shape(id), omitted);
        };
        let words = self.present(id, block);
        let present = Shape { ty: self.shape(id).ty.clone(), nullable: false };
        self.json_words(words, &present, Omitted { null: None, ..omitted });
    }

    fn json_null(&mut self, omitted: Omitted) {
        match omitted.null {
            Some(block) => {
                self.jump(block);
                let unreachable = self.block();
                self.enter(unreachable);
            }
            None => self.literal(b"null"),
        }
    }

    fn json_constant(&mut self, constant: &Constant, omitted: Omitted) {
        if *constant == Constant::Null {
            return self.json_null(omitted);
        }
        let bytes = json_bytes(constant);
        self.literal(&bytes);
    }

    fn json_boolean(&mut self, id: NodeId) {
        let (yes, no) = (self.block(), self.block());
        self.branch(id, yes, no);
        self.json_answer(yes, no);
    }

    /// Writes true where it goes on at `yes`, and false at `no`.
    fn json_answer(&mut self, yes: Block, no: Block) {
        let mut ways = self.ways();
        for (block, bytes) in [(yes, &b"true"[..]), (no, b"false")] {
            self.enter(block);
            self.way(&mut ways, |emitter| emitter.literal(bytes));
        }
        self.meet(ways);
    }

    fn ways(&mut self) -> Ways {
        Ways { end: self.block(), before: self.unchecked, most: 0 }
    }

    /// Writes one of the ways, from here to where they meet.
    fn way(&mut self, ways: &mut Ways, write: impl FnOnce(&mut Self)) {
        self.unchecked = ways.before;
        write(self);
        ways.most = ways.most.max(self.unchecked);
        self.jump(ways.end);
    }

    /// Goes on where the ways meet.
    fn meet(&mut self, ways: Ways) {
        self.enter(ways.end);
        self.unchecked = ways.most;
    }

    /// Writes a value that may be null; what is omitted leaves.
    pub(super) fn json_words(&mut self, words: Words, shape: &Shape, omitted: Omitted) {
        let null = self.is_null(words, shape);
        match (null, omitted.null) {
            (Some(null), Some(block)) => self.leave_if(null, block),
            (Some(null), None) if is_written_here(&shape.ty) => {
                return self.json_or_null(null, words, shape, omitted);
            }
            // The runtime writes null, too.
            _ => {}
        }
        self.leave_if_empty_list(words, shape, omitted);
        self.json_present(words, shape);
    }

    fn leave_if_empty_list(&mut self, words: Words, shape: &Shape, omitted: Omitted) {
        if let (Some(block), Type::List(_) | Type::Any) = (omitted.empty, &shape.ty) {
            let empty = self.is_empty_of(words, Kind::List);
            self.leave_if(empty, block);
        }
    }

    fn json_or_null(&mut self, null: Ssa, words: Words, shape: &Shape, omitted: Omitted) {
        let (nothing, some) = (self.block(), self.block());
        self.fork(null, nothing, some);
        let mut ways = self.ways();
        self.enter(nothing);
        self.way(&mut ways, |emitter| emitter.literal(b"null"));
        self.enter(some);
        self.way(&mut ways, |emitter| {
            emitter.leave_if_empty_list(words, shape, omitted);
            emitter.json_present(words, shape);
        });
        self.meet(ways);
    }

    /// Writes a value, which is not null if [`is_written_here`].
    fn json_present(&mut self, words: Words, shape: &Shape) {
        match shape.ty {
            Type::Text => self.write_text(words, Around::Quotes),
            Type::Group => {
                let name = self.group_text(words);
                self.write_text(name, Around::Quotes);
            }
            Type::Integer => self.write_integer(words.bits),
            Type::Boolean => {
                let (yes, no) = (self.block(), self.block());
                self.fork(words.bits, yes, no);
                self.json_answer(yes, no);
            }
            Type::List(ref element) if is_text(element) => self.json_texts(words, element),
            _ => {
                self.write_by_call(words);
                self.unchecked = self.unchecked.max(1);
                self.settle();
            }
        }
    }

    /// Writes a list of texts, or of groups by their names.
    fn json_texts(&mut self, list: Words, element: &Shape) {
        self.expect_much();
        self.literal(b"[\"");
        self.settle();
        let first = self.at();
        let (body, done) = (self.block(), self.block());
        let address = self.builder.append_block_param(body, I64);
        let left = self.builder.append_block_param(body, I64);
        let len = self.len(list);
        self.builder.ins().brif(len, body, &[list.bits.into(), len.into()], done, &[]);
        self.builder.switch_to_block(body);
        let words = self.load_value(element, address, 0);
        let text = if element.ty == Type::Group { self.group_text(words) } else { words };
        self.write_text(text, Around::Elements);
        self.settle();
        let following = self.add(address, i64::from(layout::SIZE));
        let left = self.add(left, -1);
        self.builder.ins().brif(left, body, &[following.into(), left.into()], done, &[]);
        self.builder.seal_block(body);
        self.enter(done);
        let end = self.at();
        let empty = self.builder.ins().icmp(IntCC::Equal, end, first);
        self.close_list(end, empty, true);
        self.settle();
    }

    fn json_guard(&mut self, local: LocalId, value: NodeId, rest: NodeId, omitted: Omitted) {
        if let Some(block) = omitted.null {
            let words = self.present(value, block);
            self.bind(local, Binding { words, prefix: None });
            return self.json(rest, omitted);
        }
        let words = self.value(value);
        let null = self.is_null(words, self.shape(value));
        self.bind(local, Binding { words, prefix: None });
        let Some(null) = null else { return self.json(rest, omitted) };
        // What is null further on is null here too, and written in one place.
        let (nothing, some, cursor) = (self.block(), self.block(), self.at());
        self.fork(null, nothing, some);
        let mut ways = self.ways();
        self.enter(some);
        let present = Omitted { null: Some(nothing), ..omitted };
        self.way(&mut ways, |emitter| emitter.json(rest, present));
        self.enter(nothing);
        self.go_to(cursor);
        self.way(&mut ways, |emitter| emitter.literal(b"null"));
        self.meet(ways);
    }

    /// Each arm writes for itself.
    fn json_choice(&mut self, id: NodeId, links: &'b [Link], otherwise: NodeId, omitted: Omitted) {
        let mut ways = self.ways();
        for link in links {
            let next = self.block();
            match link {
                Link::If { condition, then } => {
                    let arm = self.block();
                    self.condition(id, *condition, arm, next);
                    self.enter(arm);
                    self.way(&mut ways, |emitter| emitter.json(*then, omitted));
                }
                Link::Default { value, empty_too } => {
                    let words = self.default(*value, *empty_too, next);
                    let present = Shape { ty: self.shape(*value).ty.clone(), nullable: false };
                    self.way(&mut ways, |emitter| emitter.json_words(words, &present, omitted));
                }
            }
            self.enter(next);
        }
        self.way(&mut ways, |emitter| emitter.json(otherwise, omitted));
        self.meet(ways);
    }

    /// The pieces between one pair of quotes. A text beyond the limit on texts is also beyond that
    /// on output.
    fn json_concat(&mut self, id: NodeId, pieces: &[NodeId]) {
        self.literal(b"\"");
        for piece in pieces {
            self.json_piece(id, *piece);
        }
        self.literal(b"\"");
    }

    fn json_piece(&mut self, id: NodeId, piece: NodeId) {
        if let Some(text) = self.text_constant(piece) {
            let quoted = json_bytes(&Constant::Text(text.to_owned()));
            let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
            return self.literal(inner);
        }
        // Null writes nothing.
        let ways = self.ways();
        let (end, mut ways) = (ways.end, Ways { most: ways.before, ..ways });
        if self.shape(piece).ty == Type::Integer {
            let integer = self.present(piece, end);
            self.way(&mut ways, |emitter| emitter.write_integer(integer.bits));
            return self.meet(ways);
        }
        let text = match self.shape(piece).ty {
            Type::Text => self.present(piece, end),
            Type::Group => {
                let group = self.present(piece, end);
                self.group_text(group)
            }
            _ => {
                let words = self.value(piece);
                self.operate(Operator::Piece, &[words], id)
            }
        };
        self.way(&mut ways, |emitter| emitter.write_text(text, Around::Nothing));
        self.meet(ways);
    }

    /// Whether making text of these values never faults, so that each can be written at once.
    fn all_have_text(&self, pieces: &[NodeId]) -> bool {
        let faultless = |piece: &NodeId| {
            let ty = &self.shape(*piece).ty;
            is_scalar(ty) && !matches!(ty, Type::DateTime | Type::Country)
        };
        pieces.iter().all(faultless)
    }

    fn all_scalar(&self, nodes: &[NodeId]) -> bool {
        nodes.iter().all(|node| is_scalar(&self.shape(*node).ty))
    }

    /// Writes a list literal of scalars, which is never too deep nor, with few nodes, too long.
    fn json_list(&mut self, elements: &[NodeId], omitted: Omitted) {
        if let (true, Some(block)) = (elements.is_empty(), omitted.empty) {
            self.jump(block);
            let unreachable = self.block();
            return self.enter(unreachable);
        }
        self.literal(b"[");
        for (index, element) in elements.iter().enumerate() {
            if index > 0 {
                self.literal(b",");
            }
            self.json(*element, Omitted::default());
        }
        self.literal(b"]");
    }

    /// Whether a map literal has constant keys and scalar values.
    fn is_plain_map(&self, arguments: &[NodeId]) -> bool {
        arguments.len().is_multiple_of(2)
            && arguments.chunks(2).all(|pair| match pair {
                [key, value] => {
                    self.text_constant(*key).is_some() && is_scalar(&self.shape(*value).ty)
                }
                _ => false,
            })
    }

    fn json_map(&mut self, arguments: &[NodeId]) {
        let mut opening = b"{".to_vec();
        for pair in arguments.chunks(2) {
            let [key, value] = pair else { continue };
            let text = self.text_constant(*key).unwrap_or_default().to_owned();
            opening.extend(json_bytes(&Constant::Text(text)));
            opening.push(b':');
            self.literal(&opening);
            self.json(*value, Omitted::default());
            opening = b",".to_vec();
        }
        self.literal(if arguments.is_empty() { b"{}" } else { b"}" });
    }

    /// Writes what arrives at the end of a stream, if it is scalars; else makes the list first.
    fn json_stream(
        &mut self,
        id: NodeId,
        source: NodeId,
        stages: &'b [Stage],
        element_cost: u32,
        omitted: Omitted,
    ) {
        let arriving = self.arriving(source, stages);
        if !is_scalar(&arriving.ty) || !self.is_list(source) {
            return self.json_value(id, omitted);
        }
        self.expect_much();
        let stream = self.open(id, source, stages, None, element_cost);
        let flat = |stage: &Stage| matches!(stage.kind, StageKind::FlatMap { .. });
        let counter = stages.iter().any(flat).then(|| self.counter(0));
        if counter.is_none() {
            self.leave_if_too_long(stream.list);
        }
        let direct = self.writes_itself(stages);
        let texts =
            !direct && matches!(arriving.ty, Type::Text | Type::Group) && !arriving.nullable;
        self.literal(if texts { b"[\"" } else { b"[" });
        self.settle();
        let first = self.at();
        let done = self.block();
        let mut arrive = |emitter: &mut Self, element: Element<'b>| {
            if let Some(counter) = counter {
                emitter.leave_if_too_many(counter);
            }
            if texts {
                let group = element.shape.ty == Type::Group;
                let words = if group { emitter.group_text(element.words) } else { element.words };
                emitter.write_text(words, Around::Elements);
                emitter.settle();
            } else {
                match element.unmade {
                    Some(body) => emitter.json(body, Omitted::default()),
                    None => {
                        emitter.json_words(element.words, element.shape, Omitted::default());
                    }
                }
                emitter.literal(b",");
                emitter.settle();
            }
            true
        };
        match self.lambda_of(source, stages) {
            Some(lambda) => self.for_each_kept(&stream, (done, direct), &lambda, &mut arrive),
            None => self.for_each(&stream, (done, direct), &mut arrive),
        }
        self.enter(done);
        let end = self.at();
        let empty = self.builder.ins().icmp(IntCC::Equal, end, first);
        if let Some(block) = omitted.empty {
            self.leave_if(empty, block);
        }
        self.close_list(end, empty, texts);
    }

    /// Whether the last stage makes what is better written at once.
    fn writes_itself(&self, stages: &[Stage]) -> bool {
        let last = stages.last().filter(|stage| stage.kind == StageKind::Map);
        let body = last.and_then(|stage| self.node(stage.body));
        matches!(
            body.map(|node| &node.kind),
            Some(NodeKind::Concat(_) | NodeKind::Choice { .. } | NodeKind::Guard { .. })
        )
    }

    /// Replaces what was written in expectation of another element.
    fn close_list(&mut self, end: Ssa, empty: Ssa, texts: bool) {
        let (expected, opened) = if texts { (-2, -1) } else { (-1, 0) };
        let behind_elements = self.add(end, expected);
        let behind_opening = self.add(end, opened);
        let at = self.builder.ins().select(empty, behind_opening, behind_elements);
        self.go_to(at);
        self.literal(b"]");
    }
}
