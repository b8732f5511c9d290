//! What is asked for more than once in a function is found out once: at its first use, behind a
//! variable that tells whether it was (design, "Total nodes"). What is spent on the way to it is
//! spent each time; a row whose arguments are the same gives the same, or has faulted before.
//! Memberships that are one loop keep what the loop found out of each ([`super::member`]).

use super::Unit;
use super::function::{Emitter, Words};
use crate::ir::{Body, Constant, LocalId, NodeId, NodeKind};
use claimsmith_runtime::functions::{self, Operator};
use cranelift_codegen::ir::Block;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_frontend::Variable;
use std::collections::BTreeMap;

/// Most values that a function keeps: each is looked after wherever branches meet.
const MOST_KEPT: usize = 32;

/// The second word of what is not yet known: that of no value.
const UNKNOWN: i64 = -1;

/// The number that all nodes of one value share.
type Same = u32;

/// What makes the value of a node, spending apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Root(u32),
    Slot(Same, u32),
    Boolean(bool),
    Integer(i64),
    Number(u64),
    Text(String),
    Null,
    Guard(Same, Same),
    Row(u32, Vec<Same>),
    Member(Same, Vec<u32>),
}

/// What each node of an expression shares, by the address of its body, so that no expression is
/// written by the table of another.
type Tables = BTreeMap<*const Body, Vec<Option<Same>>>;

/// The values that a function makes more than once.
#[derive(Debug, Default)]
pub(super) struct Shares {
    bodies: Tables,
    /// How often each that takes long is made.
    n_made: BTreeMap<Same, usize>,
}

impl Shares {
    /// Those of a unit.
    pub(super) fn of(unit: Unit<'_>) -> Self {
        let mut shares = Self::default();
        let mut keys = BTreeMap::new();
        for body in unit.bodies() {
            shares.add(body, &mut keys);
        }
        shares
    }

    fn add(&mut self, body: &Body, keys: &mut BTreeMap<Key, Same>) {
        let bound: BTreeMap<LocalId, NodeId> = body
            .nodes
            .iter()
            .filter_map(|node| match node.kind {
                NodeKind::Guard { local, value, .. } => Some((local, value)),
                _ => None,
            })
            .collect();
        let repeated = repeated(body);
        let mut sames: Vec<Option<Same>> = Vec::with_capacity(body.nodes.len());
        for (node, repeated) in body.nodes.iter().zip(repeated) {
            let of = |id: NodeId| sames.get(id.0 as usize).copied().flatten();
            let same = match &node.kind {
                NodeKind::Local(local) => bound.get(local).and_then(|value| of(*value)),
                NodeKind::NonNull { value: node, .. }
                | NodeKind::Charge { body: node, .. }
                | NodeKind::ChargeSize(node, _) => of(*node),
                kind => key(kind, of).map(|key| {
                    let takes_long = takes_long(&key);
                    let next = u32::try_from(keys.len()).unwrap_or(u32::MAX);
                    let same = *keys.entry(key).or_insert(next);
                    if takes_long {
                        *self.n_made.entry(same).or_default() += 1 + usize::from(repeated);
                    }
                    same
                }),
            };
            sames.push(same);
        }
        self.bodies.insert(body, sames);
    }
}

/// By node, whether it is made for each element of a list.
fn repeated(body: &Body) -> Vec<bool> {
    let mut repeated = vec![false; body.nodes.len()];
    for (index, node) in body.nodes.iter().enumerate().rev() {
        let all = repeated.get(index).copied().unwrap_or_default();
        let lambdas = match &node.kind {
            NodeKind::Stream { stages, sink, .. } => {
                let bodies = stages.iter().filter(|stage| stage.kind.has_lambda());
                bodies.map(|stage| stage.body).chain(sink.body()).collect()
            }
            _ => Vec::new(),
        };
        for child in node.kind.children() {
            if let Some(cell) = repeated.get_mut(child.0 as usize) {
                *cell |= all || lambdas.contains(&child);
            }
        }
    }
    repeated
}

fn key(kind: &NodeKind, of: impl Fn(NodeId) -> Option<Same>) -> Option<Key> {
    let all = |nodes: &[NodeId]| nodes.iter().map(|node| of(*node)).collect::<Option<Vec<_>>>();
    Some(match kind {
        NodeKind::Constant(Constant::Null) => Key::Null,
        NodeKind::Constant(Constant::Boolean(value)) => Key::Boolean(*value),
        NodeKind::Constant(Constant::Integer(value)) => Key::Integer(*value),
        NodeKind::Constant(Constant::Number(value)) => Key::Number(value.to_bits()),
        NodeKind::Constant(Constant::Text(text)) => Key::Text(text.clone()),
        NodeKind::Root(ordinal) => Key::Root(*ordinal),
        NodeKind::Slot { record, index } => Key::Slot(of(*record)?, *index),
        NodeKind::Guard { value, rest, .. } => Key::Guard(of(*value)?, of(*rest)?),
        NodeKind::Call { row, arguments } => Key::Row(*row, all(arguments)?),
        NodeKind::Operation { operator, arguments } => {
            Key::Row(functions::operator(*operator), all(arguments)?)
        }
        NodeKind::Concat(pieces) => {
            Key::Row(functions::operator(Operator::Concatenate), all(pieces)?)
        }
        NodeKind::MemberOf { groups, names } => Key::Member(of(*groups)?, names.clone()),
        _ => return None,
    })
}

/// What is kept of one value: both words, the second [`UNKNOWN`] until it is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    bits: Variable,
    meta: Variable,
}

/// What one function keeps.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    kept: BTreeMap<Same, Kept>,
    /// Of the expressions that are yet to be written.
    bodies: Tables,
    /// Of the one that is being written, by node.
    body: Vec<Option<Same>>,
}

/// Whether making a value takes more than asking whether it was made.
fn takes_long(key: &Key) -> bool {
    match key {
        Key::Row(row, _) => !super::text::has_fast_path(*row) && !is_conversion(*row),
        Key::Member(..) => true,
        _ => false,
    }
}

/// Whether a row mostly gives its argument.
fn is_conversion(row: u32) -> bool {
    [Operator::AsText, Operator::AsList].iter().any(|known| functions::operator(*known) == row)
}

impl<'b> Emitter<'_, 'b> {
    /// Keeps from here on what is made more than once. Called where everything that follows is
    /// written for.
    pub(super) fn share(&mut self, shares: Shares) {
        let often = shares.n_made.iter().filter(|(_, n_made)| **n_made > 1);
        let often: Vec<Same> = often.map(|(same, _)| *same).take(MOST_KEPT).collect();
        for same in often {
            let kept = Kept { bits: self.counter(0), meta: self.counter(UNKNOWN) };
            self.sharing.kept.insert(same, kept);
        }
        self.sharing.bodies = shares.bodies;
    }

    /// Turns to an expression; one that is not of the unit shares nothing.
    pub(super) fn share_in(&mut self, body: &'b Body) {
        self.sharing.body =
            self.sharing.bodies.remove(&std::ptr::from_ref(body)).unwrap_or_default();
    }

    /// What is kept of a node's value.
    pub(super) fn keeps(&self, id: NodeId) -> Option<Kept> {
        let same = self.sharing.body.get(id.0 as usize).copied().flatten()?;
        self.sharing.kept.get(&same).copied()
    }

    /// The value of a node whose arguments are evaluated: made by `make`, unless it was before.
    pub(super) fn shared(&mut self, id: NodeId, make: impl FnOnce(&mut Self) -> Words) -> Words {
        let Some(kept) = self.keeps(id) else { return make(self) };
        let end = self.merge_block();
        self.jump_if_known(kept, |emitter, words| emitter.jump_with(end, words));
        let words = make(self);
        self.builder.def_var(kept.bits, words.bits);
        self.builder.def_var(kept.meta, words.meta);
        self.jump_with(end, words);
        self.enter_with(end)
    }

    /// As [`Self::shared`], of a question that `ask` answers by where it goes on.
    pub(super) fn branch_shared(
        &mut self,
        id: NodeId,
        (yes, no): (Block, Block),
        ask: impl FnOnce(&mut Self, Block, Block),
    ) {
        let Some(kept) = self.keeps(id) else { return ask(self, yes, no) };
        self.jump_if_known(kept, |emitter, words| emitter.fork(words.bits, yes, no));
        let (holds, fails) = (self.block(), self.block());
        ask(self, holds, fails);
        for (block, answer, target) in [(holds, true, yes), (fails, false, no)] {
            self.enter(block);
            self.keep_answer(kept, answer);
            self.jump(target);
        }
    }

    /// Keeps the answer of a question.
    pub(super) fn keep_answer(&mut self, kept: Kept, answer: bool) {
        let answer = self.constant(i64::from(answer));
        self.builder.def_var(kept.bits, answer);
        self.builder.def_var(kept.meta, answer);
    }

    /// Leaves for `known` if the answer of a question was found out before.
    pub(super) fn leave_if_known(&mut self, kept: Kept, known: Block) {
        let meta = self.builder.use_var(kept.meta);
        let is_known = self.compare(IntCC::NotEqual, meta, UNKNOWN);
        self.leave_if(is_known, known);
    }

    /// Leaves as `known` does with what is kept, and goes on here if that is nothing.
    fn jump_if_known(&mut self, kept: Kept, known: impl FnOnce(&mut Self, Words)) {
        let words =
            Words { bits: self.builder.use_var(kept.bits), meta: self.builder.use_var(kept.meta) };
        let is_unknown = self.compare(IntCC::Equal, words.meta, UNKNOWN);
        let (there, missing) = (self.block(), self.block());
        self.fork(is_unknown, missing, there);
        self.enter(there);
        known(self, words);
        self.enter(missing);
    }
}
