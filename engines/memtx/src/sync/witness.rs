//! Stands in for the bytes of a node or a version that are constant after publication.
//!
//! Those bytes are plain memory, which loom does not watch. Each header carries a witness: making it is the write of those
//! bytes, [`Witness::look`] a read of them, [`Witness::end`] their end. Under loom a look that does not happen after the
//! making (published too early, or with too weak an order) or that does not happen before the end (freed too early)
//! panics. In every other build a witness has no size and its methods no instructions.

#[cfg(not(cairn_loom))]
pub(crate) use nothing::Witness;

#[cfg(cairn_loom)]
pub(crate) use watched::Witness;

#[cfg(not(cairn_loom))]
mod nothing {
    /// See the head of this file.
    pub(crate) struct Witness;

    impl Witness {
        /// The bytes are written now.
        #[inline(always)]
        pub(crate) fn new() -> Self {
            Self
        }

        /// They are read now.
        #[inline(always)]
        pub(crate) fn look(&self) {}

        /// They are gone now.
        #[inline(always)]
        pub(crate) fn end(&self) {}
    }
}

#[cfg(cairn_loom)]
mod watched {
    use loom::cell::UnsafeCell;

    /// See the head of this file. Holds whether the bytes are still there.
    pub(crate) struct Witness(UnsafeCell<bool>);

    impl Witness {
        /// The bytes are written now.
        pub(crate) fn new() -> Self {
            Self(UnsafeCell::new(true))
        }

        /// They are read now.
        pub(crate) fn look(&self) {
            // SAFETY: loom has checked that no write races this read; freed memory is kept (`heap.rs`).
            self.0.with(|there| assert!(unsafe { *there }, "a reader is at memory that was freed"));
        }

        /// They are gone now.
        pub(crate) fn end(&self) {
            // SAFETY: loom has checked that nothing races this write.
            self.0.with_mut(|there| assert!(unsafe { there.replace(false) }, "memory is freed twice"));
        }
    }
}
