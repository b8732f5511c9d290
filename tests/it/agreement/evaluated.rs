//! What only the tally of the interpreter can tell: whether made-up programs met every kind of node,
//! every row and every fault there is.

use super::{Question, Seen, enough};
use claimsmith::program::fault_codes;
use claimsmith::program::tally::{self, Met};
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::{
    self, Function, Meaning, Membership, Operator, Relation, Style,
};

/// Faults that no program can end with.
const NEVER_FAULTS: [(&str, &str); 3] = [
    ("E0607", "names whose rows differ in arity are steps of lists, which `check` settles"),
    ("E0608", "`check` refuses a name that no row has"),
    ("E0699", "a bug of ours"),
];

/// Kinds of nodes that never have null among their values, and one that always has.
const NEVER_NODES: [(&str, bool, &str); 11] = [
    ("GroupRecord", true, "every group has a record"),
    ("NonNull", true, "that is what it is for"),
    ("Not", true, "a boolean"),
    ("And", true, "a boolean"),
    ("Or", true, "a boolean"),
    ("Equal", true, "a boolean"),
    ("Order", true, "a boolean"),
    ("Arithmetic", true, "a number or text; null operands fault"),
    ("Concat", true, "a text"),
    ("MemberOf", true, "a boolean"),
    ("Fail", false, "what it would have given is unknown"),
];

/// Rows that are never called.
const NEVER_ROWS: [(&str, &str); 1] =
    [("AsMap", "maps are receivers only, and a receiver's kind is known or looked up")];

/// Every node kind, nullable and not, every part of a node, every row and every fault code.
pub(super) fn everything(seen: &Seen) {
    let faults = |code: &str| seen.faults.get(code).copied().unwrap_or_default();
    let never = |code: &str| NEVER_FAULTS.iter().any(|(known, _)| *known == code);
    enough(&fault_codes(), faults, never);
    enough(&tally::everything(), |met| count(seen, met), is_never);
    faults_are_told(seen);
}

/// The table tells of every fault of a written row's own.
fn faults_are_told(seen: &Seen) {
    let untold = seen.met.keys().filter_map(|met| {
        let Met::Faulted { row, fault } = *met else { return None };
        let row = functions::row(row).unwrap();
        let is_told = row.faults.contains(&fault) || fault == Fault::Limit;
        (row.style != Style::Internal && !is_told).then_some((row.names[0], fault))
    });
    let untold: Vec<_> = untold.collect();
    assert!(untold.is_empty(), "rows that fault as the table does not say: {untold:?}");
}

/// Prints what was met, for people.
#[expect(clippy::print_stderr, reason = "asked for")]
pub(super) fn show(seen: &Seen) {
    for met in tally::everything() {
        let name = if let Met::Row(row) = met { functions::row(row).unwrap().names[0] } else { "" };
        eprintln!("{met:?} {name} {}", count(seen, met));
    }
    eprintln!("{:?} {:?} {:?} {}", seen.faults, seen.limits, seen.notable, seen.values);
}

/// Counts this program for all that its evaluation on this thread met.
pub(super) fn note(seen: &mut Seen, question: &Question) {
    let mut met = tally::take();
    let steps = functions::rows().filter(|(_, row)| {
        let is_met = becomes(row.meaning).is_some_and(|node| met.contains(&node));
        is_met && row.names.iter().any(|name| question.text.contains(&called(row, name)))
    });
    let steps: Vec<Met> = steps.map(|(number, _)| Met::Row(number)).collect();
    met.extend(steps);
    for met in met {
        *seen.met.entry(met).or_default() += 1;
    }
}

/// How a call of a row without a body begins.
fn called(row: &Function, name: &str) -> String {
    match row.style {
        Style::Property => format!(".{name}"),
        Style::Method => format!(".{name}("),
        Style::Function | Style::Internal => format!("{name}("),
    }
}

/// What a row without a body becomes.
fn becomes(meaning: Meaning) -> Option<Met> {
    Some(match meaning {
        Meaning::Body(_) => return None,
        Meaning::Stage(functions::Stage::Filter) => part("stage", "Filter"),
        Meaning::Stage(functions::Stage::Map) => part("stage", "Map"),
        Meaning::Stage(functions::Stage::FlatMap) => part("stage", "FlatMap"),
        Meaning::Stage(functions::Stage::Take) => part("stage", "Take"),
        Meaning::Stage(functions::Stage::Skip) => part("stage", "Skip"),
        Meaning::Stage(functions::Stage::SortBy) => {
            Met::Row(functions::operator(Operator::SortedBy))
        }
        Meaning::Sink(functions::Sink::Any) => part("sink", "Any"),
        Meaning::Sink(functions::Sink::All | functions::Sink::None) => part("sink", "None"),
        Meaning::Sink(functions::Sink::Last) => part("sink", "Last"),
        Meaning::Sink(functions::Sink::Find) => part("sink", "First"),
        Meaning::Sink(functions::Sink::Contains) => part("sink", "Contains"),
        Meaning::Sink(functions::Sink::IndexOf) => part("sink", "IndexOf"),
        Meaning::Sink(functions::Sink::At) => part("sink", "Nth"),
        Meaning::Sink(functions::Sink::Reduce) => part("sink", "Reduce"),
        Meaning::Sink(functions::Sink::Count) => part("sink", "Count"),
        Meaning::Sink(functions::Sink::Join) => part("sink", "Join"),
        Meaning::Membership(Membership::Name) => Met::Node { kind: "MemberOf", nullable: false },
        Meaning::Membership(Membership::NameMatches) => Met::Node { kind: "Call", nullable: false },
        Meaning::Relation(
            Relation::HasDirectoryUser
            | Relation::FindDirectoryUser
            | Relation::HasWorkdayUser
            | Relation::FindWorkdayUser,
        ) => part("sink", "Count"),
        Meaning::Relation(Relation::InternalProperty) => {
            Met::Node { kind: "Slot", nullable: false }
        }
        Meaning::Relation(_) => Met::Node { kind: "Root", nullable: true },
        Meaning::Limited(_) => Met::Node { kind: "Call", nullable: true },
        Meaning::Membership(
            Membership::NameStartsWith
            | Membership::NameContains
            | Membership::Id
            | Membership::Criteria
            | Membership::AnyOfCriteria,
        ) => part("stage", "Filter"),
    })
}

fn count(seen: &Seen, met: Met) -> usize {
    seen.met.get(&met).copied().unwrap_or_default()
}

fn part(of: &'static str, name: &'static str) -> Met {
    Met::Part { of, name }
}

fn is_never(met: Met) -> bool {
    match met {
        Met::Node { kind, nullable } => {
            NEVER_NODES.iter().any(|(known, when, _)| (*known, *when) == (kind, nullable))
        }
        Met::Row(row) => functions::row(row)
            .is_some_and(|row| NEVER_ROWS.iter().any(|(name, _)| row.names.contains(name))),
        Met::Part { .. } | Met::Faulted { .. } => false,
    }
}
