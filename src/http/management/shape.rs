//! What the shapes of several resources have in common.

use super::super::error::ManagementError;
use super::call::Call;
use super::operation::Parameter;
pub(super) use super::servers::{links, read_only, status, time};
use crate::administration::condition::Condition;
use serde_json::{Value, json};

/// What names begin with.
pub(super) const Q: Parameter = Parameter {
    name: "q",
    description: "what a name begins with, whatever the case",
    schema: || json!({ "type": "string" }),
};

/// What holds of all that is listed.
pub(super) const FILTER: Parameter = Parameter {
    name: "filter",
    description: "a condition, in the words of SCIM",
    schema: || json!({ "type": "string" }),
};

/// What else is told with it. It always is.
pub(super) const EXPAND: Parameter = Parameter {
    name: "expand",
    description: "what is told as a part of it",
    schema: || json!({ "type": "string" }),
};

/// A text that may be null.
pub(super) fn text_or_null() -> Value {
    json!({ "type": ["string", "null"] })
}

/// A list of texts.
pub(super) fn texts() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

impl Call {
    /// The condition that `filter` is, of these attributes.
    ///
    /// # Errors
    /// It is none, or asks for what there is not (E0000031).
    pub(super) fn filter(&self, attributes: &[&str]) -> Result<Option<Condition>, ManagementError> {
        let Some(text) = self.query("filter") else { return Ok(None) };
        let condition = Condition::read(text, &|name| attributes.contains(&name));
        condition.map(Some).map_err(|_| ManagementError::no_condition())
    }
}
