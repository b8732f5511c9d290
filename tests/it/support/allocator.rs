//! The allocator of the tests: the system's, and guarded memory where a thread asks for it. It counts
//! how often each thread asks.
#![expect(unsafe_code, reason = "an allocator is")]

use super::guard;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

/// How often this thread asks for memory while `run` runs.
pub(crate) fn allocations(run: impl FnOnce()) -> usize {
    let before = ASKED.get();
    run();
    ASKED.get() - before
}

fn count() {
    // A thread that ends is counted no more.
    let _: Result<(), _> = ASKED.try_with(|asked| asked.set(asked.get() + 1));
}

// SAFETY: memory is the system's, or that of `guard`, which is as large and as aligned as asked, and
// goes back to whom it came from. To make memory larger, new memory is asked for here.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller promises.
        guard::allocate(layout).unwrap_or_else(|| unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        match guard::allocate(layout) {
            Some(address) => {
                // SAFETY: memory of that size which is nobody else's.
                unsafe { address.write_bytes(0, layout.size()) };
                address
            }
            // SAFETY: as the caller promises.
            None => unsafe { System.alloc_zeroed(layout) },
        }
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        if guard::is_ours(address) {
            // SAFETY: as the caller promises.
            unsafe { guard::free(address, layout) }
        } else {
            // SAFETY: as the caller promises.
            unsafe { System.dealloc(address, layout) }
        }
    }
}
