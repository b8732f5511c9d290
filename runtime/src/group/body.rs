//! Bodies of the group rows.

use crate::abi::Context;
use crate::fault::Fault;
use crate::number;
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
    let text = |value: &Value<'a>| text_of(context, *value).map(&change).map(Value::text);
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
pub(super) fn any_matches<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [names, written] = arguments else { return Err(Fault::Internal) };
    let names = names.as_list().ok_or(Fault::Internal)?;
    let written = written.as_text().ok_or(Fault::Internal)?;
    let any = pattern::with(written.as_str(), |pattern| {
        let mut names = names.iter().filter_map(|name| name.as_text());
        names.any(|name| pattern.matches(name.as_str()))
    });
    any.map(Value::boolean)
}

/// The source of groups that are managed here.
const LOCAL: &str = "OKTA";
/// The type of those groups.
const LOCAL_TYPE: &str = "OKTA_GROUP";
/// The largest limit outside the authorization code flow (OEL §3.4).
const LARGEST: i64 = 100;

/// A group without a type is managed here unless it names a source.
pub(super) fn is_from_source<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [group, app] = arguments else { return Err(Fault::Internal) };
    let group = group.as_group().ok_or(Fault::Internal)?;
    let app = app.as_text().ok_or(Fault::Internal)?.as_str();
    let Some(record) = context.table().record(group) else { return Ok(Value::boolean(false)) };
    let find = |name| record.find(name).unwrap_or(Value::NULL);
    let source = find("source").as_map();
    let of_source = |name| source.and_then(|source| source.find(name)).unwrap_or(Value::NULL);
    let is = |value: Value<'a>, text| value.as_text().is_some_and(|found| found.as_str() == text);
    let (kind, source_kind, id) = (find("type"), of_source("type"), of_source("id"));
    let is_meant = if app == LOCAL {
        is(kind, LOCAL_TYPE) || (kind.is_null() && source_kind.is_null() && id.is_null())
    } else {
        is(source_kind, app) || is(id, app)
    };
    Ok(Value::boolean(is_meant))
}

pub(super) fn limit<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [limit, any_number] = arguments else { return Err(Fault::Internal) };
    let limit = number::whole(*limit).ok_or(Fault::GroupLimitNotInteger)?;
    if limit < 1 {
        return Err(Fault::GroupLimitNotPositive);
    }
    if limit > LARGEST && any_number.as_boolean() != Some(true) {
        return Err(Fault::GroupLimitTooLarge);
    }
    Ok(Value::integer(limit))
}

/// Never cut: an error is better than a token that lacks a group (decision 43).
pub(super) fn within_limit<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [list, limit] = arguments else { return Err(Fault::Internal) };
    let n_elements = list.as_list().ok_or(Fault::Internal)?.len();
    let limit = limit.as_integer().ok_or(Fault::Internal)?;
    match i64::try_from(n_elements) {
        Ok(0) => Ok(Value::NULL),
        Ok(n_elements) if n_elements <= limit => Ok(*list),
        _ => Err(Fault::TooManyGroups),
    }
}

pub(super) fn allowlist<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let value = arguments.first().ok_or(Fault::Internal)?;
    value.as_list().map(|_| *value).ok_or(Fault::Allowlist)
}
