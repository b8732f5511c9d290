//! Bodies of the text rows. The unit of length and index is the Unicode scalar value (decision 9);
//! what is a part of its source is a view of it.

use super::arguments::{Answer, integer, n_characters, offset, optional, part, text};
use crate::abi::{Context, limits};
use crate::fault::Fault;
use crate::operator::piece;
use crate::value::{Text, Value};
use memchr::{memchr_iter, memmem};

/// A question about two texts; null as the first is a no.
fn ask<'a>(arguments: &[Value<'a>], question: fn(&str, &str) -> bool) -> Answer<'a> {
    let part = text(arguments, 1)?;
    let whole = optional(arguments, 0)?;
    Ok(Value::boolean(whole.is_some_and(|whole| question(whole.as_str(), part.as_str()))))
}

pub(super) fn starts_with<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    ask(arguments, |whole, part| whole.starts_with(part))
}

pub(super) fn ends_with<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    ask(arguments, |whole, part| whole.ends_with(part))
}

pub(super) fn contains<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    ask(arguments, |whole, part| memmem::find(whole.as_bytes(), part.as_bytes()).is_some())
}

/// Empty if the separator does not occur (decision 26) or is empty (OEL §3.1).
pub(super) fn before<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (whole, separator) = (text(arguments, 0)?, text(arguments, 1)?);
    let found = memmem::find(whole.as_str().as_bytes(), separator.as_str().as_bytes());
    part(whole, 0, found.unwrap_or(0))
}

/// Empty if the separator does not occur (decision 26); the whole if it is empty (OEL §3.1).
pub(super) fn after<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (whole, separator) = (text(arguments, 0)?, text(arguments, 1)?);
    let len = whole.as_str().len();
    let found = memmem::find(whole.as_str().as_bytes(), separator.as_str().as_bytes());
    part(whole, found.map_or(len, |at| at + separator.as_str().len()), len)
}

/// `substring` as a method: a negative start faults (decision 25).
pub(super) fn method_substring<'a>(
    context: &mut Context<'a>,
    arguments: &[Value<'a>],
) -> Answer<'a> {
    if integer(arguments, 1)?.is_some_and(i64::is_negative) {
        return Err(Fault::Index);
    }
    substring(context, arguments)
}

/// Clamped to the text (decision 25).
pub(super) fn substring<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let whole = text(arguments, 0)?;
    let start = integer(arguments, 1)?.ok_or(Fault::Type)?.max(0);
    let end = integer(arguments, 2)?.unwrap_or(i64::MAX);
    if end <= start {
        return Ok(Value::text(Text::EMPTY));
    }
    let first = offset(whole, start);
    part(whole, first, offset(whole, end))
}

/// All occurrences, literal (decision 23).
pub(super) fn replace<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    replace_up_to(context, arguments, usize::MAX)
}

/// The first occurrence, literal (decision 23).
pub(super) fn replace_first<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    replace_up_to(context, arguments, 1)
}

fn replace_up_to<'a>(
    context: &mut Context<'a>,
    arguments: &[Value<'a>],
    most: usize,
) -> Answer<'a> {
    let source = text(arguments, 0)?;
    let unchanged = Ok(Value::text(source));
    let (Some(search), Some(replacement)) = (optional(arguments, 1)?, optional(arguments, 2)?)
    else {
        return unchanged;
    };
    if search.as_str().is_empty() {
        return unchanged;
    }
    let (haystack, needle) = (source.as_str().as_bytes(), search.as_str().as_bytes());
    // As long as it may become, and what is longer than any text may be does not fit.
    let most_bytes = match replacement.as_str().len().checked_sub(needle.len()) {
        Some(more @ 1..) => {
            let n = occurrences(haystack, needle).take(most).count();
            haystack.len().saturating_add(more.saturating_mul(n))
        }
        Some(0) | None => haystack.len(),
    };
    let (mut made, mut rest) = (None, 0);
    for at in occurrences(haystack, needle).take(most) {
        let room = || context.arena().room(most_bytes.min(limits::TEXT));
        let made = made.get_or_insert_with(room);
        let before = source.part(rest..at).ok_or(Fault::Internal)?;
        if !(made.push(before) && made.push(replacement)) {
            return Err(Fault::Limit);
        }
        rest = at + needle.len();
    }
    let Some(mut made) = made else { return unchanged };
    let behind = source.part(rest..haystack.len()).ok_or(Fault::Internal)?;
    if made.push(behind) { Ok(Value::text(made.made())) } else { Err(Fault::Limit) }
}

/// A needle up to this long is held against each place where its first byte is: preparing a search
/// takes longer than most texts do.
const SHORT_NEEDLE: usize = 16;

/// Where a needle that is not empty occurs, without overlaps.
fn occurrences<'t>(haystack: &'t [u8], needle: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let first = needle.first().filter(|_| needle.len() <= SHORT_NEEDLE);
    let mut end = 0;
    let is_there = move |at: &usize| {
        let found = *at >= end && haystack.get(*at..).is_some_and(|rest| rest.starts_with(needle));
        if found {
            end = at + needle.len();
        }
        found
    };
    let short = first.map(|first| memchr_iter(*first, haystack).filter(is_there));
    let long = first.is_none().then(|| memmem::find_iter(haystack, needle));
    short.into_iter().flatten().chain(long.into_iter().flatten())
}

/// Full Unicode, no locale (decision 36).
pub(super) fn upper<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    cased(context, text(arguments, 0)?, str::make_ascii_uppercase, str::to_uppercase)
}

/// As [`upper`].
pub(super) fn lower<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    cased(context, text(arguments, 0)?, str::make_ascii_lowercase, str::to_lowercase)
}

fn cased<'a>(
    context: &mut Context<'a>,
    source: Text<'a>,
    of_ascii: fn(&mut str),
    of_any: fn(&str) -> String,
) -> Answer<'a> {
    if !source.is_ascii() {
        return context.make_text(&of_any(source.as_str())).map(Value::text);
    }
    let mut made = context.arena().room(source.as_str().len().min(limits::TEXT));
    if !made.push(source) {
        return Err(Fault::Limit);
    }
    // Of what JSON escapes nothing is a letter.
    made.change(of_ascii);
    Ok(Value::text(made.made()))
}

/// Null has no characters (OEL §3.1, `String.len`).
pub(super) fn length<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let Some(text) = optional(arguments, 0)? else { return Ok(Value::integer(0)) };
    n_characters(text).map(Value::integer)
}

/// Null is skipped, a list is spread (decision 33, OEL §3.1).
pub(super) fn join<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let separator = text(arguments, 0)?.as_str();
    let spread = |value: &Value<'a>| match value.as_list() {
        Some(elements) => elements.to_vec(),
        None => vec![*value],
    };
    let values = arguments.iter().skip(1).flat_map(spread).filter(|value| !value.is_null());
    let made = piece::join(context.table(), values, separator)?;
    context.make_text(&made).map(Value::text)
}
