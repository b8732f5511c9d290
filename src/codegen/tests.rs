//! Programs made by hand, run on both engines: the value or the fault, and its place, are the same.

use super::{Mistake, Outcome, Settings, Unit, compile, is_available};
use crate::interpret;
use crate::ir::fixture::{Maker, classic, field, method};
use crate::ir::{
    Alternative, Body, Constant, Link, Member, NodeId, NodeKind, Object, Order, Sink, Stage,
    StageKind, place_charges,
};
use claimsmith_runtime::abi::Output;
use claimsmith_runtime::arena::Arena;
use claimsmith_runtime::functions::Operator;
use claimsmith_runtime::record::{Datum, PackedRecord, RecordBuilder};
use claimsmith_runtime::symbol::GroupTable;
use claimsmith_runtime::types::{RecordType, Shape, Type};
use claimsmith_runtime::{Context, Fault, Value, json, limits};
use std::sync::{Arc, LazyLock};

const GROUPS: [&str; 8] = [
    "Everyone",
    "role_admin",
    "role_role_double",
    "role_",
    "role",
    "role_\"quoted\" é",
    "role_a name that is longer than thirty-two bytes by some",
    "role_xrole_",
];

fn group_type() -> Arc<RecordType> {
    let fields = vec![field("id", Shape::or_null(Type::Text))];
    Arc::new(RecordType { name: "group".to_owned(), fields, open: false })
}

fn user_type() -> Arc<RecordType> {
    static TYPE: LazyLock<Arc<RecordType>> = LazyLock::new(make_user_type);
    Arc::clone(&TYPE)
}

fn make_user_type() -> Arc<RecordType> {
    let text = || Shape::or_null(Type::Text);
    Arc::new(RecordType {
        name: "user".to_owned(),
        fields: vec![
            field("email", Shape::of(Type::Text)),
            field("nick", text()),
            field("none", text()),
            field("ages", Shape::list(Shape::of(Type::Integer))),
            field("groups", Shape::list(Shape::of(Type::Group))),
            field("any", Shape::of(Type::Any)),
            field("names", Shape::list(text())),
            field("no", Shape::list(Shape::of(Type::Group))),
            field("flag", Shape::or_null(Type::Boolean)),
            field("maybe", Shape::or_null(Type::List(Arc::new(Shape::of(Type::Group))))),
            field("long", Shape::of(Type::Text)),
            field("whole", Shape::or_null(Type::Integer)),
            field("texts", Shape::list(Shape::of(Type::Text))),
        ],
        open: false,
    })
}

/// What both engines run over.
struct World {
    table: GroupTable,
    user: PackedRecord,
    resolved: [u32; 3],
}

impl World {
    fn new() -> Self {
        let pack = |index: usize| {
            RecordBuilder::pack(&group_type(), &[Datum::Text(["a", "b"][index % 2])]).unwrap()
        };
        let rows = GROUPS.iter().enumerate();
        let rows = rows.map(|(index, name)| ((*name).to_owned(), pack(index))).collect();
        let table = GroupTable::new(group_type(), rows);
        let groups: Vec<_> =
            (0..8).map(|symbol| Datum::Group(table.group(symbol).unwrap())).collect();
        let names = vec![
            Datum::Text("a,b"),
            Datum::Null,
            Datum::Text(""),
            Datum::Text("role_x"),
            Datum::Text("exactly thirty-two bytes of text"),
            Datum::Text("exactly thirty-three bytes of it."),
        ];
        let long = "x".repeat(40) + "@y";
        let user = RecordBuilder::pack(
            &user_type(),
            &[
                Datum::Text("ada@example.com"),
                Datum::Text("ad\"a"),
                Datum::Null,
                Datum::List((-1..3).map(Datum::Integer).collect()),
                Datum::List(groups),
                Datum::List(vec![Datum::Text("a"), Datum::List(Vec::new())]),
                Datum::List(names.clone()),
                Datum::List(Vec::new()),
                Datum::Boolean(false),
                Datum::Null,
                Datum::Text(&long),
                Datum::Null,
                Datum::List(
                    names.into_iter().filter(|name| !matches!(name, Datum::Null)).collect(),
                ),
            ],
        )
        .unwrap();
        let resolved = ["role_admin", "nobody", "role_"].map(|name| table.name_symbol(name));
        Self { table, user, resolved }
    }
}

/// What an engine answered: JSON, or a fault and its node.
type Answer = Result<String, (Fault, NodeId)>;

fn interpreted(world: &World, body: &Body) -> Answer {
    let arena = Arena::new();
    let mut context = Context::new(&arena, &world.table, &world.resolved, None);
    let mut output = Vec::new();
    let roots = [Some(world.user.record()), None];
    interpret::evaluate_json(body, &mut context, &roots, &mut output)
        .map(|()| String::from_utf8(output).unwrap())
        .map_err(|stopped| (stopped.fault, stopped.node))
}

/// As a value and as JSON; `None` if the output is full.
fn native(world: &World, body: &Body, settings: Settings) -> [Option<Answer>; 2] {
    let set = compile(&[Unit::Value(body), Unit::Json(body)], settings).unwrap();
    let roots = [Some(world.user.record()), None];
    [0, 1].map(|index| {
        let arena = Arena::new();
        let mut output = Output::new(100_000);
        let mut context = Context::new(&arena, &world.table, &world.resolved, Some(&mut output));
        match set.evaluate(index, &mut context, &roots, &[]) {
            Outcome::Done if index == 0 => Some(Ok(shown(world, context.result()))),
            Outcome::Done => Some(Ok(String::from_utf8(context.output().to_vec()).unwrap())),
            Outcome::Fault { fault, site } => {
                assert!(site.member.is_none());
                assert!(context.output().is_empty());
                Some(Err((fault, site.node)))
            }
            Outcome::OutputFull => None,
        }
    })
}

fn shown(world: &World, value: Value<'_>) -> String {
    let mut bytes = Vec::new();
    json::write(value, &world.table, &mut |more| {
        bytes.extend_from_slice(more);
        true
    });
    String::from_utf8(bytes).unwrap()
}

/// The answer of all ways to run a program, which must be one.
fn agreed_body(body: &Body) -> Answer {
    let world = World::new();
    let expected = interpreted(&world, body);
    for (way, found) in ["value", "json"].iter().zip(native(&world, body, Settings::default())) {
        assert_eq!(found.as_ref(), Some(&expected), "{way} of {body:#?}");
    }
    expected
}

/// As it is, and with its charges.
fn agreed(build: impl Fn(&mut Maker) -> NodeId) -> Result<String, Fault> {
    let body = || {
        let mut make = Maker::default();
        let root = build(&mut make);
        make.body(root)
    };
    let charged = agreed_body(&place_charges(body())).map_err(|(fault, _)| fault);
    let plain = agreed_body(&body()).map_err(|(fault, _)| fault);
    assert_eq!(charged, plain);
    plain
}

fn ok(json: &str) -> Result<String, Fault> {
    Ok(json.to_owned())
}

fn user(make: &mut Maker) -> NodeId {
    make.of(NodeKind::Root(0), Type::Record(user_type()))
}

fn slot(make: &mut Maker, name: &str) -> NodeId {
    let record_type = user_type();
    let (index, field) = record_type.find(name).unwrap();
    let record = user(make);
    make.node(NodeKind::Slot { record, index: index as u32 }, field.shape.clone())
}

fn call(make: &mut Maker, row: u32, arguments: Vec<NodeId>, shape: Shape) -> NodeId {
    make.node(NodeKind::Call { row, arguments }, shape)
}

fn operation(make: &mut Maker, operator: Operator, arguments: Vec<NodeId>, shape: Shape) -> NodeId {
    make.node(NodeKind::Operation { operator, arguments }, shape)
}

fn text_of(make: &mut Maker, group: NodeId) -> NodeId {
    operation(make, Operator::AsText, vec![group], Shape::of(Type::Text))
}

fn fail(make: &mut Maker) -> NodeId {
    make.of(NodeKind::Fail(Fault::Index), Type::Boolean)
}

fn starting(make: &mut Maker, prefix: &str) -> Stage {
    make.stage(StageKind::Filter, Shape::of(Type::Group), |make, read| {
        let (text, prefix) = (text_of(make, read), make.text(prefix));
        call(make, method("startsWith", "text"), vec![text, prefix], Shape::of(Type::Boolean))
    })
}

fn replacing(make: &mut Maker, search: &str, by: &str) -> Stage {
    make.stage(StageKind::Map, Shape::of(Type::Group), |make, read| {
        let arguments = vec![text_of(make, read), make.text(search), make.text(by)];
        call(make, method("replace", "text"), arguments, Shape::of(Type::Text))
    })
}

/// `user.groups.filter(g => g.startsWith("role_")).map(g => g.replace("role_", ""))`.
fn roles(make: &mut Maker) -> NodeId {
    let source = slot(make, "groups");
    let stages = vec![starting(make, "role_"), replacing(make, "role_", "")];
    make.stream(source, stages, Sink::List, Shape::list(Shape::of(Type::Text)))
}

#[test]
fn this_machine_runs_native_code() {
    assert!(is_available());
}

#[test]
fn the_roles_of_the_readme_are_the_same() {
    let json = concat!(
        r#"["admin","double","","\"quoted\" é","#,
        r#""a name that is longer than thirty-two bytes by some","x"]"#
    );
    assert_eq!(agreed(roles), ok(json));
    for (prefix, search, by) in
        [("role_", "role", ""), ("role_", "role_", "x"), ("role", "role_", ""), ("E", "e", "")]
    {
        let with = |make: &mut Maker| {
            let source = slot(make, "groups");
            let stages = vec![starting(make, prefix), replacing(make, search, by)];
            make.stream(source, stages, Sink::List, Shape::list(Shape::of(Type::Text)))
        };
        assert!(agreed(with).is_ok());
    }
}

#[test]
fn constants_roots_slots_and_groups_are_the_same() {
    assert_eq!(agreed(|make| make.text("a\"b\u{1}é")), ok("\"a\\\"b\\u0001é\""));
    assert_eq!(agreed(|make| make.integer(i64::MIN)), ok("-9223372036854775808"));
    assert_eq!(agreed(|make| make.boolean(true)), ok("true"));
    assert_eq!(agreed(Maker::null), ok("null"));
    let half = || NodeKind::Constant(Constant::Number(-0.5));
    assert_eq!(agreed(|make| make.of(half(), Type::Number)), ok("-0.5"));
    assert_eq!(agreed(|make| make.of(NodeKind::Root(1), Type::Any)), ok("null"));
    assert!(agreed(user).unwrap().starts_with("{\"email\":\"ada@example.com\""));
    for field in &user_type().fields {
        assert!(agreed(|make| slot(make, &field.name)).is_ok());
    }
    let ids = |make: &mut Maker| {
        let source = slot(make, "groups");
        let stage = make.stage(StageKind::Map, Shape::of(Type::Group), |make, read| {
            let record = make.of(NodeKind::GroupRecord(read), Type::Record(group_type()));
            make.node(NodeKind::Slot { record, index: 0 }, Shape::or_null(Type::Text))
        });
        make.stream(source, vec![stage], Sink::List, Shape::list(Shape::or_null(Type::Text)))
    };
    assert_eq!(agreed(ids), ok(r#"["a","b","a","b","a","b","a","b"]"#));
    let records = |make: &mut Maker| {
        let first = slot(make, "groups");
        let stage = make.stage(StageKind::Map, Shape::of(Type::Group), |make, read| {
            make.of(NodeKind::GroupRecord(read), Type::Record(group_type()))
        });
        let shape = Shape::list(Shape::of(Type::Record(group_type())));
        make.stream(first, vec![stage], Sink::List, shape)
    };
    assert!(agreed(records).unwrap().starts_with(r#"[{"id":"a"},{"id":"b"},"#));
}

#[test]
fn null_checks_guards_and_choices_are_the_same() {
    for (name, fault) in [("none", Fault::NullTarget), ("nick", Fault::Type)] {
        let non_null = |make: &mut Maker| {
            let value = slot(make, name);
            make.of(NodeKind::NonNull { value, fault }, Type::Text)
        };
        assert_eq!(agreed(non_null).is_err(), name == "none");
        let guard = |make: &mut Maker| {
            let (local, value) = (make.local(), slot(make, name));
            let read = make.of(NodeKind::Local(local), Type::Text);
            let rest = make.of(NodeKind::Concat(vec![read, read]), Type::Text);
            make.node(NodeKind::Guard { local, value, rest }, Shape::or_null(Type::Text))
        };
        assert!(agreed(guard).is_ok());
        for empty_too in [false, true] {
            let default = |make: &mut Maker| {
                let links = vec![
                    Link::Default { value: slot(make, name), empty_too },
                    Link::Default { value: make.text(""), empty_too },
                    Link::If { condition: make.boolean(false), then: fail(make) },
                ];
                let otherwise = make.text("otherwise");
                make.of(NodeKind::Choice { links, otherwise }, Type::Text)
            };
            assert!(agreed(default).is_ok());
        }
    }
    for fault in Fault::ALL {
        assert_eq!(agreed(|make| make.of(NodeKind::Fail(fault), Type::Any)), Err(fault));
    }
    let boolean = |make: &mut Maker| {
        let links = vec![Link::Default { value: slot(make, "flag"), empty_too: false }];
        let otherwise = make.boolean(true);
        make.of(NodeKind::Choice { links, otherwise }, Type::Boolean)
    };
    assert_eq!(agreed(boolean), ok("false"));
}

#[test]
fn boolean_operators_stop_alike() {
    for first in [false, true] {
        let and = |make: &mut Maker| {
            let operands = vec![make.boolean(first), fail(make)];
            make.of(NodeKind::And(operands), Type::Boolean)
        };
        let or = |make: &mut Maker| {
            let operands = vec![make.boolean(first), fail(make)];
            make.of(NodeKind::Or(operands), Type::Boolean)
        };
        assert_eq!((agreed(and).is_ok(), agreed(or).is_ok()), (!first, first));
        let not = |make: &mut Maker| {
            let value = make.boolean(first);
            make.of(NodeKind::Not(value), Type::Boolean)
        };
        assert_eq!(agreed(not), ok(if first { "false" } else { "true" }));
    }
    let wrong = |make: &mut Maker| {
        let one = make.integer(1);
        make.of(NodeKind::Not(one), Type::Boolean)
    };
    assert_eq!(agreed(wrong), Err(Fault::Type));
}

/// All kinds of operands, by a number.
fn operand(make: &mut Maker, number: usize) -> NodeId {
    match number {
        0 => make.null(),
        1 => make.integer(2),
        2 => slot(make, "whole"),
        3 => make.of(NodeKind::Constant(Constant::Number(2.0)), Type::Number),
        4 => make.text(""),
        5 => make.text("ada@example.com"),
        6 => make.text("role_admin"),
        7 => slot(make, "email"),
        8 => slot(make, "none"),
        9 => slot(make, "nick"),
        10 => make.boolean(false),
        11 => slot(make, "flag"),
        12 => slot(make, "ages"),
        13 => slot(make, "any"),
        14 => {
            let source = slot(make, "groups");
            let index = make.integer(1);
            operation(make, Operator::Index, vec![source, index], Shape::of(Type::Group))
        }
        _ => user(make),
    }
}

#[test]
fn equality_order_and_arithmetic_are_the_same() {
    for (lhs, rhs) in (0..16).flat_map(|lhs| (0..16).map(move |rhs| (lhs, rhs))) {
        for negated in [false, true] {
            let equal = |make: &mut Maker| {
                let (lhs, rhs) = (operand(make, lhs), operand(make, rhs));
                make.of(NodeKind::Equal { lhs, rhs, negated }, Type::Boolean)
            };
            assert!(agreed(equal).is_ok());
        }
        for order in [Order::Less, Order::LessOrEqual, Order::Greater, Order::GreaterOrEqual] {
            let order = |make: &mut Maker| {
                let (lhs, rhs) = (operand(make, lhs), operand(make, rhs));
                make.of(NodeKind::Order { order, lhs, rhs }, Type::Boolean)
            };
            let _ = agreed(order);
        }
        for operator in [Operator::Add, Operator::Divide] {
            let arithmetic = |make: &mut Maker| {
                let (first, rest) = (operand(make, lhs), vec![(operator, operand(make, rhs))]);
                make.of(NodeKind::Arithmetic { first, rest }, Type::Any)
            };
            let _ = agreed(arithmetic);
        }
        let pieces = |make: &mut Maker| {
            let pieces = vec![make.text("<\""), operand(make, lhs), operand(make, rhs)];
            make.of(NodeKind::Concat(pieces), Type::Text)
        };
        let _ = agreed(pieces);
    }
}

#[test]
fn integer_arithmetic_overflows_alike() {
    for operator in [Operator::Add, Operator::Subtract, Operator::Multiply, Operator::Remainder] {
        for (lhs, rhs) in [(2, 3), (i64::MAX, 1), (i64::MIN, 1), (i64::MAX, i64::MAX), (7, -1)] {
            let arithmetic = |make: &mut Maker| {
                let first = make.integer(lhs);
                let rest = vec![(operator, make.integer(rhs)), (operator, make.integer(3))];
                make.of(NodeKind::Arithmetic { first, rest }, Type::Integer)
            };
            let _ = agreed(arithmetic);
        }
    }
}

const PARTS: [&str; 12] = [
    "",
    "a",
    "@",
    "ada",
    "ada@exam",
    "ada@examp",
    "ada@example.com",
    "ada@example.com.",
    "com",
    "example.com",
    "x",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx@y",
];

#[test]
fn text_rows_are_the_same() {
    let names = ["startsWith", "endsWith", "contains", "substringBefore", "substringAfter"];
    for (index, name) in names.iter().enumerate() {
        for part in PARTS {
            for receiver in ["email", "long"] {
                let on = |make: &mut Maker| {
                    let arguments = vec![slot(make, receiver), make.text(part)];
                    let ty = if index < 3 { Type::Boolean } else { Type::Text };
                    call(make, method(name, "text"), arguments, Shape::of(ty))
                };
                assert!(agreed(on).is_ok());
            }
        }
    }
    for name in ["String.substringBefore", "String.substringAfter"] {
        for receiver in ["email", "nick", "none"] {
            let on = |make: &mut Maker| {
                let arguments = vec![slot(make, receiver), make.text("a")];
                call(make, classic(name), arguments, Shape::or_null(Type::Text))
            };
            assert!(agreed(on).is_ok());
        }
    }
    for receiver in ["email", "nick", "none"] {
        let on = |make: &mut Maker| {
            let arguments = vec![slot(make, receiver), make.text("ad")];
            call(make, classic("String.startsWith"), arguments, Shape::of(Type::Boolean))
        };
        assert_eq!(agreed(on), ok(if receiver == "none" { "false" } else { "true" }));
    }
    for part in PARTS {
        for by in ["", "b"] {
            let on = |make: &mut Maker| {
                let arguments = vec![slot(make, "long"), make.text(part), make.text(by)];
                call(make, method("replace", "text"), arguments, Shape::of(Type::Text))
            };
            assert!(agreed(on).is_ok());
        }
    }
}

#[test]
fn memberships_are_the_same() {
    for source in ["groups", "no", "maybe"] {
        for names in [vec![], vec![0], vec![1], vec![1, 2], vec![1, 1, 1]] {
            let member = |make: &mut Maker| {
                let groups = slot(make, source);
                make.of(NodeKind::MemberOf { groups, names: names.clone() }, Type::Boolean)
            };
            assert!(agreed(member).is_ok());
        }
    }
}

fn sinks(make: &mut Maker) -> Vec<(Sink, Shape)> {
    vec![
        (Sink::List, Shape::list(Shape::of(Type::Any))),
        (Sink::Any, Shape::of(Type::Boolean)),
        (Sink::None, Shape::of(Type::Boolean)),
        (Sink::First, Shape::or_null(Type::Any)),
        (Sink::Last, Shape::or_null(Type::Any)),
        (Sink::Count, Shape::of(Type::Integer)),
        (Sink::Contains(make.text("role_")), Shape::of(Type::Boolean)),
        (Sink::Contains(make.integer(2)), Shape::of(Type::Boolean)),
        (Sink::Contains(make.null()), Shape::of(Type::Boolean)),
        (Sink::Join(make.text(", ")), Shape::of(Type::Text)),
        (Sink::Join(make.text("")), Shape::of(Type::Text)),
    ]
}

#[test]
fn every_source_and_sink_is_the_same() {
    for source in ["ages", "groups", "names", "no", "texts"] {
        for number in 0..11 {
            let plain = |make: &mut Maker| {
                let list = slot(make, source);
                let (sink, shape) = sinks(make).swap_remove(number);
                make.stream(list, Vec::new(), sink, shape)
            };
            assert!(agreed(plain).is_ok());
            let mapped = |make: &mut Maker| {
                let list = slot(make, source);
                let (sink, shape) = sinks(make).swap_remove(number);
                let stages = vec![skipping_one(make), pairing(make)];
                make.stream(list, stages, sink, shape)
            };
            let _ = agreed(mapped);
        }
    }
}

/// Holds back the element of index 1.
fn skipping_one(make: &mut Maker) -> Stage {
    let index = make.local();
    let mut stage = make.stage(StageKind::Filter, Shape::of(Type::Any), |make, _| {
        let (lhs, rhs) = (make.of(NodeKind::Local(index), Type::Integer), make.integer(1));
        make.of(NodeKind::Equal { lhs, rhs, negated: true }, Type::Boolean)
    });
    stage.index = Some(index);
    stage
}

/// The list of the index and the element.
fn pairing(make: &mut Maker) -> Stage {
    let index = make.local();
    let shape = Shape::list(Shape::of(Type::Any));
    let mut stage = make.stage(StageKind::Map, Shape::of(Type::Any), |make, read| {
        let first = make.of(NodeKind::Local(index), Type::Integer);
        operation(make, Operator::List, vec![first, read], shape)
    });
    stage.index = Some(index);
    stage
}

#[test]
fn faults_inside_streams_have_the_same_place() {
    for sink in [Sink::List, Sink::First, Sink::Count, Sink::Any] {
        let divided = |make: &mut Maker| {
            let source = slot(make, "ages");
            let stage = make.stage(StageKind::Map, Shape::of(Type::Integer), |make, read| {
                let (first, rest) = (make.integer(6), vec![(Operator::Divide, read)]);
                make.of(NodeKind::Arithmetic { first, rest }, Type::Integer)
            });
            let shape = match sink {
                Sink::List => Shape::list(Shape::of(Type::Integer)),
                Sink::First => Shape::or_null(Type::Integer),
                Sink::Count => Shape::of(Type::Integer),
                _ => Shape::of(Type::Boolean),
            };
            make.stream(source, vec![stage], sink.clone(), shape)
        };
        let _ = agreed(divided);
    }
    let no_list = |make: &mut Maker| {
        let source = slot(make, "email");
        make.stream(source, Vec::new(), Sink::Count, Shape::of(Type::Integer))
    };
    assert_eq!(agreed(no_list), Err(Fault::Type));
}

#[test]
fn literals_of_lists_and_maps_are_the_same() {
    let list = |make: &mut Maker| {
        let elements = vec![slot(make, "none"), slot(make, "email"), make.integer(1)];
        operation(make, Operator::List, elements, Shape::list(Shape::of(Type::Any)))
    };
    assert_eq!(agreed(list), ok(r#"[null,"ada@example.com",1]"#));
    let nested = |make: &mut Maker| {
        let mut inner = user(make);
        for _ in 0..98 {
            inner = operation(make, Operator::List, vec![inner], Shape::list(Shape::of(Type::Any)));
        }
        inner
    };
    assert_eq!(agreed(nested), Err(Fault::Limit));
    let many = |make: &mut Maker| {
        let elements = (0..200).map(|value| make.integer(value)).collect();
        let list = operation(make, Operator::List, elements, Shape::list(Shape::of(Type::Any)));
        operation(make, Operator::List, vec![list], Shape::list(Shape::of(Type::Any)))
    };
    assert!(agreed(many).is_ok());
    let map = |make: &mut Maker| {
        let entries = vec![make.text("a\""), slot(make, "nick"), make.text("b"), fail(make)];
        operation(make, Operator::Map, entries[..2].to_vec(), Shape::of(Type::Map))
    };
    assert_eq!(agreed(map), ok(r#"{"a\"":"ad\"a"}"#));
    let empty = |make: &mut Maker| operation(make, Operator::Map, Vec::new(), Shape::of(Type::Map));
    assert_eq!(agreed(empty), ok("{}"));
}

#[test]
fn budgets_end_at_the_same_node() {
    let most = u32::try_from(limits::STEPS).unwrap();
    for left in (0..400).step_by(7) {
        let mut make = Maker::default();
        let inner = roles(&mut make);
        let inner = place_charges(make.body(inner));
        let Body { mut nodes, root, n_locals } = inner;
        let node = nodes[root.0 as usize].clone();
        let kind = NodeKind::Charge { steps: most - left, body: root };
        nodes.push(crate::ir::Node { kind, ..node });
        let root = NodeId(root.0 + 1);
        let _ = agreed_body(&Body { nodes, root, n_locals });
    }
}

#[test]
fn output_beyond_the_limit_is_left_to_the_interpreter() {
    let world = World::new();
    for extra in 0..4 {
        let n = limits::OUTPUT - 4 + extra;
        let constant = |make: &mut Maker| make.text(&"a".repeat(n));
        let pieces = |make: &mut Maker| {
            let pieces = vec![make.text(&"a".repeat(n - 15)), slot(make, "email")];
            make.of(NodeKind::Concat(pieces), Type::Text)
        };
        let list = |make: &mut Maker| {
            let elements = vec![make.text(&"a".repeat(n - 6)), make.integer(1)];
            operation(make, Operator::List, elements, Shape::list(Shape::of(Type::Any)))
        };
        let builds: [&dyn Fn(&mut Maker) -> NodeId; 3] = [&constant, &pieces, &list];
        for build in builds {
            let mut make = Maker::default();
            let root = build(&mut make);
            let body = make.body(root);
            let expected = interpreted(&world, &body);
            let [_, json] = native(&world, &body, Settings::default());
            assert_eq!(json.is_none(), expected.is_err());
            assert!(json.is_none_or(|json| json == expected));
        }
    }
}

fn body(build: impl FnOnce(&mut Maker) -> NodeId) -> Body {
    let mut make = Maker::default();
    let root = build(&mut make);
    place_charges(make.body(root))
}

fn object() -> Object {
    let alternative = |guard: Option<Body>, value| Alternative { guard, value };
    let member = |name: &str, alternatives, omit_empty| Member {
        name: name.to_owned(),
        alternatives,
        omit_empty,
    };
    let holds = |value| Some(body(|make| make.boolean(value)));
    let one = |value| vec![alternative(None, value)];
    let choice = vec![
        alternative(holds(false), body(fail)),
        alternative(Some(body(|make| make.text("true"))), body(fail)),
        alternative(holds(true), body(|make| make.text("third"))),
        alternative(None, body(fail)),
    ];
    let decided = vec![alternative(holds(true), body(Maker::null)), alternative(None, body(fail))];
    Object {
        members: vec![
            member("null", one(body(Maker::null)), false),
            member("a\"", one(body(roles)), true),
            member("empty", one(body(|make| slot(make, "no"))), true),
            member("kept", one(body(|make| slot(make, "no"))), false),
            member("none", one(body(|make| slot(make, "none"))), false),
            member("choice", choice, false),
            member("decided", decided, false),
            member("without", vec![alternative(holds(false), body(fail))], false),
            member("fails", one(body(fail)), false),
            member("nick", one(body(|make| slot(make, "nick"))), false),
            member("guard fails", vec![alternative(Some(body(fail)), body(roles))], false),
        ],
    }
}

#[test]
fn objects_are_the_same() {
    let (world, object) = (World::new(), object());
    let set = compile(&[Unit::Object(&object)], Settings::default()).unwrap();
    let roots = [Some(world.user.record()), None];
    for selected in [0, 0b1111_1111, 0b10_0110_0111, 0b10_0001_0000, 0b100_0000_0011, u64::MAX] {
        for capacity in [100_000, 300, 20, 3] {
            let arena = Arena::new();
            let mut output = Output::new(capacity);
            let mut expected = Vec::new();
            let mut context =
                Context::new(&arena, &world.table, &world.resolved, Some(&mut output));
            let outcome = interpret::evaluate_object(
                &object,
                &[selected],
                &mut context,
                &roots,
                &mut expected,
            );
            match (set.evaluate(0, &mut context, &roots, &[selected]), outcome) {
                (Outcome::Done, Ok(())) => assert_eq!(context.output(), expected),
                (Outcome::Fault { fault, site }, Err(stopped)) => {
                    let place = site.member.unwrap();
                    assert_eq!((fault, site.node), (stopped.stopped.fault, stopped.stopped.node));
                    assert_eq!(
                        (place.member, place.alternative, place.in_guard),
                        (stopped.member, stopped.alternative, stopped.in_guard)
                    );
                }
                (Outcome::OutputFull, _) => assert!(capacity < expected.len() + 100),
                (native, interpreted) => panic!("{native:?} is not {interpreted:?}"),
            }
        }
    }
    let arena = Arena::new();
    let mut output = Output::new(10);
    let mut context = Context::new(&arena, &world.table, &world.resolved, Some(&mut output));
    assert_eq!(set.evaluate(0, &mut context, &roots, &[]), Outcome::Done);
    assert!(context.output().is_empty());
}

#[test]
fn what_was_not_made_for_the_code_does_not_run() {
    let world = World::new();
    let body = body(|make| {
        let groups = slot(make, "groups");
        make.of(NodeKind::MemberOf { groups, names: vec![2] }, Type::Boolean)
    });
    let set = compile(&[Unit::Value(&body), Unit::Json(&body)], Settings::default()).unwrap();
    let arena = Arena::new();
    let run = |index, resolved: &[u32], roots: &[Option<_>]| {
        let mut context = Context::new(&arena, &world.table, resolved, None);
        set.evaluate(index, &mut context, roots, &[])
    };
    let user = [Some(world.user.record())];
    let group = RecordBuilder::pack(&group_type(), &[Datum::Null]).unwrap();
    assert_eq!(run(0, &[1, 2, 3], &user), Outcome::Done);
    assert_eq!(run(1, &[1, 2, 3], &user), Outcome::OutputFull);
    for outcome in [
        run(0, &[1, 2], &user),
        run(0, &[1, 2, 3], &[Some(group.record())]),
        run(2, &[1, 2, 3], &user),
    ] {
        assert!(matches!(outcome, Outcome::Fault { fault: Fault::Internal, .. }));
    }
}

/// A program for each mistake that shows it.
fn telling(mistake: Mistake) -> Body {
    let mut make = Maker::default();
    let root = telling_root(&mut make, mistake);
    make.body(root)
}

fn telling_root(make: &mut Maker, mistake: Mistake) -> NodeId {
    match mistake {
        Mistake::ShortPrefix => {
            let arguments = vec![slot(make, "email"), make.text("adb")];
            call(make, method("startsWith", "text"), arguments, Shape::of(Type::Boolean))
        }
        Mistake::IndexFromOne => {
            let source = slot(make, "ages");
            let stage = skipping_one(make);
            let shape = Shape::list(Shape::of(Type::Integer));
            make.stream(source, vec![stage], Sink::List, shape)
        }
        Mistake::SkippedCharge => {
            let email = slot(make, "email");
            let sized = make.of(NodeKind::ChargeSize(email), Type::Text);
            let steps = u32::try_from(limits::STEPS).unwrap() - 3;
            make.of(NodeKind::Charge { steps, body: sized }, Type::Text)
        }
        Mistake::MissingNullCheck => {
            let arguments = vec![slot(make, "none"), make.text("a")];
            let shape = Shape::or_null(Type::Text);
            call(make, classic("String.substringBefore"), arguments, shape)
        }
        Mistake::LostSecondMap => {
            let source = slot(make, "groups");
            let second = make.stage(StageKind::Map, Shape::of(Type::Text), |make, read| {
                let arguments = vec![read, make.text("x"), make.text("y")];
                call(make, method("replace", "text"), arguments, Shape::of(Type::Text))
            });
            let stages = vec![replacing(make, "role_", ""), second];
            make.stream(source, stages, Sink::List, Shape::list(Shape::of(Type::Text)))
        }
    }
}

#[test]
fn each_planted_mistake_makes_a_difference() {
    for mistake in [
        Mistake::ShortPrefix,
        Mistake::IndexFromOne,
        Mistake::SkippedCharge,
        Mistake::MissingNullCheck,
        Mistake::LostSecondMap,
    ] {
        let (world, body) = (World::new(), telling(mistake));
        let expected = agreed_body(&body);
        let settings = Settings { planted_mistake: Some(mistake), ..Settings::default() };
        for found in native(&world, &body, settings) {
            assert_ne!(found, Some(expected.clone()), "{mistake:?}");
        }
    }
}

#[test]
fn elements_that_are_written_at_once_are_the_same() {
    for name in ["names", "texts", "groups"] {
        let greeted = |make: &mut Maker| {
            let source = slot(make, name);
            let element = Shape::or_null(Type::Any);
            let stage = make.stage(StageKind::Map, element, |make, read| {
                let links = vec![Link::Default { value: read, empty_too: true }];
                let otherwise = make.text("none");
                let chosen = make.node(NodeKind::Choice { links, otherwise }, Shape::of(Type::Any));
                let pieces = vec![make.text("hello \""), chosen, make.text("!")];
                let pieces = make.of(NodeKind::Concat(pieces), Type::Text);
                let links = vec![Link::If { condition: make.boolean(true), then: pieces }];
                let otherwise = make.null();
                make.node(NodeKind::Choice { links, otherwise }, Shape::or_null(Type::Text))
            });
            let shape = Shape::list(Shape::or_null(Type::Text));
            make.stream(source, vec![stage], Sink::List, shape)
        };
        assert!(agreed(greeted).is_ok());
        let plain = |make: &mut Maker| {
            let source = slot(make, "texts");
            let stage = make.stage(StageKind::Map, Shape::of(Type::Text), |make, read| {
                let pieces = vec![make.text("hello \""), read, make.text("!"), read];
                make.of(NodeKind::Concat(pieces), Type::Text)
            });
            make.stream(source, vec![stage], Sink::List, Shape::list(Shape::of(Type::Text)))
        };
        assert!(agreed(plain).is_ok());
    }
}

#[test]
fn a_listing_shows_the_code() {
    let body = body(roles);
    let settings = Settings { listing: true, ..Settings::default() };
    let set = compile(&[Unit::Json(&body)], settings).unwrap();
    let [text] = set.listing() else { panic!("one unit") };
    assert!(text.contains("function") && text.contains("brif") && text.contains("ret"));
}

#[test]
fn deep_and_long_programs_are_the_same() {
    let deep = || {
        let not = |make: &mut Maker| {
            let mut node = make.boolean(true);
            for _ in 0..3_001 {
                node = make.of(NodeKind::Not(node), Type::Boolean);
            }
            node
        };
        assert_eq!(agreed(not), ok("false"));
        let chain = |make: &mut Maker| {
            let first = make.integer(1);
            let rest = (0..2_000).map(|_| (Operator::Add, slot(make, "whole"))).collect();
            let sum = make.of(NodeKind::Arithmetic { first, rest }, Type::Any);
            let pieces = std::iter::repeat_with(|| slot(make, "email")).take(1_000).collect();
            let text = make.of(NodeKind::Concat(pieces), Type::Text);
            let links = vec![Link::Default { value: text, empty_too: true }];
            make.of(NodeKind::Choice { links, otherwise: sum }, Type::Any)
        };
        assert!(agreed(chain).is_ok());
    };
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(deep).unwrap();
    thread.join().unwrap();
}

#[test]
fn an_instruction_that_could_trap_is_found() {
    use cranelift_codegen::cursor::{Cursor, FuncCursor};
    use cranelift_codegen::ir::types::I64;
    use cranelift_codegen::ir::{Function, InstBuilder, MemFlagsData};
    let found = |build: fn(&mut FuncCursor<'_>)| {
        let mut function = Function::new();
        let block = function.dfg.make_block();
        let mut cursor = FuncCursor::new(&mut function);
        cursor.insert_block(block);
        build(&mut cursor);
        super::inspect::first_trapping(&function)
    };
    assert_eq!(found(|cursor| drop(cursor.ins().iconst(I64, 8))), None);
    let divides = |cursor: &mut FuncCursor<'_>| {
        let value = cursor.ins().iconst(I64, 8);
        cursor.ins().udiv(value, value);
    };
    assert!(found(divides).unwrap().contains("udiv"));
    let loads = |cursor: &mut FuncCursor<'_>| {
        let value = cursor.ins().iconst(I64, 8);
        cursor.ins().load(I64, MemFlagsData::new(), value, 0);
    };
    assert!(found(loads).unwrap().contains("load"));
    let trusts = |cursor: &mut FuncCursor<'_>| {
        let value = cursor.ins().iconst(I64, 8);
        cursor.ins().load(I64, MemFlagsData::trusted(), value, 0);
    };
    assert!(found(trusts).is_some());
    let careful = |cursor: &mut FuncCursor<'_>| {
        let value = cursor.ins().iconst(I64, 8);
        cursor.ins().load(I64, MemFlagsData::new().with_notrap(), value, 0);
    };
    assert_eq!(found(careful), None);
}

#[test]
fn a_set_is_shared_between_threads() {
    let body = body(roles);
    let set = Arc::new(compile(&[Unit::Json(&body)], Settings::default()).unwrap());
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let set = Arc::clone(&set);
            std::thread::spawn(move || {
                let (world, arena) = (World::new(), Arena::new());
                let mut output = Output::new(1_000);
                let mut context =
                    Context::new(&arena, &world.table, &world.resolved, Some(&mut output));
                let outcome = set.evaluate(0, &mut context, &[Some(world.user.record())], &[]);
                (outcome, context.output().to_vec())
            })
        })
        .collect();
    drop(set);
    for thread in threads {
        let (outcome, output) = thread.join().unwrap();
        assert_eq!(outcome, Outcome::Done);
        assert!(output.starts_with(b"[\"admin\",\"double\""));
    }
}
