//! Bodies that make texts of texts, and a few questions about whole texts.

use super::arguments::{Answer, integer, n_characters, optional, part, text};
use crate::abi::{Context, limits};
use crate::fault::Fault;
use crate::value::{Text, Value};

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
    let default = text(arguments, 1)?;
    let Some(source) = optional(arguments, 0)? else { return Ok(Value::text(default)) };
    for pair in arguments.chunks(2).skip(1) {
        let (key, value) = (text(pair, 0)?, text(pair, 1)?);
        if source.as_str().contains(key.as_str()) {
            return Ok(Value::text(value));
        }
    }
    Ok(Value::text(default))
}

pub(super) fn trim<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let source = text(arguments, 0)?;
    let whole = source.as_str();
    let start = whole.len() - whole.trim_start().len();
    part(source, start, start + whole.trim().len())
}

pub(super) fn is_empty<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::boolean(text(arguments, 0)?.as_str().is_empty()))
}

pub(super) fn is_blank<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::boolean(text(arguments, 0)?.as_str().trim().is_empty()))
}

/// Both in upper case and then in lower case, without a locale (decision 36): letters that have two forms
/// of one case, such as σ and ς, have one of the other.
pub(super) fn equals_ignore_case<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (one, other) = (text(arguments, 0)?.as_str(), text(arguments, 1)?.as_str());
    let folded = |text: &str| text.to_uppercase().to_lowercase();
    Ok(Value::boolean(one.eq_ignore_ascii_case(other) || folded(one) == folded(other)))
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
    let missing = length.saturating_sub(n_characters(text(arguments, 0)?)?);
    let missing = usize::try_from(missing).unwrap_or(0);
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
