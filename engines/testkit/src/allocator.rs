//! An allocator that counts, for tests of how often and how much a piece of code allocates.
//!
//! ```ignore
//! #[global_allocator]
//! static ALLOCATOR: Counting<System> = Counting(System);
//! ```

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Hands everything to another allocator and counts.
#[derive(Debug)]
pub struct Counting<A>(pub A);

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

static TAKEN: AtomicU64 = AtomicU64::new(0);
static GIVEN_BACK: AtomicU64 = AtomicU64::new(0);

/// How often this thread has asked for memory, new or more.
pub fn calls() -> u64 {
    CALLS.get()
}

/// Bytes asked for by the whole process and not given back, without what the allocator adds to each request.
pub fn bytes_in_use() -> u64 {
    let given_back = GIVEN_BACK.load(Relaxed);
    TAKEN.load(Relaxed).saturating_sub(given_back)
}

// SAFETY: every call is handed to the other allocator unchanged; counting touches atomics and a thread-local without a
// destructor, and allocates nothing.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as the caller promised.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as the caller promised.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        GIVEN_BACK.fetch_add(layout.size() as u64, Relaxed);
        // SAFETY: as the caller promised.
        unsafe { self.0.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        GIVEN_BACK.fetch_add(layout.size() as u64, Relaxed);
        // SAFETY: as the caller promised.
        unsafe { self.0.realloc(pointer, layout, size) }
    }
}

fn count(bytes: usize) {
    CALLS.set(CALLS.get() + 1);
    TAKEN.fetch_add(bytes as u64, Relaxed);
}
