//! The document as the entities that a store keeps, and back. A body is the JSON of the document as
//! it was written, but for what is kept beside it; every thing that may say its id says it then, so
//! that another name makes no other thing of it.

use super::Organization;
use crate::directory::{Directory, Password};
use crate::document::{Json, Member, Node};
use crate::server::{AuthorizationServer, People, Policy};
use crate::store::organization::{Entity, EntityKind};
use std::collections::BTreeMap;

/// The lists of a document, beside what it says of the organization itself.
const LISTS: &[(&str, EntityKind)] = &[
    ("groups", EntityKind::Group),
    ("users", EntityKind::User),
    ("apps", EntityKind::Application),
    ("authorizationServers", EntityKind::Server),
];
/// The lists of a server.
const OF_SERVER: &[(&str, EntityKind)] = &[
    ("scopes", EntityKind::Scope),
    ("claims", EntityKind::Claim),
    ("policies", EntityKind::Policy),
    ("tokenPolicies", EntityKind::TokenPolicy),
];
const RULES: &[(&str, EntityKind)] = &[("rules", EntityKind::Rule)];

/// What the tags begin with by which users are found: of the groups they are in, and of those whom
/// something of the organization names.
pub(super) const OF_GROUP: &str = "group:";
pub(super) const OF_USER: &str = "user:";

/// The tag of users of whom the organization itself must know, since the environment has their
/// password.
pub(super) const NAMED: &str = "named";

/// Whether the organization itself must know this user.
#[must_use]
pub fn is_named(user: &Entity) -> bool {
    user.tags.contains(NAMED)
}

/// The entities of a document with nothing wrong. `text` is what `document` was read from, and
/// `organization` what it says.
#[must_use]
pub fn split(text: &str, document: &Node, organization: &Organization) -> Vec<Entity> {
    let splitter = Splitter { text, organization };
    let mut entities = Vec::new();
    let body = splitter.object_without(document, LISTS, None);
    let mut top = Entity::new(EntityKind::Organization, &organization.id, body);
    top.words.insert(organization.name.clone());
    entities.push(top);
    for (index, node) in list_of(document, "groups").enumerate() {
        entities.extend(splitter.group(node, index));
    }
    for (index, node) in list_of(document, "users").enumerate() {
        entities.extend(splitter.user(node, index));
    }
    for (index, node) in list_of(document, "apps").enumerate() {
        entities.extend(splitter.application(node, index));
    }
    for (index, node) in list_of(document, "authorizationServers").enumerate() {
        splitter.server(node, index, &mut entities);
    }
    entities
}

/// The document of these entities, whatever their order.
#[must_use]
pub fn join(entities: &[Entity]) -> String {
    let mut sorted: Vec<&Entity> = entities.iter().collect();
    sorted.sort_by_key(|entity| (entity.kind, entity.position, &entity.id));
    let mut within: BTreeMap<(EntityKind, &str), Vec<&Entity>> = BTreeMap::new();
    for entity in &sorted {
        let parent = entity.id.rsplit_once(SEPARATOR).map_or("", |(parent, _)| parent);
        // The name of a claim may hold what separates ids.
        let parent = match entity.kind {
            EntityKind::Scope | EntityKind::Claim => {
                entity.id.split_once(SEPARATOR).map_or("", |(parent, _)| parent)
            }
            EntityKind::Organization
            | EntityKind::Group
            | EntityKind::User
            | EntityKind::Application
            | EntityKind::Server => "",
            EntityKind::Policy | EntityKind::Rule | EntityKind::TokenPolicy => parent,
        };
        within.entry((entity.kind, parent)).or_default().push(entity);
    }
    let top = within.get(&(EntityKind::Organization, "")).and_then(|all| all.first());
    let body = top.map_or("{}", |top| top.body.as_str());
    let joiner = Joiner { within };
    joiner.with_lists(body, LISTS, "")
}

/// Between the id of what something is in and its own.
const SEPARATOR: char = '/';

struct Joiner<'e> {
    within: BTreeMap<(EntityKind, &'e str), Vec<&'e Entity>>,
}

impl Joiner<'_> {
    /// The object with the lists of what is in `parent`.
    fn with_lists(&self, body: &str, lists: &[(&str, EntityKind)], parent: &str) -> String {
        let body = body.trim_end();
        let mut text = body.strip_suffix('}').unwrap_or(body).trim_end().to_owned();
        for (name, kind) in lists {
            if !text.ends_with('{') {
                text.push(',');
            }
            let inside = self.within.get(&(*kind, parent)).map(Vec::as_slice).unwrap_or_default();
            let bodies: Vec<String> = inside.iter().map(|entity| self.whole(entity)).collect();
            text.push_str(&format!("\n\"{name}\": [{}]", bodies.join(",\n")));
        }
        text.push('}');
        text
    }

    fn whole(&self, entity: &Entity) -> String {
        match entity.kind {
            EntityKind::Server => self.with_lists(&entity.body, OF_SERVER, &entity.id),
            EntityKind::Policy => self.with_lists(&entity.body, RULES, &entity.id),
            _ => entity.body.clone(),
        }
    }
}

struct Splitter<'d> {
    text: &'d str,
    organization: &'d Organization,
}

impl Splitter<'_> {
    fn directory(&self) -> &Directory {
        &self.organization.directory
    }

    /// The JSON as it is written.
    fn written(&self, node: &Node) -> &str {
        self.text.get(node.span.range()).unwrap_or_default()
    }

    /// The object without the members that are kept beside it, with this id.
    fn object_without(
        &self,
        node: &Node,
        beside: &[(&str, EntityKind)],
        id: Option<&str>,
    ) -> String {
        let is_kept = |member: &&Member| {
            let is_id = id.is_some() && member.key == "id";
            !is_id && !beside.iter().any(|(name, _)| *name == member.key)
        };
        let write = |member: &Member| {
            let key = self.text.get(member.key_span.range()).unwrap_or_default();
            format!("{key}: {}", self.written(&member.value))
        };
        let id = id.map(|id| format!("\"id\": {}", serde_json::Value::from(id)));
        let members: Vec<String> =
            id.into_iter().chain(members_of(node).iter().filter(is_kept).map(write)).collect();
        format!("{{{}}}", members.join(", "))
    }

    fn entity(&self, kind: EntityKind, id: &str, node: &Node, index: usize) -> Entity {
        let own = id.rsplit_once(SEPARATOR).map_or(id, |(_, own)| own);
        let body = match kind {
            EntityKind::Scope | EntityKind::Claim => self.written(node).to_owned(),
            EntityKind::Server => self.object_without(node, OF_SERVER, Some(own)),
            EntityKind::Policy => self.object_without(node, RULES, Some(own)),
            _ => self.object_without(node, &[], Some(own)),
        };
        let position = u32::try_from(index).unwrap_or(u32::MAX);
        Entity { position, ..Entity::new(kind, id, body) }
    }

    fn group(&self, node: &Node, index: usize) -> Option<Entity> {
        let name = text_of(node, &["name"])?;
        let known = self.directory().groups().iter().find(|group| group.name == name)?;
        let mut entity = self.entity(EntityKind::Group, &known.id, node, index);
        entity.names.insert(name.to_owned());
        entity.words.insert(name.to_owned());
        Some(entity)
    }

    fn user(&self, node: &Node, index: usize) -> Option<Entity> {
        let login = text_of(node, &["profile", "login"])?;
        let user = self.directory().users().get(self.directory().find_user_by_login(login)?)?;
        let mut entity = self.entity(EntityKind::User, &user.id, node, index);
        entity.is_ended = user.status.is_ended();
        entity.names.insert(login.to_owned());
        let word = |name: &str| text_of(node, &["profile", name]);
        let names = [word("login"), word("email"), word("firstName"), word("lastName")];
        entity.words.extend(names.into_iter().flatten().map(str::to_owned));
        if let (Some(first), Some(last)) = (word("firstName"), word("lastName")) {
            entity.words.insert(format!("{first} {last}"));
        }
        // Everybody belongs to the built-in group; nobody looks its members up by a tag.
        let groups = self.directory().groups_of(user).filter(|group| !group.is_everyone());
        entity.tags.extend(groups.map(|group| format!("{OF_GROUP}{}", group.id)));
        if let Some(Password::Environment(_)) = user.password {
            entity.tags.insert(NAMED.to_owned());
        }
        Some(entity)
    }

    fn application(&self, node: &Node, index: usize) -> Option<Entity> {
        let label = text_of(node, &["label"])?;
        let mut all = self.directory().applications().iter();
        let known = all.find(|application| application.label == label)?;
        let mut entity = self.entity(EntityKind::Application, &known.id, node, index);
        entity.is_ended = !known.status.is_active();
        entity.names.insert(known.client_id.clone());
        entity.words.insert(label.to_owned());
        let group = |index: &usize| self.directory().groups().get(*index);
        let groups = known.assigned_groups.iter().filter_map(group);
        entity.tags.extend(groups.map(|group| format!("{OF_GROUP}{}", group.id)));
        let users = known.assigned_users.iter().map(|assignment| assignment.user);
        entity.tags.extend(self.tags_of_users(users));
        Some(entity)
    }

    /// Tags that say whom something names.
    fn tags_of_users(&self, users: impl Iterator<Item = usize>) -> impl Iterator<Item = String> {
        let users = users.filter_map(|index| self.directory().users().get(index));
        users.map(|user| format!("{OF_USER}{}", user.id))
    }

    fn server(&self, node: &Node, index: usize, entities: &mut Vec<Entity>) {
        let Some(name) = text_of(node, &["name"]) else { return };
        let known = self.organization.servers.iter().find(|server| server.name == name);
        let Some(server) = known else { return };
        let mut entity = self.entity(EntityKind::Server, &server.id, node, index);
        entity.is_ended = !server.status.is_active();
        entity.names.insert(name.to_owned());
        entity.words.insert(name.to_owned());
        entities.push(entity);
        for (index, node) in list_of(node, "scopes").enumerate() {
            let Some(name) = text_of(node, &["name"]) else { continue };
            let id = below(&server.id, name);
            let mut entity = self.entity(EntityKind::Scope, &id, node, index);
            entity.words.insert(name.to_owned());
            entities.push(entity);
        }
        self.claims(node, server, entities);
        for (index, node) in list_of(node, "policies").enumerate() {
            let known = text_of(node, &["name"])
                .and_then(|name| server.policies.iter().find(|policy| policy.name == name));
            if let Some(policy) = known {
                self.policy(node, index, &below(&server.id, &policy.id), policy, entities);
            }
        }
        for (index, node) in list_of(node, "tokenPolicies").enumerate() {
            let known = text_of(node, &["name"])
                .and_then(|name| server.token_policies.iter().find(|policy| policy.name == name));
            if let Some(policy) = known {
                let id = below(&server.id, &policy.id);
                let mut entity = self.entity(EntityKind::TokenPolicy, &id, node, index);
                entity.words.insert(policy.name.clone());
                entities.push(entity);
            }
        }
    }

    /// A claim has no id of its own: its name, the kind of its token, and, of several such, which.
    fn claims(&self, node: &Node, server: &AuthorizationServer, entities: &mut Vec<Entity>) {
        let mut n_alike: BTreeMap<String, usize> = BTreeMap::new();
        for (index, node) in list_of(node, "claims").enumerate() {
            let Some(name) = text_of(node, &["name"]) else { continue };
            let token = text_of(node, &["claimType"]).unwrap_or_default();
            let alike = format!("{name}.{token}");
            let number = n_alike.entry(alike.clone()).or_default();
            *number += 1;
            let id = below(&server.id, &format!("{alike}.{number}"));
            let mut entity = self.entity(EntityKind::Claim, &id, node, index);
            entity.words.insert(name.to_owned());
            entities.push(entity);
        }
    }

    fn policy(
        &self,
        node: &Node,
        index: usize,
        id: &str,
        policy: &Policy,
        entities: &mut Vec<Entity>,
    ) {
        let mut entity = self.entity(EntityKind::Policy, id, node, index);
        entity.words.insert(policy.name.clone());
        entities.push(entity);
        for (index, node) in list_of(node, "rules").enumerate() {
            let known = text_of(node, &["name"])
                .and_then(|name| policy.rules.iter().find(|rule| rule.name == name));
            if let Some(rule) = known {
                let mut entity = self.entity(EntityKind::Rule, &below(id, &rule.id), node, index);
                entity.words.insert(rule.name.clone());
                let People { users, except_users, .. } = &rule.people;
                let named = users.iter().chain(except_users).copied();
                entity.tags.extend(self.tags_of_users(named));
                entities.push(entity);
            }
        }
    }
}

fn below(parent: &str, own: &str) -> String {
    format!("{parent}{SEPARATOR}{own}")
}

fn members_of(node: &Node) -> &[Member] {
    match &node.value {
        Json::Object(members) => members,
        _ => &[],
    }
}

fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    members_of(node).iter().find(|member| member.key == name).map(|member| &member.value)
}

fn list_of<'n>(node: &'n Node, name: &str) -> impl Iterator<Item = &'n Node> {
    let elements = match member(node, name).map(|node| &node.value) {
        Some(Json::List(elements)) => elements.as_slice(),
        _ => &[],
    };
    elements.iter()
}

/// The text at the end of a path of members.
fn text_of<'n>(node: &'n Node, path: &[&str]) -> Option<&'n str> {
    let found = path.iter().try_fold(node, |node, name| member(node, name))?;
    match &found.value {
        Json::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
