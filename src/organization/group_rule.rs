//! Reads the rules that put users into groups, each written as the body of `POST
//! /api/v1/groups/rules`.

use super::decode::{Object, Place, Placed};
use super::expression::read_expression;
use super::identity::{self, Digest, GROUP_RULE};
use super::reference;
use crate::directory::Directory;
use crate::server::{GroupRule, GroupRuleStatus};
use std::collections::BTreeSet;

/// Most of them, as Okta has it.
const AT_MOST: usize = 2000;

/// Most groups that one rule puts users into, and most users and groups that it leaves alone, as Okta
/// has it.
const LISTED_AT_MOST: usize = 100;

/// The only language that conditions are written in.
pub const EXPRESSION_TYPE: &str = "urn:okta:expression:1.0";

/// The rules. No two share an id or a name.
pub(super) fn read_group_rules(
    top: &Object<'_>,
    directory: &Directory,
    digest: Digest<'_>,
) -> Vec<GroupRule> {
    let mut rules: Vec<GroupRule> = Vec::new();
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for place in top.list("groupRules") {
        let Some(rule) = read_group_rule(&place, directory, digest) else { continue };
        if !names.insert(rule.name.to_lowercase()) {
            place.blame(format!("another group rule has the name `{}` already", rule.name));
        } else if !ids.insert(rule.id.clone()) {
            place.blame(format!("another group rule has the id `{}` already", rule.id));
        } else if rules.len() == AT_MOST {
            place.blame(format!("at most {AT_MOST} group rules"));
        } else {
            rules.push(rule);
        }
    }
    rules
}

fn read_group_rule(
    place: &Place<'_>,
    directory: &Directory,
    digest: Digest<'_>,
) -> Option<GroupRule> {
    let object = place.object(&["id", "name", "type", "status", "conditions", "actions"])?;
    object.find("type").and_then(|place| place.choice(&[("group_rule", ())]));
    let name = object.require("name")?.text_up_to(50)?;
    let status = object.choice("status", GroupRuleStatus::WORDS, GroupRuleStatus::Active);
    let conditions = object.require("conditions")?.object(&["expression", "people"])?;
    let expression = conditions.require("expression")?.object(&["type", "value"])?;
    expression.find("type").and_then(|place| place.choice(&[(EXPRESSION_TYPE, ())]));
    let condition = read_expression(&expression.require("value")?)?;
    let people = conditions.find("people").and_then(|place| place.object(&["users", "groups"]));
    let excluded = |what: &str| {
        let side = people.as_ref()?.find(what)?.object(&["include", "exclude"])?;
        if let Some(first) = side.texts("include").first() {
            first.place.blame("who it is for, the expression says; list only whom it leaves alone");
        }
        Some(bounded(side.texts("exclude")))
    };
    let except_users = excluded("users").unwrap_or_default();
    let except_groups = excluded("groups").unwrap_or_default();
    let actions = object.require("actions")?.object(&["assignUserToGroups"])?;
    let assign = actions.require("assignUserToGroups")?.object(&["groupIds"])?;
    let group_ids = assign.require("groupIds")?;
    let named = bounded(group_ids.texts());
    if named.is_empty() && status != GroupRuleStatus::Invalid {
        group_ids.blame("expected at least one group");
    }
    let groups = groups_of(&named, directory);
    for (name, group) in named.iter().zip(&groups) {
        let is_everyone =
            |known: &&crate::directory::Group| known.id == *group && known.is_everyone();
        if directory.groups().iter().any(|known| is_everyone(&known)) {
            name.place.blame("everybody is in this group already");
        }
    }
    let users = reference::users(&except_users, directory).into_iter();
    let users = users.filter_map(|index| directory.users().get(index));
    Some(GroupRule {
        id: identity::id_in(&object, GROUP_RULE, &[name], digest),
        name: name.to_owned(),
        status,
        condition,
        groups,
        except_users: users.map(|user| user.id.clone()).collect(),
        except_groups: groups_of(&except_groups, directory),
    })
}

fn groups_of(names: &[Placed<'_, &str>], directory: &Directory) -> Vec<String> {
    let found = reference::groups(names, directory).into_iter();
    let found = found.filter_map(|index| directory.groups().get(index));
    found.map(|group| group.id.clone()).collect()
}

fn bounded<'a>(names: Vec<Placed<'a, &'a str>>) -> Vec<Placed<'a, &'a str>> {
    if let Some(beyond) = names.get(LISTED_AT_MOST) {
        beyond.place.blame(format!("at most {LISTED_AT_MOST}"));
    }
    names
}
