//! Interned groups and names: a membership is two symbols, and generated code compares symbols
//! instead of texts.
//!
//! A table never changes. A changed group gets a new table, so what is kept under a symbol never
//! goes stale while the table lives.

use crate::kept::Kept;
use crate::record::{Addresses, Header, PackedRecord, Record};
use crate::types::RecordType;
use crate::value::{Group, PADDING, Text, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The symbol that no name has: what a name constant resolves to when no group is called so.
pub const NO_NAME: u32 = u32::MAX;

/// Every group that records may mention, by symbol.
#[derive(Debug)]
pub struct GroupTable {
    rows: Vec<Row>,
    names: Vec<Value<'static>>,
    by_name: BTreeMap<Arc<str>, u32>,
    /// Where each group's record is, for generated code.
    headers: Addresses,
    record_type: Arc<RecordType>,
    /// What was made of its groups.
    kept: Kept,
    /// Owns the characters that `names` refers to; each text is followed by padding.
    texts: Vec<Box<[u8]>>,
}

#[derive(Debug)]
struct Row {
    record: PackedRecord,
    name: u32,
}

impl GroupTable {
    /// A table of these groups: name and packed attributes (of `record_type`) of each. The group at
    /// index `i` gets the symbol `i`; equal names share a name symbol.
    #[must_use]
    pub fn new(record_type: Arc<RecordType>, groups: Vec<(String, PackedRecord)>) -> Self {
        let mut table = Self {
            rows: Vec::with_capacity(groups.len()),
            names: Vec::new(),
            headers: Addresses::default(),
            by_name: BTreeMap::new(),
            kept: Kept::new(groups.len()),
            record_type,
            texts: Vec::new(),
        };
        for (name, record) in groups {
            let name = table.intern(&name);
            table.headers.push(record.record());
            table.rows.push(Row { record, name });
        }
        // A power of two, so that generated code masks an index instead of comparing it.
        let padded = table.names.len().next_power_of_two();
        table.names.resize(padded, Value::text(Text::EMPTY));
        table
    }

    fn intern(&mut self, name: &str) -> u32 {
        if let Some(symbol) = self.by_name.get(name) {
            return *symbol;
        }
        let mut memory = name.as_bytes().to_vec();
        memory.resize(name.len() + PADDING, 0);
        let symbol = self.names.len() as u32;
        let (value, memory) = Value::keep_text(memory.into_boxed_slice(), name.len());
        self.names.push(value);
        self.texts.push(memory);
        self.by_name.insert(Arc::from(name), symbol);
        symbol
    }

    /// The membership in the group of this symbol; `None` if there is no such group.
    #[must_use]
    pub fn group(&self, symbol: u32) -> Option<Group> {
        self.rows.get(symbol as usize).map(|row| Group { symbol, name: row.name })
    }

    /// The symbol of this name, or [`NO_NAME`].
    #[must_use]
    pub fn name_symbol(&self, name: &str) -> u32 {
        self.by_name.get(name).copied().unwrap_or(NO_NAME)
    }

    /// The name of a group.
    #[must_use]
    pub fn name(&self, group: Group) -> Text<'_> {
        self.names.get(group.name as usize).and_then(|name| name.as_text()).unwrap_or(Text::EMPTY)
    }

    /// The attributes of a group.
    #[must_use]
    pub fn record(&self, group: Group) -> Option<Record<'_>> {
        self.rows.get(group.symbol as usize).map(|row| row.record.record())
    }

    /// The type of every group's attributes.
    #[inline]
    #[must_use]
    pub fn record_type(&self) -> &Arc<RecordType> {
        &self.record_type
    }

    /// How many groups there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What lambdas made of the groups.
    #[inline]
    #[must_use]
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Headers by group symbol, for generated code.
    #[inline]
    pub(crate) fn headers(&self) -> &[*const Header] {
        self.headers.as_slice()
    }

    /// Names by name symbol, for generated code; as many as the next power of two.
    #[inline]
    pub(crate) fn names(&self) -> &[Value<'static>] {
        &self.names
    }
}
