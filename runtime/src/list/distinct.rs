//! Each of the elements once, by the language's `==` (decision 31).

use super::body::{Answer, elements};
use crate::abi::Context;
use crate::fault::Fault;
use crate::number;
use crate::operator::equal;
use crate::symbol::GroupTable;
use crate::value::{Group, Kind, Value};
use std::collections::BTreeSet;

/// The first of those that are equal stays.
pub(super) fn distinct<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let elements = elements(arguments)?;
    let table = context.table();
    let mut known = Known { table, keys: BTreeSet::new() };
    let mut made: Vec<Value<'a>> = Vec::new();
    let by_key = elements.iter().all(|element| has_key(*element));
    for element in elements {
        let is_new = if by_key {
            known.is_new(*element)?
        } else {
            !made.iter().any(|one| equal::equal(table, *one, *element))
        };
        if is_new {
            made.push(*element);
        }
    }
    context.make_list(&made)
}

/// Whether equality with such a value is equality of keys. A group below the top equals texts by
/// its name and groups by their ids, which no key can say.
pub(crate) fn has_key(value: Value<'_>) -> bool {
    value.kind() == Kind::Group || is_plain(value)
}

fn is_plain(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Null | Kind::Boolean | Kind::Integer | Kind::Number | Kind::Text => true,
        Kind::List => value.as_list().unwrap_or_default().iter().all(|one| is_plain(*one)),
        Kind::Map => value.as_map().is_some_and(|map| map.iter().all(|(_, one)| is_plain(one))),
        Kind::Record => {
            value.as_record().is_some_and(|record| record.members().all(|(_, one)| is_plain(one)))
        }
        Kind::Group | Kind::DateTime | Kind::Country => false,
    }
}

/// What stands for the elements that were met: of a text, number, list or map its key; of a group
/// its id, and its name in one way for texts and in another for groups without id.
struct Known<'t> {
    table: &'t GroupTable,
    keys: BTreeSet<Vec<u8>>,
}

impl Known<'_> {
    /// Whether nothing met before equals the value, which is remembered if so.
    fn is_new(&mut self, value: Value<'_>) -> Result<bool, Fault> {
        if let Some(group) = value.as_group() {
            return Ok(self.is_new_group(group));
        }
        let mut key = Vec::new();
        append(value, &mut key)?;
        let named = value.as_text().map(|text| tagged(b'g', text.as_str()));
        let is_new = !self.keys.contains(&key) && named.is_none_or(|key| !self.keys.contains(&key));
        if is_new {
            self.keys.insert(key);
        }
        Ok(is_new)
    }

    fn is_new_group(&mut self, group: Group) -> bool {
        let name = self.table.name(group).as_str();
        let id = self.table.record(group).and_then(|record| record.find("id")?.as_text());
        let own = match id {
            Some(id) => tagged(b'i', id.as_str()),
            None => tagged(b'n', name),
        };
        let of_any_group = tagged(b'g', name);
        let of_text = tagged(b't', name);
        let without_id = tagged(b'n', name);
        let met = self.keys.contains(&own)
            || self.keys.contains(&of_text)
            || self.keys.contains(&without_id)
            || (id.is_none() && self.keys.contains(&of_any_group));
        if !met {
            self.keys.extend([own, of_any_group]);
        }
        !met
    }
}

fn tagged(tag: u8, text: &str) -> Vec<u8> {
    let mut key = vec![tag];
    key.extend_from_slice(text.as_bytes());
    // No text holds this byte, so nothing that follows can be taken for a part of it.
    key.push(0xff);
    key
}

/// Appends bytes that two plain values have in common only if they are equal. Values are at most
/// 100 levels deep, so this ends.
fn append(value: Value<'_>, key: &mut Vec<u8>) -> Result<(), Fault> {
    if let Some(text) = value.as_text() {
        key.extend(tagged(b't', text.as_str()));
    } else if let Some(elements) = value.as_list() {
        key.push(b'[');
        elements.iter().try_for_each(|element| append(*element, key))?;
        key.push(b']');
    } else if let Some(entries) = equal::entries(value) {
        key.push(b'{');
        for (name, entry) in entries {
            key.extend(tagged(b't', name));
            append(entry, key)?;
        }
        key.push(b'}');
    } else if let Some(boolean) = value.as_boolean() {
        key.push(if boolean { b'1' } else { b'0' });
    } else if let Some(whole) = number::whole(value) {
        key.push(b'w');
        key.extend(whole.to_be_bytes());
    } else if let Some(number) = value.as_number() {
        key.push(b'f');
        key.extend(number.to_bits().to_be_bytes());
    } else if value.is_null() {
        key.push(b'-');
    } else {
        return Err(Fault::Internal);
    }
    Ok(())
}
