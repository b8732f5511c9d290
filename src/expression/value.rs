//! Values as a program that embeds the language has them, and subjects put together from them.

use super::{InputError, Schema, Subject};
use crate::document::{Json, Member, Node};
use crate::schema::standard;
use crate::source::Span;
use std::collections::BTreeMap;

/// What an expression reads and gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    /// Finite; one that is not becomes null.
    Number(f64),
    Text(String),
    List(Vec<Value>),
    /// In the order of its entries, which have different keys.
    Map(Vec<(String, Value)>),
}

impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Boolean(value) => Self::Boolean(*value),
            Json::Integer(value) => Self::Integer(*value),
            Json::Number(value) => Self::Number(*value),
            Json::Text(text) => Self::Text(text.clone()),
            Json::List(elements) => {
                Self::List(elements.iter().map(|node| Self::from(&node.value)).collect())
            }
            Json::Object(members) => {
                let entry = |member: &Member| (member.key.clone(), Self::from(&member.value.value));
                Self::Map(members.iter().map(entry).collect())
            }
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(elements: Vec<T>) -> Self {
        Self::List(elements.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

fn node(value: Json) -> Node {
    Node { span: Span::default(), value }
}

fn to_node(value: Value) -> Node {
    node(match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => Json::Boolean(value),
        Value::Integer(value) => Json::Integer(value),
        Value::Number(value) if value.is_finite() => Json::Number(value),
        Value::Number(_) => Json::Null,
        Value::Text(text) => Json::Text(text),
        Value::List(elements) => Json::List(elements.into_iter().map(to_node).collect()),
        Value::Map(entries) => object(entries),
    })
}

/// Of equal keys the last one counts.
fn object(entries: Vec<(String, Value)>) -> Json {
    let places = || entries.iter().enumerate().map(|(place, (key, _))| (key.as_str(), place));
    let last: BTreeMap<&str, usize> = places().collect();
    let counts: Vec<bool> = places().map(|(key, place)| last.get(key) == Some(&place)).collect();
    let counting = entries.into_iter().zip(counts).filter(|(_, counts)| *counts);
    let member =
        |((key, value), _)| Member { key, key_span: Span::default(), value: to_node(value) };
    Json::Object(counting.map(member).collect())
}

/// A subject that is put together from values.
#[derive(Clone, Debug, Default)]
pub struct SubjectBuilder {
    profile: Vec<(String, Value)>,
    user: Vec<(String, Value)>,
    groups: Vec<Value>,
    roots: Vec<(String, Vec<(String, Value)>)>,
}

impl SubjectBuilder {
    /// The user's profile has this attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.profile.push((name.to_owned(), value.into()));
        self
    }

    /// The user has this metadata: `id`, `status`, or a time such as `created`. `profile` and
    /// `groups` may be given here as a whole instead of one by one.
    #[must_use]
    pub fn metadata(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.user.push((name.to_owned(), value.into()));
        self
    }

    /// The user is in the group with this name.
    #[must_use]
    pub fn group(mut self, name: &str) -> Self {
        self.groups.push(name.into());
        self
    }

    /// Another root, such as `access`, has this attribute. What `user` has is metadata.
    #[must_use]
    pub fn root(mut self, root: &str, name: &str, value: impl Into<Value>) -> Self {
        if root == standard::USER {
            return self.metadata(name, value);
        }
        let entry = (name.to_owned(), value.into());
        match self.roots.iter_mut().find(|(known, _)| known == root) {
            Some((_, attributes)) => attributes.push(entry),
            None => self.roots.push((root.to_owned(), vec![entry])),
        }
        self
    }

    /// The subject; without any attribute, metadata or group it has no user.
    ///
    /// # Errors
    /// What does not fit the schema, is nested more than 100 levels deep, or a profile or groups that
    /// are given twice: as metadata and one by one.
    pub fn build(self, schema: &Schema) -> Result<Subject, InputError> {
        let Self { profile, mut user, groups, roots } = self;
        let mut all: Vec<(String, Value)> =
            roots.into_iter().map(|(name, attributes)| (name, Value::Map(attributes))).collect();
        if !(profile.is_empty() && user.is_empty() && groups.is_empty()) {
            let are_given = [!profile.is_empty(), !groups.is_empty()];
            let parts = [("profile", Value::Map(profile)), ("groups", Value::List(groups))];
            for ((name, value), is_given) in parts.into_iter().zip(are_given) {
                let n_whole = user.iter().filter(|(known, _)| known == name).count();
                match n_whole + usize::from(is_given) {
                    0 | 1 if n_whole == 0 => user.push((name.to_owned(), value)),
                    0 | 1 => {}
                    _ => return Err(put_together(format!("the user's {name} is given twice"))),
                }
            }
            all.push(("user".to_owned(), Value::Map(user)));
        }
        let all = Value::Map(all);
        if is_deeper(&all, crate::document::MAX_DEPTH) {
            return Err(put_together("a value is nested more than 100 levels deep".to_owned()));
        }
        Subject::from_node(&to_node(all), schema, "")
    }
}

/// What is wrong with a subject that was put together, which has no text.
fn put_together(message: String) -> InputError {
    InputError { message, line: 0, column: 0 }
}

/// Whether a value has more levels than these.
fn is_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::List(elements) => {
            levels == 0 || elements.iter().any(|element| is_deeper(element, levels - 1))
        }
        Value::Map(entries) => {
            levels == 0 || entries.iter().any(|(_, value)| is_deeper(value, levels - 1))
        }
        Value::Null | Value::Boolean(_) | Value::Integer(_) | Value::Number(_) | Value::Text(_) => {
            false
        }
    }
}
