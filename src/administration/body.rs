//! Entities and their bodies as JSON.

use super::ChangeRefused;
use crate::directory::Status;
use crate::organization::Snapshot;
use crate::store::organization::{Change, Entity, EntityKind};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The body of an entity: an object, as in an org document.
///
/// # Errors
/// That what is kept is no JSON.
pub fn read_body(entity: &Entity) -> Result<Value, ChangeRefused> {
    serde_json::from_str(&entity.body)
        .map_err(|error| ChangeRefused::Failed(format!("what is kept cannot be read: {error}")))
}

/// The text that a body has under this name.
#[must_use]
pub fn text_of<'b>(body: &'b Value, name: &str) -> Option<&'b str> {
    body.get(name)?.as_str()
}

/// Has a body say this under that name; of what is no object nothing becomes.
pub fn set(body: &mut Value, name: &str, value: Value) {
    if let Some(members) = body.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// The object at the end of a path of members, made where it is missing; `None` if something else
/// stands there.
pub fn object_at<'b>(body: &'b mut Value, path: &[&str]) -> Option<&'b mut Map<String, Value>> {
    path.iter().try_fold(body.as_object_mut()?, |object, name| {
        object.entry(*name).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
    })
}

/// Makes an entity; its body says the id that `id` ends with. It stands behind the others of its kind
/// in `parent` unless its position is set.
#[must_use]
pub fn create(kind: EntityKind, id: &str, position: u32, body: &Value) -> Change {
    Change::Create(Entity { position, ..Entity::new(kind, id, body.to_string()) })
}

/// Puts this body in the place of the one that was read.
#[must_use]
pub fn replace(entity: &Entity, body: &Value) -> Change {
    Change::Replace(Entity { body: body.to_string(), ..entity.clone() })
}

/// Deletes what was read.
#[must_use]
pub fn delete(entity: &Entity) -> Change {
    let Entity { kind, id, generation, .. } = entity;
    Change::Delete { kind: *kind, id: id.clone(), generation: *generation }
}

/// How an administrator knows what is to be changed (`If-Match`, RFC 9110 §13.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// However it is.
    Any,
    /// As it was when it was written so many times.
    OneOf(Vec<i64>),
}

impl IfMatch {
    /// Whether what was written so many times is what the administrator knows.
    ///
    /// # Errors
    /// [`ChangeRefused::Overwritten`].
    pub fn check(&self, generation: i64) -> Result<(), ChangeRefused> {
        match self {
            Self::OneOf(known) if !known.contains(&generation) => Err(ChangeRefused::Overwritten),
            _ => Ok(()),
        }
    }
}

/// What must be there.
pub trait Required {
    /// The entity of this id, if it is as the administrator knows it.
    ///
    /// # Errors
    /// [`ChangeRefused::NotFound`], or [`ChangeRefused::Overwritten`] if it is of another generation.
    fn require(
        &self,
        kind: EntityKind,
        id: &str,
        if_match: &IfMatch,
    ) -> Result<&Arc<Entity>, ChangeRefused>;
}

impl Required for Snapshot {
    fn require(
        &self,
        kind: EntityKind,
        id: &str,
        if_match: &IfMatch,
    ) -> Result<&Arc<Entity>, ChangeRefused> {
        let found = self.find(kind, id).ok_or_else(|| ChangeRefused::not_found(kind, id))?;
        match if_match {
            IfMatch::OneOf(known) if !known.contains(&found.generation) => {
                Err(ChangeRefused::Overwritten)
            }
            _ => Ok(found),
        }
    }
}

/// What turns a thing on or off; nothing if it is so already.
pub(super) fn turned(entity: &Entity, status: Status) -> Result<Vec<Change>, ChangeRefused> {
    let mut body = read_body(entity)?;
    let word = if status.is_active() { "ACTIVE" } else { "INACTIVE" };
    if text_of(&body, "status").unwrap_or("ACTIVE") == word {
        return Ok(Vec::new());
    }
    set(&mut body, "status", Value::from(word));
    Ok(vec![replace(entity, &body)])
}
