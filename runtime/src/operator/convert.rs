//! Conversions that `check` inserts, and the coercion between text and lists (decision 51).

use super::body::only;
use super::piece;
use crate::abi::Context;
use crate::fault::Fault;
use crate::number;
use crate::symbol::GroupTable;
use crate::value::{Kind, Text, Value};
use memchr::memchr_iter;
use std::borrow::Cow;

type Answer<'a> = Result<Value<'a>, Fault>;

/// The text that a value is or acts as, made if there is none yet.
pub(crate) fn text_of<'a>(context: &Context<'a>, value: Value<'a>) -> Option<Text<'a>> {
    match value.kind() {
        Kind::Text => value.as_text(),
        Kind::Group => value.as_group().map(|group| context.table().name(group)),
        _ => seen_text(context.table(), value).map(|text| context.arena().text(&text)),
    }
}

/// The same, for looking at only.
pub(crate) fn seen_text<'a>(table: &'a GroupTable, value: Value<'a>) -> Option<Cow<'a, str>> {
    match value.kind() {
        Kind::Text => value.as_text().map(|text| Cow::Borrowed(text.as_str())),
        Kind::Group => value.as_group().map(|group| Cow::Borrowed(table.name(group).as_str())),
        Kind::DateTime => value.as_date_time().map(|time| Cow::Owned(time.text())),
        Kind::Country => value.as_country().map(|country| Cow::Borrowed(country.alpha2())),
        Kind::Null
        | Kind::Boolean
        | Kind::Integer
        | Kind::Number
        | Kind::List
        | Kind::Map
        | Kind::Record => None,
    }
}

/// Whether a value of this kind is a text or acts as one.
pub(crate) fn acts_as_text(kind: Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Group | Kind::DateTime | Kind::Country)
}

pub(super) fn as_text<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    text_of(context, only(arguments)?).map(Value::text).ok_or(Fault::Type)
}

/// A boolean, or one of the texts for it (decision 16).
pub(super) fn as_boolean<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let value = only(arguments)?;
    if value.as_boolean().is_some() {
        return Ok(value);
    }
    match seen_text(context.table(), value).as_deref() {
        Some("true") => Ok(Value::boolean(true)),
        Some("false") => Ok(Value::boolean(false)),
        _ => Err(Fault::Type),
    }
}

pub(super) fn as_integer<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    number::whole(only(arguments)?).map(Value::integer).ok_or(Fault::Type)
}

/// The only argument as it is, if its kind is one of these.
fn of_kind<'a>(arguments: &[Value<'a>], kinds: &[Kind]) -> Answer<'a> {
    only(arguments)
        .and_then(|value| if kinds.contains(&value.kind()) { Ok(value) } else { Err(Fault::Type) })
}

pub(super) fn as_numeric<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    of_kind(arguments, &[Kind::Integer, Kind::Number])
}

pub(super) fn as_date_time<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    of_kind(arguments, &[Kind::DateTime])
}

pub(super) fn as_country<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    of_kind(arguments, &[Kind::Country])
}

pub(super) fn as_list<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let value = only(arguments)?;
    if value.is_null() {
        return Err(Fault::NullTarget);
    }
    value.as_list().map(|_| value).ok_or(Fault::Type)
}

pub(super) fn as_map<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    of_kind(arguments, &[Kind::Map])
}

/// The entries of a map as a list that a projection can go over (OEL §2.6).
pub(super) fn entries<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let value = only(arguments)?;
    let Some(map) = value.as_map() else { return as_list(context, arguments) };
    let (key_name, value_name) =
        (Value::text(context.make_text("key")?), Value::text(context.make_text("value")?));
    let mut list = Vec::with_capacity(map.len());
    for (key, value) in map.iter() {
        list.push(context.make_map(&[key_name, Value::text(key), value_name, value])?);
    }
    context.make_list(&list)
}

/// The map of the kept entries, or of the one kept, if the source was a map.
pub(super) fn kept<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [source, kept] = arguments else { return Err(Fault::Internal) };
    if source.as_map().is_none() {
        return Ok(*kept);
    }
    let mut entries = Vec::new();
    for entry in kept.as_list().unwrap_or(std::slice::from_ref(kept)) {
        let entry = entry.as_map().ok_or(Fault::Internal)?;
        let find = |name| entry.find(name).ok_or(Fault::Internal);
        entries.extend([find("key")?, find("value")?]);
    }
    context.make_map(&entries)
}

/// Null stays null: whether it may is the parameter's to say.
pub(super) fn csv_text<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let value = only(arguments)?;
    let Some(elements) = value.as_list() else {
        return match text_of(context, value) {
            Some(text) => Ok(Value::text(text)),
            None if value.is_null() => Ok(value),
            None => Err(Fault::Type),
        };
    };
    piece::join_values(context, elements, Text::COMMA)
}

/// Pieces are trimmed, and the empty text has none (OEL §3.2). Null stays null.
pub(crate) fn csv_list<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let value = only(arguments)?;
    if value.is_null() || value.as_list().is_some() {
        return Ok(value);
    }
    let text = text_of(context, value).ok_or(Fault::Type)?;
    if text.as_str().is_empty() {
        return context.make_list(&[]);
    }
    let bytes = text.as_str().as_bytes();
    let n = 1 + bytes.iter().filter(|byte| **byte == b',').count();
    let ends = memchr_iter(b',', bytes).chain([bytes.len()]);
    let pieces = ends.scan(0, |start, end| {
        let piece = text.part(*start..end)?;
        *start = end + 1;
        trimmed(piece).map(Value::text)
    });
    context.make_list_of(n, pieces)
}

/// Without what is blank around it. `None` is never.
fn trimmed(piece: Text<'_>) -> Option<Text<'_>> {
    let (whole, bytes) = (piece.as_str(), piece.as_str().as_bytes());
    let is_ink = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    if is_ink(bytes.first()) && is_ink(bytes.last()) {
        return Some(piece);
    }
    let from = whole.len() - whole.trim_start().len();
    piece.part(from..from + whole.trim().len())
}
