//! What an expression means, run slowly and obviously: typed IR becomes a value, or a fault with
//! its place. The native engine must agree with every line here; speed is none of its concerns.

mod gather;
mod run;
mod stream;
#[cfg(feature = "internals")]
pub mod tally;
#[cfg(test)]
mod tests;
mod watch;

pub(crate) use watch::{Recording, Seen};

use crate::ir::{Alternative, Body, Member, NodeId, Object};
use claimsmith_runtime::record::Record;
use claimsmith_runtime::{Context, Fault, Value, json, limits};

/// Why an evaluation stopped, and the node that says so. For a spent budget or a limit it is the
/// node that charges or makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stopped {
    pub(crate) fault: Fault,
    pub(crate) node: NodeId,
}

/// As [`Stopped`], with the expression of an object it happened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoppedMember {
    /// Index of the member.
    pub(crate) member: usize,
    /// Index of the alternative.
    pub(crate) alternative: usize,
    /// Whether it was the alternative's guard rather than its value.
    pub(crate) in_guard: bool,
    pub(crate) stopped: Stopped,
}

/// The value of an expression, with a budget of [`limits::STEPS`] of its own. `roots` are the
/// records by ordinal.
///
/// # Errors
/// The first fault.
pub(crate) fn evaluate<'a>(
    body: &Body,
    context: &mut Context<'a>,
    roots: &[Option<Record<'a>>],
) -> Result<Value<'a>, Stopped> {
    let mut run = run::Run::new(body, context, roots, ());
    let value = run.value(body.root);
    #[cfg(feature = "internals")]
    tally::tell_steps_left(run.left);
    value
}

/// As [`evaluate`], with what every part of the expression gave.
pub(crate) fn evaluate_watched<'a>(
    body: &Body,
    context: &mut Context<'a>,
    roots: &[Option<Record<'a>>],
) -> (Result<Value<'a>, Stopped>, Recording<'a>) {
    let mut recording = Recording::of(body);
    let value = run::Run::new(body, context, roots, &mut recording).value(body.root);
    (value, recording)
}

/// How many steps an expression spends over these roots, whether it gives a value or faults; never
/// more than [`limits::STEPS`].
pub(crate) fn steps<'a>(
    body: &Body,
    context: &mut Context<'a>,
    roots: &[Option<Record<'a>>],
) -> i64 {
    let mut run = run::Run::new(body, context, roots, ());
    match run.value(body.root) {
        Ok(_) | Err(_) => limits::STEPS - run.left.max(0),
    }
}

/// Appends the value of an expression as JSON.
///
/// # Errors
/// The first fault; [`Fault::Limit`] at the root for more than [`limits::OUTPUT`] bytes. Then
/// nothing is appended.
pub(crate) fn evaluate_json<'a>(
    body: &Body,
    context: &mut Context<'a>,
    roots: &[Option<Record<'a>>],
    output: &mut Vec<u8>,
) -> Result<(), Stopped> {
    let value = evaluate(body, context, roots)?;
    append(body, context, value, output)
}

fn append<'a>(
    body: &Body,
    context: &Context<'a>,
    value: Value<'a>,
    output: &mut Vec<u8>,
) -> Result<(), Stopped> {
    let start = output.len();
    let written = json::write(value, context.table(), &mut |bytes| {
        let fits = output.len() - start + bytes.len() <= limits::OUTPUT;
        if fits {
            output.extend_from_slice(bytes);
        }
        fits
    });
    if written {
        return Ok(());
    }
    output.truncate(start);
    Err(Stopped { fault: Fault::Limit, node: body.root })
}

/// Appends the selected members of an object, `"name":value` with commas between and no braces
/// around, in order. Member `i` is selected by bit `i % 64` of word `i / 64`.
///
/// # Errors
/// The first fault, and where.
pub(crate) fn evaluate_object<'a>(
    object: &Object,
    selected: &[u64],
    context: &mut Context<'a>,
    roots: &[Option<Record<'a>>],
    output: &mut Vec<u8>,
) -> Result<(), StoppedMember> {
    let start = output.len();
    for (index, member) in object.members.iter().enumerate() {
        if !is_selected(selected, index) {
            continue;
        }
        let before = output.len();
        let comma = before > start;
        let made = append_member(member, comma, context, roots, output);
        if made.is_err() {
            output.truncate(before);
        }
        made.map_err(|stopped| StoppedMember { member: index, ..stopped })?;
    }
    Ok(())
}

fn is_selected(selected: &[u64], index: usize) -> bool {
    selected.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
}

/// Appends one member, or nothing if it has no value. Where it stopped has no member index yet.
fn append_member<'a>(
    member: &Member,
    comma: bool,
    context: &mut Context<'a>,
    roots: &[Option<Record<'a>>],
    output: &mut Vec<u8>,
) -> Result<(), StoppedMember> {
    let Some((index, alternative)) = choose(member, context, roots)? else { return Ok(()) };
    let place = |stopped| StoppedMember { member: 0, alternative: index, in_guard: false, stopped };
    let value = evaluate(&alternative.value, context, roots).map_err(place)?;
    let empty = member.omit_empty && value.as_list().is_some_and(<[_]>::is_empty);
    if value.is_null() || empty {
        return Ok(());
    }
    if comma {
        output.push(b',');
    }
    json::write_str(&member.name, &mut |bytes| {
        output.extend_from_slice(bytes);
        true
    });
    output.push(b':');
    append(&alternative.value, context, value, output).map_err(place)
}

/// The first alternative whose guard holds.
fn choose<'m, 'a>(
    member: &'m Member,
    context: &mut Context<'a>,
    roots: &[Option<Record<'a>>],
) -> Result<Option<(usize, &'m Alternative)>, StoppedMember> {
    for (index, alternative) in member.alternatives.iter().enumerate() {
        let Some(guard) = &alternative.guard else { return Ok(Some((index, alternative))) };
        let held = evaluate(guard, context, roots).map_err(|stopped| StoppedMember {
            member: 0,
            alternative: index,
            in_guard: true,
            stopped,
        })?;
        if held.as_boolean() == Some(true) {
            return Ok(Some((index, alternative)));
        }
    }
    Ok(None)
}
