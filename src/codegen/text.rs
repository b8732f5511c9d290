//! Rows of the text family that are worth doing in place when an argument is a constant.

use super::Mistake;
use super::compare::{MOST_INLINE, Side};
use super::function::{Emitter, Ssa, Words};
use super::search::MOST_NEEDLE;
use crate::ir::{NodeId, NodeKind};
use claimsmith_runtime::functions::{self, Accepts, Meaning, Null, Operator};
use claimsmith_runtime::types::Type;
use claimsmith_runtime::value::layout;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder};

/// What a row does, for those with a fast path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    StartsWith,
    EndsWith,
    Contains,
    /// Of a list of texts.
    Among,
    Matches,
    Before,
    After,
    Replace,
}

/// A question about a text that is answered in place, or by a shim of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'b> {
    known: Known,
    row: u32,
    receiver: NodeId,
    /// 1 to [`MOST_INLINE`] bytes, or a pattern.
    part: &'b str,
}

impl<'b> Emitter<'_, 'b> {
    /// The fast path of a row, where rows have one.
    fn known(&self, row: u32) -> Option<Known> {
        if self.shared.settings.calls_for_all { None } else { known(row) }
    }

    /// The call as a question, if it is one.
    pub(super) fn question(&self, row: u32, arguments: &[NodeId]) -> Option<Question<'b>> {
        let known = self.known(row)?;
        let [receiver, part] = arguments else { return None };
        let null = functions::row(row)?.parameter(0)?.null;
        let shape = self.shape(*receiver);
        let part = self.text_constant(*part)?;
        let most = match known {
            Known::StartsWith | Known::EndsWith | Known::Among => MOST_INLINE,
            Known::Contains => MOST_NEEDLE,
            Known::Matches => usize::MAX,
            Known::Before | Known::After | Known::Replace => 0,
        };
        let fits = (1..=most).contains(&part.len());
        let answers_null = !shape.nullable || null == Null::Accepted;
        let is_text = match &shape.ty {
            Type::List(element) => known == Known::Among && element.ty == Type::Text,
            other => known != Known::Among && *other == Type::Text,
        };
        (fits && answers_null && is_text).then_some(Question {
            known,
            row,
            receiver: *receiver,
            part,
        })
    }

    /// Answers a question. A null text is shorter than every part.
    pub(super) fn ask(&mut self, id: NodeId, question: Question<'b>, yes: Block, no: Block) {
        let words = self.value(question.receiver);
        if question.known == Known::Matches {
            return self.ask_pattern(id, question, words, (yes, no));
        }
        if question.known == Known::Among {
            return self.ask_among(question, words, (yes, no));
        }
        let len = self.short_len(words);
        let mut part = question.part.as_bytes();
        let n = i64::try_from(part.len()).unwrap_or(i64::MAX);
        let short = self.compare(IntCC::UnsignedLessThan, len, n);
        self.leave_if(short, no);
        if question.known == Known::Contains {
            return self.ask_inside(id, question, words, (yes, no));
        }
        let start = if question.known == Known::EndsWith {
            let len = self.len(words);
            let end = self.builder.ins().iadd(words.bits, len);
            self.add(end, -n)
        } else {
            if self.makes(Mistake::ShortPrefix) {
                part = part.split_last().map_or(part, |(_, before)| before);
            }
            words.bits
        };
        self.branch_bytes(start, part, yes, no);
    }

    /// Whether the part occurs: seldom, where its first and last byte do, the row is asked.
    fn ask_inside(
        &mut self,
        id: NodeId,
        question: Question<'b>,
        whole: Words,
        (yes, no): (Block, Block),
    ) {
        let n = i64::try_from(question.part.len()).unwrap_or(0);
        let maybe = self.block();
        let len = self.len(whole);
        let n_positions = self.add(len, 1 - n);
        self.branch_search(whole.bits, n_positions, question.part.as_bytes(), no, maybe);
        self.enter(maybe);
        let part = self.shared.constants.text(question.part);
        let part = self.words(part);
        let found = self.call_row(question.row, &[whole, part], id);
        self.fork(found.bits, yes, no);
    }

    /// Whether the text is one of a list.
    fn ask_among(&mut self, question: Question<'b>, list: Words, (yes, no): (Block, Block)) {
        let Type::List(element) = &self.shape(question.receiver).ty else { return self.jump(no) };
        let (body, next) = (self.block(), self.block());
        let address = self.builder.append_block_param(body, I64);
        let len = self.len(list);
        let end = self.end_of(list, len);
        self.builder.ins().brif(len, body, &[list.bits.into()], no, &[]);
        self.builder.switch_to_block(body);
        let words = self.load_words(address, 0);
        let side = Side { words, shape: element, text: None, is_present: false };
        self.branch_text(side, question.part, yes, next);
        self.enter(next);
        let following = self.add(address, i64::from(layout::SIZE));
        let more = self.builder.ins().icmp(IntCC::NotEqual, following, end);
        self.builder.ins().brif(more, body, &[following.into()], no, &[]);
        self.builder.seal_block(body);
    }

    /// What a list of texts weighs: one for each, and one for each byte.
    pub(super) fn size_of_texts(&mut self, list: Words) -> Ssa {
        let (body, done) = (self.block(), self.block());
        let address = self.builder.append_block_param(body, I64);
        let total = self.builder.append_block_param(body, I64);
        let all = self.builder.append_block_param(done, I64);
        let len = self.len(list);
        let end = self.end_of(list, len);
        self.builder.ins().brif(len, body, &[list.bits.into(), len.into()], done, &[len.into()]);
        self.builder.switch_to_block(body);
        let meta = self.load(I64, address, layout::META);
        let n = self.low_half(meta);
        let total = self.builder.ins().iadd(total, n);
        let following = self.add(address, i64::from(layout::SIZE));
        let more = self.builder.ins().icmp(IntCC::NotEqual, following, end);
        let again = [following.into(), total.into()];
        self.builder.ins().brif(more, body, &again, done, &[total.into()]);
        self.builder.seal_block(body);
        self.enter(done);
        all
    }

    /// Where a list of so many elements ends.
    fn end_of(&mut self, list: Words, len: Ssa) -> Ssa {
        let bytes = self.builder.ins().ishl_imm_u(len, 4);
        self.builder.ins().iadd(list.bits, bytes)
    }

    /// Whether the pattern matches the whole text. What is no pattern faults in the row.
    fn ask_pattern(
        &mut self,
        id: NodeId,
        question: Question<'b>,
        text: Words,
        (yes, no): (Block, Block),
    ) {
        let matches = match self.shared.constants.pattern(question.part) {
            Some(pattern) => self.matches_pattern(pattern, text, id),
            None => {
                let pattern = self.shared.constants.text(question.part);
                let pattern = self.words(pattern);
                self.call_row(question.row, &[text, pattern], id).bits
            }
        };
        self.fork(matches, yes, no);
    }

    /// What a true condition says of the beginning of a local's text: the local and the prefix.
    pub(super) fn known_prefix(&self, condition: NodeId) -> Option<(crate::ir::LocalId, &'b str)> {
        match &self.node(condition)?.kind {
            NodeKind::Charge { body, .. } => self.known_prefix(*body),
            NodeKind::And(operands) => {
                operands.iter().find_map(|operand| self.known_prefix(*operand))
            }
            NodeKind::Call { row, arguments } => {
                let question = self.question(*row, arguments)?;
                let local = self.local_text(question.receiver)?;
                (question.known == Known::StartsWith).then_some((local, question.part))
            }
            _ => None,
        }
    }

    /// The local whose text a node gives.
    fn local_text(&self, id: NodeId) -> Option<crate::ir::LocalId> {
        match &self.node(id)?.kind {
            NodeKind::Local(local) => Some(*local),
            NodeKind::ChargeSize(value, _) => self.local_text(*value),
            NodeKind::Operation { operator: Operator::AsText, arguments } => {
                arguments.first().and_then(|argument| self.local_text(*argument))
            }
            _ => None,
        }
    }

    /// A row that gives a part of its first argument, in place; `None` if it takes a call.
    /// The first argument is not null.
    pub(super) fn part_of(
        &mut self,
        id: NodeId,
        row: u32,
        arguments: &[NodeId],
        values: &[Words],
    ) -> Option<Words> {
        let known = self.known(row)?;
        let receiver = *arguments.first()?;
        let whole = *values.first()?;
        let constant = self.text_constant(*arguments.get(1)?)?;
        if self.shape(receiver).ty != Type::Text {
            return None;
        }
        match (known, constant.as_bytes()) {
            (Known::Before | Known::After, [byte]) => {
                Some(self.cut(id, row, values, whole, (*byte, known)))
            }
            (Known::Replace, needle) if (1..=MOST_NEEDLE).contains(&needle.len()) => {
                let replacement = self.text_constant(*arguments.get(2)?);
                let local = self.local_text(receiver);
                let prefix = local.and_then(|local| self.binding(local)?.prefix);
                let in_front = prefix.is_some_and(|prefix| prefix.starts_with(constant));
                let cut = in_front && replacement == Some("");
                Some(self.replace(id, row, values, whole, (needle, cut)))
            }
            _ => None,
        }
    }

    /// What stands before or behind the first byte of this value, looked for in 32 bytes.
    fn cut(
        &mut self,
        id: NodeId,
        row: u32,
        values: &[Words],
        whole: Words,
        (byte, known): (u8, Known),
    ) -> Words {
        let (far, end) = (self.cold_block(), self.merge_block());
        let (hit, miss, nothing) = (self.block(), self.block(), self.block());
        let low = self.bytes_at(whole.bits, 0, byte);
        let high = self.bytes_at(whole.bits, 16, byte);
        let low = self.builder.ins().vhigh_bits(I32, low);
        let high = self.builder.ins().vhigh_bits(I32, high);
        let high = self.builder.ins().ishl_imm_u(high, 16);
        let found = self.builder.ins().bor(low, high);
        let found = self.builder.ins().uextend(I64, found);
        let len = self.len(whole);
        let at = self.builder.ins().ctz(found);
        let within = self.builder.ins().icmp(IntCC::UnsignedLessThan, at, len);
        let seen = self.compare(IntCC::UnsignedLessThan, at, 32);
        let both = self.builder.ins().band(within, seen);
        self.fork(both, hit, miss);

        self.enter(hit);
        let part = self.part(whole, len, at, known);
        self.jump_with(end, part);

        self.enter(miss);
        let long = self.compare(IntCC::UnsignedGreaterThan, len, 32);
        self.fork(long, far, nothing);
        self.enter(nothing);
        let beyond = if known == Known::Before { self.constant(0) } else { self.add(len, -1) };
        let part = self.part(whole, len, beyond, known);
        self.jump_with(end, part);

        self.enter(far);
        let part = self.call_row(row, values, id);
        self.jump_with(end, part);
        self.enter_with(end)
    }

    /// The part before byte `at`, or behind it.
    fn part(
        &mut self,
        whole: Words,
        len: super::function::Ssa,
        at: super::function::Ssa,
        known: Known,
    ) -> Words {
        if known == Known::Before {
            // Only the length changes: it is the low half of the second word.
            let lost = self.builder.ins().isub(len, at);
            let meta = self.builder.ins().isub(whole.meta, lost);
            return Words { bits: whole.bits, meta };
        }
        let skipped = self.add(at, 1);
        self.without_front(whole, skipped)
    }

    /// The text without its first bytes.
    fn without_front(&mut self, whole: Words, skipped: super::function::Ssa) -> Words {
        let bits = self.builder.ins().iadd(whole.bits, skipped);
        let meta = self.builder.ins().isub(whole.meta, skipped);
        Words { bits, meta }
    }

    /// The text as it is if the needle does not occur, or without it if it occurs only in front,
    /// where it is known to be (`cut`); else the row.
    fn replace(
        &mut self,
        id: NodeId,
        row: u32,
        values: &[Words],
        whole: Words,
        (needle, cut): (&[u8], bool),
    ) -> Words {
        let n = i64::try_from(needle.len()).unwrap_or(0);
        let (absent, maybe, end) = (self.block(), self.cold_block(), self.merge_block());
        let rest = if cut {
            let n = self.constant(n);
            self.without_front(whole, n)
        } else {
            whole
        };
        let len = self.len(rest);
        let n_positions = self.add(len, 1 - n);
        self.branch_search(rest.bits, n_positions, needle, absent, maybe);
        self.enter(maybe);
        let replaced = self.call_row(row, values, id);
        self.jump_with(end, replaced);
        self.enter(absent);
        self.jump_with(end, rest);
        self.enter_with(end)
    }
}

/// Whether a row is mostly done in place.
pub(super) fn has_fast_path(row: u32) -> bool {
    known(row).is_some_and(|known| known != Known::Among)
}

/// The fast path of a row.
fn known(row: u32) -> Option<Known> {
    let function = functions::row(row)?;
    let name = *function.names.first()?;
    let first = function.parameters.first().map(|parameter| parameter.accepts);
    if !matches!(function.meaning, Meaning::Body(_)) {
        return None;
    }
    if first == Some(Accepts::List) {
        return (name == "contains").then_some(Known::Among);
    }
    if !matches!(first, Some(Accepts::Text | Accepts::TextOrList)) {
        return None;
    }
    match name {
        "startsWith" | "String.startsWith" => Some(Known::StartsWith),
        "endsWith" => Some(Known::EndsWith),
        "contains" | "String.stringContains" => Some(Known::Contains),
        "matches" => Some(Known::Matches),
        "substringBefore" | "String.substringBefore" => Some(Known::Before),
        "substringAfter" | "String.substringAfter" => Some(Known::After),
        "replace" | "String.replace" => Some(Known::Replace),
        _ => None,
    }
}
