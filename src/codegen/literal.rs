//! Bytes for the output: fixed ones, and those of texts and integers.
//!
//! The output has slack behind its end. Few bytes are therefore written first and counted after:
//! at most [`MOST_UNCHECKED`] fixed bytes and one short text may go beyond the limit before the
//! cursor is compared with it.

use super::function::{Emitter, Ssa, Words};
use crate::ir::Constant;
use claimsmith_runtime::abi::{BEHIND, LONGEST_INTEGER, SLACK};
use claimsmith_runtime::value::layout;
use claimsmith_runtime::{json, limits, number};
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I8X16, I16, I32, I64};

/// Fixed bytes that may be written beyond the limit.
const MOST_UNCHECKED: u32 = 192;
/// Fixed bytes that may be written without being counted where there is room for all that an
/// expression may write, of which they are few.
const MOST_ROOMY: u32 = 1024;
const _: () = assert!((MOST_ROOMY as usize) < limits::OUTPUT / 2);
/// A text up to this long is copied in place, as this many bytes.
const SHORT: i64 = 32;
/// Bytes of a short text with what stands around it.
const MOST_OF_SHORT: u32 = SHORT as u32 + BEHIND.len() as u32;
// The last of them are written 16 at a time; a short text is copied whole.
const _: () = assert!(MOST_UNCHECKED as usize + 16 <= SLACK);
const _: () = assert!((MOST_UNCHECKED + MOST_OF_SHORT) as usize <= SLACK);

/// What stands around a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    /// Quotes.
    Quotes,
    /// Nothing: it is a piece of a text whose opening quote is written.
    Nothing,
    /// The opening quote is written; `","` follows, whose last quote opens the next text.
    Elements,
}

impl Around {
    /// What stands behind the text.
    fn behind(self) -> &'static [u8] {
        match self {
            Self::Quotes => b"\"",
            Self::Nothing => &[],
            Self::Elements => BEHIND,
        }
    }
}

impl Emitter<'_, '_> {
    /// Where the next byte goes.
    pub(super) fn at(&mut self) -> Ssa {
        self.builder.use_var(self.cursor)
    }

    /// Moves the cursor.
    pub(super) fn go_to(&mut self, cursor: Ssa) {
        self.builder.def_var(self.cursor, cursor);
    }

    /// Ends the evaluation if the cursor is beyond the limit. Few bytes are not, if they are all.
    pub(super) fn settle(&mut self) {
        let counts_later = !self.shared.settings.counts_at_once;
        let most = if self.is_roomy && counts_later { MOST_ROOMY } else { 0 };
        if self.unchecked > most {
            self.check_limit();
        }
    }

    /// From here on it is not known how much is written.
    pub(super) fn expect_much(&mut self) {
        (self.is_roomy, self.is_short) = (false, false);
    }

    fn check_limit(&mut self) {
        self.expect_much();
        let cursor = self.at();
        let limit = self.limit;
        let beyond = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, cursor, limit);
        self.leave_if(beyond, self.full);
        self.unchecked = 0;
    }

    /// How many bytes may be written without being counted.
    fn most_unchecked(&self) -> u32 {
        match (self.shared.settings.counts_at_once, self.is_roomy) {
            (true, _) => 0,
            (false, true) => MOST_ROOMY,
            (false, false) => MOST_UNCHECKED,
        }
    }

    /// Lets the runtime write an integer at the cursor. Its few bytes are counted later, as fixed ones
    /// are.
    pub(super) fn write_integer(&mut self, bits: Ssa) {
        if self.unchecked + LONGEST_INTEGER > self.most_unchecked() {
            self.check_limit();
        }
        self.write_integer_by_call(bits);
        self.unchecked += LONGEST_INTEGER;
    }

    /// Writes fixed bytes.
    pub(super) fn literal(&mut self, bytes: &[u8]) {
        let n = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let cursor = self.at();
        let end = self.add(cursor, i64::from(n));
        if self.unchecked + n > self.most_unchecked() {
            let limit = self.limit;
            let beyond = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, limit);
            self.leave_if(beyond, self.full);
            self.unchecked = 0;
            self.expect_much();
        } else {
            self.unchecked += n;
        }
        for (offset, chunk) in (0..).step_by(16).zip(bytes.chunks(16)) {
            self.store_bytes(chunk, cursor, offset);
        }
        self.go_to(end);
    }

    /// Stores up to 16 bytes in one go; what it writes beyond them does not count.
    fn store_bytes(&mut self, bytes: &[u8], address: Ssa, offset: i32) {
        let mut all = [0; 16];
        all.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        let word = u128::from_le_bytes(all) as i64;
        let value = match bytes.len() {
            0 => return,
            1 => self.builder.ins().iconst(I8, word),
            2 => self.builder.ins().iconst(I16, word),
            3..=4 => self.builder.ins().iconst(I32, word),
            5..=8 => self.builder.ins().iconst(I64, word),
            _ => self.vector(&all),
        };
        self.store(value, address, offset);
    }

    /// Writes a text that is not null: in place if it is short and needs no escape, else by a call. Short
    /// ones are counted later, as fixed bytes are; the call counts itself.
    pub(super) fn write_text(&mut self, words: Words, around: Around) {
        if self.unchecked + MOST_OF_SHORT > self.most_unchecked() {
            self.check_limit();
        }
        if self.shared.settings.calls_for_all {
            return self.call_for_text(words, around);
        }
        let (fast, slow, end) = (self.block(), self.cold_block(), self.block());
        let moved = self.builder.append_block_param(end, I64);
        let clean = i64::from(layout::CLEAN) << layout::FLAGS_SHIFT;
        let told = self.builder.ins().band_imm_u(words.meta, clean | 0xffff_ffff);
        let wanted = self.constant(clean);
        let len = self.builder.ins().bxor(told, wanted);
        let short = self.compare(IntCC::UnsignedLessThanOrEqual, len, SHORT);
        self.fork(short, fast, slow);

        self.enter(fast);
        let cursor = self.at();
        let start = match around {
            Around::Quotes => {
                self.store_bytes(b"\"", cursor, 0);
                self.add(cursor, 1)
            }
            Around::Nothing | Around::Elements => cursor,
        };
        let front = self.load(I8X16, words.bits, 0);
        let back = self.load(I8X16, words.bits, 16);
        self.store(front, start, 0);
        self.store(back, start, 16);
        let mut behind = self.builder.ins().iadd(start, len);
        behind = self.close(behind, around);
        self.jump_one(end, behind);

        self.enter(slow);
        let behind = self.write_text_by_call(words, around.behind().len());
        let full = self.full;
        self.builder.ins().brif(behind, end, &[behind.into()], full, &[]);
        self.enter(end);
        self.go_to(moved);
        // With a short one the expression wrote little, and there is room for that.
        self.unchecked = if self.is_roomy { 0 } else { self.unchecked + MOST_OF_SHORT };
        self.expect_much();
    }

    /// As [`Emitter::write_text`], always by a call.
    fn call_for_text(&mut self, words: Words, around: Around) {
        let behind = self.write_text_by_call(words, around.behind().len());
        let (next, full) = (self.block(), self.full);
        self.builder.ins().brif(behind, next, &[], full, &[]);
        self.enter(next);
        self.go_to(behind);
        self.unchecked = 0;
        self.expect_much();
    }

    /// Writes what stands behind a text; answers where the next byte goes.
    fn close(&mut self, behind: Ssa, around: Around) -> Ssa {
        let bytes = around.behind();
        self.store_bytes(bytes, behind, 0);
        self.add(behind, i64::try_from(bytes.len()).unwrap_or(0))
    }
}

/// A constant as JSON.
pub(super) fn json_bytes(value: &Constant) -> Vec<u8> {
    let mut bytes = Vec::new();
    match value {
        Constant::Text(text) => {
            json::write_str(text, &mut |more| {
                bytes.extend_from_slice(more);
                true
            });
        }
        Constant::Null => bytes.extend_from_slice(b"null"),
        Constant::Boolean(value) => bytes.extend_from_slice(value.to_string().as_bytes()),
        Constant::Integer(value) => bytes.extend_from_slice(value.to_string().as_bytes()),
        Constant::Number(value) => bytes.extend_from_slice(number::to_text(*value).as_bytes()),
    }
    bytes
}
