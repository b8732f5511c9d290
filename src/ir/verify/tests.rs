//! Well-formed programs pass; each thing that must hold is missed when it does not.

use super::verify;
use crate::ir::fixture::{Maker, classic, user_type};
use crate::ir::{Body, Constant, Link, LocalId, NodeId, NodeKind, Sink, StageKind};
use claimsmith_runtime::Fault;
use claimsmith_runtime::functions::Operator;
use claimsmith_runtime::types::{Shape, Type};

fn roots() -> Vec<Shape> {
    vec![Shape::or_null(Type::Record(user_type()))]
}

fn user(make: &mut Maker) -> NodeId {
    let root = make.node(NodeKind::Root(0), Shape::or_null(Type::Record(user_type())));
    let fault = Fault::NullTarget;
    make.of(NodeKind::NonNull { value: root, fault }, Type::Record(user_type()))
}

/// The message about a program of which `build` makes the root.
fn wrong(build: impl FnOnce(&mut Maker) -> NodeId) -> String {
    let mut make = Maker::default();
    let root = build(&mut make);
    verify(&make.body(root), &roots()).unwrap_err()
}

#[test]
fn a_well_formed_program_passes_with_and_without_charges() {
    let mut make = Maker::default();
    let user = user(&mut make);
    let groups_shape = Shape::list(Shape::of(Type::Group));
    let groups = make.node(NodeKind::Slot { record: user, index: 3 }, groups_shape);
    let name = make.text("role");
    let filter = make.stage(StageKind::Filter, Shape::of(Type::Group), |make, element| {
        make.of(NodeKind::Equal { lhs: element, rhs: name, negated: false }, Type::Boolean)
    });
    let map = make.stage(StageKind::Map, Shape::of(Type::Group), |make, element| {
        let arguments = vec![element];
        make.of(NodeKind::Operation { operator: Operator::AsText, arguments }, Type::Text)
    });
    let names = Shape::list(Shape::of(Type::Text));
    let list = make.stream(groups, vec![filter, map], Sink::List, names.clone());
    let local = make.local();
    let read = make.node(NodeKind::Local(local), names.clone());
    let shape = Shape { nullable: true, ..names };
    let root = make.node(NodeKind::Guard { local, value: list, rest: read }, shape);
    let body = make.body(root);
    assert_eq!(verify(&body, &roots()), Ok(()));
    assert_eq!(verify(&crate::ir::place_charges(body), &roots()), Ok(()));
}

#[test]
fn children_come_before_their_parents() {
    let message = wrong(|make| make.of(NodeKind::Not(NodeId(0)), Type::Boolean));
    assert!(message.contains("does not come before"), "{message}");
    let empty = Body { nodes: Vec::new(), root: NodeId(0), n_locals: 0 };
    assert!(verify(&empty, &[]).is_err());
}

#[test]
fn locals_are_bound_once_and_read_below_their_binder() {
    let message = wrong(|make| {
        let local = make.local();
        make.of(NodeKind::Local(local), Type::Any)
    });
    assert!(message.contains("not bound"), "{message}");
    let message = wrong(|make| {
        let (local, value) = (make.local(), make.null());
        let guard = NodeKind::Guard { local, value, rest: value };
        let inner = make.of(guard, Type::Null);
        make.of(NodeKind::Guard { local, value: inner, rest: inner }, Type::Null)
    });
    assert!(message.contains("two binders"), "{message}");
    let message = wrong(|make| {
        let value = make.null();
        make.of(NodeKind::Guard { local: LocalId(7), value, rest: value }, Type::Null)
    });
    assert!(message.contains("beyond the count"), "{message}");
}

#[test]
fn conditions_are_booleans_that_are_not_null() {
    let condition = Shape::or_null(Type::Boolean);
    let message = wrong(|make| {
        let null = make.node(NodeKind::Constant(Constant::Null), condition);
        make.of(NodeKind::And(vec![null]), Type::Boolean)
    });
    assert!(message.contains("expected boolean, found boolean?"), "{message}");
    let message = wrong(|make| {
        let one = make.integer(1);
        let links = vec![Link::If { condition: one, then: one }];
        make.of(NodeKind::Choice { links, otherwise: one }, Type::Integer)
    });
    assert!(message.contains("expected boolean, found integer"), "{message}");
}

#[test]
fn slots_are_those_of_a_record_that_is_there() {
    let message = wrong(|make| {
        let root = make.node(NodeKind::Root(0), Shape::or_null(Type::Record(user_type())));
        make.of(NodeKind::Slot { record: root, index: 0 }, Type::Text)
    });
    assert!(message.contains("may be null"), "{message}");
    let message = wrong(|make| {
        let user = user(make);
        make.of(NodeKind::Slot { record: user, index: 9 }, Type::Text)
    });
    assert!(message.contains("no slot 9"), "{message}");
    let message = wrong(|make| {
        let user = user(make);
        make.of(NodeKind::Slot { record: user, index: 1 }, Type::Text)
    });
    assert!(message.contains("text? does not fit its shape text"), "{message}");
    assert!(wrong(|make| make.of(NodeKind::Root(5), Type::Any)).contains("no root 5"));
}

#[test]
fn arms_of_a_choice_have_its_shape() {
    let message = wrong(|make| {
        let (yes, one, text) = (make.boolean(true), make.integer(1), make.text("a"));
        let links = vec![Link::If { condition: yes, then: one }];
        make.of(NodeKind::Choice { links, otherwise: text }, Type::Integer)
    });
    assert!(message.contains("text does not fit its shape integer"), "{message}");
}

#[test]
fn calls_get_what_their_parameters_accept() {
    let call = |row, arguments| NodeKind::Call { row, arguments };
    let len = classic("String.len");
    let message = wrong(|make| make.of(call(len, Vec::new()), Type::Integer));
    assert!(message.contains("does not take 0 arguments"), "{message}");
    let message = wrong(|make| {
        let one = make.integer(1);
        make.of(call(len, vec![one]), Type::Integer)
    });
    assert!(message.contains("argument 0 is integer"), "{message}");
    let message = wrong(|make| {
        let null = make.node(NodeKind::Constant(Constant::Null), Shape::or_null(Type::Text));
        let text = make.text("a");
        make.of(call(classic("String.startsWith"), vec![text, null]), Type::Boolean)
    });
    assert!(message.contains("argument 1 may be null"), "{message}");
    let message = wrong(|make| {
        let null = make.node(NodeKind::Constant(Constant::Null), Shape::or_null(Type::Text));
        make.of(call(classic("toUpperCase"), vec![null]), Type::Text)
    });
    assert!(message.contains("can make it null"), "{message}");
    let message = wrong(|make| {
        let text = make.text("a");
        make.of(call(classic("isMemberOfGroupName"), vec![text]), Type::Boolean)
    });
    assert!(message.contains("has no body"), "{message}");
}

#[test]
fn streams_run_over_lists_and_give_what_their_sink_makes() {
    let message = wrong(|make| {
        let text = make.text("a");
        make.stream(text, Vec::new(), Sink::Count, Shape::of(Type::Integer))
    });
    assert!(message.contains("no list"), "{message}");
    let message = wrong(|make| {
        let user = user(make);
        let ages = Shape::list(Shape::of(Type::Integer));
        let source = make.node(NodeKind::Slot { record: user, index: 2 }, ages);
        make.stream(source, Vec::new(), Sink::First, Shape::of(Type::Integer))
    });
    assert!(message.contains("integer? does not fit its shape integer"), "{message}");
    let message = wrong(|make| {
        let user = user(make);
        make.of(NodeKind::MemberOf { groups: user, names: vec![0] }, Type::Boolean)
    });
    assert!(message.contains("no list of groups"), "{message}");
}
