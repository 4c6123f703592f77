//! The adaptive radix tree (Leis, Kemper, Neumann, ICDE 2013) with one writer and any number of readers.
//!
//! ```text
//!  root slot --> Node16 "user"                        keys:  user       (terminal)
//!                 | terminal --> user@7                      user1  user12  user1x
//!                 '1' --> Node4 ""                           user2
//!                 |         terminal --> user1@9 --> user1@3        @n: commit timestamp; --> older version
//!                 |         '2' --> user12@5
//!                 |         'x' --> user1x@6
//!                 '2' --> user2@8
//! ```
//! **Progress, honestly.** [`Tree::find`] and [`Walk::next_group`] are wait-free: they take no lock and never retry; their
//! number of steps depends on the key's length (and on the number of versions newer than the snapshot), not on what the
//! writer does. The pin around them is crossbeam-epoch's: a store and a fence, wait-free; but a thread's first pin enters
//! it into a list, and every 128th helps the epoch on, both by compare-and-swap against other helpers, which is lock-free
//! only. The writer waits for nobody; it is one at a time. Freed memory waits for readers: a reader that stays pinned
//! delays the freeing of everything retired since, so nothing here stays pinned across calls.
//!
//! **Why stale structure is harmless.** A reader may stand in a node that the writer has just replaced. It then misses
//! keys inserted since and sees old newest versions, all of which carry timestamps above its snapshot or are still
//! reachable through the chain; keys leave the tree only when no snapshot can see them.

mod build;
mod bytes;
mod edge;
mod history;
mod insert;
mod laid_out;
mod leaves;
mod node;
mod pen;
mod remove;
mod slab;
#[cfg(all(test, not(cairn_loom)))]
mod tests;
mod version;
mod walk;

pub(crate) use build::Builder;
pub(crate) use history::History;
pub(crate) use insert::Garbage;
pub(crate) use laid_out::{LaidOut, Versions, laid_out_bytes, lay_out};
pub(crate) use leaves::Leaves;
pub(crate) use pen::{Bin, Demolition, Pen};
pub(crate) use slab::{Slabs, WINDOW_BYTES, Window};
#[cfg(any(test, feature = "measure"))]
pub(crate) use version::version_bytes;
pub(crate) use version::{LENGTH_MAX, VersionRef};
pub(crate) use walk::Walk;

use edge::{AtomicEdge, Edge, View};

use crate::sync::Guard;

/// An ordered map from keys to version chains. Dropping it does not free its content: see [`Demolition`].
pub(crate) struct Tree {
    root: AtomicEdge,
}

impl Tree {
    /// A tree without keys.
    pub(crate) fn new() -> Self {
        Self { root: AtomicEdge::empty() }
    }

    /// The newest version of a key. Wait-free.
    #[inline]
    pub(crate) fn find<'g>(&self, key: &[u8], guard: &'g Guard) -> Option<VersionRef<'g>> {
        let mut edge = self.root.load(guard);
        let mut depth = 0;
        loop {
            match edge.view() {
                View::Empty => return None,
                // Prefixes were skipped unread on the way down: this comparison stands for all of them.
                View::Leaf(version) => return version.has_key(key).then_some(version),
                View::Node(node) => {
                    depth += node.prefix_len();
                    let slot = match key.get(depth) {
                        Some(&byte) => node.find(byte)?,
                        None if depth == key.len() => node.terminal(),
                        None => return None,
                    };
                    depth += 1;
                    edge = slot.load(guard);
                }
            }
        }
    }

    /// The edge of the root.
    pub(crate) fn root<'g>(&self, guard: &'g Guard) -> Edge<'g> {
        self.root.load(guard)
    }
}

/// Length of the common prefix.
#[inline]
fn common_prefix_len(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
