//! The language's `==` (decision 13) and order (decision 14).

use super::convert::seen_text;
use crate::number::{self, Numeric};
use crate::symbol::GroupTable;
use crate::value::{Group, Kind, Value};
use std::cmp::Ordering;

/// Never coerces but between integer and number, and between text and what acts as it. Lists, maps and
/// records are compared by content; the order of entries does not count.
pub(crate) fn equal(table: &GroupTable, lhs: Value<'_>, rhs: Value<'_>) -> bool {
    if let (Some(lhs), Some(rhs)) = (lhs.as_group(), rhs.as_group()) {
        return same_group(table, lhs, rhs);
    }
    if let Some(order) = order_of_times(lhs, rhs) {
        return order == Ordering::Equal;
    }
    if let (Some(lhs), Some(rhs)) = (seen_text(table, lhs), seen_text(table, rhs)) {
        return lhs == rhs;
    }
    if let (Some(lhs), Some(rhs)) = (Numeric::of(lhs), Numeric::of(rhs)) {
        return number::compare(lhs, rhs) == Ordering::Equal;
    }
    if let (Some(lhs), Some(rhs)) = (lhs.as_list(), rhs.as_list()) {
        return lhs.len() == rhs.len()
            && lhs.iter().zip(rhs).all(|(lhs, rhs)| equal(table, *lhs, *rhs));
    }
    if let (Some(lhs), Some(rhs)) = (entries(lhs), entries(rhs)) {
        return lhs.len() == rhs.len()
            && lhs.iter().zip(&rhs).all(|(lhs, rhs)| lhs.0 == rhs.0 && equal(table, lhs.1, rhs.1));
    }
    match (lhs.kind(), rhs.kind()) {
        (Kind::Null, Kind::Null) => true,
        (Kind::Boolean, Kind::Boolean) => lhs.as_boolean() == rhs.as_boolean(),
        _ => false,
    }
}

/// By id; by name where one has no id (decision 40, design: memberships).
fn same_group(table: &GroupTable, lhs: Group, rhs: Group) -> bool {
    let id = |group| table.record(group)?.find("id")?.as_text();
    match (id(lhs), id(rhs)) {
        _ if lhs.symbol == rhs.symbol => true,
        (Some(lhs), Some(rhs)) => lhs.as_str() == rhs.as_str(),
        _ => lhs.name == rhs.name,
    }
}

/// Entries of a map or attributes of a record, by name; nobody can tell which of the two a value
/// of a context became, so they compare alike.
pub(crate) fn entries<'a>(value: Value<'a>) -> Option<Vec<(&'a str, Value<'a>)>> {
    let mut entries: Vec<_> = match (value.as_map(), value.as_record()) {
        (Some(map), _) => map.iter().map(|(key, value)| (key.as_str(), value)).collect(),
        (_, Some(record)) => record.members().collect(),
        _ => return None,
    };
    entries.sort_by_key(|(name, _)| *name);
    Some(entries)
}

/// By instant, wherever they are looked at.
fn order_of_times(lhs: Value<'_>, rhs: Value<'_>) -> Option<Ordering> {
    let (lhs, rhs) = (lhs.as_date_time()?, rhs.as_date_time()?);
    Some(lhs.microseconds().cmp(&rhs.microseconds()))
}

/// Numbers with numbers, date-times with date-times, text (or what acts as it) with text, booleans
/// with booleans; null is below everything. `None` for any other mix.
pub(crate) fn order(table: &GroupTable, lhs: Value<'_>, rhs: Value<'_>) -> Option<Ordering> {
    if lhs.is_null() || rhs.is_null() {
        return Some(rhs.is_null().cmp(&lhs.is_null()));
    }
    if let Some(order) = order_of_times(lhs, rhs) {
        return Some(order);
    }
    if let (Some(lhs), Some(rhs)) = (seen_text(table, lhs), seen_text(table, rhs)) {
        // UTF-8 keeps the order of scalar values.
        return Some(lhs.cmp(&rhs));
    }
    if let (Some(lhs), Some(rhs)) = (Numeric::of(lhs), Numeric::of(rhs)) {
        return Some(number::compare(lhs, rhs));
    }
    Some(lhs.as_boolean()?.cmp(&rhs.as_boolean()?))
}
