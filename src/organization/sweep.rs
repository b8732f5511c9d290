//! Users to be looked at again because what rules of groups give them may be another now. The write
//! that makes it so says it in a row of its own, lest it be forgotten where a node dies; whoever looks
//! at the users notes there how far they came.

use super::entities::{tag_of_group, tag_of_membership};
use crate::program::Groups;
use crate::store::organization::{Change, Counters, Entity, EntityKind};
use crate::store::{Op, Row, Store, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The kind of the rows; their keys are in the order of the writes.
const KIND: &str = "group-rule-sweep";

/// So many users are named one by one; where it is more, everybody is looked at.
const USERS_AT_MOST: usize = 1000;

/// Whom to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// Everybody, whoever else is named.
    pub everybody: bool,
    /// Those with these tags, one tag after the other.
    pub tags: Vec<String>,
    /// These, by their ids.
    pub users: Vec<String>,
    /// Behind whom to go on among everybody, or among those with the first of the tags.
    pub after: Option<String>,
}

/// What is to be done, as it is kept.
#[derive(Clone, Debug)]
pub struct DueSweep {
    /// Whom to look at.
    pub sweep: Sweep,
    key: String,
    generation: i64,
}

impl Sweep {
    /// Whom to look at once these changes are made, if anybody. `before` is what
    /// [`rules_and_groups`] found, and `rules` what the active ones read of groups afterwards; `None` if
    /// none is active. Of users, only those are noticed whom a document describes: who changes one of
    /// them looks at that one.
    #[must_use]
    pub fn due(
        changes: &[Change],
        before: &BTreeMap<(EntityKind, &str), &Entity>,
        rules: Option<Groups>,
    ) -> Option<Self> {
        let mut sweep = Self::default();
        let has_rules = rules.is_some();
        for change in changes {
            let known = before.get(&change.about()).copied();
            match change.about() {
                (EntityKind::GroupRule, _) => sweep.add_rule(known, change),
                (EntityKind::Group, id) => sweep.add_group((id, known), change, rules),
                (EntityKind::User, id) if has_rules && !matches!(change, Change::Delete { .. }) => {
                    sweep.users.push(id.to_owned());
                }
                _ => {}
            }
        }
        sweep.everybody |= sweep.users.len() > USERS_AT_MOST;
        if sweep.everybody {
            sweep = Self { everybody: true, ..Self::default() };
        }
        (sweep != Self::default()).then_some(sweep)
    }

    /// A rule sees of a group only that the user is in it, and what it is called and said to be there.
    fn add_group(
        &mut self,
        (id, before): (&str, Option<&Entity>),
        change: &Change,
        rules: Option<Groups>,
    ) {
        let Some(read) = rules.filter(|read| *read != Groups::Nothing) else { return };
        match (before, change) {
            (_, Change::Create(_)) => {}
            (Some(before), Change::Replace(after)) => match seen(before, read) == seen(after, read)
            {
                true => {}
                // Who is in the group of everybody has no tag of it.
                false if is_built_in(after) => self.everybody = true,
                false => self.tags.push(tag_of_group(id)),
            },
            // Nobody has the tag for long.
            (_, Change::Delete { .. }) | (None, Change::Replace(_)) => self.everybody = true,
        }
    }

    fn add_rule(&mut self, before: Option<&Entity>, change: &Change) {
        let after = match change {
            Change::Create(entity) | Change::Replace(entity) => Some(entity),
            Change::Delete { .. } => None,
        };
        let (before, after) = (before.and_then(active), after.and_then(active));
        match (before, after) {
            (None, None) => {}
            (Some(before), None) => self.tags.extend(before.tags(change.about().1)),
            (Some(before), Some(after)) if before.says == after.says => {
                let others = after.except.symmetric_difference(&before.except);
                self.users.extend(others.cloned());
            }
            _ => self.everybody = true,
        }
    }

    /// The row that says so, in the write that is made where the counters stand at `seen`.
    ///
    /// # Errors
    /// [`StoreError::Database`] if it cannot be written down.
    pub fn row(&self, seen: Counters) -> Result<Row, StoreError> {
        let number = seen.configuration.saturating_add(seen.directory);
        Ok(Row::new(KIND, &format!("{number:019}"), written(self)?))
    }
}

fn is_built_in(group: &Entity) -> bool {
    let body: Value = serde_json::from_str(&group.body).unwrap_or_default();
    body.get("type").and_then(Value::as_str) == Some("BUILT_IN")
}

/// What rules that read so much see of a group.
fn seen(group: &Entity, read: Groups) -> Value {
    let mut body: Value = serde_json::from_str(&group.body).unwrap_or_default();
    if let Some(members) = body.as_object_mut().filter(|_| read == Groups::Names) {
        members.retain(|name, _| name == "name");
    }
    body
}

/// What an active rule says.
struct Active {
    groups: Vec<String>,
    except: BTreeSet<String>,
    /// But for whom it leaves alone.
    says: Value,
}

impl Active {
    fn tags(&self, rule: &str) -> impl Iterator<Item = String> {
        self.groups.iter().map(move |group| tag_of_membership(rule, group))
    }
}

fn active(rule: &Entity) -> Option<Active> {
    let mut says: Value = serde_json::from_str(&rule.body).ok()?;
    let status = says.get("status").and_then(Value::as_str).unwrap_or("ACTIVE");
    if status != "ACTIVE" {
        return None;
    }
    let texts = |value: Option<&Value>| -> Vec<String> {
        let list = value.and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let groups = texts(says.pointer("/actions/assignUserToGroups/groupIds"));
    let except = texts(says.pointer("/conditions/people/users/exclude")).into_iter().collect();
    if let Some(conditions) = says.get_mut("conditions").and_then(Value::as_object_mut) {
        if let Some(people) = conditions.get_mut("people").and_then(Value::as_object_mut) {
            people.remove("users");
        }
        conditions.retain(|name, value| !(name == "people" && *value == serde_json::json!({})));
    }
    Some(Active { groups, except, says })
}

fn written(sweep: &Sweep) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(sweep).map_err(|error| StoreError::Database(error.to_string()))
}

impl DueSweep {
    /// What is to be done first; `None` if nothing is.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn first(store: &Store) -> Result<Option<Self>, StoreError> {
        let rows = store.list(KIND).await?.value;
        let Some(row) = rows.into_iter().min_by(|one, other| one.key.cmp(&other.key)) else {
            return Ok(None);
        };
        let sweep = serde_json::from_slice(&row.bytes)
            .map_err(|error| StoreError::Database(format!("sweep {}: {error}", row.key)))?;
        Ok(Some(Self { sweep, key: row.key, generation: row.generation }))
    }

    /// Notes how far it came: `rest` is what is still to be done, if anything. Where another noted
    /// that first, this is left alone.
    ///
    /// # Errors
    /// As [`Store::batch`].
    pub async fn note(self, store: &Store, rest: Option<Sweep>) -> Result<(), StoreError> {
        let expected = self.generation;
        let op = match rest {
            Some(rest) => Op::Replace { row: Row::new(KIND, &self.key, written(&rest)?), expected },
            None => Op::Delete { kind: KIND.to_owned(), key: self.key, expected: Some(expected) },
        };
        store.batch(vec![op]).await.map(|_| ())
    }
}

/// Whether any of these rules is active.
#[must_use]
pub fn has_active_rule<'e>(entities: impl IntoIterator<Item = &'e Entity>) -> bool {
    let mut rules = entities.into_iter().filter(|entity| entity.kind == EntityKind::GroupRule);
    rules.any(|rule| active(rule).is_some())
}

/// The rules and the groups among these entities, by kind and id.
pub fn rules_and_groups<'e>(
    entities: impl IntoIterator<Item = &'e Entity>,
) -> BTreeMap<(EntityKind, &'e str), &'e Entity> {
    let is_one = |kind| matches!(kind, EntityKind::GroupRule | EntityKind::Group);
    let found = entities.into_iter().filter(|entity| is_one(entity.kind));
    found.map(|entity| ((entity.kind, entity.id.as_str()), entity)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn group(name: &str, description: &str) -> Entity {
        let body = json!({"id": "00g1", "name": name, "description": description});
        Entity::new(EntityKind::Group, "00g1", body.to_string())
    }

    /// Whom to look at where a group is changed so and rules read so much.
    fn due(change: Change, rules: Option<Groups>) -> Option<Sweep> {
        let before = group("Buyers", "buy");
        Sweep::due(&[change], &rules_and_groups([&before]), rules)
    }

    #[test]
    fn where_a_group_is_changed_only_those_are_looked_at_of_whom_rules_may_see_it() {
        let (renamed, described) = (group("Purchase", "buy"), group("Buyers", "buy things"));
        let members = Some(Sweep { tags: vec!["group:00g1".to_owned()], ..Sweep::default() });
        for (rules, of_name, of_description) in [
            (None, None, None),
            (Some(Groups::Nothing), None, None),
            (Some(Groups::Names), members.clone(), None),
            (Some(Groups::Rows), members.clone(), members),
        ] {
            assert_eq!(due(Change::Replace(renamed.clone()), rules), of_name, "{rules:?}");
            assert_eq!(due(Change::Replace(described.clone()), rules), of_description, "{rules:?}");
        }
        let (kind, id, generation) = (EntityKind::Group, "00g1".to_owned(), 1);
        let gone = due(Change::Delete { kind, id, generation }, Some(Groups::Names));
        assert!(gone.unwrap().everybody);
        assert_eq!(due(Change::Create(group("Others", "")), Some(Groups::Rows)), None);
    }
}
