//! Reads the users of the document.

use super::decode::{Object, Place, Problem, Problems};
use super::entities::{OF_GROUP, entity_of_user};
use super::identity::{self, Digest, USER};
use super::reference;
use super::schema::check_profile;
use crate::directory::{Attribute, Directory, Password, User, UserStatus};
use crate::document::{self, Json};
use crate::schema::USER_TIMES;
use crate::store::organization::Entity;
use claimsmith_runtime::time::DateTime;
use std::collections::BTreeSet;

/// The members of a user.
const MEMBERS: &[&str] = &[
    "id",
    "status",
    "profile",
    "groups",
    "password",
    "linkedObjects",
    "created",
    "lastUpdated",
    "passwordChanged",
    "lastLogin",
    "activated",
    "statusChanged",
];

/// When else things happened to an account, of which expressions know nothing.
const OTHER_TIMES: &[&str] = &["activated", "statusChanged"];

/// The users, each conforming to the schema; no two share a login, ignoring case, or an id.
pub(super) fn read_users(
    top: &Object<'_>,
    schema: &[Attribute],
    groups: &Directory,
    digest: Digest<'_>,
) -> Vec<User> {
    let (mut users, mut logins, mut ids) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for place in top.list("users") {
        let Some(user) = read_user(&place, schema, Some(groups), digest) else { continue };
        if !logins.insert(user.login.to_lowercase()) {
            place.blame(format!("another user has the login `{}` already", user.login));
        } else if !ids.insert(user.id.clone()) {
            place.blame(format!("another user has the id `{}` already", user.id));
        } else {
            users.push(user);
        }
    }
    users
}

/// The user whom a store keeps as this entity, in the groups of its tags, whatever these are called
/// now. `None`, with a line in the log, if what is kept does not conform to the schema.
#[must_use]
pub fn read_kept_user(
    entity: &Entity,
    schema: &[Attribute],
    directory: &Directory,
    digest: Digest<'_>,
) -> Option<User> {
    let problems = Problems::default();
    let document = document::read(entity.body.as_bytes()).ok();
    let user = document
        .as_ref()
        .and_then(|document| read_user(&Place::top(document, &problems), schema, None, digest));
    if let Some(Problem { path, message, .. }) = problems.into_list().first() {
        tracing::error!(user = entity.id, path, message, "a user cannot be read");
        return None;
    }
    let ids = entity.tags.iter().filter_map(|tag| tag.strip_prefix(OF_GROUP));
    user.map(|user| directory.with_groups(user, ids))
}

/// The user whom this JSON describes as a document does, beside the entity that keeps them.
///
/// # Errors
/// Everything that is wrong with them; the paths are within the user.
pub fn read_single_user(
    text: &str,
    schema: &[Attribute],
    directory: &Directory,
    digest: Digest<'_>,
) -> Result<(User, Entity), Vec<Problem>> {
    let document = document::read(text.as_bytes()).map_err(|error| {
        vec![Problem { path: String::new(), span: error.span, message: error.message }]
    })?;
    let problems = Problems::default();
    let user = read_user(&Place::top(&document, &problems), schema, Some(directory), digest);
    match (user, problems.into_list()) {
        (Some(user), problems) if problems.is_empty() => {
            let entity = entity_of_user(text, &document, &user, directory, 0);
            Ok((user, entity))
        }
        (_, problems) => Err(problems),
    }
}

/// `groups` are those that names are looked up in; `None` if what they are is known otherwise.
fn read_user(
    place: &Place<'_>,
    schema: &[Attribute],
    groups: Option<&Directory>,
    digest: Digest<'_>,
) -> Option<User> {
    let object = place.object(MEMBERS)?;
    let profile = object.require("profile")?.open_object()?;
    // Of who is kept, what was declared once and is no more is not there.
    let is_kept = groups.is_none();
    check_profile(&profile, schema, is_kept);
    let login_place = profile.find("login")?;
    let Json::Text(login) = login_place.json() else { return None };
    if !(5..=100).contains(&login.chars().count()) {
        login_place.blame("a login has 5 to 100 characters");
    }
    for name in OTHER_TIMES {
        time(&object, name);
    }
    let mut attributes = profile.to_profile();
    let is_declared = |name: &str| schema.iter().any(|known| known.name == name);
    attributes.retain(|(name, value)| *value != Json::Null && (!is_kept || is_declared(name)));
    Some(User {
        id: identity::id_in(&object, USER, &[login], digest),
        login: login.clone(),
        status: object.choice("status", UserStatus::WORDS, UserStatus::Active),
        profile: attributes,
        groups: groups
            .map_or_else(Vec::new, |groups| reference::groups(&object.texts("groups"), groups)),
        links: read_links(&object),
        password: object.find("password").and_then(|place| read_password(&place)),
        times: USER_TIMES.iter().filter_map(|name| Some((*name, time(&object, name)?))).collect(),
    })
}

/// Whom the user is linked to, by the primary names of the relations: ids, or logins.
fn read_links(object: &Object<'_>) -> Vec<(String, String)> {
    let links = object.find("linkedObjects").and_then(|place| place.open_object());
    let links = links.iter().flat_map(Object::members);
    let link = |(name, place): (&str, Place<'_>)| {
        Some((name.to_owned(), place.text_up_to(100)?.to_owned()))
    };
    links.filter_map(link).collect()
}

/// The beginnings of the hashes that sign-in can check.
const HASHES: &[&str] = &["$argon2id$", "$2a$", "$2b$", "$2y$", "$pbkdf2", "pbkdf2_"];

/// A hash, or `{"env"}`. The password itself may not stand in the document.
fn read_password(place: &Place<'_>) -> Option<Password> {
    if let Json::Text(text) = place.json() {
        if !HASHES.iter().any(|beginning| text.starts_with(beginning)) || text.len() > 512 {
            place.blame(
                "expected a hash of argon2id, bcrypt or PBKDF2, or `{\"env\": name}`; a password \
                 does not stand in the document itself",
            );
        }
        return Some(Password::Hash(text.clone()));
    }
    let object = place.object(&["env"])?;
    let name = object.require("env")?.text_up_to(4096)?;
    Some(Password::Environment(name.to_owned()))
}

/// When something happened to the account.
fn time(object: &Object<'_>, name: &str) -> Option<DateTime> {
    let place = object.find(name)?;
    let read = claimsmith_runtime::time::read(place.text()?);
    if read.is_none() {
        place.blame("expected a time in ISO 8601, such as `2026-11-28T09:30:00Z`");
    }
    read
}
