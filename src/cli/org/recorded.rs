//! What is recorded of a document that is applied: from which version to which, why, and what changed.

use crate::administration::type_name;
use crate::audit::Alteration;
use crate::cli::recorded;
use crate::organization::{Entry, What};
use serde_json::{Value, json};

/// From which version to which, and why.
pub(super) struct Step<'s> {
    /// None where no organization was kept.
    pub(super) from: Option<u64>,
    pub(super) to: u64,
    pub(super) note: &'s str,
}

/// So many changes are named in the event that is of all of them.
const NAMED: usize = 200;

/// The event that is of all of it.
pub(super) fn whole(entries: &[Entry], n_changes: usize, step: &Step<'_>) -> Alteration {
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
    let before = step.from.map(|number| json!({ "version": number }));
    recorded::whole("organization.document.applied", before, after)
}
