//! What programs cost at most, known without running them.

use super::{Program, ProgramId, ProgramSet};
use crate::ir::Member;
use crate::optimize::bound::{self, Amount, Bounds};
use std::fmt;
#[cfg(feature = "internals")]
use {
    super::Roots,
    claimsmith_runtime::record::Record,
    claimsmith_runtime::{Value, size},
    std::collections::BTreeMap,
};

/// For people: a line of steps, a line of output.
impl fmt::Display for Bounds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, output } = self;
        write!(formatter, "  steps   {steps}\n  output  {output} bytes")
    }
}

impl ProgramSet {
    /// The bounds of an expression or condition; of an object, those of each member, in order.
    #[must_use]
    pub fn bounds(&self, id: ProgramId) -> Vec<Bounds> {
        match self.programs.get(id.0) {
            None => Vec::new(),
            Some(Program::Json(body) | Program::Condition(body)) => vec![bound::of(body)],
            Some(Program::Object(object)) => object.members.iter().map(of_member).collect(),
        }
    }

    /// The sizes that bounds are about, as these records have them.
    #[cfg(feature = "internals")]
    #[must_use]
    pub fn sizes(&self, roots: &Roots<'_>) -> BTreeMap<String, u64> {
        let mut sizes = BTreeMap::new();
        for record in roots.records().iter().flatten() {
            measure(*record, &mut sizes);
        }
        let table = roots.table();
        for symbol in 0..u32::try_from(table.len()).unwrap_or(u32::MAX) {
            let Some(group) = table.group(symbol) else { continue };
            let name = table.name(group).as_str().len() as u64;
            grow(&mut sizes, "group.name", name);
            if let Some(record) = table.record(group) {
                measure(record, &mut sizes);
            }
        }
        sizes
    }
}

/// The most that any expression of a member spends, since each has a budget of its own, and the most
/// that any of its values writes.
fn of_member(member: &Member) -> Bounds {
    let values = member.alternatives.iter().map(|alternative| bound::of(&alternative.value));
    let nothing = Bounds { steps: Amount::ZERO, output: Amount::ZERO };
    let most = values.fold(nothing, |most, value| Bounds {
        steps: most.steps.or(&value.steps),
        output: most.output.or(&value.output),
    });
    let guards = member.alternatives.iter().filter_map(|alternative| alternative.guard.as_ref());
    let steps = guards.fold(most.steps, |most, guard| most.or(&bound::of(guard).steps));
    Bounds { steps, output: most.output }
}

#[cfg(feature = "internals")]
fn grow(sizes: &mut BTreeMap<String, u64>, name: &str, size: u64) {
    let known = sizes.entry(name.to_owned()).or_default();
    *known = size.max(*known);
}

/// The record and each of its slots.
#[cfg(feature = "internals")]
fn measure(record: Record<'_>, sizes: &mut BTreeMap<String, u64>) {
    let size = |value| u64::try_from(size::of(value, i64::MAX)).unwrap_or_default();
    let name = bound::name_of(record.record_type());
    grow(sizes, &name, size(Value::record(record)));
    for (field, slot) in record.record_type().fields.iter().zip(record.slots()) {
        grow(sizes, &format!("{name}.{}", field.name), size(*slot));
        if let Some(record) = slot.as_record() {
            measure(record, sizes);
        }
    }
}
