//! Bodies that need the whole list before they give anything (design, "Streams"). Every list that is
//! made is new; what was given never changes.

use super::body::{Answer, elements};
use crate::abi::{Context, limits};
use crate::fault::Fault;
use crate::functions::Operator;
use crate::number::{self, Numeric};
use crate::operator::{csv_list, equal, text_of};
use crate::value::{Kind, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

fn second<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    arguments.get(1).copied().ok_or(Fault::Type)
}

pub(super) fn add<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let mut made = elements(arguments)?.to_vec();
    made.push(second(arguments)?);
    context.make_list(&made)
}

/// Lists are spread by one level, as JavaScript does (decision 53).
pub(super) fn concat<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let mut made = Vec::new();
    for argument in arguments {
        match argument.as_list() {
            Some(list) => made.extend_from_slice(list),
            None => made.push(*argument),
        }
        if made.len() > limits::LIST {
            return Err(Fault::Limit);
        }
    }
    context.make_list(&made)
}

/// Negative numbers count from the end (decision 53).
pub(super) fn slice<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let elements = elements(arguments)?;
    let n = i64::try_from(elements.len()).map_err(|_| Fault::Internal)?;
    let place = |index: usize, otherwise: i64| {
        let given = arguments.get(index).and_then(|value| value.as_integer()).unwrap_or(otherwise);
        let counted = if given < 0 { given.saturating_add(n) } else { given };
        usize::try_from(counted.clamp(0, n)).unwrap_or_default()
    };
    let (start, end) = (place(1, 0), place(2, n));
    context.make_list(elements.get(start..end.max(start)).unwrap_or_default())
}

/// Every equal element (decision 31).
pub(super) fn remove<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let value = second(arguments)?;
    let table = context.table();
    let others = elements(arguments)?.iter().filter(|one| !equal::equal(table, **one, value));
    let made: Vec<Value<'a>> = others.copied().collect();
    context.make_list(&made)
}

pub(super) fn clear<'a>(context: &mut Context<'a>, _: &[Value<'a>]) -> Answer<'a> {
    context.make_list(&[])
}

/// All levels; nulls are left out (decision 32).
pub(super) fn flatten<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let mut made = Vec::new();
    spread(elements(arguments)?, false, &mut made)?;
    context.make_list(&made)
}

/// All levels; null if an argument is null (decision 32). Text is a list of its own (decision 51).
pub(super) fn classic_flatten<'a>(
    context: &mut Context<'a>,
    arguments: &[Value<'a>],
) -> Answer<'a> {
    if let [only] = arguments
        && only.kind() == Kind::Text
    {
        return csv_list(context, arguments);
    }
    let mut made = Vec::new();
    for argument in arguments {
        match argument.kind() {
            Kind::Null => return Ok(Value::NULL),
            Kind::Text => {
                let pieces = csv_list(context, &[*argument])?;
                spread(pieces.as_list().unwrap_or_default(), true, &mut made)?;
            }
            _ => spread(&[*argument], true, &mut made)?,
        }
    }
    context.make_list(&made)
}

/// Appends the elements that are no lists. Values are at most 100 levels deep, so this ends.
fn spread<'a>(
    elements: &[Value<'a>],
    keep_null: bool,
    made: &mut Vec<Value<'a>>,
) -> Result<(), Fault> {
    for element in elements {
        match element.as_list() {
            Some(inner) => spread(inner, keep_null, made)?,
            None if element.is_null() && !keep_null => {}
            None => made.push(*element),
        }
        if made.len() > limits::LIST {
            return Err(Fault::Limit);
        }
    }
    Ok(())
}

pub(super) fn reverse<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let made: Vec<Value<'a>> = elements(arguments)?.iter().rev().copied().collect();
    context.make_list(&made)
}

/// By the language's ordering (decision 14); elements that have none among them fault.
pub(super) fn sort<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let elements = elements(arguments)?;
    in_order_of(context, elements, elements)
}

fn order<'a>(context: &Context<'a>, one: Value<'a>, other: Value<'a>) -> Option<Ordering> {
    equal::order(context.table(), one, other)
}

/// As `sort`, by the keys in argument 1, of which there is one for each element.
pub(crate) fn sorted_by<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let keys = second(arguments)?.as_list().ok_or(Fault::Type)?;
    in_order_of(context, elements(arguments)?, keys)
}

fn in_order_of<'a>(
    context: &Context<'a>,
    elements: &[Value<'a>],
    keys: &[Value<'a>],
) -> Answer<'a> {
    let keys = ordered(context, keys)?;
    let mut pairs: Vec<_> = keys.iter().zip(elements).collect();
    pairs.sort_by(|(one, _), (other, _)| order(context, **one, **other).unwrap_or(Ordering::Equal));
    let made: Vec<Value<'a>> = pairs.into_iter().map(|(_, element)| *element).collect();
    context.make_list(&made)
}

/// The values, of which any two have an order. It is by kind, so each must have one with the first
/// that is not null. Date-times among texts are texts, or three could be in a circle.
fn ordered<'v, 'a>(
    context: &Context<'a>,
    values: &'v [Value<'a>],
) -> Result<Cow<'v, [Value<'a>]>, Fault> {
    let is_time = |value: &Value<'a>| value.kind() == Kind::DateTime;
    let are_times = values.iter().all(|value| is_time(value) || value.is_null());
    let mut values = Cow::Borrowed(values);
    if !are_times && values.iter().any(is_time) {
        for time in values.to_mut().iter_mut().filter(|value| is_time(value)) {
            *time = text_of(context, *time).map_or(*time, Value::text);
        }
    }
    if let Some(first) = values.iter().find(|value| !value.is_null())
        && values.iter().any(|value| order(context, *first, *value).is_none())
    {
        return Err(Fault::Type);
    }
    Ok(values)
}

pub(super) fn least<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    extreme(context, arguments, Ordering::Less)
}

pub(super) fn greatest<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    extreme(context, arguments, Ordering::Greater)
}

fn extreme<'a>(context: &Context<'a>, arguments: &[Value<'a>], wanted: Ordering) -> Answer<'a> {
    let elements = elements(arguments)?;
    let keys = ordered(context, elements)?;
    let mut pairs = keys.iter().copied().zip(elements.iter().copied());
    let Some(first) = pairs.next() else { return Ok(Value::NULL) };
    let (_, best) =
        pairs.fold(
            first,
            |best, one| {
                if order(context, one.0, best.0) == Some(wanted) { one } else { best }
            },
        );
    Ok(best)
}

/// Checked, as `+` is (decision 11).
pub(super) fn sum<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let mut sum = Value::integer(0);
    for element in elements(arguments)? {
        let lhs = Numeric::of(sum).ok_or(Fault::Internal)?;
        let rhs = Numeric::of(*element).ok_or(Fault::Type)?;
        sum = number::arithmetic(Operator::Add, lhs, rhs)?;
    }
    Ok(sum)
}
