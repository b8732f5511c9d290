//! Memory that generated code refers to by address: the texts of a set of programs and a few fixed
//! cells. It never moves and lives as long as the code.

use claimsmith_runtime::value::PADDING;
use claimsmith_runtime::{Text, Value};
use std::collections::BTreeMap;

/// The constants of one compiled set.
#[derive(Debug)]
pub(super) struct Constants {
    texts: BTreeMap<String, Box<[u8]>>,
    /// The empty text as a value, then a cell of zeros.
    cells: Box<[u64; 4]>,
}

impl Constants {
    pub(super) fn new() -> Self {
        let (bits, meta) = Value::text(Text::EMPTY).words();
        Self { texts: BTreeMap::new(), cells: Box::new([bits, meta, 0, 0]) }
    }

    /// The two words of a text constant.
    pub(super) fn text(&mut self, text: &str) -> (u64, u64) {
        if !self.texts.contains_key(text) {
            let mut memory = text.as_bytes().to_vec();
            memory.resize(text.len() + PADDING, 0);
            self.texts.insert(text.to_owned(), memory.into_boxed_slice());
        }
        let memory = self.texts.get(text).map_or(&[][..], |memory| memory);
        Text::in_padded(memory, text.len()).map_or(Value::NULL, Value::text).words()
    }

    /// The address of a cell that holds the empty text.
    pub(super) fn empty_text(&self) -> u64 {
        self.cells.as_ptr().addr() as u64
    }

    /// The address of 16 bytes of zeros.
    pub(super) fn zeros(&self) -> u64 {
        self.empty_text() + 16
    }
}
