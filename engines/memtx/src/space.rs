//! One space: its tree, its counters, its settings.

use std::fmt;

use cairn_engine_api::{SpaceId, SpaceOptions};

use crate::art::{Demolition, Tree};
use crate::ledger::{Ledger, SpaceCounts};
use crate::sync::{Arc, unprotected};

/// An ordered map from keys to rows. Dropping it frees its tree in one go; [`Self::into_demolition`] does it in steps.
pub(crate) struct Space {
    pub(crate) id: SpaceId,
    pub(crate) options: SpaceOptions,
    pub(crate) tree: Tree,
    pub(crate) counts: SpaceCounts,
    ledger: Arc<Ledger>,
}

impl Space {
    /// An empty space that reports what it frees to `ledger`.
    pub(crate) fn new(id: SpaceId, options: SpaceOptions, ledger: Arc<Ledger>) -> Self {
        Self { id, options, tree: Tree::new(), counts: SpaceCounts::default(), ledger }
    }

    /// The means to free the tree in bounded steps.
    pub(crate) fn into_demolition(mut self) -> Demolition {
        self.take_tree()
    }

    fn take_tree(&mut self) -> Demolition {
        let tree = std::mem::replace(&mut self.tree, Tree::new());
        // SAFETY: `&mut self` is the proof that no other thread uses the space, and a tree is only reached through its
        // space: readers without a counted reference are pinned and lean on the directory's, which is released after
        // them. The old root is gone with `tree`, so nobody takes it a second time.
        unsafe { Demolition::new(tree.root(unprotected()), Arc::clone(&self.ledger)) }
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        drop(self.take_tree());
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Space").field("id", &self.id).field("rows", &self.counts.rows.get()).finish_non_exhaustive()
    }
}
