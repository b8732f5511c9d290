//! Reading the arguments of text rows, and cutting a text where characters begin.

use crate::fault::Fault;
use crate::value::{Text, Value};

/// What a body gives.
pub(super) type Answer<'a> = Result<Value<'a>, Fault>;

/// Argument `index`, which is a text.
pub(super) fn text<'a>(arguments: &[Value<'a>], index: usize) -> Result<Text<'a>, Fault> {
    arguments.get(index).and_then(|value| value.as_text()).ok_or(Fault::Type)
}

/// Argument `index`, which is a text or null.
pub(super) fn optional<'a>(
    arguments: &[Value<'a>],
    index: usize,
) -> Result<Option<Text<'a>>, Fault> {
    match arguments.get(index) {
        Some(value) if value.is_null() => Ok(None),
        Some(value) => value.as_text().map(Some).ok_or(Fault::Type),
        None => Err(Fault::Type),
    }
}

/// Argument `index`, which is an integer if it is there.
pub(super) fn integer(arguments: &[Value<'_>], index: usize) -> Result<Option<i64>, Fault> {
    arguments.get(index).map(|value| value.as_integer().ok_or(Fault::Type)).transpose()
}

/// How many characters there are.
pub(super) fn n_characters(text: Text<'_>) -> Result<i64, Fault> {
    let whole = text.as_str();
    let n = if text.is_ascii() { whole.len() } else { whole.chars().count() };
    i64::try_from(n).map_err(|_| Fault::Internal)
}

/// The part at these byte offsets, which lie where characters begin.
pub(super) fn part(whole: Text<'_>, start: usize, end: usize) -> Answer<'_> {
    whole.part(start..end).map(Value::text).ok_or(Fault::Internal)
}

/// The byte offset of character `index`, or the end. `index` is not negative.
pub(super) fn offset(text: Text<'_>, index: i64) -> usize {
    let len = text.as_str().len();
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    if text.is_ascii() || index >= len {
        return index.min(len);
    }
    text.as_str().char_indices().nth(index).map_or(len, |(offset, _)| offset)
}
