//! Who an expression is about, read from JSON: packed records by ordinal, and the groups they
//! mention. Without a declared schema the types are those of the values given (decision 42).

use super::people::{People, Person, Slot, memberships};
use crate::diagnostic::{Diagnostic, code};
use crate::document::{Json, Member, Node};
use crate::schema::path::APP_USER;
use crate::schema::{Path, Root, Schema, standard};
use crate::source::Span;
use claimsmith_runtime::record::{Datum, PackedRecord, RecordBuilder};
use claimsmith_runtime::symbol::GroupTable;
use claimsmith_runtime::types::{Field, RecordType, Shape, Type};
use std::ops::Range;
use std::sync::Arc;

/// Packed records by ordinal of their schema, and the groups that they mention.
#[derive(Debug)]
pub struct Subject {
    pub(crate) table: GroupTable,
    pub(crate) records: Vec<Option<PackedRecord>>,
    /// Those that are reached from the user.
    pub(crate) reached: Vec<(Path, PackedRecord)>,
    /// What the context says that the time is, in microseconds since 1970.
    pub(crate) now: Option<i64>,
}

/// Why a context cannot be a subject, and where in its JSON text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ContextError {
    pub message: String,
    pub span: Span,
}

impl ContextError {
    /// The same as a diagnostic of the context's text.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::new(&code::BAD_CONTEXT, self.message.as_str(), self.span)
    }
}

pub(super) fn wrong(message: impl Into<String>, span: Span) -> ContextError {
    ContextError { message: message.into(), span }
}

impl Subject {
    /// A schema of what `context` holds, every record open, and the subject it describes.
    ///
    /// # Errors
    /// A context that is not an object, a root that is neither object nor null, a group without a
    /// text name.
    pub fn infer(context: &Node) -> Result<(Schema, Self), ContextError> {
        let members = object(context, "the context")?;
        let people = People::read(context)?;
        let (group_type, table) = pack_groups(&people.groups)?;
        let user = people.persons.iter().find(|person| person.path.links().is_empty());
        let mut roots = Vec::new();
        let mut records = Vec::new();
        let mut further = Vec::new();
        for member in members {
            if !is_root(&member.key) {
                let (shape, datum) = infer(&member.value);
                further.push((member.key.as_str(), shape, datum));
                continue;
            }
            let (root, record) = infer_root(member, user, &table)?;
            roots.push(root);
            records.push(record);
        }
        for name in standard::ROOTS.iter().chain([&standard::PROFILE]) {
            if !roots.iter().any(|root| root.name == *name) {
                roots.push(Root { name: (*name).to_owned(), shape: Shape::of(Type::Null) });
                records.push(None);
            }
        }
        let (further_type, further) = pack("context", further, context.span)?;
        records.push(Some(further));
        let mut types = Vec::new();
        let mut reached = Vec::new();
        for person in people.persons.iter().filter(|person| !person.path.links().is_empty()) {
            let (record_type, record) = infer_person(person, &table)?;
            types.push((person.path.clone(), record_type));
            reached.push((person.path.clone(), record));
        }
        reached.extend(pack_app_users(&people)?);
        let schema =
            Schema::new(roots, group_type, false).with_further(further_type).with_reached(types);
        Ok((schema, Self { table, records, reached, now: now(members)? }))
    }

    /// The subject that `context` describes under a declared schema.
    ///
    /// # Errors
    /// As [`Subject::infer`], and an attribute that is missing or of another type than declared.
    pub fn read(context: &Node, schema: &Schema) -> Result<Self, ContextError> {
        let members = object(context, "the context")?;
        let people = People::read(context)?;
        let (_, table) = pack_groups(&people.groups)?;
        let groups = |path: &Path| {
            let person = people.persons.iter().find(|person| person.path == *path);
            person.map_or(0..0, Person::groups)
        };
        let mut records = Vec::new();
        for (ordinal, root) in schema.roots().iter().enumerate() {
            let member = members.iter().find(|member| member.key == root.name);
            let record = match (schema.record_type(ordinal), member) {
                (Some(record_type), Some(member)) if member.value.value != Json::Null => {
                    Some(read_record(record_type, &member.value, groups(&Path::default()), &table)?)
                }
                (Some(_), _) if root.shape.nullable => None,
                (Some(_), _) => {
                    let message = format!("the context has no `{}`", root.name);
                    return Err(wrong(message, context.span));
                }
                (None, _) => None,
            };
            records.push(record);
        }
        let mut reached = pack_app_users(&people)?;
        for person in people.persons.iter().filter(|person| !person.path.links().is_empty()) {
            let record_type = schema.reached_type(&person.path);
            let record = read_record(&record_type, person.node, person.groups(), &table)?;
            reached.push((person.path.clone(), record));
        }
        Ok(Self { table, records, reached, now: now(members)? })
    }
}

/// The context key that fixes the clock (decision 55).
const NOW: &str = "now";

fn now(members: &[Member]) -> Result<Option<i64>, ContextError> {
    let Some(member) = members.iter().find(|member| member.key == NOW) else { return Ok(None) };
    Ok(match time(&member.value, NOW)? {
        Datum::DateTime(time) => Some(time.microseconds()),
        _ => None,
    })
}

fn is_root(name: &str) -> bool {
    standard::ROOTS.contains(&name) || name == standard::PROFILE
}

pub(super) fn object<'n>(node: &'n Node, what: &str) -> Result<&'n [Member], ContextError> {
    match &node.value {
        Json::Object(members) => Ok(members),
        _ => Err(wrong(format!("{what} must be an object"), node.span)),
    }
}

/// An object, or nothing for null or absence.
fn object_or_null<'n>(members: &'n [Member], name: &str) -> Result<&'n [Member], ContextError> {
    match members.iter().find(|member| member.key == name) {
        None => Ok(&[]),
        Some(Member { value: Node { value: Json::Null, .. }, .. }) => Ok(&[]),
        Some(member) => object(&member.value, &format!("`{name}`")),
    }
}

/// A root as an open record of what it holds; for the user, profile and groups have their own types.
fn infer_root(
    member: &Member,
    user: Option<&Person<'_>>,
    table: &GroupTable,
) -> Result<(Root, Option<PackedRecord>), ContextError> {
    let name = member.key.clone();
    if member.value.value == Json::Null {
        return Ok((Root { name, shape: Shape::of(Type::Null) }, None));
    }
    let (record_type, record) = match user {
        Some(user) if name == standard::USER => infer_person(user, table)?,
        _ => {
            let members = object(&member.value, &format!("`{name}`"))?;
            pack(&name, members.iter().map(infer_member).collect(), member.value.span)?
        }
    };
    Ok((Root { name, shape: Shape::of(Type::Record(record_type)) }, Some(record)))
}

fn infer_member(member: &Member) -> Slot<'_> {
    let (shape, datum) = infer(&member.value);
    (member.key.as_str(), shape, datum)
}

fn infer_person(
    person: &Person<'_>,
    table: &GroupTable,
) -> Result<(Arc<RecordType>, PackedRecord), ContextError> {
    let members = object(person.node, &format!("`{}`", person.path))?;
    let mut slots: Vec<Slot<'_>> = Vec::with_capacity(members.len());
    for inner in members {
        slots.push(match inner.key.as_str() {
            standard::PROFILE => infer_profile(members)?,
            "groups" => person.memberships(table),
            name if standard::USER_TIMES.contains(&name) => infer_time(inner)?,
            _ => infer_member(inner),
        });
    }
    pack(standard::USER, slots, person.node.span)
}

/// A metadata time: a text in ISO 8601, or null (decision 42).
fn infer_time(member: &Member) -> Result<Slot<'_>, ContextError> {
    let datum = time(&member.value, &member.key)?;
    let shape = match datum {
        Datum::Null => Shape::of(Type::Any),
        _ => Shape::of(Type::DateTime),
    };
    Ok((&member.key, shape, datum))
}

/// A time or null.
fn time<'n>(node: &'n Node, name: &str) -> Result<Datum<'n>, ContextError> {
    let read = match &node.value {
        Json::Null => return Ok(Datum::Null),
        Json::Text(text) => claimsmith_runtime::time::read(text),
        _ => None,
    };
    let wanted = || wrong(format!("`{name}` must be a time in ISO 8601"), node.span);
    read.map(Datum::DateTime).ok_or_else(wanted)
}

/// Users as applications know them: of each, the profile.
fn pack_app_users(people: &People<'_>) -> Result<Vec<(Path, PackedRecord)>, ContextError> {
    let pack = |(path, node): &(Path, &Node)| {
        let profile = match member(node, standard::PROFILE).map(|profile| datum(&profile.value)) {
            Some(profile @ Datum::Map(_)) => profile,
            None | Some(Datum::Null) => Datum::Map(Vec::new()),
            Some(_) => return Err(wrong(format!("`{path}.profile` must be an object"), node.span)),
        };
        let record = RecordBuilder::pack(&APP_USER, &[profile])
            .map_err(|error| wrong(error.to_string(), node.span))?;
        Ok((path.clone(), record))
    };
    people.app_users.iter().map(pack).collect()
}

fn infer_profile(user: &[Member]) -> Result<Slot<'_>, ContextError> {
    let attributes = object_or_null(user, standard::PROFILE)?;
    let mut fields = Vec::with_capacity(attributes.len());
    let mut data = Vec::with_capacity(attributes.len());
    for attribute in attributes {
        let (shape, datum) = infer(&attribute.value);
        fields.push(Field { name: attribute.key.clone(), shape });
        data.push(datum);
    }
    let record_type = RecordType { name: "user.profile".to_owned(), fields, open: true };
    let shape = Shape::of(Type::Record(Arc::new(record_type)));
    Ok((standard::PROFILE, shape, Datum::Record(data)))
}

fn pack<'n>(
    name: &str,
    slots: Vec<Slot<'n>>,
    span: Span,
) -> Result<(Arc<RecordType>, PackedRecord), ContextError> {
    let mut fields = Vec::with_capacity(slots.len());
    let mut data = Vec::with_capacity(slots.len());
    for (name, shape, datum) in slots {
        fields.push(Field { name: name.to_owned(), shape });
        data.push(datum);
    }
    let record_type = Arc::new(RecordType { name: name.to_owned(), fields, open: true });
    let record =
        RecordBuilder::pack(&record_type, &data).map_err(|error| wrong(error.to_string(), span))?;
    Ok((record_type, record))
}

/// The shape and content of a free JSON value: scalars and lists of one kind of scalar keep their
/// type, objects are maps, all else is known only when it is there.
fn infer(node: &Node) -> (Shape, Datum<'_>) {
    let shape = match &node.value {
        Json::Null => Shape::of(Type::Any),
        Json::Boolean(_) => Shape::of(Type::Boolean),
        Json::Integer(_) => Shape::of(Type::Integer),
        Json::Number(_) => Shape::of(Type::Number),
        Json::Text(_) => Shape::of(Type::Text),
        Json::List(elements) => Shape::list(element_shape(elements)),
        Json::Object(_) => Shape::of(Type::Map),
    };
    (shape, datum(&node.value))
}

fn element_shape(elements: &[Node]) -> Shape {
    let scalar = |node: &Node| match node.value {
        Json::Boolean(_) => Some(Type::Boolean),
        Json::Integer(_) => Some(Type::Integer),
        Json::Number(_) => Some(Type::Number),
        Json::Text(_) => Some(Type::Text),
        Json::Null | Json::List(_) | Json::Object(_) => None,
    };
    let first = elements.first().and_then(scalar);
    match first {
        Some(ty) if elements.iter().all(|node| scalar(node).as_ref() == Some(&ty)) => Shape::of(ty),
        _ => Shape::of(Type::Any),
    }
}

/// A JSON value as what a slot may hold.
pub fn datum(value: &Json) -> Datum<'_> {
    match value {
        Json::Null => Datum::Null,
        Json::Boolean(value) => Datum::Boolean(*value),
        Json::Integer(value) => Datum::Integer(*value),
        Json::Number(value) => Datum::Number(*value),
        Json::Text(text) => Datum::Text(text),
        Json::List(elements) => {
            Datum::List(elements.iter().map(|node| datum(&node.value)).collect())
        }
        Json::Object(members) => Datum::Map(
            members
                .iter()
                .map(|member| (member.key.as_str(), datum(&member.value.value)))
                .collect(),
        ),
    }
}

/// A table of the groups given, by their place, and the type that all of them share.
fn pack_groups(entries: &[&Node]) -> Result<(Arc<RecordType>, GroupTable), ContextError> {
    let mut further: Vec<&str> = Vec::new();
    for entry in entries {
        if let Json::Object(members) = &entry.value {
            for member in members {
                if !further.contains(&member.key.as_str()) {
                    further.push(&member.key);
                }
            }
        }
    }
    let group_type = standard::group_type(&further);
    let mut groups = Vec::with_capacity(entries.len());
    for entry in entries {
        let name = name_of(entry)?;
        let data: Vec<Datum<'_>> =
            group_type.fields.iter().map(|field| group_datum(entry, name, &field.name)).collect();
        let record = RecordBuilder::pack(&group_type, &data)
            .map_err(|error| wrong(error.to_string(), entry.span))?;
        groups.push((name.to_owned(), record));
    }
    Ok((Arc::clone(&group_type), GroupTable::new(group_type, groups)))
}

pub(super) fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    match &node.value {
        Json::Object(members) => {
            members.iter().find(|member| member.key == name).map(|member| &member.value)
        }
        _ => None,
    }
}

/// The name of a group: the entry itself, or its `profile.name`, or its `name`.
fn name_of(entry: &Node) -> Result<&str, ContextError> {
    let inner = member(entry, standard::PROFILE).and_then(|profile| member(profile, "name"));
    let found = match &entry.value {
        Json::Text(name) => Some(name),
        _ => match inner.or(member(entry, "name")).map(|node| &node.value) {
            Some(Json::Text(name)) => Some(name),
            _ => None,
        },
    };
    found.map(String::as_str).ok_or_else(|| wrong("a group needs a text name", entry.span))
}

fn group_datum<'n>(entry: &'n Node, name: &'n str, field: &str) -> Datum<'n> {
    match field {
        "name" => Datum::Text(name),
        standard::PROFILE => {
            match member(entry, standard::PROFILE).map(|node| datum(&node.value)) {
                Some(Datum::Map(entries)) => Datum::Map(entries),
                _ => Datum::Map(vec![("name", Datum::Text(name))]),
            }
        }
        "description" => {
            let profile = member(entry, standard::PROFILE);
            let inner = profile.and_then(|profile| member(profile, "description"));
            inner.or(member(entry, "description")).map_or(Datum::Null, |node| datum(&node.value))
        }
        other => member(entry, other).map_or(Datum::Null, |node| datum(&node.value)),
    }
}

/// A root of a declared type. Attributes that the type does not name are passed over.
fn read_record(
    record_type: &Arc<RecordType>,
    node: &Node,
    groups: Range<u32>,
    table: &GroupTable,
) -> Result<PackedRecord, ContextError> {
    let data = read_fields(record_type, node, &groups, table)?;
    RecordBuilder::pack(record_type, &data).map_err(|error| wrong(error.to_string(), node.span))
}

fn read_fields<'n>(
    record_type: &RecordType,
    node: &'n Node,
    groups: &Range<u32>,
    table: &GroupTable,
) -> Result<Vec<Datum<'n>>, ContextError> {
    object(node, &format!("`{}`", record_type.name))?;
    let read = |field: &Field| match (&field.shape.ty, member(node, &field.name)) {
        (Type::Record(inner), Some(value)) if value.value != Json::Null => {
            Ok(Datum::Record(read_fields(inner, value, groups, table)?))
        }
        (Type::Record(inner), _) => Ok(Datum::Record(vec![Datum::Null; inner.fields.len()])),
        (Type::List(element), _) if element.ty == Type::Group => {
            Ok(memberships(groups.clone(), table).2)
        }
        (Type::DateTime, Some(value)) => time(value, &field.name),
        (_, Some(value)) => Ok(datum(&value.value)),
        (_, None) => Ok(Datum::Null),
    };
    record_type.fields.iter().map(read).collect()
}
