//! Versions that belong to no tree yet: made on loader threads, handed to a [`super::Builder`].

use cairn_engine_api::Timestamp;

use super::slab::WINDOW_BYTES;
use super::version::VersionRef;

/// Versions that this value alone knows.
#[derive(Default)]
pub(crate) struct Leaves {
    leaves: Vec<VersionRef<'static>>,
    /// Bytes of memory that they take.
    bytes: usize,
}

// SAFETY: nobody else knows the versions, so they go where this value goes.
unsafe impl Send for Leaves {}

impl Leaves {
    /// None yet, with room for `count`.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self { leaves: Vec::with_capacity(count.min(1 << 20)), bytes: 0 }
    }

    /// None yet, with room for `count` that lie in one window.
    pub(super) fn in_window(count: usize) -> Self {
        let mut leaves = Self::with_capacity(count);
        leaves.bytes = WINDOW_BYTES;
        leaves
    }

    /// Makes one more.
    pub(crate) fn push(&mut self, key: &[u8], row: &[u8], at: Timestamp) {
        let leaf = VersionRef::allocate(key, Some(row), at);
        self.bytes += leaf.bytes();
        self.leaves.push(leaf);
    }

    /// Takes over one in the window.
    pub(super) fn add(&mut self, leaf: VersionRef<'static>) {
        self.leaves.push(leaf);
    }

    /// Bytes of memory that they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The first one's key.
    pub(crate) fn first_key(&self) -> Option<&[u8]> {
        self.leaves.first().map(|leaf| leaf.key())
    }

    /// Hands each one to `take`, which owns it from then on; stops when it gives one back.
    pub(super) fn hand_over(
        mut self,
        mut take: impl FnMut(VersionRef<'static>) -> Result<(), VersionRef<'static>>,
    ) -> Result<(), ()> {
        let mut leaves = std::mem::take(&mut self.leaves).into_iter();
        while let Some(leaf) = leaves.next() {
            if let Err(refused) = take(leaf) {
                self.leaves.push(refused);
                self.leaves.extend(leaves);
                return Err(());
            }
        }
        Ok(())
    }
}

impl Drop for Leaves {
    fn drop(&mut self) {
        for leaf in self.leaves.drain(..) {
            // SAFETY: this value is the only one that knows the leaf, and it is being dropped.
            unsafe { leaf.free() };
        }
    }
}
