//! Bodies that find places in a text and cut it there. Indexes count Unicode scalar values (decision
//! 9); what is a part of its source is a view of it.

use super::arguments::{Answer, integer, n_characters, offset, part, text};
use crate::abi::{Context, limits};
use crate::fault::Fault;
use crate::value::{Text, Value};

/// Literal; an empty separator gives the characters (decision 24).
pub(super) fn split<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (source, separator) = (text(arguments, 0)?, text(arguments, 1)?.as_str());
    let whole = source.as_str();
    let most = limits::LIST + 1;
    let lengths: Vec<usize> = if separator.is_empty() {
        whole.chars().take(most).map(char::len_utf8).collect()
    } else {
        whole.split(separator).take(most).map(str::len).collect()
    };
    let mut pieces = Vec::with_capacity(lengths.len());
    let mut start = 0;
    for length in lengths {
        pieces.push(part(source, start, start + length)?);
        start += length + separator.len();
    }
    context.make_list(&pieces)
}

pub(super) fn index_of<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (whole, part) = (text(arguments, 0)?, text(arguments, 1)?);
    place_of(whole, whole.as_str().find(part.as_str()))
}

pub(super) fn last_index_of<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (whole, part) = (text(arguments, 0)?, text(arguments, 1)?);
    place_of(whole, whole.as_str().rfind(part.as_str()))
}

/// How many characters stand before this byte; -1 for none (decision 53).
fn place_of(whole: Text<'_>, at: Option<usize>) -> Answer<'_> {
    let Some(at) = at else { return Ok(Value::integer(-1)) };
    n_characters(whole.part(0..at).ok_or(Fault::Internal)?).map(Value::integer)
}

/// Empty outside of the text (decision 53).
pub(super) fn char_at<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let whole = text(arguments, 0)?;
    let index = integer(arguments, 1)?.ok_or(Fault::Type)?;
    if index < 0 {
        return Ok(Value::text(Text::EMPTY));
    }
    part(whole, offset(whole, index), offset(whole, index.saturating_add(1)))
}

/// Null outside of the text (decision 53).
pub(super) fn at<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let whole = text(arguments, 0)?;
    let index = integer(arguments, 1)?.ok_or(Fault::Type)?;
    let place = if index < 0 { index.saturating_add(n_characters(whole)?) } else { index };
    match char_at(context, &[Value::text(whole), Value::integer(place)])? {
        found if found.as_text().is_some_and(|text| text.as_str().is_empty()) => Ok(Value::NULL),
        found => Ok(found),
    }
}

/// Negative numbers count from the end (decision 25).
pub(super) fn slice<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let whole = text(arguments, 0)?;
    let n = n_characters(whole)?;
    let place = |index: i64| if index < 0 { index.saturating_add(n).max(0) } else { index };
    let start = place(integer(arguments, 1)?.ok_or(Fault::Type)?);
    let end = place(integer(arguments, 2)?.unwrap_or(n));
    if start >= end {
        return Ok(Value::text(Text::EMPTY));
    }
    part(whole, offset(whole, start), offset(whole, end))
}
