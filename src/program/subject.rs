//! Who an expression is about, read from JSON: packed records by ordinal, and the groups they
//! mention. Without a declared schema the types are those of the values given (decision 42).

use crate::document::{Json, Member, Node};
use crate::schema::{Root, Schema, standard};
use crate::source::Span;
use claimsmith_runtime::record::{Datum, PackedRecord, RecordBuilder};
use claimsmith_runtime::symbol::GroupTable;
use claimsmith_runtime::types::{Field, RecordType, Shape, Type};
use std::sync::Arc;

/// Packed records by ordinal of their schema, and the groups that they mention.
#[derive(Debug)]
pub struct Subject {
    pub(crate) table: GroupTable,
    pub(crate) records: Vec<Option<PackedRecord>>,
}

/// Why a context cannot be a subject, and where in its JSON text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ContextError {
    pub message: String,
    pub span: Span,
}

fn wrong(message: impl Into<String>, span: Span) -> ContextError {
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
        let given_groups = groups_of(members)?;
        let (group_type, table) = pack_groups(given_groups)?;
        let mut roots = Vec::new();
        let mut records = Vec::new();
        let mut further = Vec::new();
        for member in members {
            if !is_root(&member.key) {
                let (shape, datum) = infer(&member.value);
                further.push((member.key.as_str(), shape, datum));
                continue;
            }
            let (root, record) = infer_root(member, &table)?;
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
        let schema = Schema::new(roots, group_type, false).with_further(further_type);
        Ok((schema, Self { table, records }))
    }

    /// The subject that `context` describes under a declared schema.
    ///
    /// # Errors
    /// As [`Subject::infer`], and an attribute that is missing or of another type than declared.
    pub fn read(context: &Node, schema: &Schema) -> Result<Self, ContextError> {
        let members = object(context, "the context")?;
        let (_, table) = pack_groups(groups_of(members)?)?;
        let mut records = Vec::new();
        for (ordinal, root) in schema.roots().iter().enumerate() {
            let member = members.iter().find(|member| member.key == root.name);
            let record = match (schema.record_type(ordinal), member) {
                (Some(record_type), Some(member)) if member.value.value != Json::Null => {
                    Some(read_record(record_type, &member.value, &table)?)
                }
                (Some(_), _) => {
                    let message = format!("the context has no `{}`", root.name);
                    return Err(wrong(message, context.span));
                }
                (None, _) => None,
            };
            records.push(record);
        }
        Ok(Self { table, records })
    }
}

fn is_root(name: &str) -> bool {
    standard::ROOTS.contains(&name) || name == standard::PROFILE
}

fn object<'n>(node: &'n Node, what: &str) -> Result<&'n [Member], ContextError> {
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

/// A root as an open record of what it holds; for users, profile and groups have their own types.
fn infer_root(
    member: &Member,
    table: &GroupTable,
) -> Result<(Root, Option<PackedRecord>), ContextError> {
    let name = member.key.clone();
    if member.value.value == Json::Null {
        return Ok((Root { name, shape: Shape::of(Type::Null) }, None));
    }
    let members = object(&member.value, &format!("`{name}`"))?;
    let is_user = name == standard::USER;
    let mut slots: Vec<Slot<'_>> = Vec::new();
    for inner in members {
        match inner.key.as_str() {
            standard::PROFILE if is_user => slots.push(infer_profile(members)?),
            "groups" if is_user => slots.push(memberships(table)),
            other => {
                let (shape, datum) = infer(&inner.value);
                slots.push((other, shape, datum));
            }
        }
    }
    let (record_type, record) = pack(&name, slots, member.value.span)?;
    Ok((Root { name, shape: Shape::of(Type::Record(record_type)) }, Some(record)))
}

/// The name of a slot, its shape, and what it holds.
type Slot<'n> = (&'n str, Shape, Datum<'n>);

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

/// The memberships of the user: all groups of the table, in the order given.
fn memberships<'n>(table: &GroupTable) -> Slot<'n> {
    let groups = (0..u32::try_from(table.len()).unwrap_or(u32::MAX))
        .filter_map(|symbol| table.group(symbol).map(Datum::Group));
    ("groups", Shape::list(Shape::of(Type::Group)), Datum::List(groups.collect()))
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

/// The entries of `user.groups`; none for null or absence.
fn groups_of(context: &[Member]) -> Result<&[Node], ContextError> {
    let Some(user) = context.iter().find(|member| member.key == standard::USER) else {
        return Ok(&[]);
    };
    let Json::Object(members) = &user.value.value else { return Ok(&[]) };
    match members.iter().find(|member| member.key == "groups").map(|member| &member.value) {
        None | Some(Node { value: Json::Null, .. }) => Ok(&[]),
        Some(Node { value: Json::List(entries), .. }) => Ok(entries),
        Some(other) => Err(wrong("`user.groups` must be a list", other.span)),
    }
}

/// A table of the groups given, by their place, and the type that all of them share.
fn pack_groups(entries: &[Node]) -> Result<(Arc<RecordType>, GroupTable), ContextError> {
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

fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
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
    table: &GroupTable,
) -> Result<PackedRecord, ContextError> {
    let data = read_fields(record_type, node, table)?;
    RecordBuilder::pack(record_type, &data).map_err(|error| wrong(error.to_string(), node.span))
}

fn read_fields<'n>(
    record_type: &RecordType,
    node: &'n Node,
    table: &GroupTable,
) -> Result<Vec<Datum<'n>>, ContextError> {
    object(node, &format!("`{}`", record_type.name))?;
    let read = |field: &Field| match (&field.shape.ty, member(node, &field.name)) {
        (Type::Record(inner), Some(value)) if value.value != Json::Null => {
            Ok(Datum::Record(read_fields(inner, value, table)?))
        }
        (Type::Record(inner), _) => Ok(Datum::Record(vec![Datum::Null; inner.fields.len()])),
        (Type::List(element), _) if element.ty == Type::Group => Ok(memberships(table).2),
        (_, Some(value)) => Ok(datum(&value.value)),
        (_, None) => Ok(Datum::Null),
    };
    record_type.fields.iter().map(read).collect()
}
