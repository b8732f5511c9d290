//! The making of a packed record: data are checked against the shapes of their slots, and laid out
//! in memory that is asked for once.
#![expect(unsafe_code, reason = "lays out memory that generated code reads")]

use super::{Header, PackedRecord, recycled};
use crate::time::DateTime;
use crate::types::{Field, RecordType, Shape, Type};
use crate::value::{Group, Kind, PADDING, Value, depth_around, layout, scan};
use std::ptr::NonNull;
use std::sync::Arc;

/// Most levels of lists, maps and records that a record may hold.
pub const MAX_DEPTH: usize = 100;

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
    /// A list of groups.
    Groups(&'d [Group]),
    /// A record inside the record: one datum for each field of the type its slot promises.
    Record(Vec<Datum<'d>>),
    /// The same with so many slots, of which these by index hold something and all others null.
    Slots(u32, &'d [(usize, Datum<'d>)]),
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
            Datum::Groups(groups) => *cells += groups.len(),
            Datum::Slots(n_slots, filled) => {
                *cells += *n_slots as usize + 1;
                filled.iter().for_each(|(_, slot)| add(slot, level + 1, cells, bytes));
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

fn too_large(path: &dyn Fn() -> String) -> BuildError {
    BuildError::TooLarge { path: path() }
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
        let mut memory = recycled(n_cells + n_text_cells);
        memory.fill(Value::NULL);
        Self::lay_out(record_type, data, memory, n_cells, true)
    }

    /// Packs into memory of nulls, whose first `n_cells` are for values and all behind them for texts.
    fn lay_out(
        record_type: &Arc<RecordType>,
        data: &[Datum<'_>],
        memory: Box<[Value<'static>]>,
        n_cells: usize,
        is_for_now: bool,
    ) -> Result<PackedRecord, BuildError> {
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
        let name = || record_type.name.clone();
        builder.record(record_type, data.len(), data.iter().enumerate(), &name, 0)?;
        builder.tell_texts();
        Ok(packed)
    }

    /// What is to be known of the bytes of each text: mostly the same of all, and then it is looked
    /// for once.
    fn tell_texts(&mut self) {
        let written = self.texts.get(..self.n_bytes).unwrap_or_default();
        if scan(written) == layout::ASCII | layout::CLEAN {
            return;
        }
        for cell in
            self.cells.iter_mut().take(self.n_cells).filter(|cell| cell.kind() == Kind::Text)
        {
            let (address, meta) = cell.words();
            let (start, len) = ((address - self.texts_at) as usize, meta as u32);
            let text = self.texts.get(start..start + len as usize).unwrap_or_default();
            *cell = Value::at_address(address, len, Kind::Text, scan(text), 0);
        }
    }

    /// Appends a header and slots, of which those without a datum are null; answers the address of
    /// the header and its depth.
    fn record<'r, 'd: 'r>(
        &mut self,
        record_type: &Arc<RecordType>,
        n_slots: usize,
        data: impl Iterator<Item = (usize, &'r Datum<'d>)>,
        path: &dyn Fn() -> String,
        level: usize,
    ) -> Result<(u64, u8), BuildError> {
        let fields = &record_type.fields;
        let wrong_number = || BuildError::Slots { path: path() };
        if n_slots != fields.len() {
            return Err(wrong_number());
        }
        let header = self.reserve(n_slots + 1).ok_or_else(|| too_large(path))?;
        let mut depth = 0;
        for (index, datum) in data {
            let field = fields.get(index).ok_or_else(wrong_number)?;
            let inner = || format!("{}.{}", path(), field.name);
            let value = self.value(&field.shape, datum, &inner, level + 1)?;
            depth = value.depth().max(depth);
            self.put(header + 1 + index, value);
        }
        let slots = self.cells.get(header + 1..).unwrap_or_default();
        let is_missing = |(field, slot): &(&Field, &Value<'_>)| {
            slot.is_null() && !field.shape.admits(Kind::Null)
        };
        if let Some((field, _)) = fields.iter().zip(slots).find(is_missing) {
            let path = format!("{}.{}", path(), field.name);
            return Err(BuildError::Shape { path, found: Kind::Null });
        }
        let depth = depth.checked_add(1).ok_or_else(|| too_large(path))?;
        self.put_header(header, record_type, depth);
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
            (Datum::Groups(groups), Type::List(element)) => {
                self.list_of_groups(element, groups, path)?
            }
            (Datum::Groups(groups), _) => self.list_of_groups(&ANYTHING, groups, path)?,
            (Datum::Map(entries), _) => self.map(entries, path, level)?,
            (Datum::Record(data), Type::Record(record_type)) => {
                let (n_slots, data) = (data.len(), data.iter().enumerate());
                let (address, depth) = self.record(record_type, n_slots, data, path, level)?;
                Value::at_address(address, 0, Kind::Record, 0, depth)
            }
            (Datum::Slots(n_slots, filled), Type::Record(record_type)) => {
                let data = filled.iter().map(|(index, datum)| (*index, datum));
                let n_slots = *n_slots as usize;
                let (address, depth) = self.record(record_type, n_slots, data, path, level)?;
                Value::at_address(address, 0, Kind::Record, 0, depth)
            }
            (Datum::Record(_) | Datum::Slots(..), _) => return Err(mismatch(Kind::Record)),
        };
        if shape.admits(value.kind()) { Ok(value) } else { Err(mismatch(value.kind())) }
    }

    fn text(
        &mut self,
        text: &str,
        path: &dyn Fn() -> String,
    ) -> Result<Value<'static>, BuildError> {
        let len = u32::try_from(text.len()).map_err(|_| too_large(path))?;
        let end = self.n_bytes + text.len();
        let memory = self.texts.get_mut(self.n_bytes..end).ok_or_else(|| too_large(path))?;
        memory.copy_from_slice(text.as_bytes());
        let address = self.texts_at + self.n_bytes as u64;
        self.n_bytes = end;
        // Until something else is found when all texts are there.
        Ok(Value::at_address(address, len, Kind::Text, layout::ASCII | layout::CLEAN, 0))
    }

    fn list(
        &mut self,
        element: &Shape,
        data: &[Datum<'_>],
        path: &dyn Fn() -> String,
        level: usize,
    ) -> Result<Value<'static>, BuildError> {
        let start = self.reserve(data.len()).ok_or_else(|| too_large(path))?;
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
        let start = self.reserve(texts.len()).ok_or_else(|| too_large(path))?;
        for (index, text) in texts.iter().enumerate() {
            let value = self.text(text, path)?;
            self.put(start + index, value);
        }
        self.around(start, texts.len(), Kind::List, path)
    }

    fn list_of_groups(
        &mut self,
        element: &Shape,
        groups: &[Group],
        path: &dyn Fn() -> String,
    ) -> Result<Value<'static>, BuildError> {
        if !groups.is_empty() && !element.admits(Kind::Group) {
            return Err(BuildError::Shape { path: format!("{}[0]", path()), found: Kind::Group });
        }
        let start = self.reserve(groups.len()).ok_or_else(|| too_large(path))?;
        let cells = self.cells.get_mut(start..start + groups.len()).unwrap_or_default();
        for (cell, group) in cells.iter_mut().zip(groups) {
            *cell = Value::group(*group);
        }
        self.around(start, groups.len(), Kind::List, path)
    }

    fn map(
        &mut self,
        entries: &[(&str, Datum<'_>)],
        path: &dyn Fn() -> String,
        level: usize,
    ) -> Result<Value<'static>, BuildError> {
        let start = self.reserve(2 * entries.len()).ok_or_else(|| too_large(path))?;
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
        let cells = self.cells.get(start..start + n).unwrap_or_default();
        let depth = depth_around(cells).ok_or_else(|| too_large(path))?;
        let counted = if kind == Kind::Map { n / 2 } else { n };
        let len = u32::try_from(counted).map_err(|_| too_large(path))?;
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

    fn put_header(&mut self, index: usize, record_type: &Arc<RecordType>, depth: u8) {
        let n_slots = record_type.fields.len() as u32;
        let record_type = Arc::as_ptr(record_type);
        let header = Header { record_type, n_slots, zero: [0; 2], depth, last: 0 };
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
    use crate::record::PackedRecord;
    use crate::types::{Field, RecordType, Shape, Type};
    use crate::value::{Group, Kind, Value};
    use std::sync::Arc;

    #[test]
    fn what_has_no_cells_left_is_too_large() {
        let group = Group { symbol: 0, name: 0 };
        let data = [
            Datum::List(vec![Datum::Null, Datum::Null]),
            Datum::Texts(&["a", "b"]),
            Datum::Map(vec![("a", Datum::Null)]),
            Datum::Slots(0, &[]),
            Datum::Groups(&[group, group]),
        ];
        let nothing = Arc::new(RecordType { name: "nothing".to_owned(), ..RecordType::default() });
        for (datum, n) in data.iter().zip([2, 2, 2, 1, 2]) {
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
                    Datum::Slots(n_slots, _) => {
                        let none = std::iter::empty();
                        builder.record(&nothing, *n_slots as usize, none, &path, 0).map(|_| ())
                    }
                    datum => builder.value(&super::ANYTHING, datum, &path, 0).map(|_| ()),
                };
                let too_large = Err(BuildError::TooLarge { path: path() });
                assert_eq!(made, if fits { Ok(()) } else { too_large }, "{datum:?}");
            }
        }
    }

    /// A record of the type `user` with an attribute `name` that is never null and others that may be.
    fn pack(filled: &[(usize, Datum<'_>)]) -> Result<PackedRecord, BuildError> {
        let field = |name: &str, shape| Field { name: name.to_owned(), shape };
        let profile = RecordType {
            name: "user.profile".to_owned(),
            fields: vec![
                field("email", Shape::or_null(Type::Text)),
                field("name", Shape::of(Type::Text)),
                field("level", Shape::or_null(Type::Integer)),
                field("teams", Shape::list(Shape::of(Type::Text))),
            ],
            open: false,
        };
        let fields = vec![field("profile", Shape::of(Type::Record(Arc::new(profile))))];
        let user = RecordType { name: "user".to_owned(), fields, open: false };
        RecordBuilder::pack(&Arc::new(user), &[Datum::Slots(4, filled)])
    }

    #[test]
    fn slots_that_are_not_filled_are_null_where_they_may_be() {
        let (name, teams) = (Datum::Text("Ada"), Datum::Texts(&["red"]));
        let packed = pack(&[(3, teams.clone()), (1, name.clone())]).unwrap();
        let profile = packed.record().find("profile").and_then(Value::as_record).unwrap();
        let kinds: Vec<Kind> = profile.slots().iter().map(|slot| slot.kind()).collect();
        assert_eq!(kinds, [Kind::Null, Kind::Text, Kind::Null, Kind::List]);
        assert_eq!((packed.record().depth(), profile.depth()), (3, 2));
        let wrong = |path: &str, found| BuildError::Shape { path: path.to_owned(), found };
        let missing = pack(&[(3, teams.clone())]).unwrap_err();
        assert_eq!(missing, wrong("user.profile.name", Kind::Null));
        let missing = pack(&[(1, name.clone())]).unwrap_err();
        assert_eq!(missing, wrong("user.profile.teams", Kind::Null));
        let other = pack(&[(1, name.clone()), (3, name.clone())]).unwrap_err();
        assert_eq!(other, wrong("user.profile.teams", Kind::Text));
        let beyond = pack(&[(1, name), (3, teams), (4, Datum::Null)]).unwrap_err();
        assert_eq!(beyond, BuildError::Slots { path: "user.profile".to_owned() });
    }

    #[test]
    fn what_is_said_of_a_text_is_true_of_it_whatever_its_neighbours_are() {
        let texts =
            ["plain", "", "sixteen bytes.. and then some", "caf\u{e9}", "a\"b", "a\\b", "\n"];
        let told = |text: &str| {
            let is_clean = !text.contains(['"', '\\', '\n']);
            (text.to_owned(), text.is_ascii(), is_clean)
        };
        for n in 0..=texts.len() {
            let texts = &texts[..n];
            let packed = pack(&[(1, Datum::Text("Ada")), (3, Datum::Texts(texts))]).unwrap();
            let profile = packed.record().find("profile").and_then(Value::as_record).unwrap();
            let teams = profile.find("teams").and_then(Value::as_list).unwrap();
            let found = teams.iter().filter_map(|team| team.as_text());
            let found =
                found.map(|text| (text.as_str().to_owned(), text.is_ascii(), text.is_clean()));
            assert_eq!(
                found.collect::<Vec<_>>(),
                texts.iter().map(|text| told(text)).collect::<Vec<_>>()
            );
        }
    }
}
