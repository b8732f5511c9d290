//! Chains of list steps: every source, stage and sink.

use super::*;

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
pub(super) fn skipping_one(make: &mut Maker) -> Stage {
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
