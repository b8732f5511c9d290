//! `user.groups.filter(g => g.startsWith("role_")).map(g => g.replace("role_", ""))` by hand: what
//! a careful programmer would write over the same packed records, called as generated code is and
//! with the same duties. It is the yardstick for generated code.
#![expect(unsafe_code, reason = "reads the layout that generated code reads")]

use claimsmith_runtime::abi::{SLACK, limits};
use claimsmith_runtime::record::{Header, PackedRecord, SLOTS};
use claimsmith_runtime::symbol::GroupTable;
use claimsmith_runtime::value::layout;
use claimsmith_runtime::{Kind, Value, json};
use std::hint::black_box;

/// Which record is the user, and which of its slots holds the groups: what a compiler knows.
pub(crate) const USER: usize = 0;
pub(crate) const GROUPS: usize = 0;

const PREFIX: &str = "role_";
/// [`PREFIX`] as the low bytes of a word, and the bytes it takes.
const PREFIX_WORD: u64 = u64::from_le_bytes(*b"role_\0\0\0");
const PREFIX_MASK: u64 = (1 << (8 * PREFIX.len())) - 1;
/// Bytes of text that are written without asking for their number.
const SHORT: usize = 32;
const FULL: u32 = 1;

/// What the function borrows for one call.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Context {
    pub(crate) cursor: *mut u8,
    end: *mut u8,
    names: *const u8,
    n_names: u64,
}

/// The shape of the function. Answers 0, or [`FULL`].
pub(crate) type Entry = unsafe extern "C" fn(*mut Context, *const *const Header) -> u32;

/// One subject as the function wants it.
#[derive(Debug)]
pub(crate) struct Given<'s> {
    /// The user, then the name symbols of the program's names.
    roots: [*const Header; 2],
    names: Vec<Value<'s>>,
}

/// The output, used again and again.
#[derive(Debug)]
pub(crate) struct Hand {
    memory: Box<[u8]>,
}

/// A text by address, with its flags.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    pub(crate) start: *const u8,
    pub(crate) len: usize,
    pub(crate) is_clean: bool,
}

impl<'s> Given<'s> {
    /// `resolved` are the name symbols of the program's names.
    pub(crate) fn new(
        user: Option<&'s PackedRecord>,
        table: &'s GroupTable,
        resolved: &'s [u32],
    ) -> Self {
        let mut names = Vec::new();
        for symbol in 0..u32::try_from(table.len()).unwrap_or(0) {
            let Some(group) = table.group(symbol) else { continue };
            if group.name as usize == names.len() {
                names.push(Value::text(table.name(group)));
            }
        }
        let header = user.map_or(std::ptr::null(), |user| user.record().address());
        Self { roots: [header, resolved.as_ptr().cast()], names }
    }
}

impl Hand {
    pub(crate) fn new() -> Self {
        Self { memory: vec![0; limits::OUTPUT + SLACK].into_boxed_slice() }
    }

    /// The JSON that a function writes; `None` if it does not fit.
    pub(crate) fn enter(&mut self, entry: Entry, given: &Given<'_>) -> Option<&[u8]> {
        let start = self.memory.as_mut_ptr();
        let mut context = Context {
            cursor: start,
            end: start.wrapping_add(limits::OUTPUT),
            names: given.names.as_ptr().cast(),
            n_names: given.names.len() as u64,
        };
        let entry: Entry = black_box(entry);
        // SAFETY: the record, the names and the output are borrowed for this call, and the output
        // has `SLACK` bytes behind its end.
        let answer = unsafe { entry(&raw mut context, given.roots.as_ptr()) };
        let len = context.cursor.addr() - start.addr();
        if answer == 0 { self.memory.get(..len) } else { None }
    }
}

/// The expression.
///
/// # Safety
/// `context` and `roots` are those that [`Hand::enter`] makes.
pub(crate) unsafe extern "C" fn roles(context: *mut Context, roots: *const *const Header) -> u32 {
    // SAFETY: nobody else uses the context during the call.
    let context = unsafe { &mut *context };
    // SAFETY: there is a root at `USER`.
    let user = unsafe { load::<*const u8>(roots.cast(), USER * size_of::<*const Header>()) };
    if user.is_null() {
        return answer(context.write(b"null"));
    }
    // SAFETY: the user's record has a slot `GROUPS`.
    let [bits, meta] = unsafe { words(user.wrapping_add(SLOTS as usize), GROUPS) };
    if !is_kind(meta, Kind::List) {
        return answer(context.write(b"null"));
    }
    let elements = std::ptr::with_exposed_provenance(bits as usize);
    // SAFETY: a list has as many values at its address as its length says.
    answer(unsafe { write_roles(context, elements, len(meta)) })
}

/// # Safety
/// `n` values lie at `elements`, and the context is as [`Hand::enter`] makes it.
unsafe fn write_roles(context: &mut Context, elements: *const u8, n: usize) -> bool {
    if !context.write(b"[\"") {
        return false;
    }
    let first = context.cursor;
    for index in 0..n {
        // SAFETY: `index` is below `n`.
        let [bits, meta] = unsafe { words(elements, index) };
        let Some(name) = context.name(bits).filter(|_| is_kind(meta, Kind::Group)) else {
            continue;
        };
        // SAFETY: a text of the table is padded.
        let front = unsafe { load::<u64>(name.start, 0) };
        if name.len < PREFIX.len() || front & PREFIX_MASK != PREFIX_WORD {
            continue;
        }
        // SAFETY: the text is padded and begins with the prefix.
        if !unsafe { write_without(context, name) } {
            return false;
        }
    }
    let is_empty = context.cursor == first;
    context.cursor = context.cursor.wrapping_sub(if is_empty { 1 } else { 2 });
    context.write(b"]")
}

/// Writes the text with every [`PREFIX`] in it removed, and what comes before the next.
///
/// # Safety
/// `name` is UTF-8 that begins with [`PREFIX`] and has padding behind it.
unsafe fn write_without(context: &mut Context, name: Text) -> bool {
    let rest =
        Text { start: name.start.wrapping_add(PREFIX.len()), len: name.len - PREFIX.len(), ..name };
    // SAFETY: the padding behind the whole lies behind the rest.
    if unsafe { may_hold_prefix(rest) } {
        // SAFETY: the caller promises UTF-8.
        let replaced = unsafe { as_str(name) }.replace(PREFIX, "");
        return context.write_escaped(&replaced);
    }
    if !rest.is_clean {
        // SAFETY: what follows an ASCII prefix of UTF-8 is UTF-8.
        return context.write_escaped(unsafe { as_str(rest) });
    }
    let n_copied = if rest.len <= SHORT { SHORT } else { rest.len };
    if rest.len > SHORT && context.room() < rest.len {
        return false;
    }
    if n_copied == SHORT {
        // SAFETY: the padding makes 32 bytes readable, and the slack of the output writable.
        unsafe { context.cursor.copy_from_nonoverlapping(rest.start, SHORT) };
    } else {
        // SAFETY: there is room for them, as just compared.
        unsafe { context.cursor.copy_from_nonoverlapping(rest.start, rest.len) };
    }
    context.cursor = context.cursor.wrapping_add(rest.len);
    context.separate()
}

impl Context {
    /// The name of a group.
    pub(crate) fn name(&self, bits: u64) -> Option<Text> {
        let name = bits >> 32;
        // SAFETY: it is below the number of names, each of which is a text.
        (name < self.n_names).then(|| text_of(unsafe { words(self.names, name as usize) }))
    }

    /// Whether what was written counts.
    pub(crate) fn fits(&self) -> bool {
        self.cursor <= self.end
    }

    fn room(&self) -> usize {
        self.end.addr().saturating_sub(self.cursor.addr())
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> bool {
        if bytes.len() > self.room() {
            return false;
        }
        // SAFETY: there is room for them, as just compared.
        unsafe { self.cursor.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        self.cursor = self.cursor.wrapping_add(bytes.len());
        true
    }

    /// Closes one element and opens the next.
    fn separate(&mut self) -> bool {
        // SAFETY: the cursor is at most `SHORT` bytes beyond the end, and the slack is longer.
        unsafe { self.cursor.cast::<[u8; 3]>().write_unaligned(*b"\",\"") };
        self.cursor = self.cursor.wrapping_add(3);
        self.fits()
    }

    #[cold]
    pub(crate) fn write_escaped(&mut self, text: &str) -> bool {
        // The writer begins with a quote, which is there already.
        self.cursor = self.cursor.wrapping_sub(1);
        let written = json::write_str(text, &mut |bytes| self.write(bytes));
        self.cursor = self.cursor.wrapping_sub(1);
        written && self.separate()
    }
}

/// `false` if [`PREFIX`] does not occur; `true` if its first and last byte do, that far apart.
///
/// # Safety
/// 32 bytes behind the text are readable.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
unsafe fn may_hold_prefix(text: Text) -> bool {
    use std::arch::x86_64::{__m128i, _mm_and_si128, _mm_cmpeq_epi8, _mm_movemask_epi8};
    use std::arch::x86_64::{_mm_loadu_si128, _mm_set1_epi8};
    let first = _mm_set1_epi8(b'r'.cast_signed());
    let last = _mm_set1_epi8(b'_'.cast_signed());
    let n_positions = (text.len + 1).saturating_sub(PREFIX.len());
    let mut position = 0;
    while position < n_positions {
        let at = text.start.wrapping_add(position).cast::<__m128i>();
        // SAFETY: within the text or its padding.
        let front = unsafe { _mm_loadu_si128(at) };
        // SAFETY: 4 bytes further, 20 behind a position of the text at most.
        let back = unsafe { _mm_loadu_si128(at.wrapping_byte_add(PREFIX.len() - 1)) };
        let both = _mm_and_si128(_mm_cmpeq_epi8(front, first), _mm_cmpeq_epi8(back, last));
        let found = _mm_movemask_epi8(both).cast_unsigned();
        if found != 0 {
            let left = n_positions - position;
            return left >= 16 || found & ((1 << left) - 1) != 0;
        }
        position += 16;
    }
    false
}

/// As above where there are no such vectors.
///
/// # Safety
/// The text is readable.
#[cfg(not(target_arch = "x86_64"))]
unsafe fn may_hold_prefix(text: Text) -> bool {
    // SAFETY: the caller promises a text.
    unsafe { as_str(text) }.contains(PREFIX)
}

pub(crate) fn answer(written: bool) -> u32 {
    if written { 0 } else { FULL }
}

pub(crate) fn is_kind(meta: u64, kind: Kind) -> bool {
    (meta >> layout::KIND_SHIFT) as u8 == kind as u8
}

pub(crate) fn len(meta: u64) -> usize {
    meta as u32 as usize
}

pub(crate) fn text_of([bits, meta]: [u64; 2]) -> Text {
    let flags = (meta >> layout::FLAGS_SHIFT) as u8;
    let start = std::ptr::with_exposed_provenance(bits as usize);
    Text { start, len: len(meta), is_clean: flags & layout::CLEAN != 0 }
}

/// # Safety
/// The text is UTF-8 and lives as long as the answer is used.
pub(crate) unsafe fn as_str<'t>(text: Text) -> &'t str {
    // SAFETY: the caller promises bytes.
    let bytes = unsafe { std::slice::from_raw_parts(text.start, text.len) };
    // SAFETY: the caller promises UTF-8.
    unsafe { std::str::from_utf8_unchecked(bytes) }
}

/// The two words of value `index`.
///
/// # Safety
/// There are more than `index` values at `values`.
pub(crate) unsafe fn words(values: *const u8, index: usize) -> [u64; 2] {
    // SAFETY: the caller promises a value there.
    unsafe { load(values, index * layout::SIZE as usize) }
}

/// # Safety
/// A `T` lies `offset` bytes from `address`.
pub(crate) unsafe fn load<T: Copy>(address: *const u8, offset: usize) -> T {
    // SAFETY: the caller promises it.
    unsafe { address.wrapping_add(offset).cast::<T>().read_unaligned() }
}
