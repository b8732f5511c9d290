//! What the audit log keeps of a document that is applied: who did it, from which version to which, and
//! of each thing what it said before and says now, as of every other change by an administrator.

use crate::administration::{record, type_name};
use crate::audit::Alteration;
use crate::cli::operator;
use crate::clock::Clock;
use crate::organization::{Entry, What};
use crate::random::Random;
use crate::store::Row;
use crate::store::journal::alteration_row;
use crate::store::organization::{Change, Entity, EntityKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// From which version to which, and why.
pub(super) struct Step<'s> {
    /// None where no organization was kept.
    pub(super) from: Option<u64>,
    pub(super) to: u64,
    pub(super) note: &'s str,
}

/// As Okta's System Log would call it.
const EVENT: &str = "organization.document.applied";

/// Of so many people each change is recorded by itself; a document may have a million.
const PEOPLE: usize = 1_000;

/// So many changes are named in the event that is of all of them.
const NAMED: usize = 200;

/// The rows, for the batch that makes these changes of what is kept.
pub(super) fn rows(
    random: &Random,
    kept: &[Entity],
    entries: &[Entry],
    changes: &[Change],
    step: &Step<'_>,
) -> Vec<Row> {
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
    rows.push(alteration_row(&whole(entries, changes.len(), step), &actor, at, random));
    rows
}

/// The event that is of all of it.
fn whole(entries: &[Entry], n_changes: usize, step: &Step<'_>) -> Alteration {
    let named = entries.iter().take(NAMED).map(|entry| {
        let what = match entry.what {
            What::Added => "added",
            What::Removed => "removed",
            What::Changed { .. } => "changed",
        };
        json!({ "type": type_name(entry.kind), "name": entry.name.join(" / "), "what": what })
    });
    let after = json!({
        "version": step.to,
        "note": step.note,
        "nChanges": n_changes,
        "changes": named.collect::<Vec<Value>>(),
    });
    Alteration {
        event: EVENT,
        object: type_name(EntityKind::Organization),
        id: "organization".to_owned(),
        name: None,
        before: step.from.map(|number| json!({ "version": number })),
        after: Some(after),
    }
}
