//! The language's `==`, inline where the kinds are known.

use super::Mistake;
use super::function::{Emitter, Words};
use crate::ir::{Constant, NodeId, NodeKind};
use claimsmith_runtime::functions::Operator;
use claimsmith_runtime::types::{Shape, Type};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Block, InstBuilder};

/// Constants up to this many bytes are compared in place.
pub(super) const MOST_INLINE: usize = 64;

/// One side of a comparison, already evaluated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'b> {
    pub(super) words: Words,
    pub(super) shape: &'b Shape,
    /// The text, if it is a constant.
    pub(super) text: Option<&'b str>,
    /// Whether it was found not to be null.
    pub(super) is_present: bool,
}

impl<'b> Emitter<'_, 'b> {
    pub(super) fn side(&self, id: NodeId, words: Words) -> Side<'b> {
        Side { words, shape: self.shape(id), text: self.text_constant(id), is_present: false }
    }

    /// Goes on at `yes` if two nodes give equal values, else at `no`. `id` is the node that asks.
    pub(super) fn branch_sides(
        &mut self,
        id: NodeId,
        lhs: NodeId,
        rhs: NodeId,
        yes: Block,
        no: Block,
    ) {
        let is_text = |emitter: &Self, side: NodeId| emitter.text_constant(side).is_some();
        let never_null = is_text(self, lhs) || is_text(self, rhs);
        // A constant takes nothing, and is not null: what is, is known to differ at once.
        let mut value = |side| match never_null && !self.makes(Mistake::NullIsEmpty) {
            true => self.present(side, no),
            false => self.value(side),
        };
        let (left, right) = (value(lhs), value(rhs));
        let (mut left, mut right) = (self.side(lhs, left), self.side(rhs, right));
        (left.is_present, right.is_present) = (never_null, never_null);
        self.branch_equal(id, left, right, yes, no);
    }

    /// The text of a constant node.
    pub(super) fn text_constant(&self, id: NodeId) -> Option<&'b str> {
        match self.node(id).map(|node| &node.kind) {
            Some(NodeKind::Constant(Constant::Text(text))) => Some(text),
            _ => None,
        }
    }

    /// The constant text of a side, if it is to be compared in place.
    fn short(&self, side: Side<'b>) -> Option<&'b str> {
        let in_place = !self.shared.settings.calls_for_all;
        side.text.filter(|text| in_place && text.len() <= MOST_INLINE)
    }

    /// Goes on at `yes` if the sides are equal, else at `no`. `id` is the node that asks.
    pub(super) fn branch_equal(
        &mut self,
        id: NodeId,
        lhs: Side<'b>,
        rhs: Side<'b>,
        yes: Block,
        no: Block,
    ) {
        match (&lhs.shape.ty, &rhs.shape.ty) {
            (Type::Null, _) => self.branch_null(rhs, yes, no),
            (_, Type::Null) => self.branch_null(lhs, yes, no),
            (Type::Integer, Type::Integer) | (Type::Boolean, Type::Boolean) => {
                self.branch_same_words(lhs.words, rhs.words, yes, no);
            }
            (Type::Text | Type::Group, Type::Text) if self.short(rhs).is_some() => {
                self.branch_text(lhs, self.short(rhs).unwrap_or_default(), yes, no);
            }
            (Type::Text, Type::Text | Type::Group) if self.short(lhs).is_some() => {
                self.branch_text(rhs, self.short(lhs).unwrap_or_default(), yes, no);
            }
            _ => {
                let equal = self.operate(Operator::Equal, &[lhs.words, rhs.words], id);
                self.fork(equal.bits, yes, no);
            }
        }
    }

    /// Only null equals null.
    fn branch_null(&mut self, side: Side<'b>, yes: Block, no: Block) {
        match self.is_null(side.words, side.shape) {
            Some(null) => self.fork(null, yes, no),
            None => self.jump(no),
        }
    }

    /// Values of one kind, or null, whose words say all.
    fn branch_same_words(&mut self, lhs: Words, rhs: Words, yes: Block, no: Block) {
        let same = self.builder.ins().icmp(IntCC::Equal, lhs.meta, rhs.meta);
        let next = self.block();
        self.fork(same, next, no);
        self.enter(next);
        let same = self.builder.ins().icmp(IntCC::Equal, lhs.bits, rhs.bits);
        self.fork(same, yes, no);
    }

    /// A text, or a group by its name, against a constant.
    pub(super) fn branch_text(&mut self, side: Side<'b>, text: &str, yes: Block, no: Block) {
        match self.is_null(side.words, side.shape) {
            Some(null) if !side.is_present && !self.makes(Mistake::NullIsEmpty) => {
                self.leave_if(null, no);
            }
            Some(_) | None => {}
        }
        let words =
            if side.shape.ty == Type::Group { self.group_text(side.words) } else { side.words };
        let len = self.short_len(words);
        let n = i64::try_from(text.len()).unwrap_or(i64::MAX);
        let same = self.compare(IntCC::Equal, len, n);
        if text.is_empty() {
            return self.fork(same, yes, no);
        }
        let next = self.block();
        self.fork(same, next, no);
        self.enter(next);
        let start = words.bits;
        self.branch_bytes(start, text.as_bytes(), yes, no);
    }

    /// Whether the bytes at an address are these. There are at least as many, and padding behind.
    pub(super) fn branch_bytes(
        &mut self,
        start: super::function::Ssa,
        bytes: &[u8],
        yes: Block,
        no: Block,
    ) {
        let Some(last) = bytes.len().checked_sub(8) else {
            return self.branch_few_bytes(start, bytes, yes, no);
        };
        let mut difference = None;
        for offset in (0..last).step_by(8).chain([last]) {
            let wanted = bytes.get(offset..offset + 8).unwrap_or_default();
            let found = self.load(I64, start, i32::try_from(offset).unwrap_or(0));
            let wanted = self.constant(word(wanted));
            let differs = self.builder.ins().bxor(found, wanted);
            difference = Some(match difference {
                Some(before) => self.builder.ins().bor(before, differs),
                None => differs,
            });
        }
        match difference {
            Some(difference) => self.fork(difference, no, yes),
            None => self.jump(yes),
        }
    }

    /// Fewer than eight bytes: one load, the bytes behind shifted out.
    fn branch_few_bytes(
        &mut self,
        start: super::function::Ssa,
        bytes: &[u8],
        yes: Block,
        no: Block,
    ) {
        if bytes.is_empty() {
            return self.jump(yes);
        }
        let shift = 64 - 8 * i64::try_from(bytes.len()).unwrap_or(8);
        let found = self.load(I64, start, 0);
        let found = self.builder.ins().ishl_imm_u(found, shift);
        let wanted = self.constant(word(bytes) << shift);
        let same = self.builder.ins().icmp(IntCC::Equal, found, wanted);
        self.fork(same, yes, no);
    }
}

/// Up to eight bytes as memory holds them.
fn word(bytes: &[u8]) -> i64 {
    let mut all = [0; 8];
    all.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    i64::from_ne_bytes(all)
}
