//! Users to be looked at again because what rules of groups give them may be another now. The write
//! that makes it so says it in a row of its own, lest it be forgotten where a node dies; whoever looks
//! at the users notes there how far they came.

use super::entities::tag_of_membership;
use crate::store::organization::{Change, Counters, Entity, EntityKind};
use crate::store::{Op, Row, Store, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The kind of the rows; their keys are in the order of the writes.
const KIND: &str = "group-rule-sweep";

/// So many users are named one by one; where it is more, everybody is looked at.
const NAMED_AT_MOST: usize = 1000;

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
    /// Whom to look at once these changes are made, if anybody. `before` are the rules that are kept,
    /// and `has_rules` is whether any will be active. Of users, only those are noticed whom a document
    /// describes: who changes one of them looks at that one.
    #[must_use]
    pub fn due(
        changes: &[Change],
        before: &BTreeMap<&str, &Entity>,
        has_rules: bool,
    ) -> Option<Self> {
        let mut sweep = Self::default();
        for change in changes {
            match change.about() {
                (EntityKind::GroupRule, id) => sweep.add_rule(before.get(id).copied(), change),
                // Rules may read what groups are called, and who is in them.
                (EntityKind::Group, _) => {
                    sweep.everybody |= has_rules && !matches!(change, Change::Create(_));
                }
                (EntityKind::User, id) if has_rules && !matches!(change, Change::Delete { .. }) => {
                    sweep.users.push(id.to_owned());
                }
                _ => {}
            }
        }
        sweep.everybody |= sweep.users.len() > NAMED_AT_MOST;
        if sweep.everybody {
            sweep = Self { everybody: true, ..Self::default() };
        }
        (sweep != Self::default()).then_some(sweep)
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

/// The rules among these entities, by their ids.
pub fn rules_by_id<'e>(
    entities: impl IntoIterator<Item = &'e Entity>,
) -> BTreeMap<&'e str, &'e Entity> {
    let rules = entities.into_iter().filter(|entity| entity.kind == EntityKind::GroupRule);
    rules.map(|rule| (rule.id.as_str(), rule)).collect()
}
