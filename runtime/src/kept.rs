//! What lambdas that depend on nothing but a group made of it, kept under the group's symbol as the
//! JSON it is written as. It lives as long as the table of groups, so that it never goes stale, and
//! is bounded; what finds no room is made anew each time.
//!
//! Threads share it without locks: an entry is written before it is marked as known, and never
//! again. Generated code reads it.

use crate::abi::limits;
use std::fmt;
use std::mem::offset_of;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Most bytes of JSON that are kept of one group by one lambda.
pub const FRAGMENT: usize = 32;
/// The bits of an entry's first word that hold how long its fragment is.
pub const LENGTH: u64 = 0xff;
/// The bit of it that says that the entry is known.
pub const KNOWN: u64 = 1 << 8;
/// The bit that says that the fragment is too long to be kept, or takes too many steps.
const TOO_LONG: u64 = 1 << 9;
/// Above this bit are the steps that making the fragment spends.
pub const STEPS_SHIFT: u32 = 32;
/// Most steps of a fragment that is kept.
const MOST_STEPS: u32 = 1 << 18;
// What is told of as many groups as a list may have is added up, and one half does not carry over.
const _: () = assert!(limits::LIST as u64 * MOST_STEPS as u64 <= u32::MAX as u64);
const _: () = assert!(limits::LIST as u64 * (KNOWN | LENGTH) <= u32::MAX as u64);
/// Most bytes that one table keeps.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Most lambdas of which a table keeps anything; small tables keep fewer.
const MOST_LAMBDAS: usize = 1_024;

/// What one lambda makes of one group. The first word is 0 as long as nothing is known.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Entry {
    told: AtomicU64,
    fragment: [AtomicU64; FRAGMENT / 8],
}

/// What one lambda makes of all groups.
struct Column {
    /// The lambda.
    number: u64,
    entries: Box<[Entry]>,
}

/// Where a lambda finds its column. Lambdas whose numbers end alike share a place: the first has it.
#[derive(Debug, Default)]
#[repr(C)]
struct Place {
    /// The lambda that has it; 0 for none. Known after `start`.
    owner: AtomicU64,
    /// The address of its first entry.
    start: AtomicUsize,
}

/// Everything that is kept under the symbols of one table. Generated code knows the fields listed in
/// [`KeptOffsets`].
#[repr(C)]
pub struct Kept {
    places: usize,
    /// How many places there are, less one; a power of two.
    places_mask: u64,
    /// How many entries a column has, less one; a power of two.
    symbols_mask: u64,
    // What follows is for Rust alone.
    memory: Box<[Place]>,
    columns: Box<[OnceLock<Column>]>,
    n_bytes: AtomicUsize,
}

/// Where generated code finds the fields of a [`Kept`], in bytes.
#[derive(Clone, Copy, Debug)]
pub struct KeptOffsets {
    pub places: i32,
    pub places_mask: i32,
    pub symbols_mask: i32,
    /// Of a place: the lambda that has it, and the address of its first entry.
    pub owner: i32,
    pub start: i32,
    /// Of an entry: its fragment.
    pub fragment: i32,
}

/// The offsets of this build.
pub const KEPT_OFFSETS: KeptOffsets = KeptOffsets {
    places: offset_of!(Kept, places) as i32,
    places_mask: offset_of!(Kept, places_mask) as i32,
    symbols_mask: offset_of!(Kept, symbols_mask) as i32,
    owner: offset_of!(Place, owner) as i32,
    start: offset_of!(Place, start) as i32,
    fragment: offset_of!(Entry, fragment) as i32,
};

/// Bytes of a place: a power of two.
pub const PLACE_SIZE: usize = size_of::<Place>();
/// Bytes of an entry.
pub const ENTRY_SIZE: usize = size_of::<Entry>();
const _: () = assert!(PLACE_SIZE == 16 && ENTRY_SIZE == 40);

/// An entry of which nothing will ever be known, for code that finds no column.
static NOTHING: Entry =
    Entry { told: AtomicU64::new(0), fragment: [const { AtomicU64::new(0) }; 4] };

/// The address of an entry of which nothing is ever known.
#[must_use]
pub fn nothing() -> u64 {
    std::ptr::from_ref(&NOTHING).expose_provenance() as u64
}

impl fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n_columns = self.columns.iter().filter(|column| column.get().is_some()).count();
        formatter.debug_struct("Kept").field("n_columns", &n_columns).finish_non_exhaustive()
    }
}

impl Kept {
    /// Nothing yet, for a table of so many groups.
    pub(crate) fn new(n_groups: usize) -> Self {
        let n_places = n_groups.next_power_of_two().clamp(8, MOST_LAMBDAS);
        let memory: Box<[Place]> = (0..n_places).map(|_| Place::default()).collect();
        Self {
            places: memory.as_ptr().expose_provenance(),
            places_mask: n_places as u64 - 1,
            symbols_mask: n_groups.next_power_of_two() as u64 - 1,
            memory,
            columns: (0..n_places).map(|_| OnceLock::new()).collect(),
            n_bytes: AtomicUsize::new(0),
        }
    }

    fn index_of(&self, number: u64) -> usize {
        (number & self.places_mask) as usize
    }

    /// The column of a lambda, made if there is room for it.
    fn column(&self, number: u64) -> Option<&Column> {
        let index = self.index_of(number);
        let n_entries = self.symbols_mask as usize + 1;
        let bytes = n_entries.saturating_mul(ENTRY_SIZE);
        let cell = self.columns.get(index)?;
        if let Some(column) = cell.get() {
            return (column.number == number).then_some(column);
        }
        let before = self.n_bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > MOST_BYTES {
            self.n_bytes.fetch_sub(bytes, Ordering::Relaxed);
            return None;
        }
        let mut is_new = false;
        let column = cell.get_or_init(|| {
            is_new = true;
            Column { number, entries: (0..n_entries).map(|_| Entry::default()).collect() }
        });
        match self.memory.get(index) {
            Some(place) if is_new => {
                place.start.store(column.entries.as_ptr().expose_provenance(), Ordering::Relaxed);
                place.owner.store(column.number, Ordering::Release);
            }
            // Another thread was first.
            _ => {
                self.n_bytes.fetch_sub(bytes, Ordering::Relaxed);
            }
        }
        (column.number == number).then_some(column)
    }

    /// The address of the first entry of a lambda's column; [`nothing`] if it has none.
    pub(crate) fn open(&self, number: u64) -> u64 {
        match self.column(number) {
            Some(column) => column.entries.as_ptr().expose_provenance() as u64,
            None => nothing(),
        }
    }

    /// Keeps what a lambda makes of a group: a fragment, and the steps it spent.
    pub(crate) fn keep(&self, number: u64, symbol: u32, fragment: &[u8], steps: u32) {
        let column = self.columns.get(self.index_of(number)).and_then(OnceLock::get);
        let Some(column) = column.filter(|column| column.number == number) else { return };
        let Some(entry) = column.entries.get(symbol as usize) else { return };
        if fragment.len() > FRAGMENT || steps > MOST_STEPS {
            return entry.told.store(TOO_LONG, Ordering::Relaxed);
        }
        let mut bytes = [0; FRAGMENT];
        bytes.iter_mut().zip(fragment).for_each(|(to, from)| *to = *from);
        for (word, bytes) in entry.fragment.iter().zip(bytes.chunks_exact(8)) {
            let bytes = <[u8; 8]>::try_from(bytes).unwrap_or_default();
            word.store(u64::from_ne_bytes(bytes), Ordering::Relaxed);
        }
        let told = KNOWN | fragment.len() as u64 | u64::from(steps) << STEPS_SHIFT;
        entry.told.store(told, Ordering::Release);
    }

    /// How much memory the columns take, in bytes.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        self.n_bytes.load(Ordering::Relaxed)
    }

    /// How many fragments are kept.
    #[must_use]
    pub fn n_fragments(&self) -> usize {
        let columns = self.columns.iter().filter_map(OnceLock::get);
        let known = |entry: &&Entry| entry.told.load(Ordering::Relaxed) & KNOWN != 0;
        columns.map(|column| column.entries.iter().filter(known).count()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{FRAGMENT, KNOWN, Kept, LENGTH, MOST_BYTES, MOST_STEPS, STEPS_SHIFT, nothing};
    use std::sync::atomic::Ordering;

    #[test]
    fn what_is_kept_of_a_group_is_found_under_its_symbol() {
        let kept = Kept::new(3);
        assert_ne!(kept.open(1), nothing());
        kept.keep(1, 2, b"\"admin\",", 7);
        let column = kept.column(1).unwrap();
        let told = column.entries[2].told.load(Ordering::Relaxed);
        assert_eq!((told & KNOWN, told & LENGTH, told >> STEPS_SHIFT), (KNOWN, 8, 7));
        assert_eq!(column.entries[1].told.load(Ordering::Relaxed), 0);
        kept.keep(1, 1, &[b'a'; FRAGMENT + 1], 7);
        let told = column.entries[1].told.load(Ordering::Relaxed);
        assert!(told & KNOWN == 0 && told != 0, "too long to be kept, and known to be");
        kept.keep(1, 0, b"", MOST_STEPS + 1);
        let told = column.entries[0].told.load(Ordering::Relaxed);
        assert!(told & KNOWN == 0 && told != 0, "too much to be added up, and known to be");
        kept.keep(1, 99, b"", 0);
        assert_eq!(kept.n_fragments(), 1);
    }

    #[test]
    fn a_lambda_whose_place_is_taken_keeps_nothing() {
        let kept = Kept::new(3);
        let n_places = kept.places_mask + 1;
        assert_ne!(kept.open(1), nothing());
        assert_eq!(kept.open(1 + n_places), nothing());
        kept.keep(1 + n_places, 0, b"x", 0);
        assert_eq!(kept.n_fragments(), 0);
    }

    #[test]
    fn a_table_keeps_no_more_than_it_may() {
        let kept = Kept::new(100_000);
        let opened = (1..10).filter(|number| kept.open(*number) != nothing()).count();
        assert_eq!(opened, MOST_BYTES / (131_072 * 40));
        assert!(kept.n_bytes() <= MOST_BYTES);
    }
}
