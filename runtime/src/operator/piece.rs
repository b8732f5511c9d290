//! The text form of a value where text is made of it (decisions 10, 17, 18).

use super::convert::seen_text;
use crate::abi::{Context, limits};
use crate::fault::Fault;
use crate::number;
use crate::symbol::GroupTable;
use crate::value::{Kind, Text, Value};
use std::fmt::Write as _;

/// Appends the text form: null is nothing, a list its elements with commas between.
///
/// # Errors
/// [`Fault::Type`] for a map, a record or a list in a list; [`Fault::Limit`] beyond the text limit.
pub(crate) fn append(table: &GroupTable, value: Value<'_>, made: &mut String) -> Result<(), Fault> {
    match value.as_list() {
        Some(elements) => append_all(table, elements.iter().copied(), ",", made),
        None => append_scalar(table, value, made),
    }
}

/// As [`join`], as a text: of what is a text or group already without a text in between.
///
/// # Errors
/// As [`append`].
pub(crate) fn join_values<'a>(
    context: &Context<'a>,
    values: &[Value<'a>],
    separator: Text<'_>,
) -> Result<Value<'a>, Fault> {
    let table = context.table();
    let len = |value: &Value<'_>| known_text(table, *value).map(|text| text.as_str().len());
    let Some(len) = values.iter().map(len).sum::<Option<usize>>() else {
        let made = join(table, values.iter().copied(), separator.as_str())?;
        return context.make_text(&made).map(Value::text);
    };
    let len = len + separator.as_str().len() * values.len().saturating_sub(1);
    if len > limits::TEXT {
        return Err(Fault::Limit);
    }
    let mut room = context.arena().room(len);
    for (index, value) in values.iter().enumerate() {
        let text = known_text(table, *value).ok_or(Fault::Internal)?;
        let is_written = (index == 0 || room.push(separator)) && room.push(text);
        if !is_written {
            return Err(Fault::Internal);
        }
    }
    Ok(Value::text(room.made()))
}

/// What a value adds to a text, where nothing has to be made for it.
#[inline]
fn known_text<'a>(table: &'a GroupTable, value: Value<'a>) -> Option<Text<'a>> {
    match value.kind() {
        Kind::Null => Some(Text::EMPTY),
        Kind::Text => value.as_text(),
        Kind::Group => value.as_group().map(|group| table.name(group)),
        _ => None,
    }
}

/// The text forms of these values, none of them a list, with the separator between.
///
/// # Errors
/// As [`append`].
pub(crate) fn join<'a>(
    table: &GroupTable,
    values: impl Iterator<Item = Value<'a>>,
    separator: &str,
) -> Result<String, Fault> {
    let mut made = String::new();
    append_all(table, values, separator, &mut made)?;
    Ok(made)
}

fn append_all<'a>(
    table: &GroupTable,
    values: impl Iterator<Item = Value<'a>>,
    separator: &str,
    made: &mut String,
) -> Result<(), Fault> {
    for (index, value) in values.enumerate() {
        if index > 0 {
            made.push_str(separator);
        }
        append_scalar(table, value, made)?;
    }
    Ok(())
}

fn append_scalar(table: &GroupTable, value: Value<'_>, made: &mut String) -> Result<(), Fault> {
    match value.kind() {
        Kind::Null => {}
        Kind::Boolean if value.as_boolean() == Some(true) => made.push_str("true"),
        Kind::Boolean => made.push_str("false"),
        Kind::Integer => {
            write!(made, "{}", value.as_integer().unwrap_or_default())
                .map_err(|_| Fault::Internal)?;
        }
        Kind::Number => made.push_str(&number::to_text(value.as_number().unwrap_or_default())),
        Kind::Text | Kind::Group | Kind::DateTime | Kind::Country => {
            made.push_str(&seen_text(table, value).ok_or(Fault::Internal)?);
        }
        Kind::List | Kind::Map | Kind::Record => return Err(Fault::Type),
    }
    if made.len() > limits::TEXT { Err(Fault::Limit) } else { Ok(()) }
}
