//! Which keys hold garbage, in the order in which it becomes collectible, so that a sweep never walks a tree.

use std::collections::VecDeque;

use cairn_engine_api::{SpaceId, Timestamp};

use crate::ledger::Ledger;
use crate::sync::Arc;

/// A key with a tombstone or with more than one version.
#[derive(Debug)]
pub(crate) struct Dirty {
    /// Collectible once the watermark has come this far.
    pub(crate) ready_at: Timestamp,
    pub(crate) space: SpaceId,
    pub(crate) key: Box<[u8]>,
}

/// Dirty keys, first come first swept, so that the first one is always ready first. A key that a sweep could not clean yet
/// goes to the end and waits as long as the key before it, which is at most until the watermark passes all that is
/// applied now.
#[derive(Debug)]
pub(crate) struct DirtyQueue {
    keys: VecDeque<Dirty>,
    ledger: Arc<Ledger>,
}

impl DirtyQueue {
    /// An empty queue that reports its bytes to `ledger`.
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        Self { keys: VecDeque::new(), ledger }
    }

    /// Remembers a key.
    pub(crate) fn push(&mut self, mut dirty: Dirty) {
        if let Some(last) = self.keys.back() {
            dirty.ready_at = dirty.ready_at.max(last.ready_at);
        }
        self.ledger.take(bytes(&dirty));
        self.keys.push_back(dirty);
    }

    /// Takes out the next key that is collectible at `watermark`.
    pub(crate) fn pop_ready(&mut self, watermark: Timestamp) -> Option<Dirty> {
        let dirty = self.keys.pop_front_if(|first| first.ready_at <= watermark)?;
        self.ledger.give_back(bytes(&dirty));
        if self.keys.is_empty() {
            // A burst must not keep its room for ever.
            self.keys = VecDeque::new();
        }
        Some(dirty)
    }

    /// Is there a key that is collectible at `watermark`?
    pub(crate) fn has_ready(&self, watermark: Timestamp) -> bool {
        self.keys.front().is_some_and(|first| first.ready_at <= watermark)
    }
}

fn bytes(dirty: &Dirty) -> usize {
    size_of::<Dirty>() + dirty.key.len()
}
