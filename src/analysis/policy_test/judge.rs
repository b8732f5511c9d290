//! Holds an answer against what was expected, and says each difference.

use super::{Expectation, RuleName, TokenExpectation};
use crate::grant::preview::{Matched, Preview, PreviewedToken};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// As in `accessToken.claims.department`.
    pub what: String,
    pub expected: String,
    pub found: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, expected, found } = self;
        write!(formatter, "{what}: expected {expected}, found {found}")
    }
}

/// How an answer differs from what was expected; not at all if the test passes.
#[must_use]
pub fn judge(expectation: &Expectation, answer: &Preview) -> Vec<Mismatch> {
    let mut found = Vec::new();
    check_error(expectation, answer, &mut found);
    let is_as_expected = expectation.error.is_some() == answer.error.is_some();
    check_rule(expectation.rule.as_ref(), answer, &mut found);
    // Of tokens that did not come nothing more need be said.
    if !is_as_expected || answer.error.is_some() {
        return found;
    }
    if let Some(scopes) = &expectation.scopes {
        let sorted = |scopes: &[String]| {
            let set: BTreeSet<&str> = scopes.iter().map(String::as_str).collect();
            set.into_iter().collect::<Vec<_>>().join(" ")
        };
        let (expected, given) = (sorted(scopes), sorted(&answer.granted_scopes));
        if expected != given {
            push(&mut found, "scopes", expected, given);
        }
    }
    check_token("accessToken", &expectation.access, answer.access_token.as_ref(), &mut found);
    match (&expectation.identity, &answer.id_token) {
        (Some(None), Some(_)) => push(&mut found, "idToken", "none", "one"),
        (Some(Some(expected)), given) => {
            check_token("idToken", expected, given.as_ref(), &mut found);
        }
        (Some(None), None) | (None, _) => {}
    }
    let present = answer.refresh_token.present;
    if expectation.refresh.is_some_and(|expected| expected != present) {
        let word = |is: bool| if is { "one" } else { "none" };
        push(&mut found, "refreshToken", word(!present), word(present));
    }
    found
}

fn push(
    found: &mut Vec<Mismatch>,
    what: impl Into<String>,
    expected: impl Into<String>,
    given: impl Into<String>,
) {
    found.push(Mismatch { what: what.into(), expected: expected.into(), found: given.into() });
}

fn check_error(expectation: &Expectation, answer: &Preview, found: &mut Vec<Mismatch>) {
    let given = answer.error.as_ref();
    let told = |error: &crate::grant::preview::PreviewError| {
        let why = error.cause.as_ref().unwrap_or(&error.description);
        format!("{} ({why})", error.error)
    };
    match (&expectation.error, given) {
        (None, Some(error)) => push(found, "error", "none", told(error)),
        (Some(expected), None) => {
            let by = answer.matched.as_ref().map(named).unwrap_or_default();
            push(found, "error", expected, format!("none, but tokens by {by}"));
        }
        (Some(expected), Some(error)) if *expected != error.error => {
            push(found, "error", expected, told(error));
        }
        (None, None) | (Some(_), Some(_)) => {}
    }
    if let (Some(expected), Some(error)) = (&expectation.description, given)
        && !error.description.contains(expected)
    {
        push(
            found,
            "description",
            format!("{expected:?} in it"),
            format!("{:?}", error.description),
        );
    }
}

fn check_rule(expected: Option<&RuleName>, answer: &Preview, found: &mut Vec<Mismatch>) {
    let Some(expected) = expected else { return };
    let of_deciding = answer.evaluated.iter().find(|rule| rule.decides());
    let decided = of_deciding.and_then(|rule| {
        let (_, name) = rule.rule.as_ref()?;
        Some((rule.policy.1.as_str(), name.as_str()))
    });
    let is_it = decided.is_some_and(|(policy, rule)| {
        rule == expected.rule && expected.policy.as_ref().is_none_or(|known| known == policy)
    });
    if !is_it {
        let RuleName { policy, rule } = expected;
        let expected = policy.as_ref().map_or_else(|| rule.clone(), |p| format!("{p} / {rule}"));
        let given = decided.map_or_else(|| "none".to_owned(), |(p, rule)| format!("{p} / {rule}"));
        push(found, "rule", expected, given);
    }
}

fn named(matched: &Matched) -> String {
    format!("{} / {}", matched.policy, matched.rule)
}

fn check_token(
    what: &str,
    expectation: &TokenExpectation,
    token: Option<&PreviewedToken>,
    found: &mut Vec<Mismatch>,
) {
    let TokenExpectation { claims, with, without, minutes } = expectation;
    let Some(token) = token else {
        let is_asked = *expectation != TokenExpectation::default() || what == "idToken";
        if is_asked {
            push(found, what, "one", "none");
        }
        return;
    };
    let payload: Map<String, Value> = serde_json::from_str(&token.payload).unwrap_or_default();
    let shown =
        |value: Option<&Value>| value.map_or_else(|| "no such claim".to_owned(), Value::to_string);
    for (name, expected) in claims {
        let wanted: Option<Value> = serde_json::from_str(expected).ok();
        let given = payload.get(name);
        if given != wanted.as_ref() {
            push(found, format!("{what}.claims.{name}"), expected, shown(given));
        }
    }
    for name in with.iter().filter(|name| !payload.contains_key(*name)) {
        push(found, format!("{what}.with.{name}"), "a claim", "no such claim");
    }
    for name in without {
        if let Some(value) = payload.get(name) {
            push(found, format!("{what}.without.{name}"), "no such claim", value.to_string());
        }
    }
    let time = |name: &str| payload.get(name).and_then(Value::as_i64);
    if let (Some(expected), Some(begin), Some(end)) = (minutes, time("iat"), time("exp")) {
        let given = end.saturating_sub(begin) / 60;
        if given != *expected {
            push(found, format!("{what}.minutes"), expected.to_string(), given.to_string());
        }
    }
}
