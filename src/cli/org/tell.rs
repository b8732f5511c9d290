//! Differences and versions, for people and for programs.

use crate::cli::Format;
use crate::organization::{Difference, Entry, MemberChange, Version, What};
use claimsmith_runtime::time::{DateTime, Zone};
use serde_json::{Value, json};

pub(super) fn difference(difference: &Difference) -> String {
    let mut text = String::new();
    for entry in &difference.entries {
        text.push_str(&format!("{entry}\n"));
    }
    let count = |is: fn(&What) -> bool| difference.entries.iter().filter(|e| is(&e.what)).count();
    let n_added = count(|what| *what == What::Added);
    let n_removed = count(|what| *what == What::Removed);
    let n_changed = difference.entries.len() - n_added - n_removed;
    text.push_str(&match difference.entries.len() {
        0 => "nothing differs\n".to_owned(),
        _ => format!("{n_added} added, {n_changed} changed, {n_removed} removed\n"),
    });
    text
}

pub(super) fn difference_to_json(difference: &Difference) -> Value {
    difference.entries.iter().map(entry_to_json).collect()
}

fn entry_to_json(entry: &Entry) -> Value {
    let Entry { kind, id, name, what } = entry;
    let (action, members, moved): (_, &[MemberChange], _) = match what {
        What::Added => ("added", &[], None),
        What::Removed => ("removed", &[], None),
        What::Changed { members, moved } => ("changed", members, *moved),
    };
    let value = |text: &Option<String>| -> Value {
        text.as_ref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    };
    let member = |change: &MemberChange| {
        json!({
            "path": change.path,
            "before": value(&change.before),
            "after": value(&change.after),
        })
    };
    json!({
        "action": action,
        "kind": kind.word(),
        "id": id,
        "name": name,
        "moved": moved.map(|(from, to)| json!({"from": from, "to": to})),
        "members": members.iter().map(member).collect::<Vec<_>>(),
    })
}

/// `now` is what is kept, in its one form and without people.
pub(super) fn versions(known: &[Version], now: &str, format: Format) -> String {
    match format {
        Format::Text if known.is_empty() => "no version is kept yet\n".to_owned(),
        Format::Text => known.iter().map(|version| line(version, now)).collect(),
        Format::Json => {
            let told = |version: &Version| {
                json!({
                    "number": version.number,
                    "at": moment(version.at),
                    "changes": version.n_changes,
                    "note": version.note,
                    "isCurrent": version.document == now,
                })
            };
            format!("{:#}\n", known.iter().map(told).collect::<Value>())
        }
    }
}

fn line(version: &Version, now: &str) -> String {
    let mark = if version.document == now { '*' } else { ' ' };
    let Version { number, at, note, n_changes, .. } = version;
    let line = format!("{mark} {number:>4}  {}  {n_changes:>5} changes  {note}", moment(*at));
    format!("{}\n", line.trim_end())
}

/// A time as people read it, in UTC.
fn moment(seconds: i64) -> String {
    DateTime::new(seconds.saturating_mul(1_000_000), Zone::UTC)
        .map_or_else(String::new, DateTime::text)
}
