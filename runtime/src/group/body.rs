//! Bodies of the group rows.

use crate::abi::Context;
use crate::fault::Fault;
use crate::operator::text_of;
use crate::pattern;
use crate::value::{Text, Value};

type Answer<'a> = Result<Value<'a>, Fault>;

/// Every value must be a text or act as one; null is no text.
pub(super) fn texts<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    list_of(context, arguments, |text| text)
}

pub(super) fn prefixes<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    list_of(context, arguments, |text| {
        let length = prefix_of(text.as_str()).len();
        text.part(0..length).unwrap_or(text)
    })
}

/// A trailing `.*` or `*` is how older policies wrote "starts with" (OEL §3.4).
#[must_use]
pub fn prefix_of(pattern: &str) -> &str {
    let short = pattern.strip_suffix(".*").or_else(|| pattern.strip_suffix('*'));
    short.unwrap_or(pattern)
}

/// The list of these texts, or the list of this one text, each changed by `change`.
fn list_of<'a>(
    context: &mut Context<'a>,
    arguments: &[Value<'a>],
    change: impl Fn(Text<'a>) -> Text<'a>,
) -> Answer<'a> {
    let values = arguments.first().ok_or(Fault::Internal)?;
    let values = values.as_list().unwrap_or(std::slice::from_ref(values));
    let table = context.table();
    let text = |value: &Value<'a>| text_of(table, *value).map(&change).map(Value::text);
    let texts: Option<Vec<Value<'a>>> = values.iter().map(text).collect();
    context.make_list(&texts.ok_or(Fault::Type)?)
}

/// Slashes around a pattern are how another language writes one (OEL §3.4).
#[must_use]
pub fn without_slashes(pattern: &str) -> &str {
    match pattern.strip_prefix('/') {
        Some(rest) => rest.strip_suffix('/').unwrap_or(rest),
        None => pattern,
    }
}

pub(super) fn bare_pattern<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let written = arguments.first().and_then(|value| value.as_text()).ok_or(Fault::Internal)?;
    let (all, bare) = (written.as_str(), without_slashes(written.as_str()));
    let start = usize::from(bare.len() < all.len());
    written.part(start..start + bare.len()).map(Value::text).ok_or(Fault::Internal)
}

/// The pattern is compiled once for all names.
pub(super) fn any_matches<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [groups, written] = arguments else { return Err(Fault::Internal) };
    let groups = groups.as_list().ok_or(Fault::Internal)?;
    let written = written.as_text().ok_or(Fault::Internal)?;
    let table = context.table();
    let any = pattern::with(written.as_str(), |pattern| {
        let names = groups.iter().filter_map(|group| text_of(table, *group));
        names.into_iter().any(|name| pattern.matches(name.as_str()))
    });
    any.map(Value::boolean)
}
