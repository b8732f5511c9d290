//! Memberships in groups: loops that compare the symbols of names. Several asked of one list are one
//! loop.

use super::function::{Counting, Emitter, Ssa, Words};
use super::share::Kept;
use crate::ir::{Constant, Link, LocalId, NodeId, NodeKind};
use claimsmith_runtime::Fault;
use claimsmith_runtime::abi::OFFSETS;
use claimsmith_runtime::functions::Work;
use claimsmith_runtime::types::{Shape, Type};
use claimsmith_runtime::value::layout;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder};

/// Symbols of names that are loaded before a loop over groups and wait in registers for it.
const MOST_AHEAD: usize = 6;
/// Memberships that are one loop. Its code grows with their square.
const MOST_MERGED: usize = 4;
/// Names of all memberships of one loop: each is loaded before it.
const MOST_NAMES: usize = 8;

/// Where a symbol's name stands in the value of a group.
const NAME: i32 = layout::BITS + 4;

/// Operands that ask one after the other for memberships in the groups of one list.
#[derive(Debug)]
pub(super) struct Memberships<'b> {
    operands: &'b [NodeId],
    /// The node of the list's root, which may be null.
    root: NodeId,
    list: Groups,
    asked: Vec<Membership<'b>>,
}

/// A list of groups: a slot of a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Groups {
    /// The ordinal of the root.
    root: u32,
    slot: u32,
}

/// One membership.
#[derive(Clone, Copy, Debug)]
struct Membership<'b> {
    /// The node that asks.
    node: NodeId,
    /// The node that gives the list's root.
    root: NodeId,
    list: Groups,
    names: &'b [u32],
    /// What it spends, and whether also the length of the list.
    steps: u32,
    is_weighed: bool,
}

impl Memberships<'_> {
    /// How many operands they are.
    pub(super) fn n(&self) -> usize {
        self.operands.len()
    }
}

impl<'b> Emitter<'_, 'b> {
    /// The memberships that begin these operands, if they are several of one list.
    pub(super) fn memberships(&self, operands: &'b [NodeId]) -> Option<Memberships<'b>> {
        if !self.shared.settings.shares() {
            return None;
        }
        let first = self.membership(*operands.first()?)?;
        let mut n_names = 0;
        let is_merged = |asked: &Membership<'b>| {
            n_names += asked.names.len();
            asked.list == first.list && n_names <= MOST_NAMES
        };
        let found = operands.iter().take(MOST_MERGED);
        let found = found.map_while(|operand| self.membership(*operand));
        let asked: Vec<_> = found.take_while(is_merged).collect();
        let operands = operands.get(..asked.len()).filter(|operands| operands.len() > 1)?;
        Some(Memberships { operands, root: first.root, list: first.list, asked })
    }

    /// The membership that a node asks for, where the user is known, and nothing else.
    fn membership(&self, id: NodeId) -> Option<Membership<'b>> {
        let (mut at, mut steps, mut bound) = (id, 0_u32, None);
        loop {
            match &self.node(at)?.kind {
                NodeKind::Charge { steps: more, body } => {
                    steps = steps.checked_add(*more)?;
                    at = *body;
                }
                NodeKind::Choice { links, otherwise } if self.is_false(*otherwise) => {
                    let [Link::Default { value, .. }] = links.as_slice() else { return None };
                    at = *value;
                }
                NodeKind::Guard { local, value, rest } if bound.is_none() => {
                    bound = Some((*local, *value));
                    at = *rest;
                }
                NodeKind::MemberOf { groups, names } => {
                    let (root, list, is_weighed) = self.groups(*groups, bound)?;
                    return Some(Membership { node: at, root, list, names, steps, is_weighed });
                }
                _ => return None,
            }
        }
    }

    /// The root and the list of groups that nothing but the root can be missing of, and whether it
    /// is weighed.
    fn groups(
        &self,
        id: NodeId,
        bound: Option<(LocalId, NodeId)>,
    ) -> Option<(NodeId, Groups, bool)> {
        let (id, is_weighed) = match self.node(id)?.kind {
            NodeKind::ChargeSize(list, Work::Walk) => (list, true),
            _ => (id, false),
        };
        let shape = self.shape(id);
        let Type::List(element) = &shape.ty else { return None };
        let is_plain = !shape.nullable && **element == Shape::of(Type::Group);
        let NodeKind::Slot { record, index: slot } = self.node(id)?.kind else { return None };
        let root = match self.node(record)?.kind {
            NodeKind::Local(local) => bound.filter(|(known, _)| *known == local)?.1,
            NodeKind::Root(_) if !self.shape(record).nullable => record,
            _ => return None,
        };
        let NodeKind::Root(ordinal) = self.node(root)?.kind else { return None };
        is_plain.then_some((root, Groups { root: ordinal, slot }, is_weighed))
    }

    fn is_false(&self, id: NodeId) -> bool {
        match &self.node(id).map(|node| &node.kind) {
            Some(NodeKind::Charge { body, .. }) => self.is_false(*body),
            Some(NodeKind::Constant(Constant::Boolean(value))) => !value,
            _ => false,
        }
    }

    /// Goes on at `yes` if any of the memberships holds, else at `no`. The list is walked once; then
    /// each is paid for up to the first that holds, as if they had been asked in order, and what was
    /// found out is kept. Where there is no user, not enough to pay for all, or something is known
    /// of them already, they are asked in order.
    pub(super) fn branch_memberships(
        &mut self,
        id: NodeId,
        memberships: &Memberships<'b>,
        yes: Block,
        no: Block,
    ) {
        let Memberships { operands, root, list, asked } = memberships;
        let kept: Vec<Option<Kept>> = asked.iter().map(|asked| self.keeps(asked.node)).collect();
        let is_kept = kept.iter().any(Option::is_some);
        let in_order = if is_kept { self.block() } else { self.cold_block() };
        for kept in kept.iter().flatten() {
            self.leave_if_known(*kept, in_order);
        }
        let record = self.value(*root);
        if let Some(null) = self.is_null(record, self.shape(*root)) {
            self.leave_if(null, in_order);
        }
        let words = match super::value::slot_offset(list.slot) {
            Some(offset) => self.load_words(record.bits, offset),
            None => self.null(),
        };
        let len = self.len(words);
        // What is left when the first so many are paid for.
        let mut left = vec![self.builder.use_var(self.steps)];
        for membership in asked {
            let mut rest = left.last().copied().unwrap_or(len);
            rest = self.add(rest, -i64::from(membership.steps));
            if membership.is_weighed {
                rest = self.builder.ins().isub(rest, len);
            }
            left.push(rest);
        }
        let least = left.last().copied().unwrap_or(len);
        let overdrawn = self.compare(IntCC::SignedLessThan, least, 0);
        self.leave_if(overdrawn, in_order);
        let (firsts, none) = self.walk_memberships(words, asked);
        let targets = firsts.into_iter().map(|first| (first, yes)).chain([(none, no)]);
        let paid = left.iter().skip(1).chain([&least]);
        for (first, ((block, target), left)) in targets.zip(paid).enumerate() {
            self.enter(block);
            self.builder.def_var(self.steps, *left);
            self.counting = Counting::Checked;
            // Those before the first do not hold, and of those behind it nothing is known.
            for (place, kept) in kept.iter().enumerate().take(first + 1) {
                kept.iter().for_each(|kept| self.keep_answer(*kept, place == first));
            }
            self.jump(target);
        }
        self.enter(in_order);
        let Some((last, before)) = operands.split_last() else { return self.jump(no) };
        for operand in before {
            let next = self.block();
            self.condition(id, *operand, yes, next);
            self.enter(next);
        }
        self.condition(id, *last, yes, no);
    }

    /// One walk along the list. Gives for each membership where it goes on if that is the first
    /// that holds, and where if none does. Once one holds, only those before it are looked for.
    fn walk_memberships(&mut self, list: Words, asked: &[Membership<'b>]) -> (Vec<Block>, Block) {
        let of = |asked: &Membership<'b>| {
            let resolved = self.resolved(asked.names);
            self.symbols(resolved, asked.names)
        };
        let symbols: Vec<Vec<Ssa>> = asked.iter().map(of).collect();
        let with_address = |emitter: &mut Self| {
            let block = emitter.block();
            emitter.builder.append_block_param(block, I64);
            block
        };
        let n = asked.len();
        let firsts: Vec<Block> = (0..n).map(|_| self.block()).collect();
        let none = self.block();
        // The loop that looks for the first `number + 1`, and where it is entered.
        let loops: Vec<Block> = (0..n).map(|_| with_address(self)).collect();
        let entries: Vec<Block> = (0..n).map(|_| with_address(self)).collect();
        let len = self.len(list);
        let bytes = self.builder.ins().ishl_imm_u(len, 4);
        let end = self.builder.ins().iadd(list.bits, bytes);
        if let Some(entry) = entries.last() {
            self.jump_one(*entry, list.bits);
        }
        let numbered = loops.iter().zip(&entries).enumerate().rev();
        for (number, (body, entry)) in numbered {
            let missed = firsts.get(number + 1).copied().unwrap_or(none);
            let go_on = |emitter: &mut Self, address: Ssa| {
                let more = emitter.builder.ins().icmp(IntCC::NotEqual, address, end);
                emitter.builder.ins().brif(more, *body, &[address.into()], missed, &[]);
            };
            self.enter(*entry);
            let address = self.builder.block_params(*entry).first().copied().unwrap_or(end);
            go_on(self, address);
            self.builder.switch_to_block(*body);
            let address = self.builder.block_params(*body).first().copied().unwrap_or(end);
            let found = self.load(I32, address, NAME);
            let following = self.add(address, i64::from(layout::SIZE));
            for (place, symbol) in symbols.iter().enumerate().take(number + 1) {
                for symbol in symbol {
                    let same = self.builder.ins().icmp(IntCC::Equal, found, *symbol);
                    let next = self.block();
                    match place.checked_sub(1).and_then(|before| entries.get(before)) {
                        Some(entry) => {
                            let address = [following.into()];
                            self.builder.ins().brif(same, *entry, &address, next, &[]);
                        }
                        None => {
                            let first = firsts.first().copied().unwrap_or(none);
                            self.fork(same, first, next);
                        }
                    }
                    self.enter(next);
                }
            }
            go_on(self, following);
            self.builder.seal_block(*body);
        }
        (firsts, none)
    }

    /// Where symbols of names are, these among them.
    fn resolved(&mut self, names: &[u32]) -> Ssa {
        let most = names.iter().map(|name| *name as usize + 1).max().unwrap_or(0);
        self.needs.n_names = self.needs.n_names.max(most);
        self.load_surrounding(OFFSETS.resolved)
    }

    fn symbols(&mut self, resolved: Ssa, names: &[u32]) -> Vec<Ssa> {
        names.iter().map(|name| self.load_fixed(I32, resolved, name_offset(*name))).collect()
    }

    /// Compares the name symbol of each group with those of the constants.
    pub(super) fn branch_member(
        &mut self,
        id: NodeId,
        words: Words,
        shape: &Shape,
        names: &[u32],
        (yes, no): (Block, Block),
    ) {
        let Type::List(element) = &shape.ty else {
            self.raise(Fault::Type, id);
            return self.jump(no);
        };
        // Loads of what never changes are not moved out of a loop.
        let resolved = self.resolved(names);
        let ahead = self.symbols(resolved, names.get(..MOST_AHEAD).unwrap_or(names));
        let (body, next) = (self.block(), self.block());
        let address = self.builder.append_block_param(body, I64);
        let len = self.len(words);
        let bytes = self.builder.ins().ishl_imm_u(len, 4);
        let end = self.builder.ins().iadd(words.bits, bytes);
        let empty = self.compare(IntCC::Equal, len, 0);
        self.builder.ins().brif(empty, no, &[], body, &[words.bits.into()]);
        self.builder.switch_to_block(body);
        if element.nullable {
            let meta = self.load(I64, address, layout::META);
            let null = self.compare(IntCC::Equal, meta, 0);
            self.leave_if(null, next);
        }
        let found = self.load(I32, address, NAME);
        for (index, name) in names.iter().enumerate() {
            let symbol = match ahead.get(index) {
                Some(symbol) => *symbol,
                None => self.load_fixed(I32, resolved, name_offset(*name)),
            };
            let same = self.builder.ins().icmp(IntCC::Equal, found, symbol);
            self.leave_if(same, yes);
        }
        self.jump(next);
        self.enter(next);
        let following = self.add(address, i64::from(layout::SIZE));
        let more = self.builder.ins().icmp(IntCC::NotEqual, following, end);
        self.builder.ins().brif(more, body, &[following.into()], no, &[]);
        self.builder.seal_block(body);
    }
}

/// Where the symbol of a name is among those resolved.
fn name_offset(name: u32) -> i32 {
    i32::try_from(u64::from(name) * 4).unwrap_or(0)
}
