//! Bytes that are written and thrown away by every request, in memory that is used again.

use std::cell::RefCell;
use std::fmt;
use std::mem;
use std::ops::{Deref, DerefMut};

/// Most buffers that a thread keeps, and most bytes of one that it keeps.
const KEPT: usize = 8;
const KEPT_BYTES: usize = 64 * 1024;

thread_local! {
    static POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// An empty list of bytes that has been longer before. Its `Debug` shows no bytes: most are about
/// people.
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    /// The buffer that this thread threw away last, or a new one.
    #[must_use]
    pub(crate) fn take() -> Self {
        Self(POOL.with_borrow_mut(Vec::pop).unwrap_or_else(|| Vec::with_capacity(1024)))
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut bytes = mem::take(&mut self.0);
        if bytes.capacity() > KEPT_BYTES {
            return;
        }
        bytes.clear();
        // A thread that ends has no pool any more.
        let _: Result<(), _> = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() < KEPT {
                pool.push(bytes);
            }
        });
    }
}

impl Deref for Buffer {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Buffer").field("length", &self.0.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{Buffer, KEPT_BYTES};

    #[test]
    fn a_buffer_comes_back_empty_and_one_that_grew_absurdly_does_not() {
        let mut buffer = Buffer::take();
        buffer.extend_from_slice(&[1; 5000]);
        let capacity = buffer.capacity();
        drop(buffer);
        let mut again = Buffer::take();
        assert!(again.is_empty() && again.capacity() == capacity);
        let (other, third) = (Buffer::take(), Buffer::take());
        assert!(other.is_empty() && third.is_empty());
        again.resize(KEPT_BYTES + 1, 0);
        drop(again);
        drop(other);
        assert!(Buffer::take().capacity() <= KEPT_BYTES);
    }
}
