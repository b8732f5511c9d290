//! Memory that one evaluation borrows: what it makes lives until the arena is cleared.
#![expect(unsafe_code, reason = "hands out references into chunks that never move")]

use crate::value::{PADDING, Text, Value, scan};
use std::cell::{Cell, RefCell};

const FIRST_CHUNK: usize = 16 * 1024;

/// Chunks of memory that are handed out front to back and never move until [`Arena::clear`].
#[derive(Debug, Default)]
pub struct Arena {
    chunks: RefCell<Vec<Chunk>>,
    /// Bytes of the last chunk already handed out.
    used: Cell<usize>,
    /// Whether each thing has a chunk of its own, and no chunk is used again: then the first chunk
    /// is there, and empty.
    is_exact: bool,
}

/// Room in an arena for a text that is made of pieces.
#[derive(Debug)]
pub(crate) struct TextRoom<'a> {
    /// As many bytes as were asked for, and the padding.
    memory: &'a mut [u8],
    len: usize,
    /// What is known of all pieces.
    flags: u8,
}

/// Zeroed memory aligned for values; owned, and read only through what was handed out.
#[derive(Debug)]
struct Chunk {
    start: *mut u64,
    words: usize,
}

// SAFETY: a chunk is plain memory owned by its arena; nothing in it is tied to a thread.
unsafe impl Send for Chunk {}

impl Chunk {
    fn new(bytes: usize) -> Self {
        let words = bytes.div_ceil(8);
        let memory = vec![0_u64; words].into_boxed_slice();
        Self { start: Box::into_raw(memory).cast(), words }
    }

    fn bytes(&self) -> usize {
        self.words * 8
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let memory = std::ptr::slice_from_raw_parts_mut(self.start, self.words);
        // SAFETY: `start` and `words` are those of the box that `new` took apart, dropped once.
        drop(unsafe { Box::from_raw(memory) });
    }
}

impl Arena {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An arena where each thing ends where the memory of the allocator does, for tests that guard
    /// that place.
    #[must_use]
    pub fn exact() -> Self {
        let chunks = RefCell::new(vec![Chunk::new(0)]);
        Self { chunks, used: Cell::new(0), is_exact: true }
    }

    /// Forgets everything that was made; the largest chunk is kept for the next evaluation.
    #[inline]
    pub fn clear(&mut self) {
        self.used.set(0);
        if self.chunks.get_mut().len() > 1 {
            self.keep_largest();
        }
    }

    #[cold]
    #[inline(never)]
    fn keep_largest(&mut self) {
        let chunks = self.chunks.get_mut();
        if self.is_exact {
            return chunks.truncate(1);
        }
        let largest = chunks.pop();
        chunks.clear();
        chunks.extend(largest);
    }

    /// `bytes` bytes of memory aligned to 8 that nothing else refers to. What they hold is
    /// initialised but arbitrary.
    pub(crate) fn allocate(&self, bytes: usize) -> *mut u8 {
        let mut chunks = self.chunks.borrow_mut();
        let rounded = bytes.next_multiple_of(8);
        let room = chunks.last().map_or(0, Chunk::bytes) - self.used.get();
        if chunks.is_empty() || room < rounded {
            let size = match chunks.last() {
                _ if self.is_exact => 0,
                Some(last) => last.bytes() * 2,
                None => FIRST_CHUNK,
            };
            chunks.push(Chunk::new(size.max(rounded)));
            self.used.set(0);
        }
        let offset = self.used.replace(self.used.get() + rounded);
        let start = chunks.last().map_or(std::ptr::null_mut(), |chunk| chunk.start);
        // SAFETY: `offset + rounded` lies within the last chunk, as was just made sure.
        unsafe { start.cast::<u8>().add(offset) }
    }

    /// A copy of this text, padded and scanned.
    pub fn text(&self, text: &str) -> Text<'_> {
        if text.is_empty() {
            return Text::EMPTY;
        }
        let mut room = self.room(text.len());
        room.append(text);
        room.finish(scan(text.as_bytes()))
    }

    /// Room for a text of up to so many bytes.
    pub(crate) fn room(&self, most: usize) -> TextRoom<'_> {
        let size = most + PADDING;
        let start = self.allocate(size);
        // SAFETY: `start` begins `size` initialised bytes that are handed out here for the first time.
        let memory = unsafe { std::slice::from_raw_parts_mut(start, size) };
        TextRoom { memory, len: 0, flags: u8::MAX }
    }

    /// A copy of these values.
    pub fn values<'a>(&'a self, values: &[Value<'a>]) -> &'a [Value<'a>] {
        let start = self.allocate(size_of_val(values)).cast::<Value<'a>>();
        // SAFETY: `start` begins room for that many values, aligned to 8, handed out for the first time.
        unsafe { start.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
        // SAFETY: just written, and the memory lives until `clear`, which needs `&mut self`.
        unsafe { std::slice::from_raw_parts(start, values.len()) }
    }

    /// Of these values as many as that, one after the other.
    pub(crate) fn values_of<'a>(
        &'a self,
        most: usize,
        values: impl Iterator<Item = Value<'a>>,
    ) -> &'a [Value<'a>] {
        let start = self.allocate(most * size_of::<Value<'_>>()).cast::<Value<'a>>();
        let mut n = 0;
        for value in values.take(most) {
            // SAFETY: `n` is below `most`, for which there is room.
            let place = unsafe { start.add(n) };
            // SAFETY: aligned to 8, and handed out for the first time.
            unsafe { place.write(value) };
            n += 1;
        }
        // SAFETY: just written, and the memory lives until `clear`, which needs `&mut self`.
        unsafe { std::slice::from_raw_parts(start, n) }
    }
}

impl<'a> TextRoom<'a> {
    /// Appends a piece; `false` if there is no room for it.
    pub(crate) fn push(&mut self, piece: Text<'_>) -> bool {
        self.flags &= piece.flags();
        self.append(piece.as_str())
    }

    fn append(&mut self, piece: &str) -> bool {
        let end = self.len.saturating_add(piece.len());
        if end > self.memory.len() - PADDING {
            return false;
        }
        if let Some(place) = self.memory.get_mut(self.len..end) {
            place.copy_from_slice(piece.as_bytes());
        }
        self.len = end;
        true
    }

    /// Changes what is there by now in place; what is known of it must hold still.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut str)) {
        let written = self.memory.get_mut(..self.len).unwrap_or_default();
        // SAFETY: these are whole texts, one behind the other.
        change(unsafe { std::str::from_utf8_unchecked_mut(written) });
    }

    /// The text of all pieces.
    pub(crate) fn made(self) -> Text<'a> {
        let flags = if self.len == 0 { Text::EMPTY.flags() } else { self.flags };
        self.finish(flags)
    }

    fn finish(self, flags: u8) -> Text<'a> {
        let (front, behind) = self.memory.split_at_mut(self.len);
        if let Some(padding) = behind.get_mut(..PADDING) {
            padding.fill(0);
        }
        // SAFETY: these are whole texts, one behind the other.
        let text = unsafe { std::str::from_utf8_unchecked(front) };
        // SAFETY: the padding lies behind, and the room is longer by it than any `len`.
        unsafe { Text::padded(text, flags) }
    }
}
