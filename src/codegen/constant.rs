//! Memory that generated code refers to by address: the texts and patterns of a set of programs. It
//! never moves and lives as long as the code.

use claimsmith_runtime::pattern::Pattern;
use claimsmith_runtime::value::PADDING;
use claimsmith_runtime::{Text, Value};
use std::collections::BTreeMap;

/// The constants of one compiled set.
#[derive(Debug)]
pub(super) struct Constants {
    texts: BTreeMap<String, Box<[u8]>>,
    /// By how they are written; `None` for what is no pattern.
    patterns: BTreeMap<String, Option<Box<Pattern>>>,
    zeros: Box<[u64; 2]>,
}

impl Constants {
    pub(super) fn new() -> Self {
        Self { texts: BTreeMap::new(), patterns: BTreeMap::new(), zeros: Box::new([0; 2]) }
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

    /// The address of a pattern, if that is one.
    pub(super) fn pattern(&mut self, written: &str) -> Option<u64> {
        if !self.patterns.contains_key(written) {
            let made = Pattern::new(written).ok().map(Box::new);
            self.patterns.insert(written.to_owned(), made);
        }
        let pattern = self.patterns.get(written)?.as_deref()?;
        Some(std::ptr::from_ref(pattern).addr() as u64)
    }

    /// The address of 16 bytes of zeros.
    pub(super) fn zeros(&self) -> u64 {
        self.zeros.as_ptr().addr() as u64
    }
}
