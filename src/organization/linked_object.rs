//! Reads the relations between users, each written as the body of `POST
//! /api/v1/meta/schemas/user/linkedObjects`, and looks at whom the users of a document are linked to.

use super::decode::{Object, Place};
use super::identity::{self, Digest, LINKED_OBJECT};
use crate::directory::User;
use crate::server::LinkedObject;
use std::collections::{BTreeMap, BTreeSet};

/// Most of them, as Okta has it.
const AT_MOST: usize = 200;

/// How far a chain of users is followed who are each linked to the next.
pub const CHAIN_AT_MOST: usize = 1000;

/// The relations. No two names, of either side, are the same in any case.
pub(super) fn read_linked_objects(top: &Object<'_>, digest: Digest<'_>) -> Vec<LinkedObject> {
    let mut relations: Vec<LinkedObject> = Vec::new();
    let mut names = BTreeSet::new();
    for place in top.list("linkedObjects") {
        let Some(relation) = read_linked_object(&place, digest) else { continue };
        let is_new = [&relation.primary, &relation.associated]
            .into_iter()
            .all(|name| names.insert(name.to_lowercase()));
        if !is_new {
            place.blame("a relation of one of these names is there already");
        } else if relations.len() == AT_MOST {
            place.blame(format!("at most {AT_MOST} relations"));
        } else {
            relations.push(relation);
        }
    }
    relations
}

fn read_linked_object(place: &Place<'_>, digest: Digest<'_>) -> Option<LinkedObject> {
    let object = place.object(&["id", "primary", "associated"])?;
    let primary = read_side(&object.require("primary")?)?;
    let associated = read_side(&object.require("associated")?)?;
    let id = identity::id_in(&object, LINKED_OBJECT, &[&primary], digest);
    Some(LinkedObject { id, primary, associated })
}

/// The name of a side.
fn read_side(place: &Place<'_>) -> Option<String> {
    let object = place.object(&["name", "title", "description", "type"])?;
    let name_place = object.require("name")?;
    let name = name_place.text_up_to(64)?;
    let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_word {
        name_place.blame("a name is a letter, then letters, digits and `_`");
    }
    object.text_up_to("title", 255);
    object.description(1024);
    object.find("type").and_then(|place| place.choice(&[("USER", ())]));
    Some(name.to_owned())
}

/// Notes users who are linked by what is no relation, and those who come back to themselves.
pub(super) fn check_links(top: &Object<'_>, relations: &[LinkedObject], users: &[User]) {
    for place in top.list("users") {
        let links = place.open_object().and_then(|user| user.find("linkedObjects")?.open_object());
        let Some(links) = links else { continue };
        for (name, place) in links.members() {
            if !relations.iter().any(|relation| relation.primary == name) {
                place.blame(format!("`{name}` is not the primary name of a linked object"));
            }
        }
    }
    let linked: Vec<&User> = users.iter().filter(|user| !user.links.is_empty()).collect();
    // Who is in a circle is linked, so that nobody else need be known.
    let by_name: BTreeMap<&str, &User> = linked
        .iter()
        .flat_map(|user| [(user.id.as_str(), *user), (user.login.as_str(), *user)])
        .collect();
    for relation in relations {
        let next =
            |user: &User| user.link(&relation.primary).and_then(|to| by_name.get(to).copied());
        // Who leads nowhere, or to those who do, is in no circle.
        let mut cleared: BTreeSet<&str> = BTreeSet::new();
        for user in &linked {
            let mut way: BTreeSet<&str> = BTreeSet::new();
            let mut at = Some(*user);
            while let Some(user) = at.filter(|user| !cleared.contains(user.id.as_str())) {
                if !way.insert(&user.id) {
                    let name = &relation.primary;
                    top.place.blame(format!("`{name}` leads from `{}` back to them", user.login));
                    break;
                }
                at = next(user);
            }
            cleared.extend(way);
        }
    }
}
