//! What is asked for several times: memberships that are one loop, and values that are made once.

use super::*;

/// Whether somebody is in a group of one of these names; false where there is nobody, as there is
/// not behind the second root.
fn membership(make: &mut Maker, ordinal: u32, names: Vec<u32>) -> NodeId {
    let is_there = ordinal == 0;
    let wrapped = |ty| if is_there { Shape::of(ty) } else { Shape::or_null(ty) };
    let value = make.node(NodeKind::Root(ordinal), wrapped(Type::Record(user_type())));
    let local = make.local();
    let record = make.of(NodeKind::Local(local), Type::Record(user_type()));
    let record_type = user_type();
    let (index, field) = record_type.find("groups").unwrap();
    let groups = make.node(NodeKind::Slot { record, index: index as u32 }, field.shape.clone());
    let rest = make.of(NodeKind::MemberOf { groups, names }, Type::Boolean);
    let guard = make.node(NodeKind::Guard { local, value, rest }, wrapped(Type::Boolean));
    if is_there {
        return guard;
    }
    let links = vec![Link::Default { value: guard, empty_too: false }];
    let otherwise = make.boolean(false);
    make.of(NodeKind::Choice { links, otherwise }, Type::Boolean)
}

/// Every list of one to three of these names, and some that are longer.
fn asked() -> Vec<Vec<u32>> {
    let longer = |list: &Vec<u32>| (0..3).map(|name| [list.clone(), vec![name]].concat()).collect();
    let one: Vec<Vec<u32>> = vec![vec![0], vec![1], vec![2]];
    let two: Vec<Vec<u32>> = one.iter().flat_map::<Vec<_>, _>(longer).collect();
    let three: Vec<Vec<u32>> = two.iter().flat_map::<Vec<_>, _>(longer).collect();
    let more = [vec![1, 1, 1, 1], vec![1, 2, 1, 0], vec![1, 1, 1, 1, 2], vec![1, 1, 1, 1, 1, 0, 2]];
    [one, two, three, more.to_vec()].concat()
}

#[test]
fn memberships_of_one_list_are_paid_for_in_order() {
    for names in asked() {
        for ordinal in [0, 1] {
            let any = |make: &mut Maker| {
                let mut asked: Vec<NodeId> =
                    names.iter().map(|name| membership(make, ordinal, vec![*name])).collect();
                asked.push(membership(make, 1 - ordinal, vec![1, 2]));
                asked.push(membership(make, ordinal, vec![1, 0]));
                make.of(NodeKind::Or(asked), Type::Boolean)
            };
            assert_eq!(agreed(any), ok("true"));
            let none = |make: &mut Maker| {
                let asked = names.iter().map(|_| membership(make, ordinal, vec![1])).collect();
                make.of(NodeKind::Or(asked), Type::Boolean)
            };
            assert_eq!(agreed(none), ok("false"));
        }
    }
}

#[test]
fn memberships_of_many_names_are_paid_for_in_order() {
    for n in 1..10 {
        for last in [0, 1] {
            let any = |make: &mut Maker| {
                let asked = [vec![1; n], vec![1; 3], vec![1; n], vec![1, last]];
                let asked = asked.map(|names| membership(make, 0, names));
                make.of(NodeKind::Or(asked.to_vec()), Type::Boolean)
            };
            assert_eq!(agreed(any), ok(if last == 0 { "true" } else { "false" }));
        }
    }
}

#[test]
fn memberships_that_cannot_be_paid_for_fault_where_the_first_does() {
    let most = u32::try_from(limits::STEPS).unwrap();
    for left in 0..70 {
        let mut make = Maker::default();
        let asked = [1, 2, 1, 0].map(|name| membership(&mut make, 0, vec![name])).to_vec();
        let root = make.of(NodeKind::Or(asked), Type::Boolean);
        let Body { mut nodes, root, n_locals } = place_charges(make.body(root));
        let node = nodes[root.0 as usize].clone();
        let kind = NodeKind::Charge { steps: most - left, body: root };
        nodes.push(crate::ir::Node { kind, ..node });
        let _ = agreed_body(&Body { nodes, root: NodeId(root.0 + 1), n_locals });
    }
}

fn upper(make: &mut Maker, name: &str) -> NodeId {
    let text = slot(make, name);
    let shape = make_shape(name);
    call(make, classic("String.toUpperCase"), vec![text], shape)
}

fn make_shape(name: &str) -> Shape {
    let record_type = user_type();
    let (_, field) = record_type.find(name).unwrap();
    field.shape.clone()
}

/// Whether somebody is in a group of any of these names, asked one after the other.
fn any(make: &mut Maker, names: &[u32]) -> NodeId {
    let asked = names.iter().map(|name| membership(make, 0, vec![*name])).collect();
    make.of(NodeKind::Or(asked), Type::Boolean)
}

/// Members that ask for the same again and again.
fn object() -> Object {
    type Build = fn(&mut Maker) -> NodeId;
    let builds: [Build; 11] = [
        |make| upper(make, "email"),
        |make| {
            let pieces = vec![upper(make, "nick"), make.text("-"), upper(make, "email")];
            make.of(NodeKind::Concat(pieces), Type::Text)
        },
        |make| upper(make, "none"),
        |make| membership(make, 0, vec![1]),
        |make| membership(make, 0, vec![0]),
        |make| {
            let asked = vec![membership(make, 0, vec![1]), membership(make, 0, vec![0])];
            make.of(NodeKind::And(asked), Type::Boolean)
        },
        |make| any(make, &[1, 0]),
        |make| any(make, &[1, 2, 0]),
        |make| any(make, &[2, 1]),
        |make| {
            let source = slot(make, "ages");
            let stage = make
                .stage(StageKind::Map, Shape::of(Type::Integer), |make, _| upper(make, "email"));
            let shape = Shape::list(Shape::of(Type::Text));
            make.stream(source, vec![stage], Sink::List, shape)
        },
        |make| {
            let pieces = vec![upper(make, "none"), upper(make, "nick"), upper(make, "none")];
            make.of(NodeKind::Concat(pieces), Type::Text)
        },
    ];
    let member = |(number, build): (usize, &Build)| {
        let mut make = Maker::default();
        let root = build(&mut make);
        let value = place_charges(make.body(root));
        let alternatives = vec![Alternative { guard: None, value }];
        Member { name: format!("m{number}"), alternatives, omit_empty: false }
    };
    Object { members: builds.iter().enumerate().map(member).collect() }
}

#[test]
fn what_is_made_once_is_the_same_whoever_asks_first() {
    let (world, object) = (World::new(), object());
    let roots = [Some(world.user.record()), None];
    for shares_nothing in [false, true] {
        let settings = Settings { shares_nothing, ..Settings::default() };
        let set = compile(&[Unit::Object(&object)], settings, 1).unwrap();
        for selected in 0..1 << object.members.len() {
            let arena = Arena::new();
            let mut output = Output::new(100_000);
            let mut expected = Vec::new();
            let inputs = world.inputs(&roots);
            let mut context = Context::new(&arena, inputs.surroundings(), Some(&mut output));
            let selection = [selected];
            interpret::evaluate_object(&object, &selection, &mut context, &roots, &mut expected)
                .unwrap();
            let made = (0, Made::Members);
            let outcome = set.evaluate(made, &mut context, &inputs, &selection);
            assert_eq!(outcome, Outcome::Done);
            assert_eq!(context.output(), expected, "{selected:b}");
        }
    }
}
