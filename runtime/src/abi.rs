//! The border between generated code and Rust: the context both see, and the few `extern "C"`
//! functions that generated code may call. None of them panics: what a row throws is caught.
#![expect(unsafe_code, reason = "called by generated code with raw pointers")]

use crate::arena::Arena;
use crate::fault::{Fault, OUTPUT_FULL};
use crate::functions::Body;
use crate::kept::Kept;
use crate::pattern::Pattern;
use crate::record::Header;
use crate::symbol::GroupTable;
use crate::time::{DateTime, Zone};
use crate::value::{Text, Value, layout};
use std::mem::offset_of;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What one evaluation may spend (design: "Work is charged, never timed").
pub mod limits {
    /// Steps of one expression.
    pub const STEPS: i64 = 1_000_000;
    /// Bytes of any text that is made.
    pub const TEXT: usize = 100_000;
    /// Elements of any list that is made.
    pub const LIST: usize = 10_000;
    /// Levels of any value that is made.
    pub const DEPTH: u8 = 100;
    /// Bytes of JSON of one expression.
    pub const OUTPUT: usize = 65_536;
}

/// Bytes behind the end of the output that generated code may scribble on.
pub const SLACK: usize = 256;

/// What evaluations are about besides records: the groups, the program's names among them, and the
/// time. Made once for all that is evaluated over them. Generated code knows the fields listed in
/// [`Offsets`].
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Surroundings<'a> {
    /// Name symbol to text.
    names: *const Value<'static>,
    /// Group symbol to the header of the group's record.
    groups: *const *const Header,
    /// Offset of the last name, all ones above the lowest four bits: masks the offset of a name.
    names_mask: u64,
    /// How many groups there are.
    n_groups: u64,
    /// Index of a name constant of the program to its name symbol.
    resolved: *const u32,
    /// What lambdas made of the groups.
    kept: *const Kept,
    // What follows is for Rust alone.
    table: &'a GroupTable,
    resolved_names: &'a [u32],
    /// The time of the request, in microseconds since 1970.
    now: i64,
}

/// Everything an evaluation borrows, made anew for each. Generated code knows the fields listed in
/// [`Offsets`].
#[derive(Debug)]
#[repr(C)]
pub struct Context<'a> {
    /// Where the next byte of output goes.
    cursor: *mut u8,
    /// Output ends here; [`SLACK`] more bytes may be written but do not count.
    output_end: *mut u8,
    surroundings: &'a Surroundings<'a>,
    /// The value of a program that makes one, and of every row.
    result: Value<'a>,
    /// The node at which a fault happened.
    site: u32,
    // What follows is for Rust alone.
    arena: &'a Arena,
    /// Null if there is no output.
    output_start: *mut u8,
}

/// A place in the output to go back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark(*mut u8);

/// Where generated code finds the fields of a [`Context`] and, behind `surroundings`, those of its
/// [`Surroundings`], in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Offsets {
    pub cursor: i32,
    pub output_end: i32,
    pub surroundings: i32,
    pub site: i32,
    pub result: i32,
    pub names: i32,
    pub groups: i32,
    pub names_mask: i32,
    pub n_groups: i32,
    pub resolved: i32,
    pub kept: i32,
}

/// The offsets of this build.
pub const OFFSETS: Offsets = Offsets {
    cursor: offset_of!(Context<'static>, cursor) as i32,
    output_end: offset_of!(Context<'static>, output_end) as i32,
    surroundings: offset_of!(Context<'static>, surroundings) as i32,
    site: offset_of!(Context<'static>, site) as i32,
    result: offset_of!(Context<'static>, result) as i32,
    names: offset_of!(Surroundings<'static>, names) as i32,
    groups: offset_of!(Surroundings<'static>, groups) as i32,
    names_mask: offset_of!(Surroundings<'static>, names_mask) as i32,
    n_groups: offset_of!(Surroundings<'static>, n_groups) as i32,
    resolved: offset_of!(Surroundings<'static>, resolved) as i32,
    kept: offset_of!(Surroundings<'static>, kept) as i32,
};

/// Memory that generated code writes JSON into. Kept by a worker and used again.
#[derive(Debug)]
pub struct Output {
    memory: Box<[u8]>,
    /// How many of the bytes count.
    capacity: usize,
}

impl Output {
    /// Room for `capacity` bytes of JSON.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { memory: vec![0; capacity + SLACK].into_boxed_slice(), capacity }
    }

    /// The first `length` bytes, as the last evaluation left them.
    #[inline]
    #[must_use]
    pub fn first(&self, length: usize) -> &[u8] {
        self.memory.get(..length).unwrap_or_else(|| none())
    }
}

/// No bytes, which is seldom so.
#[cold]
#[inline(never)]
fn none() -> &'static [u8] {
    &[]
}

impl<'a> Surroundings<'a> {
    /// Over this table, in 1970; `resolved` holds the name symbols of the program's names.
    #[must_use]
    pub fn new(table: &'a GroupTable, resolved: &'a [u32]) -> Self {
        Self {
            names: table.names().as_ptr(),
            groups: table.headers().as_ptr(),
            names_mask: (table.names().len() as u64).saturating_sub(1)
                * size_of::<Value<'_>>() as u64,
            n_groups: table.headers().len() as u64,
            resolved: resolved.as_ptr(),
            kept: table.kept(),
            table,
            resolved_names: resolved,
            now: 0,
        }
    }

    /// The same at another time, in microseconds since 1970.
    #[must_use]
    pub fn at(self, now: i64) -> Self {
        Self { now, ..self }
    }

    /// The groups.
    #[inline]
    #[must_use]
    pub fn table(&self) -> &'a GroupTable {
        self.table
    }

    /// Whether these are over the same groups and names.
    #[must_use]
    pub fn is_same(&self, other: &Surroundings<'_>) -> bool {
        std::ptr::eq(self.table, other.table)
            && std::ptr::eq(self.resolved_names, other.resolved_names)
    }
}

impl<'a> Context<'a> {
    /// A context in these surroundings. Output goes to `output`, if the program writes any.
    #[inline]
    #[must_use]
    pub fn new(
        arena: &'a Arena,
        surroundings: &'a Surroundings<'a>,
        output: Option<&'a mut Output>,
    ) -> Self {
        let (start, end) = match output {
            Some(output) => {
                let start = output.memory.as_mut_ptr();
                (start, start.wrapping_add(output.capacity))
            }
            None => (std::ptr::null_mut(), std::ptr::null_mut()),
        };
        Self {
            cursor: start,
            output_end: end,
            surroundings,
            result: Value::NULL,
            site: 0,
            arena,
            output_start: start,
        }
    }

    /// What it is about.
    #[inline]
    #[must_use]
    pub fn surroundings(&self) -> &'a Surroundings<'a> {
        self.surroundings
    }

    /// The time of the request, in UTC.
    #[must_use]
    pub fn now(&self) -> DateTime {
        DateTime::new(self.surroundings.now, Zone::UTC).unwrap_or(DateTime::EPOCH)
    }

    /// Whether the context has an output to write to.
    #[inline]
    #[must_use]
    pub fn is_writable(&self) -> bool {
        !self.output_start.is_null()
    }

    /// How many more bytes of output there may be.
    #[inline]
    #[must_use]
    pub fn room(&self) -> usize {
        self.output_end.addr().saturating_sub(self.cursor.addr())
    }

    /// Whether there is room for all that one expression may write.
    #[inline]
    #[must_use]
    pub fn has_room(&self) -> bool {
        // No memory lies so high that this wraps.
        self.cursor.addr().wrapping_add(limits::OUTPUT) <= self.output_end.addr()
    }

    /// Where the next byte of output goes.
    #[inline]
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(self.cursor)
    }

    /// Forgets what was written since `mark`, which must be of this context; else nothing changes.
    #[inline]
    pub fn rewind(&mut self, mark: Mark) {
        if (self.output_start..=self.cursor).contains(&mark.0) {
            self.cursor = mark.0;
        }
    }

    /// The arena what is made goes to.
    #[inline]
    #[must_use]
    pub fn arena(&self) -> &'a Arena {
        self.arena
    }

    /// The groups of this evaluation.
    #[inline]
    #[must_use]
    pub fn table(&self) -> &'a GroupTable {
        self.surroundings.table
    }

    /// The name symbol of the program's name constant `index`.
    #[inline]
    #[must_use]
    pub fn resolved(&self, index: usize) -> Option<u32> {
        self.surroundings.resolved_names.get(index).copied()
    }

    /// The value that generated code left.
    #[inline]
    #[must_use]
    pub fn result(&self) -> Value<'a> {
        self.result
    }

    /// The node at which generated code faulted.
    #[inline]
    #[must_use]
    pub fn site(&self) -> u32 {
        self.site
    }

    /// How many bytes of output are written.
    #[inline]
    #[must_use]
    pub fn written(&self) -> usize {
        self.cursor.addr().wrapping_sub(self.output_start.addr())
    }

    /// The bytes of output written so far.
    #[inline]
    #[must_use]
    pub fn output(&self) -> &[u8] {
        let len = self.written();
        if len == 0 {
            return &[];
        }
        // SAFETY: `cursor` starts at `output_start` and moves only over bytes of the output, which
        // is borrowed for 'a and initialised from the start.
        unsafe { std::slice::from_raw_parts(self.output_start, len) }
    }

    /// A text of these characters.
    ///
    /// # Errors
    /// [`Fault::Limit`] beyond [`limits::TEXT`] bytes.
    pub fn make_text(&self, text: &str) -> Result<Text<'a>, Fault> {
        if text.len() > limits::TEXT {
            return Err(Fault::Limit);
        }
        Ok(self.arena.text(text))
    }

    /// A list of these elements.
    ///
    /// # Errors
    /// [`Fault::Limit`] beyond [`limits::LIST`] elements or [`limits::DEPTH`] levels.
    pub fn make_list(&self, elements: &[Value<'a>]) -> Result<Value<'a>, Fault> {
        if elements.len() > limits::LIST {
            return Err(Fault::Limit);
        }
        within_depth(Value::list(self.arena.values(elements)))
    }

    /// A list of `n` elements, made one after the other.
    ///
    /// # Errors
    /// As [`Context::make_list`], and [`Fault::Internal`] if there are fewer.
    pub(crate) fn make_list_of(
        &self,
        n: usize,
        elements: impl Iterator<Item = Value<'a>>,
    ) -> Result<Value<'a>, Fault> {
        if n > limits::LIST {
            return Err(Fault::Limit);
        }
        let elements = self.arena.values_of(n, elements);
        if elements.len() < n {
            return Err(Fault::Internal);
        }
        within_depth(Value::list(elements))
    }

    /// A map of these keys and values, alternating.
    ///
    /// # Errors
    /// As [`Context::make_list`].
    pub fn make_map(&self, entries: &[Value<'a>]) -> Result<Value<'a>, Fault> {
        if entries.len() / 2 > limits::LIST {
            return Err(Fault::Limit);
        }
        within_depth(Value::map(self.arena.values(entries)))
    }

    /// Appends bytes to the output; `false` if they do not fit.
    fn write(&mut self, bytes: &[u8]) -> bool {
        if bytes.len() > self.room() {
            return false;
        }
        // SAFETY: as many bytes of the output lie at the cursor, and nothing else refers to them.
        unsafe { self.cursor.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        self.cursor = self.cursor.wrapping_add(bytes.len());
        true
    }
}

fn within_depth(made: Option<Value<'_>>) -> Result<Value<'_>, Fault> {
    made.filter(|value| value.depth() <= limits::DEPTH).ok_or(Fault::Limit)
}

/// Calls the body of a row of the function table; the result goes to `context.result`.
/// Answers 0 or the code of a fault.
///
/// # Safety
/// `context` is the context of the running evaluation, and `arguments` points to `n` values.
#[expect(improper_ctypes_definitions, reason = "the body is only called here, in Rust")]
pub unsafe extern "C" fn call_row<'a>(
    context: *mut Context<'a>,
    body: Body,
    arguments: *const Value<'a>,
    n: u32,
) -> u32 {
    // SAFETY: generated code passes on the context it was called with, which nobody else uses.
    let context = unsafe { &mut *context };
    // SAFETY: generated code passes the stack slot it wrote `n` values to.
    let arguments = unsafe { std::slice::from_raw_parts(arguments, n as usize) };
    let outcome = catch_unwind(AssertUnwindSafe(|| body(context, arguments)));
    match outcome.unwrap_or(Err(Fault::Internal)) {
        Ok(value) => {
            context.result = value;
            0
        }
        Err(fault) => fault.code(),
    }
}

/// What [`matches_pattern`] answers if it cannot say.
pub const NO_ANSWER: u32 = 2;

/// Whether a pattern matches the whole of a text: 1, 0 or [`NO_ANSWER`]. On its own since a pattern
/// that stands in the program is compiled with it, and looking it up took as long as matching.
///
/// # Safety
/// `pattern` is one that the program owns; a text of a record, a constant or the arena lies at `text`.
pub unsafe extern "C" fn matches_pattern(
    pattern: *const Pattern,
    text: *const u8,
    len: u64,
) -> u32 {
    // SAFETY: the program owns the patterns of its code.
    let pattern = unsafe { &*pattern };
    let len = usize::try_from(len).unwrap_or(0);
    // SAFETY: generated code passes the words of a text.
    let bytes = unsafe { std::slice::from_raw_parts(text, len) };
    // SAFETY: every text is UTF-8.
    let text = unsafe { std::str::from_utf8_unchecked(bytes) };
    let outcome = catch_unwind(AssertUnwindSafe(|| pattern.matches(text)));
    outcome.map_or(NO_ANSWER, u32::from)
}

/// Writes the value made of these two words as JSON at the cursor. Answers 0 or [`OUTPUT_FULL`].
///
/// # Safety
/// `context` is the context of the running evaluation; `value` points to a value.
pub unsafe extern "C" fn write_json<'a>(context: *mut Context<'a>, value: *const Value<'a>) -> u32 {
    // SAFETY: as for `call_row`.
    let context = unsafe { &mut *context };
    // SAFETY: generated code passes the stack slot it wrote the value to.
    let value = unsafe { *value };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let table = context.table();
        crate::json::write(value, table, &mut |bytes| context.write(bytes))
    }));
    if outcome.unwrap_or(false) { 0 } else { OUTPUT_FULL }
}

/// Writes a text as JSON at `at`, and the first `n_behind` bytes of [`BEHIND`] behind it. Answers where
/// the next byte goes; null if that would be beyond `limit`. On its own since [`write_json`] writes
/// quotes around every text; generated code copies short texts itself.
///
/// # Safety
/// All bytes from `at` to `limit`, if it is behind, may be written; a text of a record, a constant or
/// the arena lies at `text`, and `meta` is its second word.
pub unsafe extern "C" fn write_text(
    at: *mut u8,
    limit: *mut u8,
    text: *const u8,
    meta: u64,
    n_behind: u32,
) -> *mut u8 {
    let n_room = limit.addr().saturating_sub(at.addr());
    let (len, n_behind) = ((meta & 0xffff_ffff) as usize, (n_behind as usize).min(BEHIND.len()));
    let n_before = usize::from(n_behind == 1);
    if meta >> layout::FLAGS_SHIFT & u64::from(layout::CLEAN) == 0 {
        // SAFETY: generated code passes the words of a text.
        let bytes = unsafe { std::slice::from_raw_parts(text, len) };
        // SAFETY: every text is UTF-8.
        let text = unsafe { std::str::from_utf8_unchecked(bytes) };
        // SAFETY: the output has room for so many more bytes, which nobody else reads or writes.
        let room = unsafe { std::slice::from_raw_parts_mut(at, n_room) };
        let behind = BEHIND.get(..n_behind).unwrap_or_default();
        let before = behind.get(..n_before).unwrap_or_default();
        let written = crate::json::put_text(text, (before, behind), room);
        return written.map_or(std::ptr::null_mut(), |n_written| at.wrapping_add(n_written));
    }
    if n_before + len + n_behind > n_room {
        return std::ptr::null_mut();
    }
    // Three small calls of `memcpy` would take longer than the text.
    if n_before == 1 {
        // SAFETY: there is room for all that follows.
        unsafe { at.write(b'"') };
    }
    let at = at.wrapping_add(n_before);
    // SAFETY: as above; generated code passes the words of a text, and none lies in the output.
    unsafe { at.copy_from_nonoverlapping(text, len) };
    let at = at.wrapping_add(len);
    if n_behind == 1 {
        // SAFETY: as above.
        unsafe { at.write(b'"') };
    }
    if n_behind > 1 {
        // SAFETY: as above.
        unsafe { at.copy_from_nonoverlapping(BEHIND.as_ptr(), n_behind) };
    }
    at.wrapping_add(n_behind)
}

/// What may stand behind a text: nothing, a quote, or all of it. Where it is a quote, another stands
/// before.
pub const BEHIND: &[u8; 3] = b"\",\"";

/// Bytes that [`write_integer`] may write.
pub const LONGEST_INTEGER: u32 = crate::json::LONGEST_INTEGER as u32;

/// Writes an integer in decimal digits; answers where the next byte goes. On its own since claims
/// are often numbers, and [`write_json`] takes four times as long.
///
/// # Safety
/// [`LONGEST_INTEGER`] bytes at `at` may be written.
pub unsafe extern "C" fn write_integer(at: *mut u8, value: i64) -> *mut u8 {
    let mut digits = [b'-'; crate::json::LONGEST_INTEGER];
    let start = crate::json::put_digits(value, &mut digits);
    let written = digits.get(start..).unwrap_or_default();
    // SAFETY: these are at most as many bytes as the caller promises room for.
    unsafe { at.copy_from_nonoverlapping(written.as_ptr(), written.len()) };
    at.wrapping_add(written.len())
}

/// The address of the first entry of what is kept of a lambda, see [`Kept`]: of one of which nothing
/// is ever known, if there is no room for it.
///
/// # Safety
/// `context` is the context of the running evaluation.
pub unsafe extern "C" fn open_column(context: *mut Context<'_>, number: u64) -> u64 {
    // SAFETY: as for `call_row`.
    let context = unsafe { &*context };
    let opened = catch_unwind(AssertUnwindSafe(|| context.table().kept().open(number)));
    opened.unwrap_or_else(|_| crate::kept::nothing())
}

/// Keeps what lambda `number` made of the group of this symbol: the `len` bytes at `start`, for so
/// many steps. Answers 0.
///
/// # Safety
/// `context` is the context of the running evaluation, whose output holds those bytes.
pub unsafe extern "C" fn keep_fragment(
    context: *mut Context<'_>,
    number: u64,
    symbol: u32,
    start: *const u8,
    len: u64,
    steps: u32,
) -> u32 {
    // SAFETY: as for `call_row`.
    let context = unsafe { &*context };
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    // SAFETY: generated code wrote them just before.
    let fragment = unsafe { std::slice::from_raw_parts(start, len) };
    context.table().kept().keep(number, symbol, fragment, steps);
    0
}

/// Memory for `bytes` bytes of values that generated code will make. Never null.
///
/// # Safety
/// `context` is the context of the running evaluation.
pub unsafe extern "C" fn allocate(context: *mut Context<'_>, bytes: u64) -> *mut u8 {
    // SAFETY: as for `call_row`.
    let context = unsafe { &*context };
    context.arena.allocate(usize::try_from(bytes).unwrap_or(0))
}
