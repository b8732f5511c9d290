//! Bodies of the further text rows. Indexes count Unicode scalar values (decision 9); what is a
//! part of its source is a view of it.

use crate::abi::{Context, limits};
use crate::fault::Fault;
use crate::value::{Text, Value};

type Answer<'a> = Result<Value<'a>, Fault>;

fn text<'a>(arguments: &[Value<'a>], index: usize) -> Result<Text<'a>, Fault> {
    arguments.get(index).and_then(|value| value.as_text()).ok_or(Fault::Type)
}

/// Argument `index`; the empty text for null.
fn text_or_empty<'a>(arguments: &[Value<'a>], index: usize) -> Result<Text<'a>, Fault> {
    match arguments.get(index) {
        Some(value) if value.is_null() => Ok(Text::EMPTY),
        _ => text(arguments, index),
    }
}

fn integer(arguments: &[Value<'_>], index: usize) -> Result<Option<i64>, Fault> {
    arguments.get(index).map(|value| value.as_integer().ok_or(Fault::Type)).transpose()
}

fn part(whole: Text<'_>, start: usize, end: usize) -> Answer<'_> {
    whole.part(start..end).map(Value::text).ok_or(Fault::Internal)
}

/// One text of these, unless it would be longer than any may be.
fn joined<'a, 's>(
    context: &Context<'a>,
    parts: impl Iterator<Item = &'s str> + Clone,
) -> Answer<'a> {
    let length = parts.clone().try_fold(0_usize, |sum, part| sum.checked_add(part.len()));
    if length.is_none_or(|length| length > limits::TEXT) {
        return Err(Fault::Limit);
    }
    context.make_text(&parts.collect::<String>()).map(Value::text)
}

pub(super) fn append<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let parts = [text_or_empty(arguments, 0)?, text_or_empty(arguments, 1)?];
    joined(context, parts.into_iter().map(Text::as_str))
}

/// U+0020 only (decision 27).
pub(super) fn remove_spaces<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let source = text(arguments, 0)?;
    if !source.as_str().contains(' ') {
        return Ok(Value::text(source));
    }
    joined(context, source.as_str().split(' '))
}

/// The first pair, as written, whose key occurs in the text (OEL §3.1). Null has no keys in it.
pub(super) fn string_switch<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let default = Value::text(text(arguments, 1)?);
    let (Some(source), Some(pairs)) = (arguments.first(), arguments.get(2..)) else {
        return Err(Fault::Internal);
    };
    if source.is_null() {
        return Ok(default);
    }
    let source = source.as_text().ok_or(Fault::Type)?.as_str();
    for pair in pairs.chunks(2) {
        let (key, value) = (text(pair, 0)?, text(pair, 1)?);
        if source.contains(key.as_str()) {
            return Ok(Value::text(value));
        }
    }
    Ok(default)
}

pub(super) fn trim<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let source = text(arguments, 0)?;
    let whole = source.as_str();
    let start = whole.len() - whole.trim_start().len();
    part(source, start, start + whole.trim().len())
}

/// Literal; an empty separator gives the characters (decision 24).
pub(super) fn split<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (source, separator) = (text(arguments, 0)?, text(arguments, 1)?.as_str());
    let whole = source.as_str();
    let lengths: Vec<usize> = if separator.is_empty() {
        whole.chars().take(limits::LIST + 1).map(char::len_utf8).collect()
    } else {
        whole.split(separator).take(limits::LIST + 1).map(str::len).collect()
    };
    let mut pieces = Vec::with_capacity(lengths.len());
    let mut start = 0;
    for length in lengths {
        pieces.push(part(source, start, start + length)?);
        start += length + separator.len();
    }
    context.make_list(&pieces)
}

/// How many characters stand before this byte, or -1.
fn characters_before<'a>(whole: Text<'a>, at: Option<usize>) -> Answer<'a> {
    let before = match at {
        None => return Ok(Value::integer(-1)),
        Some(at) if whole.is_ascii() => at,
        Some(at) => whole.as_str().get(..at).ok_or(Fault::Internal)?.chars().count(),
    };
    i64::try_from(before).map(Value::integer).map_err(|_| Fault::Internal)
}

pub(super) fn index_of<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (whole, part) = (text(arguments, 0)?, text(arguments, 1)?);
    characters_before(whole, whole.as_str().find(part.as_str()))
}

pub(super) fn last_index_of<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (whole, part) = (text(arguments, 0)?, text(arguments, 1)?);
    characters_before(whole, whole.as_str().rfind(part.as_str()))
}

pub(super) fn is_empty<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::boolean(text(arguments, 0)?.as_str().is_empty()))
}

pub(super) fn is_blank<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::boolean(text(arguments, 0)?.as_str().trim().is_empty()))
}

/// Both in lower case, without a locale (decision 36).
pub(super) fn equals_ignore_case<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (one, other) = (text(arguments, 0)?.as_str(), text(arguments, 1)?.as_str());
    let lower = |text: &str| text.to_lowercase();
    Ok(Value::boolean(one.eq_ignore_ascii_case(other) || lower(one) == lower(other)))
}

/// Empty outside of the text (decision 53).
pub(super) fn char_at<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let whole = text(arguments, 0)?;
    let index = integer(arguments, 1)?.ok_or(Fault::Type)?;
    let at = usize::try_from(index).ok();
    let found = at.and_then(|index| whole.as_str().char_indices().nth(index));
    found.map_or(Ok(Value::text(Text::EMPTY)), |(at, c)| part(whole, at, at + c.len_utf8()))
}

pub(super) fn pad_start<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (source, fill) = (text(arguments, 0)?.as_str(), padding(arguments)?);
    joined(context, [fill.as_str(), source].into_iter())
}

pub(super) fn pad_end<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (source, fill) = (text(arguments, 0)?.as_str(), padding(arguments)?);
    joined(context, [source, fill.as_str()].into_iter())
}

/// What is missing of the length, made of the fill again and again.
fn padding(arguments: &[Value<'_>]) -> Result<String, Fault> {
    let length = integer(arguments, 1)?.ok_or(Fault::Type)?;
    let fill = if arguments.len() > 2 { text(arguments, 2)?.as_str() } else { " " };
    let n = text(arguments, 0)?.as_str().chars().count();
    let missing = usize::try_from(length).unwrap_or(0).saturating_sub(n);
    if missing > limits::TEXT && !fill.is_empty() {
        return Err(Fault::Limit);
    }
    Ok(fill.chars().cycle().take(missing).collect())
}

/// A negative number of times faults, as an index does.
pub(super) fn repeat<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let source = text(arguments, 0)?.as_str();
    let times = integer(arguments, 1)?.ok_or(Fault::Type)?;
    let times = usize::try_from(times).map_err(|_| Fault::Index)?;
    if source.is_empty() {
        return Ok(Value::text(Text::EMPTY));
    }
    if times > limits::TEXT {
        return Err(Fault::Limit);
    }
    joined(context, std::iter::repeat_n(source, times))
}

pub(super) fn concat<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let parts: Option<Vec<Text<'a>>> = arguments.iter().map(|value| value.as_text()).collect();
    joined(context, parts.ok_or(Fault::Type)?.iter().map(|text| text.as_str()))
}

/// Negative numbers count from the end (decision 25).
pub(super) fn slice<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let source = text(arguments, 0)?;
    let whole = source.as_str();
    let n = i64::try_from(whole.chars().count()).map_err(|_| Fault::Internal)?;
    let place = |index: i64| if index < 0 { index.saturating_add(n).max(0) } else { index.min(n) };
    let start = place(integer(arguments, 1)?.ok_or(Fault::Type)?);
    let end = place(integer(arguments, 2)?.unwrap_or(n));
    let offset = |index: i64| {
        let index = usize::try_from(index).unwrap_or(0);
        whole.char_indices().nth(index).map_or(whole.len(), |(at, _)| at)
    };
    if start >= end {
        return Ok(Value::text(Text::EMPTY));
    }
    part(source, offset(start), offset(end))
}
