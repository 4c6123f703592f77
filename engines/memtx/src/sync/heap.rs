//! Raw memory for nodes and versions: by the piece from the allocator, or in whole pages from the system.

pub(crate) use std::alloc::{Layout, handle_alloc_error};

#[cfg(not(cairn_loom))]
pub(crate) use pages::{map, unmap};
#[cfg(not(cairn_loom))]
pub(crate) use std::alloc::{alloc, dealloc};

#[cfg(cairn_loom)]
pub(crate) use kept::{alloc, dealloc, map, unmap};

#[cfg(all(test, cairn_loom))]
pub(crate) use kept::release_kept;

/// Memory that an allocator must not keep. What is unmapped is back with the system at once, and as no allocator has asked
/// for huge pages there, the system puts none in its place.
#[cfg(not(cairn_loom))]
mod pages {
    use std::alloc::Layout;
    use std::ptr::{self, NonNull};

    /// Fresh pages for a layout whose size and alignment pages meet; `None` when the system has none.
    pub(crate) fn map(layout: Layout) -> Option<NonNull<u8>> {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping at an address of the system's choice touches no other memory.
        let raw = unsafe { libc::mmap(ptr::null_mut(), layout.size(), access, kind, -1, 0) };
        if raw == libc::MAP_FAILED { None } else { NonNull::new(raw.cast()) }
    }

    /// Gives pages back.
    ///
    /// # Safety
    /// They came from [`map`] with this layout, and nobody uses them any more.
    pub(crate) unsafe fn unmap(raw: NonNull<u8>, layout: Layout) {
        let raw = raw.as_ptr().cast();
        // SAFETY: as the caller promised. The system may refuse to split a mapping when a process has too many; then the
        // address stays taken, and the memory goes back all the same.
        unsafe {
            if libc::munmap(raw, layout.size()) != 0 {
                libc::madvise(raw, layout.size(), libc::MADV_DONTNEED);
            }
        }
    }
}

/// Under loom freed memory stays as it is until the execution is over, so that a reader who comes too late finds a
/// [`super::Witness`] that says so, instead of whatever the allocator put there.
#[cfg(cairn_loom)]
mod kept {
    use std::alloc::Layout;
    use std::cell::RefCell;

    use std::ptr::NonNull;

    pub(crate) use std::alloc::alloc;

    thread_local! {
        /// Loom runs all threads of a model on one thread of the system.
        static KEPT: RefCell<Vec<(*mut u8, Layout)>> = const { RefCell::new(Vec::new()) };
    }

    /// Keeps the memory until [`release_kept`].
    ///
    /// # Safety
    /// As for [`std::alloc::dealloc`].
    pub(crate) unsafe fn dealloc(raw: *mut u8, layout: Layout) {
        KEPT.with_borrow_mut(|kept| kept.push((raw, layout)));
    }

    /// Stands in for pages of the system.
    pub(crate) fn map(layout: Layout) -> Option<NonNull<u8>> {
        // SAFETY: only layouts of whole pages are asked for.
        NonNull::new(unsafe { alloc(layout) })
    }

    /// Keeps the memory until [`release_kept`].
    ///
    /// # Safety
    /// It came from [`map`] with this layout.
    pub(crate) unsafe fn unmap(raw: NonNull<u8>, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { dealloc(raw.as_ptr(), layout) };
    }

    /// Frees what the execution before this one gave back. Called first by every model.
    #[cfg(test)]
    pub(crate) fn release_kept() {
        for (raw, layout) in KEPT.take() {
            // SAFETY: `dealloc` took it over with its layout, and the execution that knew it is over.
            unsafe { std::alloc::dealloc(raw, layout) };
        }
    }
}
