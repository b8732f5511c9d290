//! The packed record: everything an evaluation may read of one root, in one piece of memory that
//! never changes. [`RecordBuilder`] is the only maker and checks every slot against its type, so
//! that generated code can trust what it loads.
#![expect(unsafe_code, reason = "lays out memory that generated code reads")]

use crate::time::DateTime;
use crate::types::{RecordType, Shape, Type};
use crate::value::{Group, Kind, PADDING, Value, depth_around, layout, scan};
use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::ptr::NonNull;
use std::sync::Arc;

/// Most levels of lists, maps and records that a record may hold.
pub const MAX_DEPTH: usize = 100;

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
        self.memory.len() * CELL
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

/// What a slot is to hold, borrowed from wherever it is now.
#[derive(Clone, Debug)]
pub enum Datum<'d> {
    Null,
    Boolean(bool),
    Integer(i64),
    /// Must be finite.
    Number(f64),
    Text(&'d str),
    Group(Group),
    DateTime(DateTime),
    List(Vec<Datum<'d>>),
    /// A list of texts that already lie side by side.
    Texts(&'d [&'d str]),
    Map(Vec<(&'d str, Datum<'d>)>),
    /// A record inside the record: one datum for each field of the type its slot promises.
    Record(Vec<Datum<'d>>),
}

/// Why a record could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// The slot of this path holds something its shape does not admit.
    Shape { path: String, found: Kind },
    /// A record was given more or fewer data than its type has fields.
    Slots { path: String },
    /// More than [`MAX_DEPTH`] levels, or more than a value can count.
    TooLarge { path: String },
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Shape { path, found } => write!(formatter, "`{path}` cannot hold {found:?}"),
            Self::Slots { path } => write!(formatter, "`{path}` has another number of attributes"),
            Self::TooLarge { path } => write!(formatter, "`{path}` is too large or too deep"),
        }
    }
}

impl std::error::Error for BuildError {}

/// Bytes of a cell.
const CELL: usize = size_of::<Value<'_>>();

/// How many cells a record of these data takes for values, and how many for texts.
fn n_cells(data: &[Datum<'_>]) -> (usize, usize) {
    let (n_cells, n_bytes) = room(data);
    (n_cells, (n_bytes + PADDING).div_ceil(CELL))
}

/// How many cells and bytes of text a record of these data takes.
fn room(data: &[Datum<'_>]) -> (usize, usize) {
    fn add(datum: &Datum<'_>, level: usize, cells: &mut usize, bytes: &mut usize) {
        // What is deeper is refused when it is packed.
        if level > MAX_DEPTH {
            return;
        }
        match datum {
            Datum::Text(text) => *bytes += text.len(),
            Datum::List(elements) => {
                *cells += elements.len();
                elements.iter().for_each(|element| add(element, level + 1, cells, bytes));
            }
            Datum::Texts(texts) => {
                *cells += texts.len();
                *bytes += texts.iter().map(|text| text.len()).sum::<usize>();
            }
            Datum::Map(entries) => {
                *cells += 2 * entries.len();
                for (key, value) in entries {
                    *bytes += key.len();
                    add(value, level + 1, cells, bytes);
                }
            }
            Datum::Record(slots) => {
                *cells += slots.len() + 1;
                slots.iter().for_each(|slot| add(slot, level + 1, cells, bytes));
            }
            Datum::Null
            | Datum::Boolean(_)
            | Datum::Integer(_)
            | Datum::Number(_)
            | Datum::Group(_)
            | Datum::DateTime(_) => {}
        }
    }
    let (mut cells, mut bytes) = (data.len() + 1, 0);
    data.iter().for_each(|datum| add(datum, 0, &mut cells, &mut bytes));
    (cells, bytes)
}

/// What the elements of free lists and maps may be.
static ANYTHING: Shape = Shape { ty: Type::Any, nullable: true };

/// Packs data into a [`PackedRecord`], checking each against the shape of its slot. The memory is
/// asked for once and never moves, so that every address is written as it is.
#[derive(Debug)]
pub struct RecordBuilder<'m> {
    cells: &'m mut [Value<'static>],
    n_cells: usize,
    /// The bytes behind the cells.
    texts: &'m mut [u8],
    n_bytes: usize,
    /// Where the cells begin, and where the texts do: addresses of the whole memory, which outlive
    /// the borrows above.
    cells_at: u64,
    texts_at: u64,
}

impl RecordBuilder<'_> {
    /// Packs one datum for each field of `record_type`.
    ///
    /// # Errors
    /// A datum that its slot does not admit, a wrong number of data, or too many levels.
    pub fn pack(
        record_type: &Arc<RecordType>,
        data: &[Datum<'_>],
    ) -> Result<PackedRecord, BuildError> {
        let (n_cells, n_text_cells) = n_cells(data);
        let memory = vec![Value::NULL; n_cells + n_text_cells].into();
        Self::lay_out(record_type, data, memory, n_cells, false)
    }

    /// As [`RecordBuilder::pack`], for a record that is gone with its request: its memory is used
    /// again by those that follow on the thread.
    ///
    /// # Errors
    /// As [`RecordBuilder::pack`].
    pub fn pack_for_now(
        record_type: &Arc<RecordType>,
        data: &[Datum<'_>],
    ) -> Result<PackedRecord, BuildError> {
        let (n_cells, n_text_cells) = n_cells(data);
        Self::lay_out(record_type, data, recycled(n_cells + n_text_cells), n_cells, true)
    }

    /// Packs into memory whose first `n_cells` are for values and all behind them for texts.
    fn lay_out(
        record_type: &Arc<RecordType>,
        data: &[Datum<'_>],
        mut memory: Box<[Value<'static>]>,
        n_cells: usize,
        is_for_now: bool,
    ) -> Result<PackedRecord, BuildError> {
        memory.fill(Value::NULL);
        // SAFETY: a box is never null.
        let mut memory = unsafe { NonNull::new_unchecked(Box::into_raw(memory)) };
        let packed = PackedRecord { memory, record_type: Arc::clone(record_type), is_for_now };
        let cells_at = memory.as_ptr().expose_provenance() as u64;
        // SAFETY: nobody else knows this memory yet; the reference ends with the builder.
        let cells = unsafe { memory.as_mut() };
        let (cells, behind) = cells.split_at_mut(n_cells);
        // SAFETY: these cells are initialized, without gaps between their fields, and any bytes
        // that the texts leave there are valid cells, which nobody reads as such.
        let texts = unsafe {
            std::slice::from_raw_parts_mut(behind.as_mut_ptr().cast::<u8>(), behind.len() * CELL)
        };
        let texts_at = cells_at + (n_cells * CELL) as u64;
        let mut builder =
            RecordBuilder { cells, n_cells: 0, texts, n_bytes: 0, cells_at, texts_at };
        builder.record(record_type, data, &record_type.name, 0)?;
        Ok(packed)
    }

    /// Appends a header and slots; answers the address of the header and its depth.
    fn record(
        &mut self,
        record_type: &Arc<RecordType>,
        data: &[Datum<'_>],
        path: &str,
        level: usize,
    ) -> Result<(u64, u8), BuildError> {
        if data.len() != record_type.fields.len() {
            return Err(BuildError::Slots { path: path.to_owned() });
        }
        let too_large = || BuildError::TooLarge { path: path.to_owned() };
        let header = self.reserve(data.len() + 1).ok_or_else(too_large)?;
        for (index, (field, datum)) in record_type.fields.iter().zip(data).enumerate() {
            let inner = || format!("{path}.{}", field.name);
            let value = self.value(&field.shape, datum, &inner, level + 1)?;
            self.put(header + 1 + index, value);
        }
        let slots = self.cells.get(header + 1..header + 1 + data.len()).unwrap_or_default();
        let depth = depth_around(slots).ok_or_else(too_large)?;
        let n_slots = data.len() as u32;
        let record_type = Arc::as_ptr(record_type);
        self.put_header(header, Header { record_type, n_slots, zero: [0; 2], depth, last: 0 });
        Ok((self.address(header), depth))
    }

    /// Lays out what one datum consists of, and answers the value of its cell.
    fn value(
        &mut self,
        shape: &Shape,
        datum: &Datum<'_>,
        path: &dyn Fn() -> String,
        level: usize,
    ) -> Result<Value<'static>, BuildError> {
        if level > MAX_DEPTH {
            return Err(BuildError::TooLarge { path: path() });
        }
        let mismatch = |found| BuildError::Shape { path: path(), found };
        let value = match (datum, &shape.ty) {
            (Datum::Null, _) => Value::NULL,
            (Datum::Boolean(value), _) => Value::boolean(*value),
            (Datum::Integer(value), Type::Number) => Value::number(*value as f64),
            (Datum::Integer(value), _) => Value::integer(*value),
            (Datum::Number(value), _) if value.is_finite() => Value::number(*value),
            (Datum::Number(_), _) => return Err(mismatch(Kind::Number)),
            (Datum::Text(text), _) => self.text(text, path)?,
            (Datum::Group(group), _) => Value::group(*group),
            (Datum::DateTime(time), _) => Value::date_time(*time),
            (Datum::List(elements), Type::List(element)) => {
                self.list(element, elements, path, level)?
            }
            (Datum::List(elements), _) => self.list(&ANYTHING, elements, path, level)?,
            (Datum::Texts(texts), Type::List(element)) => {
                self.list_of_texts(element, texts, path)?
            }
            (Datum::Texts(texts), _) => self.list_of_texts(&ANYTHING, texts, path)?,
            (Datum::Map(entries), _) => self.map(entries, path, level)?,
            (Datum::Record(data), Type::Record(record_type)) => {
                let (address, depth) = self.record(record_type, data, &path(), level)?;
                Value::at_address(address, 0, Kind::Record, 0, depth)
            }
            (Datum::Record(_), _) => return Err(mismatch(Kind::Record)),
        };
        if shape.admits(value.kind()) { Ok(value) } else { Err(mismatch(value.kind())) }
    }

    fn text(
        &mut self,
        text: &str,
        path: &dyn Fn() -> String,
    ) -> Result<Value<'static>, BuildError> {
        let too_large = || BuildError::TooLarge { path: path() };
        let len = u32::try_from(text.len()).map_err(|_| too_large())?;
        let end = self.n_bytes + text.len();
        let memory = self.texts.get_mut(self.n_bytes..end).ok_or_else(too_large)?;
        memory.copy_from_slice(text.as_bytes());
        let address = self.texts_at + self.n_bytes as u64;
        self.n_bytes = end;
        Ok(Value::at_address(address, len, Kind::Text, scan(text), 0))
    }

    fn list(
        &mut self,
        element: &Shape,
        data: &[Datum<'_>],
        path: &dyn Fn() -> String,
        level: usize,
    ) -> Result<Value<'static>, BuildError> {
        let too_large = || BuildError::TooLarge { path: path() };
        let start = self.reserve(data.len()).ok_or_else(too_large)?;
        for (index, datum) in data.iter().enumerate() {
            let inner = || format!("{}[{index}]", path());
            let value = self.value(element, datum, &inner, level + 1)?;
            self.put(start + index, value);
        }
        self.around(start, data.len(), Kind::List, path)
    }

    fn list_of_texts(
        &mut self,
        element: &Shape,
        texts: &[&str],
        path: &dyn Fn() -> String,
    ) -> Result<Value<'static>, BuildError> {
        if !texts.is_empty() && !element.admits(Kind::Text) {
            return Err(BuildError::Shape { path: format!("{}[0]", path()), found: Kind::Text });
        }
        let too_large = || BuildError::TooLarge { path: path() };
        let start = self.reserve(texts.len()).ok_or_else(too_large)?;
        for (index, text) in texts.iter().enumerate() {
            let value = self.text(text, path)?;
            self.put(start + index, value);
        }
        self.around(start, texts.len(), Kind::List, path)
    }

    fn map(
        &mut self,
        entries: &[(&str, Datum<'_>)],
        path: &dyn Fn() -> String,
        level: usize,
    ) -> Result<Value<'static>, BuildError> {
        let too_large = || BuildError::TooLarge { path: path() };
        let start = self.reserve(2 * entries.len()).ok_or_else(too_large)?;
        for (index, (key, datum)) in entries.iter().enumerate() {
            let inner = || format!("{}.{key}", path());
            let name = self.text(key, &inner)?;
            let value = self.value(&ANYTHING, datum, &inner, level + 1)?;
            self.put(start + 2 * index, name);
            self.put(start + 2 * index + 1, value);
        }
        self.around(start, 2 * entries.len(), Kind::Map, path)
    }

    /// The list or map over the `n` cells from `start`.
    fn around(
        &self,
        start: usize,
        n: usize,
        kind: Kind,
        path: &dyn Fn() -> String,
    ) -> Result<Value<'static>, BuildError> {
        let too_large = || BuildError::TooLarge { path: path() };
        let cells = self.cells.get(start..start + n).unwrap_or_default();
        let depth = depth_around(cells).ok_or_else(too_large)?;
        let counted = if kind == Kind::Map { n / 2 } else { n };
        let len = u32::try_from(counted).map_err(|_| too_large())?;
        Ok(Value::at_address(self.address(start), len, kind, 0, depth))
    }

    /// Takes `n` cells; answers the index of the first. `None` if there are not so many, so that no
    /// address is ever beyond the cells.
    fn reserve(&mut self, n: usize) -> Option<usize> {
        let start = self.n_cells;
        self.n_cells = start.checked_add(n).filter(|end| *end <= self.cells.len())?;
        Some(start)
    }

    /// Where a cell lies.
    fn address(&self, index: usize) -> u64 {
        self.cells_at + (index * CELL) as u64
    }

    fn put(&mut self, index: usize, value: Value<'static>) {
        if let Some(cell) = self.cells.get_mut(index) {
            *cell = value;
        }
    }

    fn put_header(&mut self, index: usize, header: Header) {
        if let Some(cell) = self.cells.get_mut(index) {
            // SAFETY: a header has the size of a value, and any bytes are a valid value to keep:
            // this cell is read again only as a header.
            *cell = unsafe { std::mem::transmute::<Header, Value<'static>>(header) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BuildError, Datum, RecordBuilder};
    use crate::types::RecordType;
    use crate::value::Value;
    use std::sync::Arc;

    #[test]
    fn what_has_no_cells_left_is_too_large() {
        let data = [
            Datum::List(vec![Datum::Null, Datum::Null]),
            Datum::Texts(&["a", "b"]),
            Datum::Map(vec![("a", Datum::Null)]),
            Datum::Record(Vec::new()),
        ];
        let nothing = Arc::new(RecordType { name: "nothing".to_owned(), ..RecordType::default() });
        for (datum, n) in data.iter().zip([2, 2, 2, 1]) {
            for (n, fits) in [(n, true), (n - 1, false)] {
                let (mut cells, mut texts) = (vec![Value::NULL; n], [0; 16]);
                let mut builder = RecordBuilder {
                    cells: &mut cells,
                    n_cells: 0,
                    texts: &mut texts,
                    n_bytes: 0,
                    cells_at: 0,
                    texts_at: 0,
                };
                let path = || "user.x".to_owned();
                let made = match datum {
                    Datum::Record(data) => builder.record(&nothing, data, "user.x", 0).map(|_| ()),
                    datum => builder.value(&super::ANYTHING, datum, &path, 0).map(|_| ()),
                };
                let too_large = Err(BuildError::TooLarge { path: path() });
                assert_eq!(made, if fits { Ok(()) } else { too_large }, "{datum:?}");
            }
        }
    }
}
