//! What one document says otherwise than another: what is there and was not, what is gone, what is
//! changed and how, and which rules are tried in another order.

use super::canonical::on_one_line;
use super::entities::keep_memberships_by_rule;
use crate::document::{self, Json, Member};
use crate::store::organization::{Change, Entity, EntityKind};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Everything that differs, in the order of what others refer to first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    pub entries: Vec<Entry>,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub kind: EntityKind,
    pub id: String,
    /// What it is called, after what it is in.
    pub name: Vec<String>,
    pub what: What,
}

/// How it differs.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Added,
    Removed,
    Changed {
        members: Vec<MemberChange>,
        /// The numbers it was and is tried under, where its order among the others changed.
        moved: Option<(i64, i64)>,
    },
}

/// A member that is another: as JSON on one line, or not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberChange {
    /// As in `conditions.scopes.include`.
    pub path: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

type Key = (EntityKind, String);

/// What `after` says otherwise than `before`; both are of documents in their one form.
#[must_use]
pub fn compare(before: &[Entity], after: &[Entity]) -> Difference {
    let by_key = |entities: &[Entity]| -> BTreeMap<Key, (String, Json)> {
        let of = |entity: &Entity| {
            let body = document::read(entity.body.as_bytes()).ok()?.value;
            Some(((entity.kind, entity.id.clone()), (entity.body.clone(), body)))
        };
        entities.iter().filter_map(of).collect()
    };
    let (old, new) = (by_key(before), by_key(after));
    let called = called(&old, &new);
    let moved = moved(&old, &new);
    let keys: BTreeSet<&Key> = old.keys().chain(new.keys()).collect();
    let mut entries = Vec::new();
    for key in keys {
        let what = match (old.get(key), new.get(key)) {
            (None, Some(_)) => What::Added,
            (Some(_), None) => What::Removed,
            (Some((_, old)), Some((_, new))) => {
                let mut members = Vec::new();
                compare_values("", Some(old), Some(new), &mut members);
                members.retain(|member| member.path != PRIORITY);
                members.iter_mut().for_each(|member| member.speak_by_name(&called));
                let moved = moved.get(key).copied();
                if members.is_empty() && moved.is_none() {
                    continue;
                }
                What::Changed { members, moved }
            }
            (None, None) => continue,
        };
        let side = if new.contains_key(key) { &new } else { &old };
        let (kind, id) = key.clone();
        entries.push(Entry { kind, name: names(key, side, &old), id, what });
    }
    Difference { entries }
}

/// What groups and users are called, by their ids as JSON: what is kept speaks of them so.
fn called(
    old: &BTreeMap<Key, (String, Json)>,
    new: &BTreeMap<Key, (String, Json)>,
) -> BTreeMap<String, String> {
    let is_spoken_of = |(kind, _): &Key| matches!(kind, EntityKind::Group | EntityKind::User);
    let all = old.iter().chain(new).filter(|(key, _)| is_spoken_of(key));
    let json = |text: &str| serde_json::Value::from(text).to_string();
    all.filter_map(|((_, id), (_, body))| Some((json(id), json(&name_of(body)?)))).collect()
}

impl MemberChange {
    fn speak_by_name(&mut self, called: &BTreeMap<String, String>) {
        for value in [&mut self.before, &mut self.after].into_iter().flatten() {
            if let Some(name) = called.get(value.as_str()) {
                value.clone_from(name);
            }
        }
    }
}

const PRIORITY: &str = "priority";

/// What an entity and those it is in are called.
fn names(
    (kind, id): &Key,
    side: &BTreeMap<Key, (String, Json)>,
    other: &BTreeMap<Key, (String, Json)>,
) -> Vec<String> {
    let find = |kind: EntityKind, id: &str| {
        let key = (kind, id.to_owned());
        side.get(&key).or_else(|| other.get(&key)).and_then(|(_, body)| name_of(body))
    };
    let parents: &[EntityKind] = match kind {
        EntityKind::Scope | EntityKind::Claim | EntityKind::Policy | EntityKind::TokenPolicy => {
            &[EntityKind::Server]
        }
        EntityKind::Rule => &[EntityKind::Server, EntityKind::Policy],
        _ => &[],
    };
    let parts: Vec<&str> = id.splitn(parents.len() + 1, '/').collect();
    let mut names: Vec<String> = Vec::new();
    for (depth, parent) in parents.iter().enumerate() {
        let id = parts.get(..=depth).unwrap_or_default().join("/");
        names.push(find(*parent, &id).unwrap_or(id));
    }
    names.push(find(*kind, id).unwrap_or_else(|| id.clone()));
    names
}

fn name_of(body: &Json) -> Option<String> {
    let text = |value: &Json, name: &str| match find(value, name) {
        Some(Json::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let login = find(body, "profile").and_then(|profile| text(profile, "login"));
    let of_organization = find(body, "organization").and_then(|org| text(org, "name"));
    text(body, "label").or_else(|| text(body, "name")).or(login).or(of_organization)
}

fn find<'j>(value: &'j Json, name: &str) -> Option<&'j Json> {
    let Json::Object(members) = value else { return None };
    members.iter().find(|member| member.key == name).map(|member| &member.value.value)
}

/// Those of the policies and rules on both sides that stand elsewhere among the others: as few as
/// explain the new order, with the numbers they had and have.
fn moved(
    old: &BTreeMap<Key, (String, Json)>,
    new: &BTreeMap<Key, (String, Json)>,
) -> BTreeMap<Key, (i64, i64)> {
    let priority = |body: &Json| match find(body, PRIORITY) {
        Some(Json::Integer(number)) => *number,
        _ => i64::MAX,
    };
    let mut families: BTreeMap<(EntityKind, &str), Vec<Numbered<'_>>> = BTreeMap::new();
    for (key, (_, body)) in old {
        let Some((_, after)) = new.get(key).filter(|_| is_ordered(key.0)) else { continue };
        let parent = key.1.rsplit_once('/').map_or("", |(parent, _)| parent);
        let numbers = (priority(body), priority(after), key);
        families.entry((key.0, parent)).or_default().push(numbers);
    }
    let mut moved = BTreeMap::new();
    for mut family in families.into_values() {
        family.sort();
        let order: Vec<i64> = family.iter().map(|(_, after, _)| *after).collect();
        let stays = longest_rising(&order);
        for (index, (before, after, key)) in family.into_iter().enumerate() {
            if !stays.contains(&index) {
                moved.insert(key.clone(), (before, after));
            }
        }
    }
    moved
}

/// The numbers that something had and has.
type Numbered<'k> = (i64, i64, &'k Key);

fn is_ordered(kind: EntityKind) -> bool {
    matches!(kind, EntityKind::Policy | EntityKind::Rule | EntityKind::TokenPolicy)
}

/// The indices of a longest part of the numbers that rises.
fn longest_rising(numbers: &[i64]) -> BTreeSet<usize> {
    // By length less one: the index of the smallest number that ends such a part.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; numbers.len()];
    for (index, number) in numbers.iter().enumerate() {
        let is_less = |end: &usize| numbers.get(*end).is_some_and(|known| known < number);
        let length = ends.partition_point(is_less);
        if let Some(slot) = before.get_mut(index) {
            *slot = length.checked_sub(1).and_then(|last| ends.get(last).copied());
        }
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut part = BTreeSet::new();
    let mut at = ends.last().copied();
    while let Some(index) = at {
        part.insert(index);
        at = before.get(index).copied().flatten();
    }
    part
}

/// Takes down every member that is another, as deep as both have it.
fn compare_values(
    path: &str,
    old: Option<&Json>,
    new: Option<&Json>,
    changes: &mut Vec<MemberChange>,
) {
    match (old, new) {
        (Some(Json::Object(one)), Some(Json::Object(other))) => {
            let keys =
                |members: &[Member]| members.iter().map(|m| m.key.clone()).collect::<Vec<_>>();
            let mut all = keys(one);
            all.extend(keys(other).into_iter().filter(|key| !one.iter().any(|m| m.key == *key)));
            for key in all {
                let value = |members: &[Member]| {
                    members.iter().find(|m| m.key == key).map(|m| m.value.value.clone())
                };
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                compare_values(&path, value(one).as_ref(), value(other).as_ref(), changes);
            }
        }
        (Some(Json::List(one)), Some(Json::List(other))) if are_named(one) && are_named(other) => {
            let named = |nodes: &[document::Node]| -> BTreeMap<String, Json> {
                let pair = |node: &document::Node| Some((key_of(&node.value)?, node.value.clone()));
                nodes.iter().filter_map(pair).collect()
            };
            let (one, other) = (named(one), named(other));
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for key in keys {
                compare_values(&format!("{path}[{key:?}]"), one.get(key), other.get(key), changes);
            }
        }
        (Some(Json::List(one)), Some(Json::List(other))) if are_texts(one) && are_texts(other) => {
            let texts = |nodes: &[document::Node]| -> BTreeSet<String> {
                nodes.iter().map(|node| on_one_line(&node.value)).collect()
            };
            let (old, new) = (texts(one), texts(other));
            let change = |before, after| MemberChange { path: path.to_owned(), before, after };
            changes.extend(old.difference(&new).map(|text| change(Some(text.clone()), None)));
            changes.extend(new.difference(&old).map(|text| change(None, Some(text.clone()))));
            let order = |nodes: &[document::Node]| on_one_line(&Json::List(nodes.to_vec()));
            if old == new && order(one) != order(other) {
                changes.push(change(Some(order(one)), Some(order(other))));
            }
        }
        (old, new) => {
            let (before, after) = (old.map(shown), new.map(shown));
            let differs = old.map(on_one_line) != new.map(on_one_line);
            if differs {
                changes.push(MemberChange { path: path.to_owned(), before, after });
            }
        }
    }
}

fn are_texts(nodes: &[document::Node]) -> bool {
    nodes.iter().all(|node| matches!(node.value, Json::Text(_)))
}

/// Whether each is an object that says how it is called.
fn are_named(nodes: &[document::Node]) -> bool {
    !nodes.is_empty() && nodes.iter().all(|node| key_of(&node.value).is_some())
}

fn key_of(value: &Json) -> Option<String> {
    ["name", "login", "scopeId", "kid"].iter().find_map(|name| match find(value, name) {
        Some(Json::Text(text)) => Some(text.clone()),
        _ => None,
    })
}

/// A value for people: hashes of secrets are nobody's business.
fn shown(value: &Json) -> String {
    let mut value = value.clone();
    mask(&mut value);
    on_one_line(&value)
}

fn mask(value: &mut Json) {
    match value {
        Json::Object(members) => {
            for member in members {
                let is_hash = matches!(member.key.as_str(), "hash" | "password")
                    && matches!(member.value.value, Json::Text(_));
                if is_hash {
                    member.value.value = Json::Text("…".to_owned());
                } else {
                    mask(&mut member.value.value);
                }
            }
        }
        Json::List(elements) => elements.iter_mut().for_each(|node| mask(&mut node.value)),
        // The hash of a password on its own.
        Json::Text(text) if text.starts_with("$argon2") || text.starts_with("$2") => {
            "…".clone_into(text);
        }
        Json::Null | Json::Boolean(_) | Json::Integer(_) | Json::Number(_) | Json::Text(_) => {}
    }
}

/// What makes the store say what `after` says. `kept` is what it keeps as it is written there,
/// `before` and `after` the same and what is wanted, of documents in their one form.
#[must_use]
pub fn changes(kept: &[Entity], before: &[Entity], after: &[Entity]) -> Vec<Change> {
    let key = |entity: &Entity| (entity.kind, entity.id.clone());
    let kept: BTreeMap<Key, &Entity> = kept.iter().map(|entity| (key(entity), entity)).collect();
    let before: BTreeMap<Key, &Entity> =
        before.iter().map(|entity| (key(entity), entity)).collect();
    let is_same = |entity: &Entity| {
        before.get(&key(entity)).is_some_and(|old| {
            let same = Entity { position: old.position, ..entity.clone() };
            same.says_the_same(old)
        })
    };
    // Where one rule changes, all of its policy are written with their numbers.
    let parent = |entity: &Entity| {
        let parent = entity.id.rsplit_once('/').map_or("", |(parent, _)| parent);
        (entity.kind, parent.to_owned())
    };
    let wanted: BTreeSet<Key> = after.iter().map(key).collect();
    let gone: Vec<&Entity> =
        kept.iter().filter(|(key, _)| !wanted.contains(*key)).map(|(_, entity)| *entity).collect();
    let stirred: BTreeSet<(EntityKind, String)> = after
        .iter()
        .filter(|entity| !is_same(entity))
        .chain(gone.iter().copied())
        .filter(|entity| is_ordered(entity.kind))
        .map(parent)
        .collect();
    let mut changes = Vec::new();
    for entity in after {
        match kept.get(&key(entity)) {
            None => changes.push(Change::Create(entity.clone())),
            Some(old) => {
                let is_stirred = stirred.contains(&parent(entity)) && old.body != entity.body;
                if is_stirred || !is_same(entity) {
                    let mut entity = Entity { generation: old.generation, ..entity.clone() };
                    keep_memberships_by_rule(old, &mut entity);
                    changes.push(Change::Replace(entity));
                }
            }
        }
    }
    changes.extend(gone.into_iter().map(|old| Change::Delete {
        kind: old.kind,
        id: old.id.clone(),
        generation: old.generation,
    }));
    changes
}

/// As a person reads it: a sign, the kind and the names, then each member that is another.
impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.what {
            What::Added => '+',
            What::Removed => '-',
            What::Changed { .. } => '~',
        };
        write!(formatter, "{sign} {} {}", self.kind.word(), self.name.join(" / "))?;
        let What::Changed { members, moved } = &self.what else { return Ok(()) };
        if let Some((before, after)) = moved {
            write!(formatter, " moves from {before} to {after}")?;
        }
        for MemberChange { path, before, after } in members {
            write!(formatter, "\n    {path}")?;
            for (sign, value) in [('-', before), ('+', after)] {
                if let Some(value) = value {
                    write!(formatter, "\n      {sign} {value}")?;
                }
            }
        }
        Ok(())
    }
}
