//! Reads the groups of the document.

use super::decode::{Object, Place};
use super::identity::{self, Digest, GROUP};
use crate::directory::{EVERYONE, Group, GroupType};

/// The members of a group.
const MEMBERS: &[&str] = &["id", "name", "type", "description", "profile"];

/// The groups, among them the built-in one of every user, which need not be written.
pub(super) fn read_groups(top: &Object<'_>, digest: Digest<'_>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for place in top.list("groups") {
        let Some(group) = read_group(&place, digest) else { continue };
        if groups.iter().any(|known| known.name == group.name) {
            place.blame(format!("another group has the name `{}` already", group.name));
        } else if groups.iter().any(|known| known.id == group.id) {
            place.blame(format!("another group has the id `{}` already", group.id));
        } else {
            groups.push(group);
        }
    }
    if !groups.iter().any(Group::is_everyone) {
        groups.push(Group {
            id: identity::id_of(GROUP, &[EVERYONE], digest),
            name: EVERYONE.to_owned(),
            group_type: GroupType::BuiltIn,
            description: Some("All users of the organization".to_owned()),
            profile: Vec::new(),
        });
    }
    groups
}

fn read_group(place: &Place<'_>, digest: Digest<'_>) -> Option<Group> {
    let object = place.object(MEMBERS)?;
    let name_place = object.require("name")?;
    let name = name_place.text_up_to(255)?;
    if name == "EVERYONE" {
        name_place.blame("`EVERYONE` is how policies spell the group `Everyone`");
    }
    let usual = if name == EVERYONE { GroupType::BuiltIn } else { GroupType::Okta };
    let group_type = object.choice("type", GroupType::WORDS, usual);
    if (group_type == GroupType::BuiltIn) != (name == EVERYONE) {
        place.blame("the group `Everyone`, and no other, is of type `BUILT_IN`");
    }
    let profile = object.find("profile").and_then(|place| place.open_object());
    if let Some(profile) = &profile {
        for (member, place) in profile.members() {
            if matches!(member, "name" | "description") {
                place.blame(format!("`{member}` stands beside `profile`, not in it"));
            }
        }
    }
    Some(Group {
        id: identity::id_in(&object, GROUP, &[name], digest),
        name: name.to_owned(),
        group_type,
        description: object.text_up_to("description", 1024).map(str::to_owned),
        profile: profile.map(|profile| profile.to_profile()).unwrap_or_default(),
    })
}
