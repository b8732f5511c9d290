//! Every kind of node but streams, over operands of every kind.

use super::*;

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
    for name in ["String.startsWith", "String.stringContains"] {
        for receiver in ["email", "nick", "none"] {
            let on = |make: &mut Maker| {
                let arguments = vec![slot(make, receiver), make.text("ad")];
                call(make, classic(name), arguments, Shape::of(Type::Boolean))
            };
            assert_eq!(agreed(on), ok(if receiver == "none" { "false" } else { "true" }));
        }
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
        let entries = [make.text("a\""), slot(make, "nick"), make.text("b"), fail(make)];
        operation(make, Operator::Map, entries[..2].to_vec(), Shape::of(Type::Map))
    };
    assert_eq!(agreed(map), ok(r#"{"a\"":"ad\"a"}"#));
    let empty = |make: &mut Maker| operation(make, Operator::Map, Vec::new(), Shape::of(Type::Map));
    assert_eq!(agreed(empty), ok("{}"));
}

/// A value that a parameter takes as it is.
fn fitting(make: &mut Maker, accepts: Accepts) -> NodeId {
    match accepts {
        Accepts::Boolean => make.boolean(true),
        Accepts::Integer | Accepts::Numeric => make.integer(2),
        Accepts::List | Accepts::ListOrText | Accepts::Numbers | Accepts::Ordered => {
            slot(make, "ages")
        }
        Accepts::Group => operand(make, 14),
        Accepts::Map => operation(make, Operator::Map, Vec::new(), Shape::of(Type::Map)),
        Accepts::DateTime => {
            let text = make.text("2015-02-28");
            call(make, method("parseStringTime", "text"), vec![text], Shape::of(Type::DateTime))
        }
        Accepts::Country => {
            let text = make.text("NZ");
            call(make, method("parseCountryCode", "text"), vec![text], Shape::of(Type::Country))
        }
        _ => make.text("yyyy"),
    }
}

#[test]
fn every_row_is_reached_with_each_number_of_arguments_it_takes() {
    let mut n_rows = 0;
    for (number, row) in functions::rows().filter(|(_, row)| row.style != Style::Internal) {
        if !matches!(row.meaning, Meaning::Body(_)) {
            continue;
        }
        n_rows += 1;
        for n in (0..row.parameters.len() + 3).filter(|n| row.takes(*n)) {
            let answer = agreed(|make| {
                let parameters = (0..n).map(|index| row.parameter(index).unwrap().accepts);
                let arguments = parameters.map(|accepts| fitting(make, accepts)).collect();
                call(make, number, arguments, Shape::of(Type::Any))
            });
            assert_ne!(answer, Err(Fault::Internal), "{:?} of {n}", row.names);
        }
    }
    assert!(n_rows > 100, "only {n_rows}");
}

#[test]
fn texts_are_found_in_lists_of_texts() {
    let parts = [
        ("a,b", true),
        ("a,", false),
        ("", true),
        ("role_x", true),
        ("role_y", false),
        ("exactly thirty-two bytes of text", true),
        ("exactly thirty-three bytes of it.", true),
        ("exactly thirty-three bytes of it!", false),
    ];
    for list in ["names", "texts"] {
        for (part, is_there) in parts {
            let found = agreed(|make| {
                let arguments = vec![slot(make, list), make.text(part)];
                call(make, method("contains", "list"), arguments, Shape::of(Type::Boolean))
            });
            assert_eq!(found, ok(if is_there { "true" } else { "false" }), "{part} in {list}");
        }
    }
}
