//! Memory that ends at a page which nobody may touch: while a thread guards, whatever reads or
//! writes beyond the end of what was allocated there ends the process on the spot.
#![expect(unsafe_code, reason = "asks the system for memory, and hands it out")]

use std::alloc::Layout;
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

const PAGE: usize = 4096;
/// Bytes of addresses that are set aside; few of them ever have memory.
const RESERVED: usize = 1 << 36;
/// Sizes of places: one page, two, four and so on, up to 2 MiB.
const CLASSES: usize = 10;
/// Most places. Each is two of the 65,530 maps that Linux gives a process.
const MOST: usize = 24_000;

/// Where the addresses begin; 0 before they are asked for.
static START: AtomicUsize = AtomicUsize::new(0);
static PLACES: Mutex<Places> = Mutex::new(Places { used: 0, n_places: 0, free: [0; CLASSES] });

thread_local! {
    static GUARDS: Cell<bool> = const { Cell::new(false) };
}

/// Where something can lie: pages to use, and one that cannot be touched.
struct Places {
    /// Bytes of the reserved addresses that are part of a place.
    used: usize,
    n_places: usize,
    /// The free place of each size that is taken next; its first word is the one after it.
    free: [usize; CLASSES],
}

/// Whether this thread allocates at guard pages.
#[cfg(feature = "internals")]
pub(crate) fn is_on() -> bool {
    GUARDS.get()
}

/// Lets this thread allocate at guard pages meanwhile.
pub(crate) fn guarded<T>(run: impl FnOnce() -> T) -> T {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            GUARDS.set(self.0);
        }
    }
    let _before = Before(GUARDS.replace(true));
    run()
}

/// The size of the place for a layout: its class and its bytes without the guard page.
fn class_of(layout: Layout) -> Option<(usize, usize)> {
    let pages = layout.size().div_ceil(PAGE).max(1).next_power_of_two();
    let class = pages.trailing_zeros() as usize;
    (class < CLASSES && layout.align() <= PAGE).then_some((class, pages * PAGE))
}

/// Memory that ends at a guard page, but for what its alignment asks. `None` if the thread does not
/// guard, or the memory is too large.
pub(super) fn allocate(layout: Layout) -> Option<*mut u8> {
    // A thread that ends may allocate when its locals are gone.
    if !GUARDS.try_with(Cell::get).unwrap_or(false) {
        return None;
    }
    let (class, bytes) = class_of(layout)?;
    let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    let place = match places.free[class] {
        0 => places.carve(bytes)?,
        place => {
            // SAFETY: a free place is memory of ours, whose first word `free` wrote.
            places.free[class] = unsafe { ptr::with_exposed_provenance::<usize>(place).read() };
            place
        }
    };
    let address = (place + bytes - layout.size()) & !(layout.align() - 1);
    Some(ptr::with_exposed_provenance_mut(address))
}

impl Places {
    fn carve(&mut self, bytes: usize) -> Option<usize> {
        if START.load(Ordering::Relaxed) == 0 {
            let (access, kind) = (libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
            // SAFETY: new addresses of the system's choice, which takes no memory from anybody.
            let start = unsafe {
                libc::mmap(ptr::null_mut(), RESERVED, access, kind | libc::MAP_NORESERVE, -1, 0)
            };
            (start != libc::MAP_FAILED)
                .then(|| START.store(start.expose_provenance(), Ordering::Relaxed))?;
        }
        let end = self.used + bytes + PAGE;
        if self.n_places == MOST || end > RESERVED {
            return None;
        }
        let place = START.load(Ordering::Relaxed) + self.used;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: these addresses are ours, and nothing lies there yet.
        let answer =
            unsafe { libc::mprotect(ptr::with_exposed_provenance_mut(place), bytes, access) };
        if answer != 0 {
            return None;
        }
        (self.used, self.n_places) = (end, self.n_places + 1);
        Some(place)
    }
}

/// Whether it came from [`allocate`].
pub(super) fn is_ours(address: *mut u8) -> bool {
    let start = START.load(Ordering::Relaxed);
    start != 0 && (start..start + RESERVED).contains(&address.addr())
}

/// Takes memory back.
///
/// # Safety
/// It came from [`allocate`] with the same layout, and nobody uses it any more.
pub(super) unsafe fn free(address: *mut u8, layout: Layout) {
    let Some((class, bytes)) = class_of(layout) else { return };
    let place = (address.addr() + layout.size()).next_multiple_of(PAGE) - bytes;
    let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the place is memory of ours that nobody uses, aligned to a page.
    unsafe { ptr::with_exposed_provenance_mut::<usize>(place).write(places.free[class]) };
    places.free[class] = place;
}

/// Reads the byte behind a slice, which must be memory of [`allocate`].
fn read_beyond(bytes: &[u8]) -> u8 {
    // SAFETY: it is not safe; this is what must end the process.
    unsafe { bytes.as_ptr().wrapping_add(bytes.len()).read_volatile() }
}

#[test]
fn reading_beyond_guarded_memory_ends_the_process() {
    const ASKED: &str = "CLAIMSMITH_READ_BEYOND";
    let read = || read_beyond(&guarded(|| b"guarded".to_vec().into_boxed_slice()));
    if std::env::var_os(ASKED).is_some() {
        assert_eq!(read(), 0);
        return;
    }
    let name = "support::guard::reading_beyond_guarded_memory_ends_the_process";
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", name]).env(ASKED, "1").output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("running 1 test"), "{printed}");
    assert!(!output.status.success() && !printed.contains("test result"), "{printed}");
}
