//! A value as JSON text. One writer serves both engines.

use crate::record::Record;
use crate::symbol::GroupTable;
use crate::value::{Entries, Kind, Text, Value, first_unclean};

/// Takes bytes of output; answers `false` when there is no more room, which ends the writing.
pub type Sink<'s> = dyn FnMut(&[u8]) -> bool + 's;

/// Writes `value` as JSON. Groups are their names (decision 40). Answers `false` if the sink had no
/// room; what was written by then is the beginning.
pub fn write(value: Value<'_>, table: &GroupTable, sink: &mut Sink<'_>) -> bool {
    match value.kind() {
        Kind::Null => sink(b"null"),
        Kind::Boolean => sink(if value.as_boolean() == Some(true) { b"true" } else { b"false" }),
        Kind::Integer => sink(value.as_integer().unwrap_or_default().to_string().as_bytes()),
        Kind::Number => {
            sink(crate::number::to_text(value.as_number().unwrap_or_default()).as_bytes())
        }
        Kind::Text => value.as_text().is_none_or(|text| write_text(text, sink)),
        Kind::Group => value.as_group().is_none_or(|group| write_text(table.name(group), sink)),
        Kind::DateTime => value.as_date_time().is_none_or(|time| write_str(&time.text(), sink)),
        Kind::Country => value.as_country().is_none_or(|country| write_str(country.alpha2(), sink)),
        Kind::List => write_list(value.as_list().unwrap_or_default(), table, sink),
        Kind::Map => value.as_map().is_none_or(|entries| write_map(entries, table, sink)),
        Kind::Record => value.as_record().is_none_or(|record| write_record(record, table, sink)),
    }
}

fn write_list(elements: &[Value<'_>], table: &GroupTable, sink: &mut Sink<'_>) -> bool {
    sink(b"[")
        && elements
            .iter()
            .enumerate()
            .all(|(index, element)| (index == 0 || sink(b",")) && write(*element, table, sink))
        && sink(b"]")
}

fn write_map(entries: Entries<'_>, table: &GroupTable, sink: &mut Sink<'_>) -> bool {
    sink(b"{")
        && entries.iter().enumerate().all(|(index, (key, value))| {
            (index == 0 || sink(b","))
                && write_text(key, sink)
                && sink(b":")
                && write(value, table, sink)
        })
        && sink(b"}")
}

fn write_record(record: Record<'_>, table: &GroupTable, sink: &mut Sink<'_>) -> bool {
    sink(b"{")
        && record.members().enumerate().all(|(index, (name, value))| {
            (index == 0 || sink(b","))
                && write_str(name, sink)
                && sink(b":")
                && write(value, table, sink)
        })
        && sink(b"}")
}

/// Writes a text between quotes, without looking for escapes where it is known to need none.
pub fn write_text(text: Text<'_>, sink: &mut Sink<'_>) -> bool {
    if text.is_clean() {
        return sink(b"\"") && sink(text.as_str().as_bytes()) && sink(b"\"");
    }
    write_str(text.as_str(), sink)
}

/// Whether a string needs no escapes.
#[inline]
#[must_use]
pub fn is_plain(text: &str) -> bool {
    first_unclean(text.as_bytes()).is_none()
}

/// Writes a string between quotes, escaped as RFC 8259 §7 asks: the short forms where there are any.
pub fn write_str<S: FnMut(&[u8]) -> bool + ?Sized>(text: &str, sink: &mut S) -> bool {
    let mut rest = text.as_bytes();
    if !sink(b"\"") {
        return false;
    }
    while let Some(at) = first_unclean(rest) {
        let (plain, tail) = rest.split_at(at);
        let Some((byte, tail)) = tail.split_first() else { break };
        let written = sink(plain) && escape(*byte).is_some_and(|escaped| sink(escaped.as_bytes()));
        if !written {
            return false;
        }
        rest = tail;
    }
    sink(rest) && sink(b"\"")
}

/// How a byte is written inside a string, if not as itself.
fn escape(byte: u8) -> Option<String> {
    Some(match byte {
        b'"' => "\\\"".to_owned(),
        b'\\' => "\\\\".to_owned(),
        0x08 => "\\b".to_owned(),
        0x0c => "\\f".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\t' => "\\t".to_owned(),
        0..0x20 => format!("\\u{byte:04x}"),
        _ => return None,
    })
}
