//! The names that exist without being declared: roots, metadata, attributes of users and groups
//! (OEL §1).

use claimsmith_runtime::types::{Field, RecordType, Shape, Type};
use std::sync::Arc;

/// The roots of OEL §1 (decision 42).
pub(crate) const ROOTS: [&str; 14] = [
    "user",
    "appuser",
    "app",
    "org",
    "access",
    "session",
    "security",
    "device",
    "login",
    "accessRequest",
    "idpuser",
    "event",
    "password",
    "source",
];

/// `profile` is a root of OEL §1 too, apart from being a member of `user` and `app`.
pub(crate) const PROFILE: &str = "profile";

/// The members of `user` that are not attributes of the profile (decision 41).
pub(crate) const USER_METADATA: [&str; 8] =
    ["id", "status", "created", "lastUpdated", "passwordChanged", "lastLogin", "groups", "profile"];

/// Those of them that are date-times (OEL §1.1).
pub(crate) const USER_TIMES: [&str; 4] = ["created", "lastUpdated", "passwordChanged", "lastLogin"];

/// The members of a group besides `profile` (OEL §1.4).
pub(crate) const GROUP_MEMBERS: [&str; 8] = [
    "id",
    "type",
    "created",
    "lastUpdated",
    "lastMembershipUpdated",
    "objectClass",
    "status",
    "source",
];

/// The name of the record type of users, by which `check` knows the rule of decision 41.
pub(crate) const USER: &str = "user";

/// The type of groups: `id`, `type`, `name`, `description` and the rest as free JSON.
#[must_use]
pub(crate) fn group_type(further: &[&str]) -> Arc<RecordType> {
    let text = |name: &str, nullable| Field {
        name: name.to_owned(),
        shape: Shape { ty: Type::Text, nullable },
    };
    let any = |name: &&str| Field { name: (*name).to_owned(), shape: Shape::of(Type::Any) };
    let mut fields =
        vec![text("name", false), Field { name: PROFILE.to_owned(), shape: Shape::of(Type::Map) }];
    let known = |fields: &[Field], name: &str| fields.iter().any(|field| field.name == name);
    for name in GROUP_MEMBERS.iter().chain(["description"].iter()).chain(further) {
        if !known(&fields, name) {
            fields.push(any(name));
        }
    }
    Arc::new(RecordType { name: "group".to_owned(), fields, open: false })
}
