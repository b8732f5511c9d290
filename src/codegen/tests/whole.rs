//! Whole functions: budgets, limits, objects, planted mistakes, and the machine underneath.

use super::super::{CompiledSet, Listing};
use super::stream::skipping_one;
use super::*;

#[test]
fn this_machine_runs_native_code() {
    assert!(is_available());
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
    let set = compile(&[Unit::Object(&object)], Settings::default(), 1).unwrap();
    let roots = [Some(world.user.record()), None];
    for selected in [0, 0b1111_1111, 0b10_0110_0111, 0b10_0001_0000, 0b100_0000_0011, u64::MAX] {
        for capacity in (0..320).chain([100_000]) {
            let arena = Arena::new();
            let mut output = Output::new(capacity);
            let mut expected = Vec::new();
            let inputs = world.inputs(&roots);
            let mut context = Context::new(&arena, inputs.surroundings(), Some(&mut output));
            let outcome = interpret::evaluate_object(
                &object,
                &[selected],
                &mut context,
                &roots,
                &mut expected,
            );
            match (set.evaluate((0, Made::Members), &mut context, &inputs, &[selected]), outcome) {
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
    let inputs = world.inputs(&roots);
    let mut context = Context::new(&arena, inputs.surroundings(), Some(&mut output));
    let outcome = set.evaluate((0, Made::Members), &mut context, &inputs, &[]);
    assert_eq!(outcome, Outcome::Done);
    assert!(context.output().is_empty());
}

#[test]
fn each_expression_of_an_object_is_held_to_the_limit() {
    let world = World::new();
    let roots = [Some(world.user.record()), None];
    for extra in 0..6 {
        let n = limits::OUTPUT - 20 + extra;
        // Between others of few bytes: what these leave uncounted counts for none of them.
        let long = [
            body(|make| make.text(&"a".repeat(n + 15))),
            body(|make| {
                let rest = make.text("aaa");
                let pieces = vec![make.text(&"a".repeat(n - 3)), slot(make, "email"), rest];
                make.of(NodeKind::Concat(pieces), Type::Text)
            }),
            body(|make| {
                let mut texts: Vec<NodeId> =
                    (0..1022).map(|_| make.text(&"a".repeat(61))).collect();
                // 1,022 elements of 64 bytes each.
                texts.push(make.text(&"a".repeat(limits::OUTPUT - 1022 * 64 - 7 + extra)));
                operation(make, Operator::List, texts, Shape::list(Shape::of(Type::Text)))
            }),
        ];
        let short = || body(|make| make.boolean(true));
        for long in long {
            let values = [short(), short(), long, short(), short()];
            let members = values.into_iter().enumerate().map(|(index, value)| Member {
                name: format!("member {index}"),
                alternatives: vec![Alternative { guard: None, value }],
                omit_empty: false,
            });
            let object = Object { members: members.collect() };
            let set = compile(&[Unit::Object(&object)], Settings::default(), 1).unwrap();
            let (arena, mut output) = (Arena::new(), Output::new(200_000));
            let (inputs, mut expected) = (world.inputs(&roots), Vec::new());
            let mut context = Context::new(&arena, inputs.surroundings(), Some(&mut output));
            let interpreted = interpret::evaluate_object(
                &object,
                &[u64::MAX],
                &mut context,
                &roots,
                &mut expected,
            );
            match set.evaluate((0, Made::Members), &mut context, &inputs, &[u64::MAX]) {
                Outcome::Done => {
                    assert!(interpreted.is_ok(), "{extra}");
                    assert_eq!(context.output(), expected);
                }
                outcome => assert_eq!(outcome, Outcome::OutputFull),
            }
        }
    }
}

#[test]
fn what_was_not_made_for_the_code_does_not_run() {
    let world = World::new();
    let body = body(|make| {
        let groups = slot(make, "groups");
        make.of(NodeKind::MemberOf { groups, names: vec![2] }, Type::Boolean)
    });
    let set = compile(&[Unit::Value(&body), Unit::Json(&body)], Settings::default(), 1).unwrap();
    let arena = Arena::new();
    let run = |index, resolved: &[u32], roots: &[Option<_>]| {
        let surroundings = Surroundings::new(&world.table, resolved);
        let inputs = Inputs::new(surroundings, roots.to_vec());
        let mut context = Context::new(&arena, &surroundings, None);
        let made = if index == 1 { Made::Json } else { Made::Value };
        set.evaluate((index, made), &mut context, &inputs, &[])
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
            let sized = make.of(
                NodeKind::ChargeSize(email, claimsmith_runtime::functions::Work::Walk),
                Type::Text,
            );
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
        Mistake::ShortCharge => {
            let email = slot(make, "email");
            let steps = u32::try_from(limits::STEPS).unwrap() + 1;
            make.of(NodeKind::Charge { steps, body: email }, Type::Text)
        }
        Mistake::FaultAtRoot => {
            let inner = fail(make);
            make.of(NodeKind::Not(inner), Type::Boolean)
        }
        Mistake::OneMoreTaken => {
            let (source, two) = (slot(make, "ages"), make.integer(2));
            let stage = Stage { kind: StageKind::Take, body: two, ..skipping_one(make) };
            let stage = Stage { index: None, ..stage };
            make.stream(source, vec![stage], Sink::List, Shape::list(Shape::of(Type::Integer)))
        }
        Mistake::NullIsEmpty => {
            let (lhs, rhs) = (slot(make, "none"), make.text(""));
            make.of(NodeKind::Equal { lhs, rhs, negated: false }, Type::Boolean)
        }
        Mistake::UnstableSort => {
            let (list, one) = (slot(make, "ages"), make.integer(1));
            let stage = make.stage(StageKind::Map, Shape::of(Type::Integer), |_, _| one);
            let shape = Shape::list(Shape::of(Type::Integer));
            let keys = make.stream(list, vec![stage], Sink::List, shape.clone());
            operation(make, Operator::SortedBy, vec![list, keys], shape)
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
        Mistake::ShortCharge,
        Mistake::FaultAtRoot,
        Mistake::OneMoreTaken,
        Mistake::NullIsEmpty,
        Mistake::UnstableSort,
    ] {
        let (world, body) = (World::new(), telling(mistake));
        let expected = agreed_body(&body);
        let settings = Settings { planted_mistake: Some(mistake), ..Settings::default() };
        for found in native(&world, &body, settings) {
            assert_ne!(found, Some(expected.clone()), "{mistake:?}");
        }
    }
}

/// `nick?.startsWith("ad")`.
fn beginning(make: &mut Maker) -> NodeId {
    let (value, local) = (slot(make, "nick"), make.local());
    let text = make.of(NodeKind::Local(local), Type::Text);
    let arguments = vec![text, make.text("ad")];
    let rest = call(make, method("startsWith", "text"), arguments, Shape::of(Type::Boolean));
    make.node(NodeKind::Guard { local, value, rest }, Shape::or_null(Type::Boolean))
}

/// `… ?? otherwise`.
fn defaulted(make: &mut Maker, value: NodeId, otherwise: NodeId, shape: Shape) -> NodeId {
    let links = vec![Link::Default { value, empty_too: false }];
    make.node(NodeKind::Choice { links, otherwise }, shape)
}

/// What makes a body.
type Build = fn(&mut Maker) -> NodeId;

#[test]
fn questions_that_may_have_no_answer_and_their_json_take_no_call() {
    let builds: [(Build, &str); 4] = [
        (beginning, "true"),
        (|make| slot(make, "flag"), "false"),
        (
            |make| {
                let (value, otherwise) = (beginning(make), make.boolean(false));
                defaulted(make, value, otherwise, Shape::of(Type::Boolean))
            },
            "true",
        ),
        (
            |make| {
                let (value, otherwise) = (beginning(make), slot(make, "flag"));
                defaulted(make, value, otherwise, Shape::or_null(Type::Boolean))
            },
            "true",
        ),
    ];
    for (build, expected) in builds {
        assert_eq!(agreed(build), ok(expected));
        let body = body(build);
        let units = [Unit::Value(&body), Unit::Json(&body)];
        let set = compile(&units, Settings::with_listing(), 1).unwrap();
        for Listing { ir, .. } in set.listing() {
            assert!(!ir.contains(" call "), "{ir}");
        }
    }
}

#[test]
fn a_listing_shows_the_code() {
    let body = body(roles);
    let settings = Settings { listing: true, ..Settings::default() };
    let set = compile(&[Unit::Json(&body)], settings, 1).unwrap();
    let [listing] = set.listing() else { panic!("one unit") };
    assert!(listing.ir.contains("function") && listing.ir.contains("brif"));
    assert!(listing.machine_code.contains("ret"));
}

#[test]
fn code_is_the_same_however_many_threads_made_it() {
    // Work for six threads, of nothing that has another address in every set.
    let sum = |number: i64| {
        body(|make| {
            let first = make.integer(number);
            let rest = (0..150).map(|term| (Operator::Add, make.integer(term))).collect();
            make.of(NodeKind::Arithmetic { first, rest }, Type::Integer)
        })
    };
    let bodies: Vec<Body> = (0..60).map(sum).collect();
    let units: Vec<Unit<'_>> = bodies.iter().map(Unit::Json).collect();
    let made = |n_threads| compile(&units, Settings::with_listing(), n_threads).unwrap();
    let alone = made(1);
    assert_eq!(alone.listing().len(), units.len());
    for n_threads in [2, 6] {
        let together = made(n_threads);
        assert!(together.listing() == alone.listing(), "{n_threads} threads");
        let (world, arena, mut output) = (World::new(), Arena::new(), Output::new(100_000));
        let inputs = world.inputs(&[]);
        for index in 0..units.len() {
            let mut context = Context::new(&arena, inputs.surroundings(), Some(&mut output));
            let outcome = together.evaluate((index, Made::Json), &mut context, &inputs, &[]);
            assert_eq!(outcome, Outcome::Done);
            assert_eq!(context.output(), (149 * 75 + index).to_string().as_bytes());
        }
    }
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
        crate::codegen::inspect::first_trapping(&function)
    };
    assert_eq!(found(|cursor| _ = cursor.ins().iconst(I64, 8)), None);
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
fn inputs_remember_one_function_of_one_set() {
    let [one, two, three] = [1, 2, 3].map(|value| body(|make| make.integer(value)));
    let settings = Settings::default();
    let first = compile(&[Unit::Json(&one), Unit::Json(&two)], settings, 1).unwrap();
    let second = compile(&[Unit::Json(&three)], settings, 1).unwrap();
    let (world, arena, mut output) = (World::new(), Arena::new(), Output::new(100_000));
    let inputs = world.inputs(&[]);
    let mut answer = |set: &CompiledSet, index, made| {
        let mut context = Context::new(&arena, inputs.surroundings(), Some(&mut output));
        let outcome = set.evaluate((index, made), &mut context, &inputs, &[]);
        (outcome == Outcome::Done).then(|| String::from_utf8(context.output().to_vec()).unwrap())
    };
    let json = |text: &str| Some(text.to_owned());
    for _ in 0..3 {
        assert_eq!(answer(&first, 0, Made::Json), json("1"));
        assert_eq!(answer(&first, 0, Made::Json), json("1"));
        assert_eq!(answer(&second, 0, Made::Json), json("3"));
        assert_eq!(answer(&first, 1, Made::Json), json("2"));
        assert_eq!(answer(&first, 1, Made::Members), None, "it makes something else");
        assert_eq!(answer(&second, 1, Made::Json), None, "there is no such function");
        assert_eq!(answer(&first, 1, Made::Json), json("2"));
    }
}

#[test]
fn a_set_is_shared_between_threads() {
    let body = body(roles);
    let set = Arc::new(compile(&[Unit::Json(&body)], Settings::default(), 1).unwrap());
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let set = Arc::clone(&set);
            std::thread::spawn(move || {
                let (world, arena) = (World::new(), Arena::new());
                let mut output = Output::new(100_000);
                let inputs = world.inputs(&[Some(world.user.record())]);
                let mut context = Context::new(&arena, inputs.surroundings(), Some(&mut output));
                let outcome = set.evaluate((0, Made::Json), &mut context, &inputs, &[]);
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
