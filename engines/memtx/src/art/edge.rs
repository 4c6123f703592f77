//! Tagged pointers: what stands in a slot of the tree.
//!
//! The kind of the target sits in the three low bits, which alignment leaves free, so that a descent knows how to read a
//! node before it touches it.
//!
//! ```text
//!  63                                   3 2   0
//! +--------------------------------------+-----+     0 version (or, all bits zero, nothing)
//! |        address, aligned to 8         | tag |     1 Node4   2 Node16   3 Node48   4 Node256
//! +--------------------------------------+-----+
//! ```

use std::marker::PhantomData;
use std::ptr;

use cairn_base::fault;

use super::node::{Kind, NodeRef};
use super::version::VersionRef;
use crate::sync::{AtomicPtr, Guard, Ordering};

const TAG_MASK: usize = 7;

/// A value of a slot. Its target stays allocated for `'g`.
#[derive(Clone, Copy)]
pub(crate) struct Edge<'g> {
    raw: *mut u8,
    life: PhantomData<&'g Guard>,
}

/// What an edge leads to.
pub(crate) enum View<'g> {
    /// Nothing.
    Empty,
    /// The newest version of one key.
    Leaf(VersionRef<'g>),
    /// An inner node.
    Node(NodeRef<'g>),
}

impl<'g> Edge<'g> {
    /// Leads nowhere.
    pub(crate) const EMPTY: Self = Self { raw: ptr::null_mut(), life: PhantomData };

    /// An edge to a key's newest version.
    pub(crate) fn leaf(version: VersionRef<'g>) -> Self {
        Self { raw: version.into_raw(), life: PhantomData }
    }

    /// An edge to an inner node.
    pub(crate) fn node(node: NodeRef<'g>) -> Self {
        Self { raw: node.into_raw().map_addr(|address| address | node.kind() as usize), life: PhantomData }
    }

    /// Does it lead nowhere?
    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.raw.is_null()
    }

    /// Reads the tag.
    #[inline]
    pub(crate) fn view(self) -> View<'g> {
        let tag = self.raw.addr() & TAG_MASK;
        if tag == 0 {
            if self.raw.is_null() {
                return View::Empty;
            }
            // SAFETY: a non-null edge without a tag was made by `leaf`; the target lives for `'g` (type invariant).
            return View::Leaf(unsafe { VersionRef::from_raw(self.raw) });
        }
        let raw = self.raw.map_addr(|address| address & !TAG_MASK);
        let kind = match tag {
            1 => Kind::Node4,
            2 => Kind::Node16,
            3 => Kind::Node48,
            4 => Kind::Node256,
            // SAFETY: `node` makes no other tag, and only `node` makes one. (The descent is a third shorter for it.)
            _ => unsafe { std::hint::unreachable_unchecked() },
        };
        // SAFETY: an edge with this tag was made by `node` from a node of this kind; it lives for `'g`.
        View::Node(unsafe { NodeRef::from_raw(raw, kind) })
    }

    /// The bare word, for a list of things to free later.
    pub(crate) fn into_raw(self) -> *mut u8 {
        self.raw
    }

    /// The edge behind a word that [`Self::into_raw`] gave.
    ///
    /// # Safety
    /// The target is not freed during `'g`.
    pub(crate) unsafe fn from_raw(raw: *mut u8) -> Self {
        Self { raw, life: PhantomData }
    }
}

/// A slot of the tree: one writer stores, any number of readers load.
///
/// Invariant that all readers lean on: a slot only ever holds edges whose targets are alive, and a target that is taken
/// out of its last slot is freed only after every guard that was pinned at that moment is gone (see
/// [`super::pen::Pen`]).
pub(crate) struct AtomicEdge(AtomicPtr<u8>);

impl AtomicEdge {
    /// An empty slot.
    pub(crate) fn empty() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Follows the slot; everything that was written into the target before it was published is visible.
    #[inline]
    pub(crate) fn load<'g>(&self, _guard: &'g Guard) -> Edge<'g> {
        Edge { raw: self.0.load(Ordering::Acquire), life: PhantomData }
    }

    /// Writer only: publishes an edge.
    #[inline]
    pub(crate) fn store(&self, edge: Edge<'_>) {
        self.0.store(edge.raw, if fault!(PublishRelaxed) { Ordering::Relaxed } else { Ordering::Release });
    }
}
