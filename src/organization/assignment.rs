//! Reads who may use an application: users, each perhaps by another name there, and groups.

use super::decode::{Object, Place, Placed};
use super::reference;
use crate::directory::{Assignment, Directory};
use crate::document::Json;

/// The last place that a group may have.
const LAST: u32 = 100;

/// `assignments`.
pub(super) fn read_assignments(
    application: &Object<'_>,
    directory: &Directory,
) -> (Vec<Assignment>, Vec<usize>) {
    let assignments = application.find("assignments");
    let Some(object) = assignments.and_then(|place| place.object(&["users", "groups"])) else {
        return Default::default();
    };
    let mut users: Vec<Assignment> = Vec::new();
    for place in object.list("users") {
        let Some(assignment) = read_user(&place, directory) else { continue };
        if users.iter().any(|known| known.user == assignment.user) {
            place.blame("this user is assigned twice");
        }
        users.push(assignment);
    }
    let mut groups: Vec<usize> = Vec::new();
    for place in object.list("groups") {
        let Some(group) = read_group(&place, directory) else { continue };
        if groups.contains(&group) {
            place.blame("this group is assigned twice");
        }
        groups.push(group);
    }
    (users, groups)
}

fn read_user(place: &Place<'_>, directory: &Directory) -> Option<Assignment> {
    let known = ["id", "login", "userName", "profile", "created", "lastUpdated"];
    let object = place.object(&known)?;
    let login = object.find("id").or_else(|| object.require("login"))?;
    let name = Placed { value: login.text()?, place: login };
    let user = reference::users(&[name], directory).into_iter().next()?;
    let profile = object.find("profile").and_then(|place| place.open_object());
    Some(Assignment {
        user,
        user_name: object.text_up_to("userName", 100).map(str::to_owned),
        profile: profile.map(|profile| profile.to_profile()).unwrap_or_default(),
    })
}

/// The id or name of a group, or an object with its id. Its place says nothing yet: whoever comes by a
/// group is known by their login, whichever it is.
fn read_group(place: &Place<'_>, directory: &Directory) -> Option<usize> {
    if let Json::Text(name) = place.json() {
        let name = Placed { value: name.as_str(), place: place.clone() };
        return reference::groups(&[name], directory).into_iter().next();
    }
    let object = place.object(&["id", "priority", "profile", "lastUpdated"])?;
    object.find("priority").and_then(|place| place.integer(0..=LAST));
    if let Some(profile) = object.find("profile")
        && profile.open_object().is_some_and(|members| members.members().next().is_some())
    {
        profile.blame("is not supported: whoever comes by a group is known by their login");
    }
    let id = object.require("id")?;
    let group = directory.find_group_by_id(id.text()?);
    if group.is_none() {
        id.blame("there is no group of this id");
    }
    group
}
