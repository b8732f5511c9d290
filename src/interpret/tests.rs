//! What each node means and how it faults, on programs made by hand.

use super::{Stopped, StoppedMember, evaluate, evaluate_json, evaluate_object};
use crate::ir::fixture::{Maker, classic, field, method, user_type};
use crate::ir::{
    self, Alternative, Body, Constant, Link, Member, NodeId, NodeKind, Object, Order, Sink, Stage,
    StageKind,
};
use claimsmith_runtime::abi::Surroundings;
use claimsmith_runtime::arena::Arena;
use claimsmith_runtime::functions::{Operator, Work};
use claimsmith_runtime::record::{Datum, PackedRecord, RecordBuilder};
use claimsmith_runtime::symbol::GroupTable;
use claimsmith_runtime::types::{RecordType, Shape, Type};
use claimsmith_runtime::{Context, Fault, limits};
use std::sync::Arc;

/// Groups `Everyone` and `role_admin`, each with an id.
fn table() -> GroupTable {
    let fields = vec![field("id", Shape::or_null(Type::Text))];
    let group = Arc::new(RecordType { name: "group".to_owned(), fields, open: false });
    let pack = |id| RecordBuilder::pack(&group, &[Datum::Text(id)]).unwrap();
    let rows = vec![("Everyone".to_owned(), pack("00g0")), ("role_admin".to_owned(), pack("00g1"))];
    GroupTable::new(Arc::clone(&group), rows)
}

/// Ada, whose `ages` are 0 up to `n_ages`.
fn ada(table: &GroupTable, n_ages: i64) -> PackedRecord {
    let groups = [0, 1].map(|symbol| Datum::Group(table.group(symbol).unwrap()));
    let data = [
        Datum::Text("ada@example.com"),
        Datum::Null,
        Datum::List((0..n_ages).map(Datum::Integer).collect()),
        Datum::List(groups.to_vec()),
        Datum::List(vec![Datum::Text("a"), Datum::List(Vec::new())]),
    ];
    RecordBuilder::pack(&user_type(), &data).unwrap()
}

/// The JSON of a program over Ada with this many ages; the name constants are `role_admin`, `x`.
fn run_over(body: &Body, n_ages: i64) -> Result<String, Stopped> {
    let (table, arena) = (table(), Arena::new());
    let user = ada(&table, n_ages);
    let resolved = [table.name_symbol("role_admin"), table.name_symbol("x")];
    let surroundings = Surroundings::new(&table, &resolved);
    let mut context = Context::new(&arena, &surroundings, None);
    let mut output = Vec::new();
    evaluate_json(body, &mut context, &[Some(user.record()), None], &mut output)?;
    Ok(String::from_utf8(output).unwrap())
}

/// The JSON of the program whose root `build` makes.
fn run(build: impl FnOnce(&mut Maker) -> NodeId) -> Result<String, Fault> {
    let mut make = Maker::default();
    let root = build(&mut make);
    let outcome = run_over(&make.body(root), 3);
    outcome.map_err(|stopped| {
        assert_eq!(stopped.node, root, "the fault is at the root");
        stopped.fault
    })
}

fn ok(json: &str) -> Result<String, Fault> {
    Ok(json.to_owned())
}

fn slot(make: &mut Maker, index: u32) -> NodeId {
    let record = make.of(NodeKind::Root(0), Type::Record(user_type()));
    let shape = user_type().fields[index as usize].shape.clone();
    make.node(NodeKind::Slot { record, index }, shape)
}

fn fail(make: &mut Maker) -> NodeId {
    make.of(NodeKind::Fail(Fault::Internal), Type::Boolean)
}

#[test]
fn constants_roots_and_slots_are_their_values() {
    assert_eq!(run(|make| make.text("a\"b")), ok(r#""a\"b""#));
    assert_eq!(run(|make| make.integer(-1)), ok("-1"));
    assert_eq!(run(|make| make.boolean(true)), ok("true"));
    assert_eq!(run(Maker::null), ok("null"));
    let half = NodeKind::Constant(Constant::Number(0.5));
    assert_eq!(run(|make| make.of(half, Type::Number)), ok("0.5"));
    assert_eq!(run(|make| make.of(NodeKind::Root(1), Type::Any)), ok("null"));
    assert_eq!(run(|make| slot(make, 0)), ok("\"ada@example.com\""));
    assert_eq!(run(|make| slot(make, 3)), ok(r#"["Everyone","role_admin"]"#));
}

#[test]
fn null_faults_where_it_may_not_be() {
    let non_null = |index, fault| {
        run(move |make| {
            let value = slot(make, index);
            make.of(NodeKind::NonNull { value, fault }, Type::Text)
        })
    };
    assert_eq!(non_null(1, Fault::NullTarget), Err(Fault::NullTarget));
    assert_eq!(non_null(1, Fault::Type), Err(Fault::Type));
    assert_eq!(non_null(0, Fault::Type), ok("\"ada@example.com\""));
    for fault in Fault::ALL {
        assert_eq!(run(|make| make.of(NodeKind::Fail(fault), Type::Any)), Err(fault));
    }
}

#[test]
fn a_guard_ends_a_chain_at_null() {
    let guard = |index| {
        run(move |make| {
            let (local, value) = (make.local(), slot(make, index));
            let read = make.of(NodeKind::Local(local), Type::Text);
            let rest = make.of(NodeKind::Concat(vec![read, read]), Type::Text);
            make.node(NodeKind::Guard { local, value, rest }, Shape::or_null(Type::Text))
        })
    };
    assert_eq!(guard(1), ok("null"));
    assert_eq!(guard(0), ok("\"ada@example.comada@example.com\""));
}

#[test]
fn boolean_operators_stop_once_decided() {
    let with = |kind: fn(Vec<NodeId>) -> NodeKind, first| {
        run(move |make| {
            let operands = vec![make.boolean(first), fail(make)];
            make.of(kind(operands), Type::Boolean)
        })
    };
    assert_eq!(with(NodeKind::And, false), ok("false"));
    assert_eq!(with(NodeKind::Or, true), ok("true"));
    let plain = |kind: fn(Vec<NodeId>) -> NodeKind, second: bool| {
        run(move |make| {
            let first = make.boolean(!second);
            let not = make.of(NodeKind::Not(first), Type::Boolean);
            make.of(kind(vec![not, not]), Type::Boolean)
        })
    };
    assert_eq!(plain(NodeKind::And, true), ok("true"));
    assert_eq!(plain(NodeKind::Or, false), ok("false"));
    assert_eq!(
        run(|make| {
            let one = make.integer(1);
            make.of(NodeKind::Not(one), Type::Boolean)
        }),
        Err(Fault::Type)
    );
}

#[test]
fn a_choice_takes_the_first_link_that_decides() {
    let choose = |condition, text: &'static str, empty_too| {
        run(move |make| {
            let (condition, never) = (make.boolean(condition), fail(make));
            let otherwise = make.integer(9);
            let then = make.integer(1);
            let value = make.text(text);
            let links = vec![
                Link::If { condition, then },
                Link::Default { value: make.null(), empty_too: false },
                Link::Default { value, empty_too },
            ];
            let otherwise = if text.is_empty() && empty_too { otherwise } else { never };
            make.of(NodeKind::Choice { links, otherwise }, Type::Any)
        })
    };
    assert_eq!(choose(true, "x", true), ok("1"));
    assert_eq!(choose(false, "x", true), ok("\"x\""));
    assert_eq!(choose(false, "", false), ok("\"\""));
    assert_eq!(choose(false, "", true), ok("9"));
}

#[test]
fn equality_and_order_are_those_of_the_operators() {
    let equal = |negated| {
        run(move |make| {
            let (lhs, rhs) = (make.integer(1), make.text("1"));
            make.of(NodeKind::Equal { lhs, rhs, negated }, Type::Boolean)
        })
    };
    assert_eq!(equal(false), ok("false"));
    assert_eq!(equal(true), ok("true"));
    let order = |order, mixed: bool| {
        run(move |make| {
            let lhs = make.integer(1);
            let rhs = if mixed { make.text("1") } else { make.integer(1) };
            make.of(NodeKind::Order { order, lhs, rhs }, Type::Boolean)
        })
    };
    let cases = [
        (Order::Less, "false"),
        (Order::LessOrEqual, "true"),
        (Order::Greater, "false"),
        (Order::GreaterOrEqual, "true"),
    ];
    for (asked, answer) in cases {
        assert_eq!(order(asked, false), ok(answer));
        assert_eq!(order(asked, true), Err(Fault::Type));
    }
}

#[test]
fn arithmetic_goes_from_the_left_a_step_before_the_next_operand() {
    let steps = |rest: Vec<(Operator, i64)>, fails: bool| {
        run(move |make| {
            let first = make.integer(7);
            let mut rest: Vec<_> =
                rest.into_iter().map(|(operator, value)| (operator, make.integer(value))).collect();
            if fails {
                rest.push((Operator::Add, fail(make)));
            }
            make.of(NodeKind::Arithmetic { first, rest }, Type::Integer)
        })
    };
    assert_eq!(steps(vec![(Operator::Divide, 2), (Operator::Multiply, 3)], false), ok("9"));
    assert_eq!(steps(vec![(Operator::Divide, 0)], true), Err(Fault::Arithmetic));
}

#[test]
fn text_is_made_of_pieces_and_literals_of_values() {
    assert_eq!(
        run(|make| {
            let pieces = vec![make.text("n"), make.integer(1), slot(make, 1), slot(make, 2)];
            make.of(NodeKind::Concat(pieces), Type::Text)
        }),
        ok("\"n10,1,2\"")
    );
    assert_eq!(
        run(|make| {
            let pieces = vec![make.text("n"), slot(make, 4)];
            make.of(NodeKind::Concat(pieces), Type::Text)
        }),
        Err(Fault::Type)
    );
    assert_eq!(
        run(|make| {
            let long = make.text(&"a".repeat(limits::TEXT));
            make.of(NodeKind::Concat(vec![long, long]), Type::Text)
        }),
        Err(Fault::Limit)
    );
    assert_eq!(
        run(|make| {
            let arguments = vec![make.text("k"), make.integer(1)];
            make.of(NodeKind::Operation { operator: Operator::Map, arguments }, Type::Map)
        }),
        ok(r#"{"k":1}"#)
    );
    assert_eq!(
        run(|make| {
            let arguments = vec![slot(make, 2), make.integer(3)];
            make.of(NodeKind::Operation { operator: Operator::Index, arguments }, Type::Any)
        }),
        Err(Fault::Index)
    );
}

#[test]
fn a_call_answers_null_as_its_parameters_say() {
    let call = |row, null: bool| {
        run(move |make| {
            let first = if null { make.null() } else { make.text("aB") };
            make.node(NodeKind::Call { row, arguments: vec![first] }, Shape::or_null(Type::Text))
        })
    };
    assert_eq!(call(classic("toUpperCase"), false), ok("\"AB\""));
    assert_eq!(call(classic("toUpperCase"), true), ok("null"));
    assert_eq!(call(classic("String.len"), true), ok("0"));
    assert_eq!(call(method("length", "text"), true), Err(Fault::Type));
    assert_eq!(call(classic("isMemberOfGroupName"), false), Err(Fault::Internal));
}

#[test]
fn membership_is_by_name_symbol_and_nobody_is_in_null() {
    let member = |names: Vec<u32>, null: bool| {
        run(move |make| {
            let groups = if null { make.null() } else { slot(make, 3) };
            make.of(NodeKind::MemberOf { groups, names }, Type::Boolean)
        })
    };
    assert_eq!(member(vec![1, 0], false), ok("true"));
    assert_eq!(member(vec![1], false), ok("false"));
    assert_eq!(member(vec![0], true), ok("false"));
    assert_eq!(member(vec![7], false), Err(Fault::Internal));
}

#[test]
fn the_record_of_a_group_has_its_attributes() {
    let group = Type::Record(Arc::clone(table().record_type()));
    let id = run(|make| {
        let groups = slot(make, 3);
        let stage = make.stage(StageKind::Map, Shape::of(Type::Group), |make, element| {
            let record = make.of(NodeKind::GroupRecord(element), group);
            make.node(NodeKind::Slot { record, index: 0 }, Shape::or_null(Type::Text))
        });
        make.stream(groups, vec![stage], Sink::List, Shape::of(Type::Any))
    });
    assert_eq!(id, ok(r#"["00g0","00g1"]"#));
}

/// `user.ages`, filtered by `age > 0`, then each with its index in the second stage as a list.
fn stages(make: &mut Maker) -> Vec<Stage> {
    let filter = make.stage(StageKind::Filter, Shape::of(Type::Integer), |make, element| {
        let rhs = make.integer(0);
        make.of(NodeKind::Order { order: Order::Greater, lhs: element, rhs }, Type::Boolean)
    });
    let index = make.local();
    let read_index = make.of(NodeKind::Local(index), Type::Integer);
    let map = make.stage(StageKind::Map, Shape::of(Type::Integer), |make, element| {
        let rest = vec![(Operator::Multiply, make.integer(10)), (Operator::Add, read_index)];
        make.of(NodeKind::Arithmetic { first: element, rest }, Type::Integer)
    });
    vec![filter, Stage { index: Some(index), ..map }]
}

#[test]
fn each_sink_makes_its_own_of_what_arrives() {
    let with = |sink: fn(&mut Maker) -> Sink| {
        run(|make| {
            let (source, stages, sink) = (slot(make, 2), stages(make), sink(make));
            make.stream(source, stages, sink, Shape::of(Type::Any))
        })
    };
    assert_eq!(with(|_| Sink::List), ok("[10,21]"));
    assert_eq!(with(|_| Sink::Any), ok("true"));
    assert_eq!(with(|_| Sink::None), ok("false"));
    assert_eq!(with(|_| Sink::First), ok("10"));
    assert_eq!(with(|_| Sink::Last), ok("21"));
    assert_eq!(with(|_| Sink::Count), ok("2"));
    assert_eq!(with(|make| Sink::Contains(make.integer(21))), ok("true"));
    assert_eq!(with(|make| Sink::Contains(make.integer(20))), ok("false"));
    assert_eq!(with(|make| Sink::Join(make.text("-"))), ok("\"10-21\""));
}

#[test]
fn sinks_of_nothing_have_an_answer() {
    let with = |sink| {
        let mut make = Maker::default();
        let source = slot(&mut make, 2);
        let root = make.stream(source, Vec::new(), sink, Shape::of(Type::Any));
        run_over(&make.body(root), 0).map_err(|stopped| stopped.fault)
    };
    assert_eq!(with(Sink::List), ok("[]"));
    assert_eq!(with(Sink::Any), ok("false"));
    assert_eq!(with(Sink::None), ok("true"));
    assert_eq!(with(Sink::First), ok("null"));
    assert_eq!(with(Sink::Last), ok("null"));
    assert_eq!(with(Sink::Count), ok("0"));
}

#[test]
fn an_element_never_taken_never_faults() {
    let with = |sink| {
        let mut make = Maker::default();
        let source = slot(&mut make, 2);
        let stage = make.stage(StageKind::Map, Shape::of(Type::Integer), |make, element| {
            let (ten, two) = (make.integer(10), make.integer(2));
            let left =
                NodeKind::Arithmetic { first: two, rest: vec![(Operator::Subtract, element)] };
            let left = make.of(left, Type::Integer);
            make.of(
                NodeKind::Arithmetic { first: ten, rest: vec![(Operator::Divide, left)] },
                Type::Integer,
            )
        });
        let body = stage.body;
        let root = make.stream(source, vec![stage], sink, Shape::of(Type::Any));
        (run_over(&make.body(root), 3), body)
    };
    assert_eq!(with(Sink::First).0, Ok("5".to_owned()));
    assert_eq!(with(Sink::Any).0, Ok("true".to_owned()));
    let (outcome, node) = with(Sink::Count);
    assert_eq!(outcome, Err(Stopped { fault: Fault::Arithmetic, node }));
}

#[test]
fn joining_and_listing_stop_at_their_limits() {
    let with = |sink: fn(&mut Maker) -> Sink, index, n_ages| {
        let mut make = Maker::default();
        let (source, sink) = (slot(&mut make, index), sink(&mut make));
        let root = make.stream(source, Vec::new(), sink, Shape::of(Type::Any));
        let outcome = run_over(&make.body(root), n_ages);
        outcome.map(|json| json.len()).map_err(|stopped| {
            assert_eq!(stopped.node, root);
            stopped.fault
        })
    };
    let most = i64::try_from(limits::LIST).unwrap();
    assert!(with(|_| Sink::List, 2, most).is_ok());
    assert_eq!(with(|_| Sink::List, 2, most + 1), Err(Fault::Limit));
    assert_eq!(with(|make| Sink::Join(make.text(&"-".repeat(60_000))), 2, 3), Err(Fault::Limit));
    assert_eq!(with(|make| Sink::Join(make.text("")), 4, 0), Err(Fault::Type));
    assert_eq!(with(|make| Sink::Join(make.integer(1)), 2, 1), Err(Fault::Type));
}

#[test]
fn a_budget_may_be_used_up_but_not_overdrawn() {
    let most = u32::try_from(limits::STEPS).unwrap();
    let charge = |steps| {
        run(move |make| {
            let body = make.integer(1);
            make.of(NodeKind::Charge { steps, body }, Type::Integer)
        })
    };
    assert_eq!(charge(most), ok("1"));
    assert_eq!(charge(most + 1), Err(Fault::Limit));
}

#[test]
fn sizes_and_streams_are_charged_at_their_own_node() {
    let most = u32::try_from(limits::STEPS).unwrap();
    // What is left for `value` after all but `left` steps are spent.
    let with = |left: u32, build: fn(&mut Maker) -> NodeId| {
        let mut make = Maker::default();
        let inner = build(&mut make);
        let root = make.of(NodeKind::Charge { steps: most - left, body: inner }, Type::Any);
        let outcome = run_over(&make.body(root), 3);
        outcome.map(|_| ()).map_err(|stopped| {
            assert_eq!(stopped.node, inner);
            stopped.fault
        })
    };
    let size: fn(&mut Maker) -> NodeId = |make| {
        let email = slot(make, 0);
        make.of(NodeKind::ChargeSize(email, Work::Walk), Type::Text)
    };
    assert_eq!(with(15, size), Ok(()));
    assert_eq!(with(14, size), Err(Fault::Limit));
    let stream: fn(&mut Maker) -> NodeId = |make| {
        let source = slot(make, 2);
        let kind =
            NodeKind::Stream { source, stages: Box::default(), sink: Sink::Any, element_cost: 5 };
        make.of(kind, Type::Boolean)
    };
    assert_eq!(with(15, stream), Ok(()));
    assert_eq!(with(14, stream), Err(Fault::Limit));
}

#[test]
fn placed_charges_count_nodes_branches_and_constants() {
    let mut make = Maker::default();
    let (email, at) = (slot(&mut make, 0), make.text("@@@"));
    let root = make.of(NodeKind::Concat(vec![email, at]), Type::Text);
    let body = ir::place_charges(make.body(root));
    let NodeKind::Charge { steps, .. } = body.node(body.root).unwrap().kind else {
        panic!("the entry is charged")
    };
    // Four nodes, and three bytes of a constant that is made part of a text.
    assert_eq!(steps, 7);
    assert_eq!(run_over(&body, 0), Ok("\"ada@example.com@@@\"".to_owned()));
}

#[test]
fn too_much_output_is_a_limit_at_the_root() {
    let mut make = Maker::default();
    let root = make.text(&"a".repeat(limits::OUTPUT - 2));
    assert!(run_over(&make.body(root), 0).is_ok());
    let mut make = Maker::default();
    let node = make.text(&"a".repeat(limits::OUTPUT - 1));
    let stopped = Stopped { fault: Fault::Limit, node };
    assert_eq!(run_over(&make.body(node), 0), Err(stopped));
}

#[test]
fn an_evaluation_gives_values_too() {
    let (table, arena) = (table(), Arena::new());
    let surroundings = Surroundings::new(&table, &[]);
    let mut context = Context::new(&arena, &surroundings, None);
    let mut make = Maker::default();
    let root = make.integer(5);
    let value = evaluate(&make.body(root), &mut context, &[]).unwrap();
    assert_eq!(value.as_integer(), Some(5));
}

fn body(build: impl FnOnce(&mut Maker) -> NodeId) -> Body {
    let mut make = Maker::default();
    let root = build(&mut make);
    make.body(root)
}

fn member(name: &str, alternatives: Vec<(Option<Body>, Body)>, omit_empty: bool) -> Member {
    let alternatives =
        alternatives.into_iter().map(|(guard, value)| Alternative { guard, value }).collect();
    Member { name: name.to_owned(), alternatives, omit_empty }
}

fn object(members: Vec<Member>, selected: &[u64]) -> Result<String, StoppedMember> {
    let (table, arena) = (table(), Arena::new());
    let user = ada(&table, 0);
    let surroundings = Surroundings::new(&table, &[]);
    let mut context = Context::new(&arena, &surroundings, None);
    let mut output = Vec::new();
    let roots = [Some(user.record())];
    evaluate_object(&Object { members }, selected, &mut context, &roots, &mut output)?;
    Ok(String::from_utf8(output).unwrap())
}

#[test]
fn an_object_has_the_selected_members_that_have_a_value() {
    let members = || {
        let ages = || body(|make| slot(make, 2));
        vec![
            member("null", vec![(None, body(Maker::null))], true),
            member("a\"", vec![(None, body(|make| make.integer(1)))], true),
            member("empty", vec![(None, ages())], true),
            member("kept", vec![(None, ages())], false),
            member("fails", vec![(None, body(fail))], false),
            member("unguarded", vec![(Some(body(|make| make.boolean(false))), body(fail))], false),
        ]
    };
    assert_eq!(object(members(), &[0b10_1111]), Ok(r#""a\"":1,"kept":[]"#.to_owned()));
    assert_eq!(object(members(), &[]), Ok(String::new()));
    let stopped = object(members(), &[u64::MAX]).unwrap_err();
    assert_eq!((stopped.member, stopped.alternative, stopped.in_guard), (4, 0, false));
    assert_eq!(stopped.stopped, Stopped { fault: Fault::Internal, node: NodeId(0) });
}

#[test]
fn the_first_alternative_whose_guard_holds_decides() {
    let holds = |value| Some(body(|make| make.boolean(value)));
    let text = |text: &str| body(|make| make.text(text));
    let not_boolean = Some(text("true"));
    let alternatives =
        vec![(holds(false), text("a")), (not_boolean, text("b")), (holds(true), body(Maker::null))];
    let last = vec![(None, text("d"))];
    let members = vec![
        member("m", alternatives.into_iter().chain(last).collect(), false),
        member("n", vec![(holds(true), text("x"))], false),
    ];
    assert_eq!(object(members, &[3]), Ok("\"n\":\"x\"".to_owned()));
    let members =
        vec![member("m", vec![(holds(false), text("a")), (Some(body(fail)), text("b"))], false)];
    let stopped = object(members, &[1]).unwrap_err();
    assert_eq!((stopped.member, stopped.alternative, stopped.in_guard), (0, 1, true));
}
