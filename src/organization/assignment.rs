//! Reads who may use an application: users, each perhaps by another name there, and groups, the first
//! of which that somebody is in says how the application knows them.

use super::decode::{Object, Place, Placed};
use super::reference;
use crate::directory::{AssignedGroup, Assignment, Directory};
use crate::document::Json;

/// The place of a group that says none: behind those that do.
const LAST: u32 = 100;

/// `assignments`.
pub(super) fn read_assignments(
    application: &Object<'_>,
    directory: &Directory,
) -> (Vec<Assignment>, Vec<AssignedGroup>) {
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
    let mut groups: Vec<(u32, AssignedGroup)> = Vec::new();
    for place in object.list("groups") {
        let Some((priority, assigned)) = read_group(&place, directory) else { continue };
        if groups.iter().any(|(_, known)| known.group == assigned.group) {
            place.blame("this group is assigned twice");
        }
        groups.push((priority, assigned));
    }
    groups.sort_by_key(|(priority, _)| *priority);
    (users, groups.into_iter().map(|(_, assigned)| assigned).collect())
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

/// The id or name of a group, or an object with its id.
fn read_group(place: &Place<'_>, directory: &Directory) -> Option<(u32, AssignedGroup)> {
    if let Json::Text(name) = place.json() {
        let name = Placed { value: name.as_str(), place: place.clone() };
        let group = reference::groups(&[name], directory).into_iter().next()?;
        return Some((LAST, AssignedGroup { group, profile: Vec::new() }));
    }
    let object = place.object(&["id", "priority", "profile", "lastUpdated"])?;
    let id = object.require("id")?;
    let group = directory.find_group_by_id(id.text()?);
    if group.is_none() {
        id.blame("there is no group of this id");
    }
    let priority = object.find("priority").and_then(|place| place.integer(0..=LAST));
    let profile = object.find("profile").and_then(|place| place.open_object());
    let profile = profile.map(|profile| profile.to_profile()).unwrap_or_default();
    Some((priority.unwrap_or(LAST), AssignedGroup { group: group?, profile }))
}
