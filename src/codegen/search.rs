//! Looks through a text in steps of 16 bytes. Loads may reach into the padding behind it, and what
//! is found there does not count.

use super::function::{Emitter, Ssa};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8X16, I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder};

/// Longer needles could make a load reach beyond the padding.
pub(super) const MOST_NEEDLE: usize = 16;
/// Bytes that one load of a vector covers.
const STEP: i64 = 16;
/// Beyond this many bytes a row does the work, and applies the limit on texts.
const MOST_SEARCHED: i64 = 65_536;

impl Emitter<'_, '_> {
    /// Goes on at `absent` if the needle (1 to [`MOST_NEEDLE`] bytes) begins at none of the first
    /// `n_positions` bytes from `start`, at `maybe` if it could. `n_positions` may be negative.
    pub(super) fn branch_search(
        &mut self,
        start: Ssa,
        n_positions: Ssa,
        needle: &[u8],
        absent: Block,
        maybe: Block,
    ) {
        let (body, candidate, next, more) =
            (self.block(), self.cold_block(), self.block(), self.block());
        let position = self.builder.append_block_param(body, I64);
        let zero = self.constant(0);
        self.jump_one(body, zero);
        self.builder.switch_to_block(body);
        let address = self.builder.ins().iadd(start, position);
        let found = self.needle_at(address, needle);
        self.fork(found, candidate, next);

        self.enter(candidate);
        let left = self.builder.ins().isub(n_positions, position);
        let most = self.constant(STEP);
        let left = self.builder.ins().smin(left, most);
        let left = self.builder.ins().smax(left, zero);
        let one = self.constant(1);
        let beyond = self.builder.ins().ishl(one, left);
        let mask = self.add(beyond, -1);
        let found = self.builder.ins().uextend(I64, found);
        let counts = self.builder.ins().band(found, mask);
        // What lies behind the last position does not count, and no position follows it.
        self.fork(counts, maybe, absent);

        self.enter(next);
        let following = self.add(position, STEP);
        let goes_on = self.builder.ins().icmp(IntCC::SignedLessThan, following, n_positions);
        self.fork(goes_on, more, absent);
        self.enter(more);
        let within = self.compare(IntCC::SignedLessThan, following, MOST_SEARCHED);
        self.builder.ins().brif(within, body, &[following.into()], maybe, &[]);
        self.builder.seal_block(body);
    }

    /// A bit for each of the 16 positions where the first and last byte of the needle fit.
    fn needle_at(&mut self, address: Ssa, needle: &[u8]) -> Ssa {
        let first = needle.first().copied().unwrap_or_default();
        let last = needle.last().copied().unwrap_or_default();
        let mut found = self.bytes_at(address, 0, first);
        if needle.len() > 1 {
            let offset = i32::try_from(needle.len() - 1).unwrap_or(0);
            let end = self.bytes_at(address, offset, last);
            found = self.builder.ins().band(found, end);
        }
        self.builder.ins().vhigh_bits(I32, found)
    }

    /// Which of 16 bytes are this one.
    pub(super) fn bytes_at(&mut self, address: Ssa, offset: i32, byte: u8) -> Ssa {
        let bytes = self.load(I8X16, address, offset);
        let wanted = self.vector(&[byte; 16]);
        self.builder.ins().icmp(IntCC::Equal, bytes, wanted)
    }

    /// A constant of 16 bytes.
    pub(super) fn vector(&mut self, bytes: &[u8; 16]) -> Ssa {
        let constant = self.builder.func.dfg.constants.insert(bytes.as_slice().into());
        self.builder.ins().vconst(I8X16, constant)
    }
}
