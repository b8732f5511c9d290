//! Programs made by hand, run on both engines: the value or the fault, and its place, are the same.

mod node;
mod share;
mod stream;
mod whole;

use super::{Inputs, Made, Mistake, Outcome, Settings, Unit, compile, is_available};
use crate::interpret;
use crate::ir::fixture::{Maker, classic, field, method};
use crate::ir::{
    Alternative, Body, Constant, Link, Member, NodeId, NodeKind, Object, Order, Sink, Stage,
    StageKind, place_charges,
};
use claimsmith_runtime::abi::{Output, Surroundings};
use claimsmith_runtime::arena::Arena;
use claimsmith_runtime::functions::{self, Accepts, Meaning, Operator, Style};
use claimsmith_runtime::record::{Datum, PackedRecord, Record, RecordBuilder};
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

    fn inputs<'w>(&'w self, records: &[Option<Record<'w>>]) -> Inputs<'w> {
        Inputs::new(Surroundings::new(&self.table, &self.resolved), records.to_vec())
    }
}

/// What an engine answered: JSON, or a fault and its node.
type Answer = Result<String, (Fault, NodeId)>;

fn interpreted(world: &World, body: &Body) -> Answer {
    let arena = Arena::new();
    let surroundings = Surroundings::new(&world.table, &world.resolved);
    let mut context = Context::new(&arena, &surroundings, None);
    let mut output = Vec::new();
    let roots = [Some(world.user.record()), None];
    interpret::evaluate_json(body, &mut context, &roots, &mut output)
        .map(|()| String::from_utf8(output).unwrap())
        .map_err(|stopped| (stopped.fault, stopped.node))
}

/// As a value and as JSON; `None` if the output is full.
fn native(world: &World, body: &Body, settings: Settings) -> [Option<Answer>; 2] {
    let set = compile(&[Unit::Value(body), Unit::Json(body)], settings, 1).unwrap();
    let roots = [Some(world.user.record()), None];
    [0, 1].map(|index| {
        let arena = Arena::new();
        let mut output = Output::new(100_000);
        let inputs = world.inputs(&roots);
        let mut context = Context::new(&arena, inputs.surroundings(), Some(&mut output));
        let made = if index == 0 { Made::Value } else { Made::Json };
        match set.evaluate((index, made), &mut context, &inputs, &[]) {
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
