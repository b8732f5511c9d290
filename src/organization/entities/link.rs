//! Whom a user is linked to, as it stands in their body; and the tags by which those are found who are
//! linked to somebody, or by a relation at all.

use crate::store::organization::Entity;
use serde_json::Value;

const LINK: &str = "link:";
const RELATION: &str = "linked:";

/// The tag of users who are linked to this one by the relation of this primary name.
#[must_use]
pub fn tag_of_link(name: &str, to: &str) -> String {
    format!("{LINK}{name}/{to}")
}

/// The tag of users who are linked to somebody by the relation of this primary name.
#[must_use]
pub fn tag_of_relation(name: &str) -> String {
    format!("{RELATION}{name}")
}

/// Whom a user is linked to by the relation of this primary name.
#[must_use]
pub fn link_of(user: &Entity, name: &str) -> Option<String> {
    let body: Value = serde_json::from_str(&user.body).ok()?;
    body.get("linkedObjects")?.get(name)?.as_str().map(str::to_owned)
}

/// Takes the tags of a link from a user.
pub fn forget_link(user: &mut Entity, name: &str) {
    let to_somebody = tag_of_link(name, "");
    user.tags.retain(|tag| !tag.starts_with(&to_somebody) && *tag != tag_of_relation(name));
}

/// Adds the tags of a link.
pub(super) fn add_link(user: &mut Entity, name: &str, to: &str) {
    user.tags.insert(tag_of_link(name, to));
    user.tags.insert(tag_of_relation(name));
}
