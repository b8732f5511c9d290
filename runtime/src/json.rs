//! A value as JSON text. One writer serves both engines.

use crate::record::Record;
use crate::symbol::GroupTable;
use crate::value::{Entries, Kind, Text, Value, first_unclean};

/// Writes `value` as JSON. Groups are their names (decision 40). The sink takes bytes of output, and
/// answers `false` when there is no more room, which ends the writing: so does this, and what was
/// written by then is the beginning.
pub fn write<S>(value: Value<'_>, table: &GroupTable, sink: &mut S) -> bool
where
    S: FnMut(&[u8]) -> bool + ?Sized,
{
    match value.kind() {
        Kind::Null => sink(b"null"),
        Kind::Boolean => sink(if value.as_boolean() == Some(true) { b"true" } else { b"false" }),
        Kind::Integer => write_integer(value.as_integer().unwrap_or_default(), sink),
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

/// Writes the digits, without a text of their own.
fn write_integer<S>(value: i64, sink: &mut S) -> bool
where
    S: FnMut(&[u8]) -> bool + ?Sized,
{
    let mut digits = [b'-'; LONGEST_INTEGER];
    let start = put_digits(value, &mut digits);
    sink(digits.get(start..).unwrap_or_default())
}

/// Bytes of the longest integer.
pub(crate) const LONGEST_INTEGER: usize = 20;

/// Puts the digits of an integer at the end of dashes; answers where it begins.
pub(crate) fn put_digits(value: i64, digits: &mut [u8; LONGEST_INTEGER]) -> usize {
    let (mut rest, mut first) = (value.unsigned_abs(), digits.len());
    while let Some(digit) = digits.get_mut(first - 1) {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        first -= 1;
        if rest == 0 {
            break;
        }
    }
    // The smallest has 19 digits, so that there is room for its sign.
    if value < 0 { first.saturating_sub(1) } else { first }
}

fn write_list<S>(elements: &[Value<'_>], table: &GroupTable, sink: &mut S) -> bool
where
    S: FnMut(&[u8]) -> bool + ?Sized,
{
    sink(b"[")
        && elements
            .iter()
            .enumerate()
            .all(|(index, element)| (index == 0 || sink(b",")) && write(*element, table, sink))
        && sink(b"]")
}

fn write_map<S>(entries: Entries<'_>, table: &GroupTable, sink: &mut S) -> bool
where
    S: FnMut(&[u8]) -> bool + ?Sized,
{
    sink(b"{")
        && entries.iter().enumerate().all(|(index, (key, value))| {
            (index == 0 || sink(b","))
                && write_text(key, sink)
                && sink(b":")
                && write(value, table, sink)
        })
        && sink(b"}")
}

fn write_record<S>(record: Record<'_>, table: &GroupTable, sink: &mut S) -> bool
where
    S: FnMut(&[u8]) -> bool + ?Sized,
{
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
pub fn write_text<S>(text: Text<'_>, sink: &mut S) -> bool
where
    S: FnMut(&[u8]) -> bool + ?Sized,
{
    if text.is_clean() {
        return sink(b"\"") && sink(text.as_str().as_bytes()) && sink(b"\"");
    }
    write_str(text.as_str(), sink)
}

/// Puts a text into `room`, escaped, and `before` and `behind` it what stands there. Answers how many
/// bytes that took; `None` if there is no room for all of them.
pub(crate) fn put_text(
    text: &str,
    (before, behind): (&[u8], &[u8]),
    room: &mut [u8],
) -> Option<usize> {
    let mut n_written = 0;
    let mut put = |bytes: &[u8]| {
        let end = bytes.len() + n_written;
        let Some(place) = room.get_mut(n_written..end) else { return false };
        place.copy_from_slice(bytes);
        n_written = end;
        true
    };
    let all = put(before) && write_escaped(text, &mut put) && put(behind);
    all.then_some(n_written)
}

/// Whether a string needs no escapes.
#[inline]
#[must_use]
pub fn is_plain(text: &str) -> bool {
    first_unclean(text.as_bytes()).is_none()
}

/// Writes a string between quotes, escaped as RFC 8259 §7 asks: the short forms where there are any.
pub fn write_str<S: FnMut(&[u8]) -> bool + ?Sized>(text: &str, sink: &mut S) -> bool {
    sink(b"\"") && write_escaped(text, sink) && sink(b"\"")
}

fn write_escaped<S: FnMut(&[u8]) -> bool + ?Sized>(text: &str, sink: &mut S) -> bool {
    let mut rest = text.as_bytes();
    while let Some(at) = first_unclean(rest) {
        let (plain, tail) = rest.split_at(at);
        let Some((byte, tail)) = tail.split_first() else { break };
        let written = sink(plain)
            && match short_escape(*byte) {
                Some(escaped) => sink(escaped),
                None => sink(&long_escape(*byte)),
            };
        if !written {
            return false;
        }
        rest = tail;
    }
    sink(rest)
}

/// The escapes of two characters.
fn short_escape(byte: u8) -> Option<&'static [u8]> {
    Some(match byte {
        b'"' => b"\\\"",
        b'\\' => b"\\\\",
        0x08 => b"\\b",
        0x0c => b"\\f",
        b'\n' => b"\\n",
        b'\r' => b"\\r",
        b'\t' => b"\\t",
        _ => return None,
    })
}

/// Any byte below 0x20 in hexadecimal.
fn long_escape(byte: u8) -> [u8; 6] {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + (nibble - 10) };
    [b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 0xf)]
}
