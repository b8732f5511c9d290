//! Which kinds of nodes, parts of nodes and rows this thread's evaluations met. Kept only for
//! `internals`, so that a test can say that it tried everything there is.

use crate::ir::{Constant, Link, NodeKind, Order, Sink, StageKind};
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions;
use claimsmith_runtime::types::Shape;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// Something an evaluation can meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    /// A row of the function table was called.
    Row(u32),
    /// The row faulted so.
    Faulted { row: u32, fault: Fault },
    /// A node of this kind was evaluated; whether null is one of its values.
    Node { kind: &'static str, nullable: bool },
    /// A node with such a part was evaluated: of what kind the part is, and which it is.
    Part { of: &'static str, name: &'static str },
}

/// Names the variants of an enumeration: a list of them, and the name of a value. The `match` has
/// no other arm, so a variant that is not listed does not compile.
macro_rules! named {
    ($all:ident, $name_of:ident, $of:ident: $($variant:ident)*) => {
        const $all: &[&str] = &[$(stringify!($variant)),*];

        fn $name_of(value: &$of) -> &'static str {
            match value {
                $($of::$variant { .. } => stringify!($variant),)*
            }
        }
    };
}

named!(NODES, node_name, NodeKind: Constant Root Local Slot GroupRecord NonNull Guard Not And Or
    Choice Equal Order Arithmetic Concat Operation Call MemberOf Stream Charge ChargeSize Fail);
named!(CONSTANTS, constant_name, Constant: Null Boolean Integer Number Text);
named!(LINKS, link_name, Link: If Default);
named!(ORDERS, order_name, Order: Less LessOrEqual Greater GreaterOrEqual);
named!(STAGES, stage_name, StageKind: Filter Map FlatMap Take Skip);
named!(SINKS, sink_name, Sink: List Any None First Last At Nth Contains IndexOf Count
    Join Reduce);

/// What a part can be of, and which parts there are.
const PARTS: [(&str, &[&str]); 5] = [
    ("constant", CONSTANTS),
    ("link", LINKS),
    ("order", ORDERS),
    ("stage", STAGES),
    ("sink", SINKS),
];

thread_local! {
    static STEPS_LEFT: Cell<i64> = const { Cell::new(0) };
    static MET: RefCell<BTreeSet<Met>> = const { RefCell::new(BTreeSet::new()) };
}

/// Notes how many steps an evaluation had left.
pub(crate) fn tell_steps_left(steps: i64) {
    STEPS_LEFT.set(steps);
}

/// How many steps the last expression that this thread evaluated had left. Of machine code only
/// what [`crate::program::SetBuilder::finish_for_test`] made tells.
#[must_use]
pub fn steps_left() -> i64 {
    STEPS_LEFT.get()
}

/// All that there is to meet.
#[must_use]
pub fn everything() -> Vec<Met> {
    let node = |kind: &&'static str| [false, true].map(|nullable| Met::Node { kind, nullable });
    let parts = |(of, names): &(&'static str, &'static [&'static str])| {
        let of = *of;
        names.iter().map(move |name| Met::Part { of, name }).collect::<Vec<_>>()
    };
    functions::rows()
        .map(|(number, _)| Met::Row(number))
        .chain(NODES.iter().flat_map(node))
        .chain(PARTS.iter().flat_map(parts))
        .collect()
}

/// What the interpreter met on this thread since it was last asked.
#[must_use]
pub fn take() -> BTreeSet<Met> {
    MET.with(RefCell::take)
}

pub(super) fn row(number: u32) {
    note(Met::Row(number));
}

pub(super) fn faulted(row: u32, fault: Fault) {
    note(Met::Faulted { row, fault });
}

pub(super) fn node(kind: &NodeKind, shape: &Shape) {
    note(Met::Node { kind: node_name(kind), nullable: shape.nullable });
    let part = |of, name| note(Met::Part { of, name });
    match kind {
        NodeKind::Constant(constant) => part("constant", constant_name(constant)),
        NodeKind::Order { order, .. } => part("order", order_name(order)),
        NodeKind::Choice { links, .. } => {
            links.iter().for_each(|link| part("link", link_name(link)));
        }
        NodeKind::Stream { stages, sink, .. } => {
            stages.iter().for_each(|stage| part("stage", stage_name(&stage.kind)));
            part("sink", sink_name(sink));
        }
        _ => {}
    }
}

fn note(met: Met) {
    MET.with(|all| all.borrow_mut().insert(met));
}
