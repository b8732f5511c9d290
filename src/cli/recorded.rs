//! What the audit log keeps of a document that becomes the organization: who did it, and of each thing what
//! it said before and says now, as of every other change by an administrator.

use super::operator;
use crate::administration::{record, type_name};
use crate::audit::Alteration;
use crate::clock::Clock;
use crate::random::Random;
use crate::store::Row;
use crate::store::journal::alteration_row;
use crate::store::organization::{Change, Entity, EntityKind};
use serde_json::Value;
use std::collections::BTreeMap;

/// Of so many people each change is recorded by itself; a document may have a million.
const PEOPLE: usize = 1_000;

/// The rows, for the batch that makes these changes of what is kept: one for each, and one for `whole`.
pub(super) fn rows(
    random: &Random,
    kept: &[Entity],
    changes: &[Change],
    whole: &Alteration,
) -> Vec<Row> {
    if changes.is_empty() {
        return Vec::new();
    }
    let at = Clock::System.microseconds();
    let actor = operator();
    let mut n_people = 0;
    let is_recorded = |change: &&Change| {
        let is_person = change.about().0 == EntityKind::User;
        n_people += usize::from(is_person);
        !is_person || n_people <= PEOPLE
    };
    let each: Vec<Change> = changes.iter().filter(is_recorded).cloned().collect();
    let kept: BTreeMap<(EntityKind, &str), &Entity> =
        kept.iter().map(|entity| ((entity.kind, entity.id.as_str()), entity)).collect();
    let before = |kind, id: &str| kept.get(&(kind, id)).copied();
    let mut rows = record((&actor, None), &each, before, at, random);
    rows.push(alteration_row(whole, &actor, at, random));
    rows
}

/// That a document became the organization; the events are ours, in the style of Okta's System Log.
pub(super) fn whole(event: &'static str, before: Option<Value>, after: Value) -> Alteration {
    Alteration {
        event,
        object: type_name(EntityKind::Organization),
        id: "organization".to_owned(),
        name: None,
        before,
        after: Some(after),
    }
}
