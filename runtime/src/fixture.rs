//! A context with a few groups, and short ways to call rows, for the tests of this package.

use crate::abi::Surroundings;
use crate::arena::Arena;
use crate::functions::{self, Operator, Style};
use crate::record::{Datum, RecordBuilder};
use crate::symbol::GroupTable;
use crate::types::{Field, RecordType, Shape, Type};
use crate::{Context, Fault, Value, json};
use std::sync::Arc;

/// Groups: symbol 0 `Everyone` with id `00g0`, 1 `role_admin` with id `00g1`, 2 `role_admin` without
/// an id, 3 another version of `00g0` called `All`.
pub(crate) fn in_context(check: impl for<'a> FnOnce(&mut Context<'a>)) {
    let text = || Shape::or_null(Type::Text);
    let field = |name: &str, shape| Field { name: name.to_owned(), shape };
    let profile = Arc::new(RecordType {
        name: "group.profile".to_owned(),
        fields: vec![field("name", text()), field("description", text())],
        open: false,
    });
    let group = Arc::new(RecordType {
        name: "group".to_owned(),
        fields: vec![
            field("id", text()),
            field("type", text()),
            field("profile", Shape::of(Type::Record(Arc::clone(&profile)))),
        ],
        open: false,
    });
    let groups = [
        ("Everyone", Some("00g0")),
        ("role_admin", Some("00g1")),
        ("role_admin", None),
        ("All", Some("00g0")),
    ];
    let pack = |name: &str, id: Option<&str>| {
        let profile = Datum::Record(vec![Datum::Text(name), Datum::Text("about it")]);
        let id = id.map_or(Datum::Null, Datum::Text);
        RecordBuilder::pack(&group, &[id, Datum::Null, profile]).unwrap()
    };
    let rows = groups.iter().map(|(name, id)| ((*name).to_owned(), pack(name, *id))).collect();
    let table = GroupTable::new(Arc::clone(&group), rows);
    let arena = Arena::new();
    check(&mut Context::new(&arena, &Surroundings::new(&table, &[]), None));
}

/// A record that outlives every context: tests may leak.
pub(crate) fn record(record_type: &Arc<RecordType>, data: &[Datum<'_>]) -> Value<'static> {
    let packed = RecordBuilder::pack(record_type, data).unwrap();
    Value::record(Box::leak(Box::new(packed)).record())
}

pub(crate) fn text<'a>(context: &Context<'a>, text: &str) -> Value<'a> {
    Value::text(context.arena().text(text))
}

pub(crate) fn list<'a>(context: &Context<'a>, elements: &[Value<'a>]) -> Value<'a> {
    Value::list(context.arena().values(elements)).unwrap()
}

pub(crate) fn group<'a>(context: &Context<'a>, symbol: u32) -> Value<'a> {
    Value::group(context.table().group(symbol).unwrap())
}

/// The answer as JSON, or the fault.
pub(crate) fn shown(
    context: &Context<'_>,
    answer: Result<Value<'_>, Fault>,
) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    json::write(answer?, context.table(), &mut |more| {
        bytes.extend_from_slice(more);
        true
    });
    Ok(String::from_utf8(bytes).unwrap())
}

pub(crate) fn operate<'a>(
    context: &mut Context<'a>,
    operator: Operator,
    arguments: &[Value<'a>],
) -> Result<String, Fault> {
    let answer = functions::call(context, functions::operator(operator), arguments);
    shown(context, answer)
}

/// `receiver.name(arguments)`, picked by the receiver's kind.
pub(crate) fn method<'a>(
    context: &mut Context<'a>,
    name: &str,
    receiver: Value<'a>,
    arguments: &[Value<'a>],
) -> Result<String, Fault> {
    let name = text(context, name);
    let all: Vec<_> = [receiver, name].into_iter().chain(arguments.iter().copied()).collect();
    operate(context, Operator::Method, &all)
}

/// A classic function, its arguments as they are.
pub(crate) fn classic<'a>(
    context: &mut Context<'a>,
    name: &str,
    arguments: &[Value<'a>],
) -> Result<String, Fault> {
    let mut rows = functions::rows();
    let found = rows.find(|(_, row)| row.style == Style::Function && row.names.contains(&name));
    let answer = functions::call(context, found.unwrap().0, arguments);
    shown(context, answer)
}
