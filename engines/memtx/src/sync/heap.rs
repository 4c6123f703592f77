//! Raw memory for nodes and versions: by the piece from the allocator, or in whole pages from the system.

pub(crate) use std::alloc::{Layout, handle_alloc_error};

#[cfg(not(cairn_loom))]
pub(crate) use pages::{map, map_file, map_over, reserve, unmap, withdraw};
#[cfg(not(cairn_loom))]
pub(crate) use std::alloc::{alloc, dealloc};

#[cfg(cairn_loom)]
pub(crate) use kept::{alloc, dealloc, map, map_file, map_over, reserve, unmap, withdraw};

#[cfg(all(test, cairn_loom))]
pub(crate) use kept::release_kept;

/// Memory that an allocator must not keep. What is unmapped is back with the system at once, and as no allocator has asked
/// for huge pages there, the system puts none in its place.
#[cfg(not(cairn_loom))]
mod pages {
    use std::alloc::Layout;
    use std::os::fd::RawFd;
    use std::ptr::{self, NonNull};

    const NO_ACCESS: libc::c_int = libc::PROT_NONE;
    const ANONYMOUS: libc::c_int = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;

    /// Fresh pages for a layout whose size and alignment pages meet; `None` when the system has none.
    pub(crate) fn map(layout: Layout) -> Option<NonNull<u8>> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at an address of the system's choice touches no other memory.
        let raw = unsafe { libc::mmap(ptr::null_mut(), layout.size(), access, ANONYMOUS, -1, 0) };
        if raw == libc::MAP_FAILED { None } else { NonNull::new(raw.cast()) }
    }

    /// Addresses with nothing behind them, of this size and alignment; `None` when the system has none.
    pub(crate) fn reserve(layout: Layout) -> Option<NonNull<u8>> {
        let bytes = layout.size() + layout.align();
        // SAFETY: as in `map`.
        let raw = unsafe { libc::mmap(ptr::null_mut(), bytes, NO_ACCESS, ANONYMOUS | libc::MAP_NORESERVE, -1, 0) };
        if raw == libc::MAP_FAILED {
            return None;
        }
        let raw = raw.cast::<u8>();
        let before = raw.align_offset(layout.align());
        // SAFETY: both ends lie in the mapping just made, around what is handed out.
        unsafe {
            libc::munmap(raw.cast(), before);
            libc::munmap(raw.add(before + layout.size()).cast(), layout.align() - before);
            NonNull::new(raw.add(before))
        }
    }

    /// Puts fresh pages behind reserved addresses. `false`: the system has none.
    ///
    /// # Safety
    /// The addresses are the caller's, from [`reserve`], and nothing is behind them.
    pub(crate) unsafe fn map_over(raw: NonNull<u8>, bytes: usize) -> bool {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, ANONYMOUS | libc::MAP_FIXED);
        // SAFETY: as the caller promised: what is replaced is the reservation.
        unsafe { libc::mmap(raw.as_ptr().cast(), bytes, access, kind, -1, 0) != libc::MAP_FAILED }
    }

    /// Puts a piece of a file behind reserved addresses, for reading, and locks it there: it is in memory from now on, and
    /// stays. `false`: the system does not allow it, or cannot read the file; then nothing is behind the addresses.
    ///
    /// # Safety
    /// As for [`map_over`], and the file's piece does not change as long as it is mapped.
    pub(crate) unsafe fn map_file(raw: NonNull<u8>, bytes: usize, file: RawFd, offset: u64) -> bool {
        let Ok(offset) = libc::off_t::try_from(offset) else { return false };
        let kind = libc::MAP_SHARED | libc::MAP_FIXED;
        // SAFETY: as in `map_over`.
        unsafe {
            if libc::mmap(raw.as_ptr().cast(), bytes, libc::PROT_READ, kind, file, offset) == libc::MAP_FAILED {
                return false;
            }
            if libc::mlock(raw.as_ptr().cast(), bytes) != 0 {
                withdraw(raw, bytes);
                return false;
            }
        }
        true
    }

    /// Takes away what is behind reserved addresses; they stay reserved.
    ///
    /// # Safety
    /// The addresses are the caller's, from [`reserve`], and nobody uses what is behind them any more.
    pub(crate) unsafe fn withdraw(raw: NonNull<u8>, bytes: usize) {
        let kind = ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED;
        // SAFETY: as the caller promised. The system may refuse to split a mapping when a process has too many; then the
        // pages go with the whole reservation.
        unsafe { libc::mmap(raw.as_ptr().cast(), bytes, NO_ACCESS, kind, -1, 0) };
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
    use std::os::fd::RawFd;
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

    /// No addresses: under loom no image is ever loaded.
    pub(crate) fn reserve(_layout: Layout) -> Option<NonNull<u8>> {
        None
    }

    /// # Safety
    /// There are no reserved addresses to call it with.
    pub(crate) unsafe fn map_over(_raw: NonNull<u8>, _bytes: usize) -> bool {
        false
    }

    /// # Safety
    /// As for [`map_over`].
    pub(crate) unsafe fn map_file(_raw: NonNull<u8>, _bytes: usize, _file: RawFd, _offset: u64) -> bool {
        false
    }

    /// # Safety
    /// As for [`map_over`].
    pub(crate) unsafe fn withdraw(_raw: NonNull<u8>, _bytes: usize) {}

    /// Frees what the execution before this one gave back. Called first by every model.
    #[cfg(test)]
    pub(crate) fn release_kept() {
        for (raw, layout) in KEPT.take() {
            // SAFETY: `dealloc` took it over with its layout, and the execution that knew it is over.
            unsafe { std::alloc::dealloc(raw, layout) };
        }
    }
}
