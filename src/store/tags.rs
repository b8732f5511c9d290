//! The tags of a row as a text that stands beside it; equal sets have equal texts.

use serde_json::{Error, Value};
use std::collections::BTreeSet;

pub(super) fn to_text(tags: &BTreeSet<String>) -> String {
    tags.iter().map(String::as_str).map(Value::from).collect::<Value>().to_string()
}

/// One tag as it stands in such a text.
pub(super) fn written(tag: &str) -> String {
    Value::from(tag).to_string()
}

pub(super) fn from_text(text: &str) -> Result<BTreeSet<String>, Error> {
    serde_json::from_str(text)
}
