//! The packed record: everything an evaluation may read of one root, in one piece of memory that
//! never changes. [`RecordBuilder`] is the only maker and checks every slot against its type, so
//! that generated code can trust what it loads.
#![expect(unsafe_code, reason = "lays out memory that generated code reads")]

mod build;

pub use build::{BuildError, Datum, MAX_DEPTH, RecordBuilder};

use crate::types::RecordType;
use crate::value::{Value, layout};
use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::ptr::NonNull;
use std::sync::Arc;

/// What stands before the slots of a record. Slots follow at [`SLOTS`] bytes.
#[derive(Debug)]
#[repr(C)]
pub struct Header {
    record_type: *const RecordType,
    n_slots: u32,
    zero: [u8; 2],
    /// Where a value has its own, so that generated code takes it over as it stands.
    depth: u8,
    last: u8,
}

/// Offset of the first slot from the start of a record.
pub const SLOTS: i32 = 16;
const _: () = assert!(size_of::<Header>() == 16);
const _: () = assert!(
    std::mem::offset_of!(Header, depth) == layout::META as usize + layout::DEPTH_SHIFT as usize / 8
);

/// A view of a packed record, or of a record inside one. With no record, `Option<Record>` is the
/// null pointer, so that a slice of them is the array of roots that generated code reads.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Record<'a> {
    header: NonNull<Header>,
    life: PhantomData<&'a Header>,
}

impl<'a> Record<'a> {
    /// The record whose header is at `header`; `None` for the null pointer.
    ///
    /// # Safety
    /// `header` is null or the address of a record that a [`PackedRecord`] keeps for `'a`.
    pub(crate) unsafe fn at(header: *const Header) -> Option<Self> {
        NonNull::new(header.cast_mut()).map(|header| Self { header, life: PhantomData })
    }

    /// Where its header is, for the array of roots and for values.
    #[inline]
    #[must_use]
    pub fn address(self) -> *const Header {
        self.header.as_ptr()
    }

    #[inline]
    fn header(self) -> &'a Header {
        // SAFETY: a `Record<'a>` is made only for a header that lives for 'a.
        unsafe { self.header.as_ref() }
    }

    /// Its type: names and shapes of its slots.
    #[inline]
    #[must_use]
    pub fn record_type(self) -> &'a RecordType {
        // SAFETY: the builder keeps the type alive as long as the record: its `PackedRecord` owns
        // the outermost type, which owns those inside.
        unsafe { &*self.header().record_type }
    }

    /// Its values, in the order of its type's fields.
    #[must_use]
    pub fn slots(self) -> &'a [Value<'a>] {
        // SAFETY: one past a header the first slot begins, in the same allocation.
        let first = unsafe { self.header.as_ptr().add(1) }.cast::<Value<'a>>();
        // SAFETY: the builder wrote `n_slots` values there, and they live for 'a.
        unsafe { std::slice::from_raw_parts(first, self.header().n_slots as usize) }
    }

    /// Levels of lists, maps and records in it, itself included.
    #[must_use]
    pub fn depth(self) -> u8 {
        self.header().depth
    }

    /// The attribute of this name; `None` if its type has no such attribute.
    #[must_use]
    pub fn find(self, name: &str) -> Option<Value<'a>> {
        let (slot, _) = self.record_type().find(name)?;
        self.slots().get(slot).copied()
    }

    /// Name and value of each attribute, in order.
    pub fn members(self) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        let fields = self.record_type().fields.iter().map(|field| field.name.as_str());
        fields.zip(self.slots().iter().copied())
    }
}

impl std::fmt::Debug for Record<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_map().entries(self.members()).finish()
    }
}

/// A record that owns its memory: cells, and the bytes of its texts behind them. Immutable, so it
/// can be shared between threads.
#[derive(Debug)]
pub struct PackedRecord {
    memory: NonNull<[Value<'static>]>,
    record_type: Arc<RecordType>,
    /// Whether the next such record may have the memory.
    is_for_now: bool,
}

thread_local! {
    /// Memory that belonged to records of one request.
    static RECYCLED: RefCell<Vec<Box<[Value<'static>]>>> = const { RefCell::new(Vec::new()) };
}

/// Most pieces that a thread keeps, and fewest and most cells of one.
const RECYCLED_PIECES: usize = 8;
const RECYCLED_CELLS: RangeInclusive<usize> = 64..=1024;

/// Memory of so many cells or more, from a record that is no more if there is any.
fn recycled(n_cells: usize) -> Box<[Value<'static>]> {
    let found = RECYCLED.with_borrow_mut(|pieces| {
        let at = pieces.iter().position(|piece| piece.len() >= n_cells)?;
        Some(pieces.swap_remove(at))
    });
    found.unwrap_or_else(|| vec![Value::NULL; n_cells.max(*RECYCLED_CELLS.start())].into())
}

fn recycle(memory: Box<[Value<'static>]>) {
    if !RECYCLED_CELLS.contains(&memory.len()) {
        return;
    }
    // A thread that ends keeps nothing any more.
    let _: Result<(), _> = RECYCLED.try_with(|pieces| {
        let mut pieces = pieces.borrow_mut();
        if pieces.len() < RECYCLED_PIECES {
            pieces.push(memory);
        }
    });
}

// SAFETY: nothing in a packed record changes after it is built, and nothing is tied to a thread.
unsafe impl Send for PackedRecord {}
// SAFETY: as above.
unsafe impl Sync for PackedRecord {}

impl PackedRecord {
    /// A view that borrows it.
    #[inline]
    #[must_use]
    pub fn record(&self) -> Record<'_> {
        Record { header: self.memory.cast::<Header>(), life: PhantomData }
    }

    /// The type its slots were checked against.
    #[must_use]
    pub fn record_type(&self) -> &Arc<RecordType> {
        &self.record_type
    }

    /// Bytes of memory it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.memory.len() * size_of::<Value<'_>>()
    }
}

impl Drop for PackedRecord {
    fn drop(&mut self) {
        // SAFETY: the pointer of the box that `lay_out` took apart, dropped once.
        let memory = unsafe { Box::from_raw(self.memory.as_ptr()) };
        if self.is_for_now {
            recycle(memory);
        }
    }
}

/// Addresses of records that the owner of this list keeps, for generated code to follow.
#[derive(Debug, Default)]
pub(crate) struct Addresses(Vec<*const Header>);

// SAFETY: the records behind the addresses never change, and their owner is `Send` and `Sync`.
unsafe impl Send for Addresses {}
// SAFETY: as above.
unsafe impl Sync for Addresses {}

impl Addresses {
    pub(crate) fn push(&mut self, record: Record<'_>) {
        self.0.push(record.address());
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[*const Header] {
        &self.0
    }
}
