//! Printing a program, and which nodes can fault.

use super::fixture::Maker;
use super::print::{print, shape};
use super::{NodeKind, Order, Sink, StageKind};
use claimsmith_runtime::Fault;
use claimsmith_runtime::functions::Operator;
use claimsmith_runtime::types::{Shape, Type};

#[test]
fn a_program_prints_one_node_per_line_with_shapes() {
    let mut make = Maker::default();
    let one = make.integer(1);
    let list = make.node(
        NodeKind::Operation { operator: Operator::List, arguments: vec![one] },
        Shape::list(Shape::of(Type::Integer)),
    );
    let stage = make.stage(StageKind::Filter, Shape::of(Type::Integer), |make, element| {
        make.of(NodeKind::Equal { lhs: element, rhs: one, negated: true }, Type::Boolean)
    });
    let root = make.stream(list, vec![stage], Sink::First, Shape::or_null(Type::Integer));
    let lines = [
        "%0 = constant 1 : integer @0..0",
        "%1 = List %0 : list<integer> @0..0 may fault",
        "%2 = local $0 : integer @0..0",
        "%3 = unequal %2 %0 : boolean @0..0",
        "%4 = stream %1 filter ($0) %3 into first cost 1 : integer? @0..0 may fault",
        "root %4",
    ];
    assert_eq!(print(&make.body(root)), lines.join("\n") + "\n");
    assert_eq!(shape(&Shape::of(Type::Any)), "any");
}

#[test]
fn only_nodes_that_can_fault_say_so() {
    let mut make = Maker::default();
    let (one, text) = (make.integer(1), make.text("a"));
    let maybe = make.node(NodeKind::Root(0), Shape::or_null(Type::Text));
    let non_null =
        make.of(NodeKind::NonNull { value: maybe, fault: Fault::NullTarget }, Type::Text);
    let order = |lhs, rhs| NodeKind::Order { order: Order::Less, lhs, rhs };
    let ordered = make.of(order(text, maybe), Type::Boolean);
    let mixed = make.of(order(text, one), Type::Boolean);
    let not = make.of(NodeKind::Not(mixed), Type::Boolean);
    let charge = make.of(NodeKind::Charge { steps: 1, body: one }, Type::Integer);
    let body = make.body(charge);
    assert!(body.is_total(one) && body.is_total(ordered));
    assert!(!body.is_total(non_null));
    assert!(!body.is_total(mixed));
    assert!(body.is_total(not));
    assert!(!body.is_total(charge));
}
