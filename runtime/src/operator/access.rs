//! Members by constant name (decisions 19, 30, 40, 42) and by index (decisions 20, 47), of values
//! whose kind is known at run time only.

use super::convert::text_of;
use crate::abi::{Context, limits};
use crate::fault::Fault;
use crate::functions::{self, Meaning, Style};
use crate::number::{self, Numeric};
use crate::record::Record;
use crate::symbol::GroupTable;
use crate::value::{Group, Kind, Text, Value};

type Answer<'a> = Result<Value<'a>, Fault>;

/// `receiver.name`.
pub(super) fn member<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [receiver, named] = arguments else { return Err(Fault::Internal) };
    let name = named.as_text().ok_or(Fault::Internal)?.as_str();
    match receiver.kind() {
        Kind::Null => Err(Fault::NullTarget),
        Kind::Map => Ok(receiver.as_map().and_then(|map| map.find(name)).unwrap_or(Value::NULL)),
        Kind::Record => of_record(receiver.as_record().ok_or(Fault::Internal)?, name),
        Kind::Group => of_group(context, *receiver, name),
        Kind::List => match property(context, *receiver, name) {
            Err(Fault::UnknownProperty) => of_each_group(context, *receiver, *named),
            answer => answer,
        },
        Kind::DateTime | Kind::Country => {
            let text = text_of(context, *receiver).ok_or(Fault::Internal)?;
            property(context, Value::text(text), name)
        }
        Kind::Text | Kind::Boolean | Kind::Integer | Kind::Number => {
            property(context, *receiver, name)
        }
    }
}

/// A property row for this kind, such as `length`.
fn property<'a>(context: &mut Context<'a>, receiver: Value<'a>, name: &str) -> Answer<'a> {
    let body = functions::rows().find_map(|(_, row)| match row.meaning {
        Meaning::Body(body) if row.style == Style::Property && row.names.contains(&name) => {
            let first = row.parameters.first()?;
            functions::accepts(first.accepts, receiver.kind()).then_some(body)
        }
        _ => None,
    });
    body.ok_or(Fault::UnknownProperty).and_then(|body| body(context, &[receiver]))
}

fn of_record<'a>(record: Record<'a>, name: &str) -> Answer<'a> {
    match record.find(name) {
        Some(value) => Ok(value),
        None if record.record_type().open => Ok(Value::NULL),
        None => Err(Fault::UnknownProperty),
    }
}

/// `name` and `description` are also those of its profile (OEL §1.4); what it lacks may be a
/// property of its name (decision 40).
fn of_group<'a>(context: &mut Context<'a>, receiver: Value<'a>, name: &str) -> Answer<'a> {
    let table = context.table();
    let group = receiver.as_group().ok_or(Fault::Internal)?;
    let record = table.record(group).ok_or(Fault::Internal)?;
    if let Some(own) = aliased(table, group, record, name).or_else(|| record.find(name)) {
        return Ok(own);
    }
    match property(context, Value::text(table.name(group)), name) {
        Err(Fault::UnknownProperty) => of_record(record, name),
        answer => answer,
    }
}

fn aliased<'a>(
    table: &'a GroupTable,
    group: Group,
    record: Record<'a>,
    name: &str,
) -> Option<Value<'a>> {
    match name {
        "name" => Some(Value::text(table.name(group))),
        "description" if record.find(name).is_none() => {
            let profile = record.find("profile").and_then(|profile| profile.as_record());
            Some(profile.and_then(|profile| profile.find(name)).unwrap_or(Value::NULL))
        }
        _ => None,
    }
}

/// A property on a list of groups maps over it (decision 40).
fn of_each_group<'a>(context: &mut Context<'a>, list: Value<'a>, name: Value<'a>) -> Answer<'a> {
    let elements = list.as_list().ok_or(Fault::Internal)?;
    if elements.iter().any(|element| element.as_group().is_none()) {
        return Err(Fault::UnknownProperty);
    }
    if elements.len() > limits::LIST {
        return Err(Fault::Limit);
    }
    let members: Result<Vec<_>, _> =
        elements.iter().map(|element| member(context, &[*element, name])).collect();
    context.make_list(&members?)
}

/// `receiver[index]`.
pub(crate) fn index<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [receiver, index] = arguments else { return Err(Fault::Internal) };
    match receiver.kind() {
        Kind::Null => Err(Fault::NullTarget),
        Kind::List => {
            let elements = receiver.as_list().ok_or(Fault::Internal)?;
            elements.get(position(*index)?).copied().ok_or(Fault::Index)
        }
        Kind::Text => character(receiver.as_text().ok_or(Fault::Internal)?, position(*index)?),
        Kind::Map | Kind::Record | Kind::Group => {
            let key = text_of(context, *index).ok_or(Fault::Type)?;
            match member(context, &[*receiver, Value::text(key)]) {
                // Only a constant key that a closed record lacks is wrong (decision 20).
                Err(Fault::UnknownProperty) => Ok(Value::NULL),
                answer => answer,
            }
        }
        Kind::Boolean | Kind::Integer | Kind::Number | Kind::DateTime | Kind::Country => {
            Err(Fault::Type)
        }
    }
}

fn position(index: Value<'_>) -> Result<usize, Fault> {
    Numeric::of(index).ok_or(Fault::Type)?;
    let whole = number::whole(index).ok_or(Fault::Index)?;
    usize::try_from(whole).map_err(|_| Fault::Index)
}

/// One Unicode scalar value (decision 9).
fn character(text: Text<'_>, index: usize) -> Answer<'_> {
    let found = if text.is_ascii() {
        (index < text.as_str().len()).then_some((index, 1))
    } else {
        let mut characters = text.as_str().char_indices();
        characters.nth(index).map(|(offset, character)| (offset, character.len_utf8()))
    };
    let (offset, len) = found.ok_or(Fault::Index)?;
    text.part(offset..offset + len).map(Value::text).ok_or(Fault::Internal)
}
