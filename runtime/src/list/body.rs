//! Bodies of the list rows, over lists that are finished.

use crate::abi::Context;
use crate::fault::Fault;
use crate::operator::{equal, piece};
use crate::value::{Text, Value};

pub(super) type Answer<'a> = Result<Value<'a>, Fault>;

/// Argument 0, which is a list; null is an empty one where a row lets it in.
pub(super) fn elements<'a>(arguments: &[Value<'a>]) -> Result<&'a [Value<'a>], Fault> {
    match arguments.first() {
        Some(value) if value.is_null() => Ok(&[]),
        Some(value) => value.as_list().ok_or(Fault::Type),
        None => Err(Fault::Type),
    }
}

/// By the language's `==` (decision 31).
pub(super) fn contains<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let value = arguments.get(1).copied().ok_or(Fault::Type)?;
    let table = context.table();
    let found = elements(arguments)?.iter().any(|element| equal::equal(table, *element, value));
    Ok(Value::boolean(found))
}

/// Elements of a list, entries of a map, 0 for null (OEL §3.2).
pub(super) fn size<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let entries = arguments.first().and_then(|value| value.as_map());
    let n = match entries {
        Some(entries) => entries.len(),
        None => elements(arguments)?.len(),
    };
    i64::try_from(n).map(Value::integer).map_err(|_| Fault::Internal)
}

pub(super) fn is_empty<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    elements(arguments).map(|elements| Value::boolean(elements.is_empty()))
}

/// Null is the empty text, a nested list faults (decision 33).
pub(super) fn join<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let separator = match arguments.get(1) {
        Some(separator) => separator.as_text().ok_or(Fault::Type)?,
        None => Text::COMMA,
    };
    piece::join_values(context, elements(arguments)?, separator)
}

/// Null if there is none (decision 35).
pub(super) fn first<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(elements(arguments)?.first().copied().unwrap_or(Value::NULL))
}

/// Null if there is none (decision 35).
pub(super) fn last<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(elements(arguments)?.last().copied().unwrap_or(Value::NULL))
}

/// Negative indexes count from the end; null outside of the list (decision 53).
pub(super) fn at<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let elements = elements(arguments)?;
    let index = arguments.get(1).and_then(|value| value.as_integer()).ok_or(Fault::Type)?;
    let distance = usize::try_from(index.unsigned_abs()).ok();
    let place = if index < 0 {
        distance.and_then(|back| elements.len().checked_sub(back))
    } else {
        distance
    };
    Ok(place.and_then(|place| elements.get(place)).copied().unwrap_or(Value::NULL))
}

/// By the language's `==`; -1 if there is none (decision 53).
pub(super) fn index_of<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let value = arguments.get(1).copied().ok_or(Fault::Type)?;
    let table = context.table();
    let mut elements = elements(arguments)?.iter();
    let place = elements.position(|element| equal::equal(table, *element, value));
    Ok(Value::integer(place.and_then(|place| i64::try_from(place).ok()).unwrap_or(-1)))
}
