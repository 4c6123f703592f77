//! Dropped spaces, on their way back to the allocator.
//!
//! A space's tree may hold millions of rows. Freeing it in one go would stall the core, so it is demolished a bounded
//! number of steps at a time, once nobody else holds the space: neither a pinned reader (the directory's own count is
//! released through the epoch) nor a cursor or a checkpoint (they count).

use std::collections::VecDeque;

use crate::art::Demolition;
use crate::space::Space;
use crate::sync::Arc;

/// Spaces without a name, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Graves {
    dropped: VecDeque<Arc<Space>>,
    demolition: Option<Demolition>,
}

impl Graves {
    /// Takes a space that can no longer be found.
    pub(crate) fn bury(&mut self, space: Arc<Space>) {
        self.dropped.push_back(space);
    }

    /// Frees up to about `steps` allocations. Returns whether it could go on at once.
    pub(crate) fn dig(&mut self, steps: usize) -> bool {
        if self.demolition.is_none() {
            self.demolition = self.next_free();
        }
        let Some(demolition) = &mut self.demolition else { return false };
        if demolition.step(steps) {
            return true;
        }
        self.demolition = None;
        self.dropped.iter().any(|space| Arc::strong_count(space) == 1)
    }

    fn next_free(&mut self) -> Option<Demolition> {
        let position = self.dropped.iter().position(|space| Arc::strong_count(space) == 1)?;
        let space = self.dropped.remove(position).and_then(Arc::into_inner)?;
        Some(space.into_demolition())
    }
}
