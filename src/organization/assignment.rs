//! Reads who may use an application: users, each perhaps by another name there, and groups.

use super::decode::{Object, Place, Placed};
use super::reference;
use crate::directory::{Assignment, Directory, Profile};
use crate::document::Json;

/// The last place that a group may have.
const LAST: u32 = 100;

/// `assignments`: of users, and of groups in the order of their places, each perhaps with what is said
/// of who comes by it.
pub(super) fn read_assignments(
    application: &Object<'_>,
    directory: &Directory,
) -> (Vec<Assignment>, Vec<GroupAssignment>) {
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
    let mut groups: Vec<(u32, GroupAssignment)> = Vec::new();
    for place in object.list("groups") {
        let Some((priority, group)) = read_group(&place, directory) else { continue };
        if groups.iter().any(|(_, known)| known.group == group.group) {
            place.blame("this group is assigned twice");
        }
        groups.push((priority, group));
    }
    groups.sort_by_key(|(priority, _)| *priority);
    (users, groups.into_iter().map(|(_, group)| group).collect())
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

/// A group that is assigned.
pub(super) struct GroupAssignment {
    /// Its index.
    pub(super) group: usize,
    /// What is said of who comes by it.
    pub(super) profile: Profile,
}

/// The id or name of a group, or an object with its id and its place among the others: who is in
/// several comes by the one of the lowest.
fn read_group(place: &Place<'_>, directory: &Directory) -> Option<(u32, GroupAssignment)> {
    if let Json::Text(name) = place.json() {
        let name = Placed { value: name.as_str(), place: place.clone() };
        let group = reference::groups(&[name], directory).into_iter().next()?;
        return Some((LAST, GroupAssignment { group, profile: Profile::new() }));
    }
    let object = place.object(&["id", "priority", "profile", "lastUpdated"])?;
    let priority = object.find("priority").and_then(|place| place.integer(0..=LAST));
    let profile = object.find("profile").and_then(|place| place.open_object());
    let profile = profile.map(|profile| profile.to_profile()).unwrap_or_default();
    let id = object.require("id")?;
    let group = directory.find_group_by_id(id.text()?);
    if group.is_none() {
        id.blame("there is no group of this id");
    }
    Some((priority.unwrap_or(LAST), GroupAssignment { group: group?, profile }))
}
