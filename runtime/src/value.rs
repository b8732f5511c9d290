//! The 16-byte value that record slots, list elements, map entries, arguments and results are.
//!
//! Generated code reads and writes the same layout, so it is fixed: see [`layout`]. Pointer kinds
//! are made and read only here; every text a [`Value`] can hold lies in memory with at least
//! [`PADDING`] readable bytes behind its end.
#![expect(unsafe_code, reason = "the one place where value bits become references")]

use crate::country::Country;
use crate::record::{Header, Record};
use crate::time::DateTime;
use std::fmt;
use std::marker::PhantomData;

/// Readable bytes behind every text, so that code may load 16 or 32 bytes without a check.
pub const PADDING: usize = 32;

/// What a [`Value`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    Null = 0,
    Boolean = 1,
    /// 64-bit signed.
    Integer = 2,
    /// IEEE 754 double, always finite.
    Number = 3,
    /// UTF-8.
    Text = 4,
    List = 5,
    /// Entries in insertion order, keys are texts.
    Map = 6,
    /// A packed record: a root, or a record inside one.
    Record = 7,
    /// A group, by symbol.
    Group = 8,
    /// Microseconds since 1970, and the zone in place of the length.
    DateTime = 9,
    /// The place of a country.
    Country = 10,
}

impl Kind {
    const ALL: [Self; 11] = [
        Self::Null,
        Self::Boolean,
        Self::Integer,
        Self::Number,
        Self::Text,
        Self::List,
        Self::Map,
        Self::Record,
        Self::Group,
        Self::DateTime,
        Self::Country,
    ];
}

/// Numbers that generated code relies on.
pub mod layout {
    /// Bytes of a value.
    pub const SIZE: i32 = 16;
    /// Offset of the payload: number, bits of a double, pointer, or symbols.
    pub const BITS: i32 = 0;
    /// Offset of the second word: length, kind, flags, depth and a zero byte, in that order.
    pub const META: i32 = 8;
    /// Shift of the kind within the second word.
    pub const KIND_SHIFT: u32 = 32;
    /// Shift of the flags within the second word.
    pub const FLAGS_SHIFT: u32 = 40;
    /// Shift of the depth within the second word.
    pub const DEPTH_SHIFT: u32 = 48;
    /// Flag: every byte of the text is ASCII.
    pub const ASCII: u8 = 1;
    /// Flag: the text needs no escape in JSON.
    pub const CLEAN: u8 = 2;
}

/// One value, valid for `'a`.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub struct Value<'a> {
    bits: u64,
    len: u32,
    kind: u8,
    flags: u8,
    depth: u8,
    zero: u8,
    life: PhantomData<&'a ()>,
}

const _: () = assert!(size_of::<Value<'_>>() == 16);

/// UTF-8 text with [`PADDING`] readable bytes behind it.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    text: &'a str,
    flags: u8,
}

/// A group by symbol: the version of its row, and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// Index of the group's row in the group table.
    pub symbol: u32,
    /// Index of the group's name in the group table.
    pub name: u32,
}

/// The entries of a map: keys and values alternate.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'a>(&'a [Value<'a>]);

impl<'a> Value<'a> {
    /// The null value.
    pub const NULL: Self = Self::raw(0, 0, Kind::Null, 0, 0);

    const fn raw(bits: u64, len: u32, kind: Kind, flags: u8, depth: u8) -> Self {
        Self { bits, len, kind: kind as u8, flags, depth, zero: 0, life: PhantomData }
    }

    #[must_use]
    pub const fn boolean(value: bool) -> Self {
        Self::raw(value as u64, 0, Kind::Boolean, 0, 0)
    }

    #[must_use]
    pub const fn integer(value: i64) -> Self {
        Self::raw(value.cast_unsigned(), 0, Kind::Integer, 0, 0)
    }

    /// A double; the caller has made sure that it is finite.
    #[must_use]
    pub const fn number(value: f64) -> Self {
        Self::raw(value.to_bits(), 0, Kind::Number, 0, 0)
    }

    #[must_use]
    pub const fn group(group: Group) -> Self {
        Self::raw(group.symbol as u64 | (group.name as u64) << 32, 0, Kind::Group, 0, 0)
    }

    #[must_use]
    pub fn date_time(time: DateTime) -> Self {
        let (microseconds, zone) = time.to_bits();
        Self::raw(microseconds, zone, Kind::DateTime, 0, 0)
    }

    #[must_use]
    pub fn country(country: Country) -> Self {
        Self::raw(country.to_bits(), 0, Kind::Country, 0, 0)
    }

    #[must_use]
    pub fn text(text: Text<'a>) -> Self {
        let len = u32::try_from(text.text.len()).unwrap_or(u32::MAX);
        Self::raw(text.text.as_ptr() as u64, len, Kind::Text, text.flags, 0)
    }

    /// A text value that points into `memory`, and the memory, which the caller must keep as long
    /// as the value can be reached. Only for tables that own both.
    pub(crate) fn keep_text(memory: Box<[u8]>, len: usize) -> (Value<'static>, Box<[u8]>) {
        let value = Text::in_padded(&memory, len).map_or(Value::NULL, Value::text);
        let (bits, len, flags) = (value.bits, value.len, value.flags);
        let kind = if value.is_null() { Kind::Null } else { Kind::Text };
        (Value::raw(bits, len, kind, flags, 0), memory)
    }

    /// A value of a pointer kind whose memory is at `address`. Only for the record builder, which
    /// has just laid that memory out.
    pub(crate) fn at_address(address: u64, len: u32, kind: Kind, flags: u8, depth: u8) -> Self {
        Self::raw(address, len, kind, flags, depth)
    }

    /// A list of these elements. Its depth is one more than that of its deepest element; `None`
    /// when that or the length is more than a value can say.
    #[must_use]
    pub fn list(elements: &'a [Value<'a>]) -> Option<Self> {
        let depth = depth_around(elements)?;
        let len = u32::try_from(elements.len()).ok()?;
        Some(Self::raw(elements.as_ptr() as u64, len, Kind::List, 0, depth))
    }

    /// A map of these entries: keys (texts) and values alternate. `None` as for [`Value::list`].
    #[must_use]
    pub fn map(entries: &'a [Value<'a>]) -> Option<Self> {
        let well_formed = entries.len().is_multiple_of(2)
            && entries.iter().step_by(2).all(|key| key.kind() == Kind::Text);
        let depth = depth_around(entries)?;
        let len = u32::try_from(entries.len() / 2).ok()?;
        well_formed.then(|| Self::raw(entries.as_ptr() as u64, len, Kind::Map, 0, depth))
    }

    /// A record.
    #[must_use]
    pub fn record(record: Record<'a>) -> Self {
        Self::raw(record.address() as u64, 0, Kind::Record, 0, record.depth())
    }

    /// What this value holds.
    #[must_use]
    pub fn kind(self) -> Kind {
        Kind::ALL.get(self.kind as usize).copied().unwrap_or(Kind::Null)
    }

    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind == Kind::Null as u8
    }

    /// Levels of lists, maps and records in this value: 0 for scalars.
    #[must_use]
    pub fn depth(self) -> u8 {
        self.depth
    }

    #[must_use]
    pub fn as_boolean(self) -> Option<bool> {
        (self.kind == Kind::Boolean as u8).then_some(self.bits != 0)
    }

    #[must_use]
    pub fn as_integer(self) -> Option<i64> {
        (self.kind == Kind::Integer as u8).then_some(self.bits.cast_signed())
    }

    #[must_use]
    pub fn as_number(self) -> Option<f64> {
        (self.kind == Kind::Number as u8).then_some(f64::from_bits(self.bits))
    }

    #[must_use]
    pub fn as_group(self) -> Option<Group> {
        (self.kind == Kind::Group as u8)
            .then_some(Group { symbol: self.bits as u32, name: (self.bits >> 32) as u32 })
    }

    #[must_use]
    pub fn as_date_time(self) -> Option<DateTime> {
        (self.kind == Kind::DateTime as u8).then(|| DateTime::from_bits(self.bits, self.len))
    }

    #[must_use]
    pub fn as_country(self) -> Option<Country> {
        if self.kind == Kind::Country as u8 { Country::from_bits(self.bits) } else { None }
    }

    #[must_use]
    pub fn as_text(self) -> Option<Text<'a>> {
        if self.kind != Kind::Text as u8 {
            return None;
        }
        let pointer = self.bits as *const u8;
        // SAFETY: a value of kind text is made only from a `Text` (here or, part for part, by
        // generated code), whose `len` bytes at this pointer live for 'a.
        let bytes = unsafe { std::slice::from_raw_parts(pointer, self.len as usize) };
        // SAFETY: those bytes are the bytes of a `str`.
        let text = unsafe { std::str::from_utf8_unchecked(bytes) };
        Some(Text { text, flags: self.flags })
    }

    #[must_use]
    pub fn as_list(self) -> Option<&'a [Value<'a>]> {
        if self.kind != Kind::List as u8 {
            return None;
        }
        // SAFETY: a value of kind list is made only from a slice of `len` values that lives for 'a.
        Some(unsafe {
            std::slice::from_raw_parts(self.bits as *const Value<'a>, self.len as usize)
        })
    }

    #[must_use]
    pub fn as_map(self) -> Option<Entries<'a>> {
        if self.kind != Kind::Map as u8 {
            return None;
        }
        // SAFETY: a value of kind map is made only from a slice of `2 * len` values that lives for 'a.
        Some(Entries(unsafe {
            std::slice::from_raw_parts(self.bits as *const Value<'a>, 2 * self.len as usize)
        }))
    }

    #[must_use]
    pub fn as_record(self) -> Option<Record<'a>> {
        if self.kind != Kind::Record as u8 {
            return None;
        }
        // SAFETY: a value of kind record is made only from a `Record<'a>`, by its address.
        unsafe { Record::at(self.bits as *const Header) }
    }

    /// The two words generated code carries in registers.
    #[must_use]
    pub fn words(self) -> (u64, u64) {
        let meta = u64::from(self.len)
            | u64::from(self.kind) << layout::KIND_SHIFT
            | u64::from(self.flags) << layout::FLAGS_SHIFT
            | u64::from(self.depth) << layout::DEPTH_SHIFT;
        (self.bits, meta)
    }
}

/// One more than the deepest of `elements`.
pub(crate) fn depth_around(elements: &[Value<'_>]) -> Option<u8> {
    elements.iter().map(|element| element.depth).max().unwrap_or(0).checked_add(1)
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Kind::Null => formatter.write_str("null"),
            Kind::Boolean => self.as_boolean().fmt(formatter),
            Kind::Integer => self.as_integer().fmt(formatter),
            Kind::Number => self.as_number().fmt(formatter),
            Kind::Text => self.as_text().fmt(formatter),
            Kind::List => self.as_list().fmt(formatter),
            Kind::Map => self.as_map().fmt(formatter),
            Kind::Group => self.as_group().fmt(formatter),
            Kind::DateTime => self.as_date_time().map(DateTime::text).fmt(formatter),
            Kind::Country => self.as_country().map(Country::alpha2).fmt(formatter),
            Kind::Record => Kind::Record.fmt(formatter),
        }
    }
}

impl<'a> Text<'a> {
    /// The empty text.
    pub const EMPTY: Text<'static> =
        Text { text: first_bytes(&[0; PADDING], 0), flags: layout::ASCII | layout::CLEAN };

    /// What stands between the pieces of a text that is a list.
    pub(crate) const COMMA: Text<'static> =
        Text { text: first_bytes(&COMMA_AND_PADDING, 1), flags: layout::ASCII | layout::CLEAN };

    /// A text of which these facts are known.
    ///
    /// # Safety
    /// [`PADDING`] readable bytes follow it while it lives.
    pub(crate) unsafe fn padded(text: &'a str, flags: u8) -> Self {
        Self { text, flags }
    }

    /// The facts that are known of all its bytes.
    pub(crate) fn flags(self) -> u8 {
        self.flags
    }

    /// The text in the first `len` bytes of `memory`, scanned for its flags. `None` if they are not
    /// UTF-8, or fewer than [`PADDING`] bytes follow.
    #[must_use]
    pub fn in_padded(memory: &'a [u8], len: usize) -> Option<Self> {
        let padded = memory.len() >= len.checked_add(PADDING)?;
        let text = std::str::from_utf8(memory.get(..len)?).ok()?;
        padded.then(|| Self { text, flags: scan(text.as_bytes()) })
    }

    /// The characters.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.text
    }

    /// Whether every character is ASCII. `false` may also mean that nobody looked.
    #[must_use]
    pub fn is_ascii(self) -> bool {
        self.flags & layout::ASCII != 0
    }

    /// Whether JSON needs no escape for it. `false` may also mean that nobody looked.
    #[must_use]
    pub fn is_clean(self) -> bool {
        self.flags & layout::CLEAN != 0
    }

    /// The part at these byte offsets, which must lie on character boundaries; else `None`.
    /// The padding behind the whole lies behind each part, too.
    #[must_use]
    pub fn part(self, range: std::ops::Range<usize>) -> Option<Self> {
        Some(Self { text: self.text.get(range)?, flags: self.flags })
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(formatter)
    }
}

/// A comma, and as much behind it as is behind every text.
const COMMA_AND_PADDING: [u8; 1 + PADDING] = {
    let mut bytes = [0; 1 + PADDING];
    bytes[0] = b',';
    bytes
};

const fn first_bytes(memory: &'static [u8], len: usize) -> &'static str {
    let (text, _) = memory.split_at(len);
    match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// The flags of a text: which facts hold for all of its bytes.
pub(crate) fn scan(bytes: &[u8]) -> u8 {
    let (chunks, _) = bytes.as_chunks::<16>();
    let (mut seen, mut odd) = (0, 0);
    for chunk in chunks.iter().chain([&last_chunk(bytes)]) {
        let [low, high] = words_of(chunk);
        seen |= low | high;
        odd |= unclean(low) | unclean(high);
    }
    let ascii = if seen & TOP_BITS == 0 { layout::ASCII } else { 0 };
    let clean = if odd & TOP_BITS == 0 { layout::CLEAN } else { 0 };
    ascii | clean
}

/// The place of the first byte that JSON needs an escape for.
#[inline]
pub(crate) fn first_unclean(bytes: &[u8]) -> Option<usize> {
    let (chunks, _) = bytes.as_chunks::<16>();
    let n_plain = chunks.iter().take_while(|chunk| is_plain(chunk)).count();
    if n_plain == chunks.len() && is_plain(&last_chunk(bytes)) {
        return None;
    }
    let rest = bytes.get(n_plain * 16..).unwrap_or_default();
    rest.iter().position(|byte| !is_clean(*byte)).map(|at| n_plain * 16 + at)
}

/// The last 16 bytes; of fewer, each at least once, and besides them spaces at most.
#[inline]
fn last_chunk(bytes: &[u8]) -> [u8; 16] {
    if let Some(chunk) = bytes.last_chunk() {
        return *chunk;
    }
    // Two words that overlap take no loop.
    let words = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => [u64::from_ne_bytes(*first), u64::from_ne_bytes(*last)],
        _ => match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => {
                [u32::from_ne_bytes(*first), u32::from_ne_bytes(*last)].map(u64_twice)
            }
            _ => [bytes.iter().fold(each(b' '), |word, byte| word << 8 | u64::from(*byte)); 2],
        },
    };
    let [low, high] = words.map(u128::from);
    (low | high << 64).to_ne_bytes()
}

/// A word that is the same half twice.
fn u64_twice(half: u32) -> u64 {
    u64::from(half) | u64::from(half) << 32
}

/// Whether every byte of a chunk is clean.
#[inline]
fn is_plain(chunk: &[u8; 16]) -> bool {
    let [low, high] = words_of(chunk);
    (unclean(low) | unclean(high)) & TOP_BITS == 0
}

/// The top bit of each of eight bytes.
const TOP_BITS: u64 = each(0x80);

/// Eight times the same byte.
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

fn words_of(chunk: &[u8; 16]) -> [u64; 2] {
    let whole = u128::from_ne_bytes(*chunk);
    [whole as u64, (whole >> 64) as u64]
}

/// Has one of [`TOP_BITS`] exactly if one of eight bytes is not clean. Eight at a time in plain
/// arithmetic: byte by byte, the compiler makes ten instructions of each.
#[inline]
fn unclean(word: u64) -> u64 {
    // Taking more from a byte than it has sets its top bit, and may borrow from those above only then.
    let below = |word: u64, least: u8| word.wrapping_sub(each(least)) & !word;
    below(word, 0x20) | below(word ^ each(b'"'), 1) | below(word ^ each(b'\\'), 1)
}

/// Whether a byte stands for itself inside a JSON string.
#[inline]
pub(crate) fn is_clean(byte: u8) -> bool {
    byte >= 0x20 && byte != b'"' && byte != b'\\'
}

impl<'a> Entries<'a> {
    /// Key and value of each entry, in insertion order.
    pub fn iter(self) -> impl Iterator<Item = (Text<'a>, Value<'a>)> {
        self.0.chunks_exact(2).filter_map(|pair| match pair {
            [key, value] => Some((key.as_text()?, *value)),
            _ => None,
        })
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.len() / 2
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The value of this key.
    #[must_use]
    pub fn find(self, key: &str) -> Option<Value<'a>> {
        self.iter().find(|(candidate, _)| candidate.as_str() == key).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::{first_unclean, is_clean, layout, scan};

    #[test]
    fn eight_bytes_at_a_time_are_what_each_is() {
        for neighbour in [0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f, 0x80, 0xa2, 0xdc, 0xff] {
            for (at, byte) in (0..16).flat_map(|at| (0..=u8::MAX).map(move |byte| (at, byte))) {
                let mut chunk = [neighbour; 16];
                chunk[at] = byte;
                let clean =
                    if chunk.iter().all(|byte| is_clean(*byte)) { layout::CLEAN } else { 0 };
                let ascii = if chunk.is_ascii() { layout::ASCII } else { 0 };
                assert_eq!(scan(&chunk), clean | ascii, "{byte} at {at} of {neighbour}");
                let first = chunk.iter().position(|byte| !is_clean(*byte));
                assert_eq!(first_unclean(&chunk), first);
            }
        }
    }

    #[test]
    fn every_byte_of_a_short_text_is_looked_at() {
        for length in 0..40 {
            assert_eq!(scan(&vec![b'x'; length]), layout::ASCII | layout::CLEAN, "{length}");
            for at in 0..length {
                for (byte, flags) in
                    [(b'"', layout::ASCII), (0xc3, layout::CLEAN), (0x1f, layout::ASCII)]
                {
                    let mut text = vec![b'x'; length];
                    text[at] = byte;
                    assert_eq!(scan(&text), flags, "{byte} at {at} of {length}");
                    let first = (byte != 0xc3).then_some(at);
                    assert_eq!(first_unclean(&text), first, "{byte} at {at} of {length}");
                }
            }
        }
    }
}
