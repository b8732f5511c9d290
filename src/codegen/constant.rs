//! Memory that generated code refers to by address: the texts of a set of programs. It never moves and lives as long as the code.

use claimsmith_runtime::value::PADDING;
use claimsmith_runtime::{Text, Value};
use std::collections::BTreeMap;

/// The constants of one compiled set.
#[derive(Debug)]
pub(super) struct Constants {
    texts: BTreeMap<String, Box<[u8]>>,
    zeros: Box<[u64; 2]>,
}

impl Constants {
    pub(super) fn new() -> Self {
        Self { texts: BTreeMap::new(), zeros: Box::new([0; 2]) }
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

    /// The address of 16 bytes of zeros.
    pub(super) fn zeros(&self) -> u64 {
        self.zeros.as_ptr().addr() as u64
    }
}
