//! Raw memory for nodes and versions.

pub(crate) use std::alloc::{Layout, handle_alloc_error};

#[cfg(not(cairn_loom))]
pub(crate) use std::alloc::{alloc, dealloc};

#[cfg(cairn_loom)]
pub(crate) use kept::{alloc, dealloc};

#[cfg(all(test, cairn_loom))]
pub(crate) use kept::release_kept;

/// Under loom freed memory stays as it is until the execution is over, so that a reader who comes too late finds a
/// [`super::Witness`] that says so, instead of whatever the allocator put there.
#[cfg(cairn_loom)]
mod kept {
    use std::alloc::Layout;
    use std::cell::RefCell;

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

    /// Frees what the execution before this one gave back. Called first by every model.
    #[cfg(test)]
    pub(crate) fn release_kept() {
        for (raw, layout) in KEPT.take() {
            // SAFETY: `dealloc` took it over with its layout, and the execution that knew it is over.
            unsafe { std::alloc::dealloc(raw, layout) };
        }
    }
}
