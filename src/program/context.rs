//! What an evaluation borrows: the records it is about, and the worker's memory.

use super::{Condition, ProgramSet, Subject};
use crate::codegen::{CompiledSet, Inputs, Made, Outcome};
use crate::schema::Path;
use claimsmith_runtime::abi::{Output, Surroundings};
use claimsmith_runtime::arena::Arena;
use claimsmith_runtime::record::{PackedRecord, Record};
use claimsmith_runtime::symbol::GroupTable;
use claimsmith_runtime::{Context, Value, limits};

/// Bytes of JSON that machine code may write before the interpreter takes over.
const OUTPUT: usize = 256 * 1024;
// Machine code that writes one expression runs only where there is room for all that one may write.
const _: () = assert!(OUTPUT >= limits::OUTPUT);

/// The records of one evaluation by ordinal, the groups they mention, and the set's names as
/// symbols of those groups. One snapshot, held for the whole evaluation.
#[derive(Clone, Debug)]
pub struct Roots<'r>(Inputs<'r>);

impl<'r> Roots<'r> {
    /// `records` by ordinal of the schema, then those that [`super::Needs::paths`] lead to, as far
    /// as there are any; `resolved` from [`super::ProgramSet::resolve`]; `now` is the time of the
    /// request, in microseconds since 1970.
    #[must_use]
    pub fn new(
        table: &'r GroupTable,
        resolved: &'r [u32],
        now: i64,
        records: impl IntoIterator<Item = Option<&'r PackedRecord>>,
    ) -> Self {
        let records = records.into_iter().map(|record| record.map(PackedRecord::record));
        Self(Inputs::new(Surroundings::new(table, resolved).at(now), records))
    }

    /// The roots of a subject that was read from JSON, for the programs of this set, whose names
    /// are `resolved`. `now` counts where the subject's context says nothing.
    #[must_use]
    pub fn of(subject: &'r Subject, set: &ProgramSet, resolved: &'r [u32], now: i64) -> Self {
        let reached = set.needs().paths().iter().map(|path| subject.reached(path));
        let now = subject.now.unwrap_or(now);
        Self::new(&subject.table, resolved, now, subject.records().chain(reached))
    }
}

#[cfg(feature = "internals")]
impl<'r> Roots<'r> {
    pub(super) fn table(&self) -> &'r GroupTable {
        self.0.surroundings().table()
    }

    pub(super) fn records(&self) -> &[Option<Record<'r>>] {
        self.0.records()
    }
}

impl Subject {
    /// The groups it mentions.
    #[must_use]
    pub fn table(&self) -> &GroupTable {
        &self.table
    }

    /// Its records by ordinal of its schema.
    pub fn records(&self) -> impl Iterator<Item = Option<&PackedRecord>> {
        self.records.iter().map(Option::as_ref)
    }

    /// The record at the end of a path, if there is one.
    fn reached(&self, path: &Path) -> Option<&PackedRecord> {
        self.reached.iter().find(|(known, _)| known == path).map(|(_, record)| record)
    }
}

/// Memory that one thread evaluates with, used again and again.
#[derive(Debug)]
pub struct Worker {
    arena: Arena,
    output: Output,
    /// What the interpreter wrote.
    json: Vec<u8>,
}

impl Default for Worker {
    fn default() -> Self {
        Self { arena: Arena::new(), output: Output::new(OUTPUT), json: Vec::new() }
    }
}

impl Worker {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A worker whose memory ends where that of the allocator does, for tests that guard that place.
    #[cfg(feature = "internals")]
    #[must_use]
    pub fn exact() -> Self {
        Self { arena: Arena::exact(), ..Self::default() }
    }

    /// The first bytes of what machine code wrote last.
    #[inline(always)]
    pub(super) fn output(&self, length: usize) -> &[u8] {
        self.output.first(length)
    }

    /// What the interpreter wrote last.
    pub(super) fn json(&self) -> &[u8] {
        &self.json
    }

    /// Runs a program that writes; answers how many bytes. Without machine code it is as if the
    /// output were too small. Always inlined, for the reason [`CompiledSet::evaluate`] is.
    #[inline(always)]
    pub(super) fn write(
        &mut self,
        native: Option<&CompiledSet>,
        program: (usize, Made),
        roots: &Roots<'_>,
        selected: &[u64],
    ) -> Result<usize, Outcome> {
        let Some(native) = native else { return Err(Outcome::OutputFull) };
        self.arena.clear();
        let Self { arena, output, .. } = self;
        let mut context = Context::new(arena, roots.0.surroundings(), Some(output));
        match native.evaluate(program, &mut context, &roots.0, selected) {
            Outcome::Done => {
                #[cfg(feature = "internals")]
                crate::interpret::tally::tell_steps_left(i64::from(context.site()));
                Ok(context.written())
            }
            other => Err(other),
        }
    }

    /// Runs program `index` for its value, as [`Worker::write`] runs one that writes.
    #[inline(always)]
    pub(super) fn decide(
        &mut self,
        native: Option<&CompiledSet>,
        index: usize,
        roots: &Roots<'_>,
    ) -> Result<Condition, Outcome> {
        let Some(native) = native else { return Err(Outcome::OutputFull) };
        self.arena.clear();
        let mut context = Context::new(&self.arena, roots.0.surroundings(), None);
        match native.evaluate((index, Made::Value), &mut context, &roots.0, &[]) {
            Outcome::Done => {
                #[cfg(feature = "internals")]
                crate::interpret::tally::tell_steps_left(i64::from(context.site()));
                Ok(condition_of(context.result()))
            }
            other => Err(other),
        }
    }

    /// Runs the interpreter over the same memory.
    pub(super) fn interpret<'a, T>(
        &'a mut self,
        roots: &'a Roots<'a>,
        run: impl FnOnce(&mut Context<'a>, &[Option<Record<'a>>], &mut Vec<u8>) -> T,
    ) -> T {
        self.arena.clear();
        self.json.clear();
        let Self { arena, json, .. } = self;
        let mut context = Context::new(arena, roots.0.surroundings(), None);
        run(&mut context, roots.0.records(), json)
    }
}

/// A value read as the answer of a condition: the text `'true'` is no boolean (server decision 3).
#[inline]
pub(super) fn condition_of(value: Value<'_>) -> Condition {
    match value.as_boolean() {
        Some(true) => Condition::True,
        Some(false) => Condition::False,
        None if value.is_null() => Condition::Null,
        None => Condition::NotBoolean,
    }
}
