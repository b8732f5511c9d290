//! The allocator of the tests: the system's, and guarded memory where a thread asks for it.
#![expect(unsafe_code, reason = "an allocator is")]

use super::guard;
use std::alloc::{GlobalAlloc, Layout, System};

struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

// SAFETY: memory is the system's, or that of `guard`, which is as large and as aligned as asked, and
// goes back to whom it came from.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        guard::allocate(layout).unwrap_or_else(|| unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
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
