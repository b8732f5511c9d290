//! A document with nothing wrong becomes entities: each with its id, the names and words it is found
//! by, and what it belongs to.

use super::link::add_link;
use super::tree::{at, list_of, members_of, text_of};
use super::{LISTS, NAMED, OF_GROUP, OF_USER, below};
use crate::directory::{Directory, EVERYONE, Group, Password, User};
use crate::document::{Json, Member, Node};
use crate::organization::identity::{self, Digest};
use crate::organization::{Organization, reference};
use crate::server::{AuthorizationServer, People, Policy};
use crate::source::Span;
use crate::store::organization::{Entity, EntityKind};

/// The entities of a document with nothing wrong. `text` is what `document` was read from, and
/// `organization` what it says.
#[must_use]
pub fn split(
    text: &str,
    document: &Node,
    organization: &Organization,
    digest: Digest<'_>,
) -> Vec<Entity> {
    split_servers(text, document, organization, digest, &|_| true)
}

/// As [`split`], but of the servers only those whose ids are wanted, with what is in them.
#[must_use]
pub fn split_servers(
    text: &str,
    document: &Node,
    organization: &Organization,
    digest: Digest<'_>,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Vec<Entity> {
    let splitter = Splitter { text, organization, digest };
    let mut entities = Vec::new();
    let body = splitter.object_without(document, &names(LISTS), None, &[]);
    let mut top = Entity::new(EntityKind::Organization, &organization.id, body);
    top.words.insert(organization.name.clone());
    entities.push(top);
    for (index, node) in list_of(document, &["linkedObjects"]).enumerate() {
        entities.extend(splitter.linked_object(node, index));
    }
    for (index, node) in list_of(document, &["groups"]).enumerate() {
        entities.extend(splitter.group(node, index));
    }
    entities.extend(splitter.everyone(document));
    for (index, node) in list_of(document, &["users"]).enumerate() {
        entities.extend(splitter.user(node, index));
    }
    for (index, node) in list_of(document, &["groupRules"]).enumerate() {
        entities.extend(splitter.group_rule(node, index));
    }
    for (index, node) in list_of(document, &["apps"]).enumerate() {
        entities.extend(splitter.application(node, index));
    }
    for (index, node) in list_of(document, &["inlineHooks"]).enumerate() {
        entities.extend(splitter.hook(node, index));
    }
    for (index, node) in list_of(document, &["trustedOrigins"]).enumerate() {
        entities.extend(splitter.trusted_origin(node, index));
    }
    for (index, node) in list_of(document, &["authorizationServers"]).enumerate() {
        if organization.servers.get(index).is_some_and(|server| is_wanted(&server.id)) {
            splitter.server(node, index, &mut entities);
        }
    }
    entities
}

/// The entity of one user, whose groups and members are in order. `text` is what `node` was read from.
pub(crate) fn entity_of_user(
    text: &str,
    node: &Node,
    user: &User,
    directory: &Directory,
    position: u32,
) -> Entity {
    let links = links_as_ids(node, directory);
    let body = object_without(text, node, &["groups"], Some(&user.id), &links);
    let mut entity = Entity { position, ..Entity::new(EntityKind::User, &user.id, body) };
    for (name, to) in &user.links {
        let found = reference::user(to, directory).and_then(|index| directory.users().get(index));
        add_link(&mut entity, name, found.map_or(to, |found| &found.id));
    }
    entity.is_ended = user.status.is_ended();
    entity.names.insert(user.login.clone());
    let word = |name: &str| text_of(node, &["profile", name]);
    let names = [word("login"), word("email"), word("firstName"), word("lastName")];
    entity.words.extend(names.into_iter().flatten().map(str::to_owned));
    if let (Some(first), Some(last)) = (word("firstName"), word("lastName")) {
        entity.words.insert(format!("{first} {last}"));
    }
    // Everybody belongs to the built-in group; nobody looks its members up by a tag.
    // What rules gave them is not said in a document.
    let named = list_of(node, &["groups"]).filter_map(|node| match &node.value {
        Json::Text(name) => directory.groups().get(reference::group(name, directory)?),
        _ => None,
    });
    let groups = named.filter(|group| !group.is_everyone());
    entity.tags.extend(groups.map(|group| format!("{OF_GROUP}{}", group.id)));
    if let Some(Password::Environment(_)) = user.password {
        entity.tags.insert(NAMED.to_owned());
    }
    entity
}

/// Whom a user is linked to by their login, by their id.
fn links_as_ids(node: &Node, directory: &Directory) -> Rewritten {
    let links = at(node, &["linkedObjects"]).map(members_of).unwrap_or_default();
    let of_one = |member: &Member| match &member.value.value {
        Json::Text(name) => {
            let found = directory.users().get(reference::user(name, directory)?)?;
            (found.id != *name)
                .then(|| (member.value.span, serde_json::Value::from(&*found.id).to_string()))
        }
        _ => None,
    };
    links.iter().filter_map(of_one).collect()
}

fn names(lists: super::Lists) -> Vec<&'static str> {
    lists.iter().map(|(name, _)| *name).collect()
}

/// What stands somewhere in the document is written otherwise.
type Rewritten = Vec<(Span, String)>;

struct Splitter<'d> {
    text: &'d str,
    organization: &'d Organization,
    digest: Digest<'d>,
}

impl Splitter<'_> {
    fn directory(&self) -> &Directory {
        &self.organization.directory
    }

    fn object_without(
        &self,
        node: &Node,
        beside: &[&str],
        id: Option<&str>,
        rewritten: &[(Span, String)],
    ) -> String {
        object_without(self.text, node, beside, id, rewritten)
    }

    /// What is in `parent` and has this id there.
    fn entity(
        &self,
        kind: EntityKind,
        (parent, own): (&str, &str),
        (node, index): (&Node, usize),
        rewritten: &[(Span, String)],
    ) -> Entity {
        let beside = names(super::lists_of(kind));
        let body = self.object_without(node, &beside, Some(own), rewritten);
        let id = if parent.is_empty() { own.to_owned() } else { below(parent, own) };
        let position = u32::try_from(index).unwrap_or(u32::MAX);
        Entity { position, ..Entity::new(kind, &id, body) }
    }

    fn group(&self, node: &Node, index: usize) -> Option<Entity> {
        let name = text_of(node, &["name"])?;
        let known = self.directory().groups().get(self.directory().find_group(name)?)?;
        let entity = self.entity(EntityKind::Group, ("", &known.id), (node, index), &[]);
        Some(named_group(entity, known))
    }

    /// The built-in group of every user, if the document does not write it.
    fn everyone(&self, document: &Node) -> Option<Entity> {
        let is_it = |node: &Node| text_of(node, &["name"]) == Some(EVERYONE);
        if list_of(document, &["groups"]).any(is_it) {
            return None;
        }
        let group = self.directory().groups().get(self.directory().find_group(EVERYONE)?)?;
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let body = format!(
            "{{\"id\": {}, \"name\": {}, \"type\": {}, \"description\": {}}}",
            text(&group.id),
            text(&group.name),
            text(group.group_type.word()),
            text(group.description.as_deref().unwrap_or_default()),
        );
        let position = list_of(document, &["groups"]).count();
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        let entity = Entity::new(EntityKind::Group, &group.id, body);
        Some(named_group(Entity { position, ..entity }, group))
    }

    fn user(&self, node: &Node, index: usize) -> Option<Entity> {
        let login = text_of(node, &["profile", "login"])?;
        let user = self.directory().users().get(self.directory().find_user_by_login(login)?)?;
        let position = u32::try_from(index).unwrap_or(u32::MAX);
        Some(entity_of_user(self.text, node, user, self.directory(), position))
    }

    fn application(&self, node: &Node, index: usize) -> Option<Entity> {
        let label = text_of(node, &["label"])?;
        // Nothing is wrong, so that each of the document is one of these.
        let known = self.directory().applications().get(index)?;
        let mut rewritten = self.groups_as_ids(node, &["assignments", "groups"]);
        rewritten.extend(self.assigned_as_ids(node));
        let mut entity =
            self.entity(EntityKind::Application, ("", &known.id), (node, index), &rewritten);
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

    fn linked_object(&self, node: &Node, index: usize) -> Option<Entity> {
        let known = self.organization.linked_objects.get(index)?;
        let ids = ("", known.id.as_str());
        let mut entity = self.entity(EntityKind::LinkedObject, ids, (node, index), &[]);
        entity.names.extend([known.primary.clone(), known.associated.clone()]);
        entity.words.extend([known.primary.clone(), known.associated.clone()]);
        Some(entity)
    }

    fn group_rule(&self, node: &Node, index: usize) -> Option<Entity> {
        let known = self.organization.group_rules.get(index)?;
        let except = |what| ["conditions", "people", what, "exclude"];
        let mut rewritten =
            self.groups_as_ids(node, &["actions", "assignUserToGroups", "groupIds"]);
        rewritten.extend(self.groups_as_ids(node, &except("groups")));
        rewritten.extend(self.users_as_ids(node, &except("users")));
        let ids = ("", known.id.as_str());
        let mut entity = self.entity(EntityKind::GroupRule, ids, (node, index), &rewritten);
        entity.names.insert(known.name.clone());
        entity.words.insert(known.name.clone());
        entity.tags.extend(known.except_users.iter().map(|id| format!("{OF_USER}{id}")));
        Some(entity)
    }

    fn hook(&self, node: &Node, index: usize) -> Option<Entity> {
        let name = text_of(node, &["name"])?;
        let known = self.organization.hooks.iter().find(|hook| hook.name == name)?;
        let mut entity = self.entity(EntityKind::Hook, ("", &known.id), (node, index), &[]);
        entity.names.insert(name.to_owned());
        entity.words.insert(name.to_owned());
        Some(entity)
    }

    fn trusted_origin(&self, node: &Node, index: usize) -> Option<Entity> {
        let known = self.organization.trusted_origins.get(index)?;
        let ids = ("", known.id.as_str());
        let mut entity = self.entity(EntityKind::TrustedOrigin, ids, (node, index), &[]);
        entity.names.extend([known.name.clone(), known.origin.clone()]);
        entity.words.extend([known.name.clone(), known.origin.clone()]);
        Some(entity)
    }

    /// Tags that say whom something names.
    fn tags_of_users(&self, users: impl Iterator<Item = usize>) -> impl Iterator<Item = String> {
        let users = users.filter_map(|index| self.directory().users().get(index));
        users.map(|user| format!("{OF_USER}{}", user.id))
    }

    /// The names of groups in a list, as ids.
    fn groups_as_ids(&self, node: &Node, path: &[&str]) -> Rewritten {
        as_ids(node, path, |name| {
            let index = reference::group(name, self.directory())?;
            self.directory().groups().get(index).map(|group| group.id.as_str())
        })
    }

    /// The logins of users in a list, as ids.
    fn users_as_ids(&self, node: &Node, path: &[&str]) -> Rewritten {
        as_ids(node, path, |login| self.id_of_user(login))
    }

    fn id_of_user(&self, login: &str) -> Option<&str> {
        let index = reference::user(login, self.directory())?;
        self.directory().users().get(index).map(|user| user.id.as_str())
    }

    /// Who is assigned by their login, by their id.
    fn assigned_as_ids(&self, node: &Node) -> Rewritten {
        let of_one = |node: &Node| {
            let login = members_of(node).iter().find(|member| member.key == "login")?;
            let id = self.id_of_user(text_of(node, &["login"])?)?;
            if at(node, &["id"]).is_some() {
                return None;
            }
            let span = Span::new(login.key_span.range().start, login.value.span.range().end);
            Some((span, format!("\"id\": {}", serde_json::Value::from(id))))
        };
        list_of(node, &["assignments", "users"]).filter_map(of_one).collect()
    }

    fn server(&self, node: &Node, index: usize, entities: &mut Vec<Entity>) {
        let Some(name) = text_of(node, &["name"]) else { return };
        // Two may have the same name; nothing is wrong, so that each of the document is one of these.
        let Some(server) = self.organization.servers.get(index) else { return };
        let mut entity = self.entity(EntityKind::Server, ("", &server.id), (node, index), &[]);
        entity.is_ended = !server.status.is_active();
        entity.words.insert(name.to_owned());
        entity.words.extend(server.audiences.iter().cloned());
        entities.push(entity);
        let names_in = |list: &'static str| {
            let named = |(index, node)| Some((text_of(node, &["name"])?, node, index));
            list_of(node, &[list]).enumerate().filter_map(named)
        };
        for (name, node, index) in names_in("scopes") {
            let own = own_id(node, || identity::scope_id(&server.id, name, self.digest));
            let mut entity = self.entity(EntityKind::Scope, (&server.id, &own), (node, index), &[]);
            entity.words.insert(name.to_owned());
            entities.push(entity);
        }
        for (name, node, index) in names_in("claims") {
            let token = text_of(node, &["claimType"]).unwrap_or_default();
            let own = own_id(node, || identity::claim_id(&server.id, name, token, self.digest));
            let mut entity = self.entity(EntityKind::Claim, (&server.id, &own), (node, index), &[]);
            entity.words.insert(name.to_owned());
            entities.push(entity);
        }
        for (name, node, index) in names_in("policies") {
            if let Some(policy) = server.policies.iter().find(|policy| policy.name == name) {
                self.policy(node, index, (server, policy), entities);
            }
        }
        for (name, node, index) in names_in("tokenPolicies") {
            let known = server.token_policies.iter().find(|policy| policy.name == name);
            let Some(policy) = known else { continue };
            let rewritten = self.groups_as_ids(node, &["conditions", "groups", "include"]);
            let ids = (server.id.as_str(), policy.id.as_str());
            let mut entity = self.entity(EntityKind::TokenPolicy, ids, (node, index), &rewritten);
            entity.words.insert(policy.name.clone());
            entities.push(entity);
        }
    }

    fn policy(
        &self,
        node: &Node,
        index: usize,
        (server, policy): (&AuthorizationServer, &Policy),
        entities: &mut Vec<Entity>,
    ) {
        let ids = (server.id.as_str(), policy.id.as_str());
        let mut entity = self.entity(EntityKind::Policy, ids, (node, index), &[]);
        entity.words.insert(policy.name.clone());
        let id = entity.id.clone();
        entities.push(entity);
        for (index, node) in list_of(node, &["rules"]).enumerate() {
            let known = text_of(node, &["name"])
                .and_then(|name| policy.rules.iter().find(|rule| rule.name == name));
            let Some(rule) = known else { continue };
            let rewritten = self.people_as_ids(node);
            let mut entity =
                self.entity(EntityKind::Rule, (&id, &rule.id), (node, index), &rewritten);
            entity.words.insert(rule.name.clone());
            let People { users, except_users, .. } = &rule.people;
            let named = users.iter().chain(except_users).copied();
            entity.tags.extend(self.tags_of_users(named));
            entities.push(entity);
        }
    }

    /// The people of a rule. `EVERYONE` is no name of a group.
    fn people_as_ids(&self, rule: &Node) -> Rewritten {
        let mut rewritten = Rewritten::new();
        for side in ["include", "exclude"] {
            let path = |what| ["conditions", "people", what, side];
            rewritten.extend(self.groups_as_ids(rule, &path("groups")));
            rewritten.extend(self.users_as_ids(rule, &path("users")));
        }
        rewritten
    }
}

fn named_group(mut entity: Entity, group: &Group) -> Entity {
    entity.names.insert(group.name.clone());
    entity.words.insert(group.name.clone());
    entity
}

/// The id that an object gives itself, else the one its name has.
fn own_id(node: &Node, otherwise: impl Fn() -> String) -> String {
    text_of(node, &["id"]).map_or_else(otherwise, str::to_owned)
}

/// The texts of a list that name something otherwise than by its id.
fn as_ids<'i>(node: &Node, path: &[&str], id: impl Fn(&str) -> Option<&'i str>) -> Rewritten {
    let of_one = |element: &Node| match &element.value {
        Json::Text(name) => id(name)
            .filter(|id| id != name)
            .map(|id| (element.span, serde_json::Value::from(id).to_string())),
        _ => None,
    };
    list_of(node, path).filter_map(of_one).collect()
}

/// The object without the members that are kept beside it, with this id, and with some of it written
/// otherwise.
fn object_without(
    text: &str,
    node: &Node,
    beside: &[&str],
    id: Option<&str>,
    rewritten: &[(Span, String)],
) -> String {
    let is_kept = |member: &&Member| {
        let is_id = id.is_some() && member.key == "id";
        !is_id && !beside.contains(&member.key.as_str())
    };
    let write = |member: &Member| {
        let key = text.get(member.key_span.range()).unwrap_or_default();
        format!("{key}: {}", written(text, member.value.span, rewritten))
    };
    let id = id.map(|id| format!("\"id\": {}", serde_json::Value::from(id)));
    let members: Vec<String> =
        id.into_iter().chain(members_of(node).iter().filter(is_kept).map(write)).collect();
    format!("{{{}}}", members.join(", "))
}

/// The JSON as it is written, but for what is written otherwise.
fn written(text: &str, span: Span, rewritten: &[(Span, String)]) -> String {
    let whole = span.range();
    let mut inner: Vec<&(Span, String)> = rewritten
        .iter()
        .filter(|(span, _)| whole.start <= span.range().start && span.range().end <= whole.end)
        .collect();
    inner.sort_by_key(|(span, _)| span.range().start);
    let (mut made, mut from) = (String::new(), whole.start);
    for (span, instead) in inner {
        made.push_str(text.get(from..span.range().start).unwrap_or_default());
        made.push_str(instead);
        from = span.range().end;
    }
    made.push_str(text.get(from..whole.end).unwrap_or_default());
    made
}
