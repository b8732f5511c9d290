//! How a user came into the groups they are in: by somebody's hand, by rules, or by both. All of it
//! stands in the tags of the user, in the one row that says which groups those are: it changes with
//! them or not at all, and a tag finds everybody whom a rule put somewhere. A document says only what
//! is given by hand, since the rest follows from its rules.

use super::OF_GROUP;
use crate::store::organization::Entity;
use std::collections::BTreeSet;

/// What the tags begin with of memberships that rules give, and of groups in which somebody is by
/// hand although a rule would have them there too.
const BY_RULE: &str = "rule:";
const BY_HAND_TOO: &str = "hand:";

/// A group that a rule puts somebody into.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Membership {
    /// The id of the rule.
    pub rule: String,
    /// The id of the group.
    pub group: String,
}

/// The tag of users whom this rule put into this group.
#[must_use]
pub fn tag_of_membership(rule: &str, group: &str) -> String {
    format!("{BY_RULE}{rule}/{group}")
}

/// The memberships of a user that rules give.
#[must_use]
pub fn memberships_by_rule(user: &Entity) -> BTreeSet<Membership> {
    let membership =
        |(rule, group): (&str, &str)| Membership { rule: rule.to_owned(), group: group.to_owned() };
    by_rule(user).map(membership).collect()
}

/// The ids of the groups that somebody put a user into.
pub fn groups_given(user: &Entity) -> impl Iterator<Item = &str> {
    let ruled: BTreeSet<&str> = by_rule(user).map(|(_, group)| group).collect();
    let given = move |group: &&str| {
        !ruled.contains(group) || user.tags.contains(&format!("{BY_HAND_TOO}{group}"))
    };
    super::groups_of(user).filter(given)
}

/// Has rules give a user these memberships and no others. What is given by hand stays.
pub fn set_memberships_by_rule(user: &mut Entity, memberships: &BTreeSet<Membership>) {
    let given: BTreeSet<String> = groups_given(user).map(str::to_owned).collect();
    let is_other =
        |tag: &str| ![OF_GROUP, BY_RULE, BY_HAND_TOO].iter().any(|of| tag.starts_with(of));
    user.tags.retain(is_other);
    let by_hand = given.iter().map(|group| format!("{OF_GROUP}{group}"));
    let by_rules = memberships.iter().flat_map(|Membership { rule, group }| {
        let too = given.contains(group).then(|| format!("{BY_HAND_TOO}{group}"));
        [format!("{OF_GROUP}{group}"), tag_of_membership(rule, group)].into_iter().chain(too)
    });
    user.tags.extend(by_hand.chain(by_rules));
}

/// Has a user whom a document describes keep what rules gave the one who is kept.
pub fn keep_memberships_by_rule(kept: &Entity, user: &mut Entity) {
    if by_rule(kept).next().is_some() {
        set_memberships_by_rule(user, &memberships_by_rule(kept));
    }
}

/// Takes a user out of a group that is gone.
pub fn leave_group(user: &mut Entity, group: &str) {
    let ends = format!("/{group}");
    let is_of_it = |tag: &str| {
        [OF_GROUP, BY_HAND_TOO].iter().any(|of| tag.strip_prefix(of) == Some(group))
            || tag.starts_with(BY_RULE) && tag.ends_with(&ends)
    };
    user.tags.retain(|tag| !is_of_it(tag));
}

fn by_rule(user: &Entity) -> impl Iterator<Item = (&str, &str)> {
    user.tags.iter().filter_map(|tag| tag.strip_prefix(BY_RULE)?.split_once('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::organization::EntityKind;

    fn user(tags: &[&str]) -> Entity {
        let mut user = Entity::new(EntityKind::User, "00u1", String::new());
        user.tags.extend(tags.iter().map(|tag| (*tag).to_owned()));
        user
    }

    fn by(rule: &str, groups: &[&str]) -> BTreeSet<Membership> {
        let one = |group: &&str| Membership { rule: rule.to_owned(), group: (*group).to_owned() };
        groups.iter().map(one).collect()
    }

    #[test]
    fn what_is_given_by_hand_outlives_what_rules_give() {
        let mut user = user(&["group:a", "named"]);
        set_memberships_by_rule(&mut user, &by("r", &["a", "b"]));
        assert_eq!(super::super::groups_of(&user).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(groups_given(&user).collect::<Vec<_>>(), ["a"]);
        assert_eq!(memberships_by_rule(&user), by("r", &["a", "b"]));
        set_memberships_by_rule(&mut user, &BTreeSet::new());
        let left: Vec<&str> = user.tags.iter().collect();
        assert_eq!(left, ["group:a", "named"]);
    }

    #[test]
    fn a_group_that_is_gone_leaves_nothing_behind() {
        let mut user = user(&["group:a", "group:b", "hand:a", "rule:r/a", "rule:r/b"]);
        leave_group(&mut user, "a");
        let left: Vec<&str> = user.tags.iter().collect();
        assert_eq!(left, ["group:b", "rule:r/b"]);
    }

    #[test]
    fn a_document_takes_nothing_away_that_a_rule_gave() {
        let kept = user(&["group:a", "group:b", "rule:r/b"]);
        let mut wanted = user(&["group:c"]);
        keep_memberships_by_rule(&kept, &mut wanted);
        assert_eq!(super::super::groups_of(&wanted).collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(groups_given(&wanted).collect::<Vec<_>>(), ["c"]);
    }
}
