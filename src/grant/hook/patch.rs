//! The operations of a hook on the claims of one token (RFC 6902, as far as authorization-server §7
//! goes), and what they may not touch.

use crate::server::{AccessTokenFormat, ClaimType, reserved};
use serde_json::{Map, Value, json};

/// Seconds that a token lives at least and at most, once a hook says how long.
const LIFETIME: std::ops::RangeInclusive<i64> = 300..=86_400;

/// What a hook must leave alone depends on the server.
#[derive(Clone, Copy, Debug)]
pub(in crate::grant) struct Protection<'p> {
    pub(in crate::grant) format: AccessTokenFormat,
    /// The only audiences that a token may be turned to (decision 13).
    pub(in crate::grant) audiences: &'p [String],
    /// Seconds that an access token may live at most.
    pub(in crate::grant) longest: Option<i64>,
}

/// The claims of a token beside how long it lives.
#[derive(Clone, Debug)]
pub(super) struct Document {
    claims: Value,
    lifetime: i64,
}

impl Document {
    pub(super) fn new(claims: Map<String, Value>) -> Self {
        let time = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or_default();
        let lifetime = time("exp").saturating_sub(time("iat"));
        Self { claims: Value::Object(claims), lifetime }
    }

    /// As the hook sees it.
    pub(super) fn shown(&self) -> Value {
        json!({
            "claims": self.claims,
            "token": {"lifetime": {"expiration": self.lifetime}},
        })
    }

    /// The claims, which end when the lifetime does.
    pub(super) fn into_claims(self) -> Map<String, Value> {
        let Value::Object(mut claims) = self.claims else { return Map::new() };
        let issued_at = claims.get("iat").and_then(Value::as_i64).unwrap_or_default();
        claims.insert("exp".to_owned(), json!(issued_at.saturating_add(self.lifetime)));
        claims
    }

    /// One operation.
    ///
    /// # Errors
    /// Why it cannot be.
    pub(super) fn apply(
        &mut self,
        op: &Value,
        claim_type: ClaimType,
        protection: &Protection<'_>,
    ) -> Result<(), String> {
        let text = |name: &str| op.get(name).and_then(Value::as_str);
        let path = text("path").ok_or("an operation without a path")?;
        let verb = text("op").and_then(Verb::of).ok_or("an unknown operation")?;
        let value = op.get("value").filter(|value| !value.is_null());
        let segments = path.strip_prefix('/').map(unescaped).ok_or("a path that is none")?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["token", "lifetime", "expiration"] => self.set_lifetime(verb, value, protection),
            ["claims", rest @ ..] if !rest.is_empty() => {
                check_claim(rest, verb, value, claim_type, protection)?;
                change(&mut self.claims, rest, verb, value)
            }
            _ => Err(format!("`{path}` is nothing that may be changed")),
        }
    }

    fn set_lifetime(
        &mut self,
        verb: Verb,
        value: Option<&Value>,
        protection: &Protection<'_>,
    ) -> Result<(), String> {
        let seconds = value.and_then(Value::as_i64).filter(|seconds| LIFETIME.contains(seconds));
        let seconds = seconds.filter(|_| verb == Verb::Replace);
        let seconds = seconds.ok_or("a lifetime is replaced by 300 to 86400 seconds")?;
        self.lifetime = protection.longest.map_or(seconds, |longest| seconds.min(longest));
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

impl Verb {
    fn of(word: &str) -> Option<Self> {
        let words = [("add", Self::Add), ("replace", Self::Replace), ("remove", Self::Remove)];
        words.into_iter().find(|(known, _)| *known == word).map(|(_, verb)| verb)
    }
}

/// The segments of a JSON pointer (RFC 6901 §4).
fn unescaped(path: &str) -> Vec<String> {
    path.split('/').map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect()
}

/// The reserved names are ours (decision 8); only whom an access token is about and for may be
/// replaced, the latter by an audience of the server.
fn check_claim(
    path: &[&str],
    verb: Verb,
    value: Option<&Value>,
    claim_type: ClaimType,
    protection: &Protection<'_>,
) -> Result<(), String> {
    let name = path.first().copied().unwrap_or_default();
    let is_access = claim_type == ClaimType::Resource;
    if is_access && matches!(name, "sub" | "aud") {
        let text = value.and_then(Value::as_str).filter(|text| !text.is_empty());
        let is_replaced = path.len() == 1 && verb == Verb::Replace;
        let text = text.filter(|_| is_replaced);
        let text = text.ok_or_else(|| format!("`{name}` is replaced by a text"))?;
        if name == "aud" && !protection.audiences.iter().any(|known| known == text) {
            return Err(format!("`{text}` is no audience of the server"));
        }
        return Ok(());
    }
    if reserved::is_reserved(claim_type, name, protection.format) {
        return Err(format!("the claim `{name}` is reserved"));
    }
    Ok(())
}

fn change(
    claims: &mut Value,
    path: &[&str],
    verb: Verb,
    value: Option<&Value>,
) -> Result<(), String> {
    let Some((last, parents)) = path.split_last() else { return Err("an empty path".to_owned()) };
    let missing = || format!("there is no `{}`", path.join("/"));
    let mut place = claims;
    for name in parents {
        place = match place {
            Value::Object(members) => members.get_mut(*name),
            Value::Array(elements) => index(name).and_then(|index| elements.get_mut(index)),
            _ => None,
        }
        .ok_or_else(missing)?;
    }
    if (verb == Verb::Remove) == value.is_some() {
        return Err("`add` and `replace` have a value, `remove` has none".to_owned());
    }
    match (place, verb, value) {
        (Value::Object(members), Verb::Add, Some(value)) => {
            members.insert((*last).to_owned(), value.clone());
            Ok(())
        }
        (Value::Object(members), Verb::Replace, Some(value)) => {
            *members.get_mut(*last).ok_or_else(missing)? = value.clone();
            Ok(())
        }
        (Value::Object(members), Verb::Remove, _) => {
            members.remove(*last).map(|_| ()).ok_or_else(missing)
        }
        (Value::Array(elements), verb, value) => change_list(elements, last, verb, value),
        _ => Err(missing()),
    }
}

fn change_list(
    elements: &mut Vec<Value>,
    at: &str,
    verb: Verb,
    value: Option<&Value>,
) -> Result<(), String> {
    let missing = || format!("there is no element `{at}`");
    let at = match (at, verb) {
        ("-", Verb::Add) => elements.len(),
        (at, _) => index(at).ok_or_else(missing)?,
    };
    match (verb, value) {
        (Verb::Add, Some(value)) if at <= elements.len() => elements.insert(at, value.clone()),
        (Verb::Replace, Some(value)) => {
            *elements.get_mut(at).ok_or_else(missing)? = value.clone();
        }
        (Verb::Remove, _) if at < elements.len() => {
            elements.remove(at);
        }
        _ => return Err(missing()),
    }
    Ok(())
}

/// An index without leading zeros (RFC 6901 §4).
fn index(text: &str) -> Option<usize> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = text == "0" || !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain && is_short)
}
