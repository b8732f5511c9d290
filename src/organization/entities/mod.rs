//! The document as the entities that a store keeps, and back. A body is the JSON of the document as
//! it was written, but for what is kept beside it: of users the groups they are in, which are tags.
//! Every thing says its id, and speaks of others by theirs, so that another name breaks nothing.

mod link;
mod locate;
mod membership;
mod mention;
mod split;
mod tree;

pub use link::{forget_link, link_of, tag_of_link, tag_of_relation};
pub use locate::locate;
pub use membership::{
    Membership, groups_given, keep_memberships_by_rule, leave_group, memberships_by_rule,
    set_memberships_by_rule, tag_of_membership,
};
pub use mention::{
    groups_of, tag_of_group, tag_of_user, users_named_in, without_client, without_group,
    without_user,
};
pub(crate) use split::entity_of_user;
pub use split::{split, split_servers};

use crate::document::{self, Json};
use crate::store::organization::{Entity, EntityKind};
use std::collections::{BTreeMap, BTreeSet};

type Lists = &'static [(&'static str, EntityKind)];

/// The lists of a document, beside what it says of the organization itself.
const LISTS: Lists = &[
    ("linkedObjects", EntityKind::LinkedObject),
    ("groups", EntityKind::Group),
    ("users", EntityKind::User),
    ("groupRules", EntityKind::GroupRule),
    ("apps", EntityKind::Application),
    (HOOKS, EntityKind::Hook),
    ("trustedOrigins", EntityKind::TrustedOrigin),
    ("authorizationServers", EntityKind::Server),
];
const HOOKS: &str = "inlineHooks";
/// The lists of a server.
const OF_SERVER: Lists = &[
    ("scopes", EntityKind::Scope),
    ("claims", EntityKind::Claim),
    ("policies", EntityKind::Policy),
    ("tokenPolicies", EntityKind::TokenPolicy),
];
const RULES: Lists = &[("rules", EntityKind::Rule)];

/// The lists of what is in an entity of this kind.
const fn lists_of(kind: EntityKind) -> Lists {
    match kind {
        EntityKind::Organization => LISTS,
        EntityKind::Server => OF_SERVER,
        EntityKind::Policy => RULES,
        _ => &[],
    }
}

/// What the tags begin with by which users are found: of the groups they are in, and of those whom
/// something of the organization names.
pub(super) const OF_GROUP: &str = "group:";
pub(super) const OF_USER: &str = "user:";

/// The tag of users of whom the organization itself must know, since the environment has their
/// password.
pub(super) const NAMED: &str = "named";

/// Between the id of what something is in and its own.
const SEPARATOR: char = '/';

/// Whether the organization itself must know this user.
#[must_use]
pub fn is_named(user: &Entity) -> bool {
    user.tags.contains(NAMED)
}

/// The id of what is in the entity `parent` and has this id there.
#[must_use]
pub fn below(parent: &str, own: &str) -> String {
    format!("{parent}{SEPARATOR}{own}")
}

/// The id of an entity within what it is in.
#[must_use]
pub fn own_id(entity: &Entity) -> &str {
    entity
        .id
        .strip_prefix(parent_of(entity))
        .map_or(&entity.id, |own| own.trim_start_matches(SEPARATOR))
}

/// The id of what an entity is in; empty if that is the organization itself.
#[must_use]
pub fn parent_of(entity: &Entity) -> &str {
    parent(entity.kind, &entity.id).unwrap_or_default()
}

fn parent(kind: EntityKind, id: &str) -> Option<&str> {
    let split = match kind {
        // A server has no such character in its id; what is in it had, once.
        EntityKind::Scope | EntityKind::Claim => id.split_once(SEPARATOR),
        EntityKind::Policy | EntityKind::Rule | EntityKind::TokenPolicy => {
            id.rsplit_once(SEPARATOR)
        }
        EntityKind::Organization
        | EntityKind::Group
        | EntityKind::User
        | EntityKind::GroupRule
        | EntityKind::LinkedObject
        | EntityKind::Application
        | EntityKind::Hook
        | EntityKind::TrustedOrigin
        | EntityKind::Server => None,
    };
    split.map(|(parent, _)| parent)
}

/// The id of the server that the entity of this kind and id is, or is in, if it is in one.
#[must_use]
pub fn server_of(kind: EntityKind, id: &str) -> Option<&str> {
    let within = if kind == EntityKind::Server { Some(id) } else { parent(kind, id) };
    within?.split(SEPARATOR).next()
}

/// The document of these entities, whatever their order.
#[must_use]
pub fn join<'e>(entities: impl IntoIterator<Item = &'e Entity>) -> String {
    join_servers(entities, &|_| true)
}

/// As [`join`], with null in the place of each server whose id is not wanted.
#[must_use]
pub fn join_servers<'e>(
    entities: impl IntoIterator<Item = &'e Entity>,
    is_wanted: &dyn Fn(&str) -> bool,
) -> String {
    let within = Within::new(entities);
    let top = within.list(EntityKind::Organization, "").first().copied();
    let body = top.map_or("{}", |top| top.body.as_str());
    // Hooks were kept in the organization's own body before they were entities.
    let has_hooks = within.list(EntityKind::Hook, "").is_empty() && has_member(body, HOOKS);
    let lists: Vec<_> =
        LISTS.iter().copied().filter(|(name, _)| !(has_hooks && *name == HOOKS)).collect();
    let groups = within.list(EntityKind::Group, "").iter().map(|group| group.id.as_str());
    let relations = within.list(EntityKind::LinkedObject, "").iter();
    let relations = relations.flat_map(|relation| relation.names.iter());
    let (groups, relations) = (groups.collect(), relations.collect());
    let joiner = Joiner { groups, relations, within, is_wanted };
    let mut text = String::new();
    joiner.with_lists(&mut text, body, &lists, "");
    text
}

/// Entities by what they are in, in the order of the document.
struct Within<'e>(BTreeMap<(EntityKind, &'e str), Vec<&'e Entity>>);

impl<'e> Within<'e> {
    fn new(entities: impl IntoIterator<Item = &'e Entity>) -> Self {
        let mut sorted: Vec<&Entity> = entities.into_iter().collect();
        sorted.sort_by_key(|entity| (entity.kind, entity.position, &entity.id));
        let mut within: BTreeMap<(EntityKind, &str), Vec<&Entity>> = BTreeMap::new();
        for entity in sorted {
            within.entry((entity.kind, parent_of(entity))).or_default().push(entity);
        }
        Self(within)
    }

    fn list<'s>(&'s self, kind: EntityKind, parent: &'s str) -> &'s [&'e Entity] {
        self.0.get(&(kind, parent)).map(Vec::as_slice).unwrap_or_default()
    }
}

struct Joiner<'e, 'w> {
    within: Within<'e>,
    /// Of the ids of servers.
    is_wanted: &'w dyn Fn(&str) -> bool,
    /// The ids of all groups.
    groups: BTreeSet<&'e str>,
    /// The names of all relations.
    relations: BTreeSet<&'e str>,
}

impl Joiner<'_, '_> {
    /// Writes the object with the lists of what is in `parent`.
    fn with_lists(
        &self,
        text: &mut String,
        body: &str,
        lists: &[(&str, EntityKind)],
        parent: &str,
    ) {
        begin(text, body);
        for (name, kind) in lists {
            separate(text);
            text.extend(["\n\"", name, "\": ["]);
            for (index, entity) in self.within.list(*kind, parent).iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ",\n" });
                self.whole(text, entity);
            }
            text.push(']');
        }
        text.push('}');
    }

    fn whole(&self, text: &mut String, entity: &Entity) {
        match entity.kind {
            EntityKind::Server if !(self.is_wanted)(&entity.id) => text.push_str("null"),
            EntityKind::Server | EntityKind::Policy => {
                self.with_lists(text, &entity.body, lists_of(entity.kind), &entity.id);
            }
            EntityKind::User => text.push_str(&self.user(entity)),
            _ => text.push_str(&entity.body),
        }
    }

    /// A user, in those of the groups they were put into by hand, and with those of their links, that
    /// are still there.
    fn user(&self, user: &Entity) -> String {
        let ids: Vec<&str> = groups_given(user).filter(|id| self.groups.contains(id)).collect();
        let groups = format!("\"groups\": {}", serde_json::Value::from(ids));
        let is_stale = |name: &str, links: &document::Node| {
            let there = tree::members_of(links).iter();
            name == LINKS
                && !there.map(|link| link.key.as_str()).all(|n| self.relations.contains(n))
        };
        // The groups were kept in it before they were tags alone.
        let body = rewritten(&user.body, "groups", |name, _| (name == "groups").then_some(None));
        let body = rewritten(&body, LINKS, |name, node| {
            is_stale(name, node).then(|| Some(self.links_that_are(&body, node)))
        });
        with_members(&body, std::iter::once(groups))
    }

    /// Those of the links of a user that some relation is of, as a member.
    fn links_that_are(&self, body: &str, links: &document::Node) -> String {
        let there = tree::members_of(links).iter();
        let there = there.filter(|link| self.relations.contains(link.key.as_str()));
        let written = there.filter_map(|link| written_member(body, link));
        format!("\"{LINKS}\": {}", with_members("{}", written))
    }
}

/// Writes an object that more members come to.
fn begin(text: &mut String, body: &str) {
    let body = body.trim_end();
    text.push_str(body.strip_suffix('}').unwrap_or(body).trim_end());
}

/// Writes what stands before one more member.
fn separate(text: &mut String) {
    if !text.ends_with('{') {
        text.push(',');
    }
}

fn with_members(body: &str, members: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    begin(&mut text, body);
    for member in members {
        separate(&mut text);
        text.push_str(&member);
    }
    text.push('}');
    text
}

/// Whether an object has this member. Reading it is spared where the text does not even hold the word.
fn has_member(body: &str, name: &str) -> bool {
    let is_it = |document: document::Node| match &document.value {
        Json::Object(members) => members.iter().any(|member| member.key == name),
        _ => false,
    };
    body.contains(name) && document::read(body.as_bytes()).is_ok_and(is_it)
}

/// Where the links of a user stand.
const LINKS: &str = "linkedObjects";

/// The body, each of whose members `edit` may write otherwise, or leave out. Reading it is spared where
/// it does not even hold the word `about`.
fn rewritten<'b>(
    body: &'b str,
    about: &str,
    edit: impl Fn(&str, &document::Node) -> Option<Option<String>>,
) -> std::borrow::Cow<'b, str> {
    if !body.contains(about) {
        return body.into();
    }
    let Ok(document) = document::read(body.as_bytes()) else { return body.into() };
    let members = tree::members_of(&document);
    if members.iter().all(|member| edit(&member.key, &member.value).is_none()) {
        return body.into();
    }
    let written = members.iter().filter_map(|member| match edit(&member.key, &member.value) {
        Some(edited) => edited,
        None => written_member(body, member),
    });
    with_members("{}", written).into()
}

/// A member as it is written.
fn written_member(body: &str, member: &document::Member) -> Option<String> {
    let span = member.key_span.range().start..member.value.span.range().end;
    body.get(span).map(str::to_owned)
}

#[cfg(test)]
mod tests;
