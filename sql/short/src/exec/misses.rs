//! Rows that are looked up and are not in memory: asked for together, so that the statement starts again once for all of them
//! and not once for each. Those behind the entries of an index are read ahead; those of a join are gathered:
//!
//! ```text
//!   outer row 1 -> look up: there               first turn: what is not in memory counts as absent, and is remembered
//!   outer row 2 -> look up: not in memory       at its end one fetch for all; what was found is thrown away
//!   outer row 3 -> look up: not in memory       second turn: every row is there
//! ```

use cairn_base::SpaceId;
use cairn_txn::{ReadTask, TxnCursor};

use super::Run;
use crate::api::{Flow, Stop};
use crate::shape::IndexShape;

/// Keys that are fetched together.
const KEYS_MAX: usize = 512;

/// What a turn has missed.
#[derive(Default)]
pub(crate) struct Misses {
    first: Option<Box<ReadTask>>,
    keys: Vec<Vec<u8>>,
}

impl Misses {
    fn space(&self) -> Option<SpaceId> {
        self.first.as_ref().map(|task| task.space())
    }
}

impl Run<'_> {
    /// Runs `join`. If rows were [missed](Self::missed), what it answers (an error, too) is worth nothing: the answer is to
    /// fetch them. Only for statements whose rows can be taken back until they have come to their end.
    pub(crate) fn gathering<T>(&self, join: impl FnOnce() -> Result<T, Stop>) -> Result<T, Stop> {
        *self.misses.borrow_mut() = Some(Misses::default());
        let result = join();
        match self.misses.take() {
            Some(Misses { first: Some(first), keys }) => Err(self.fetch_together(first, keys)),
            _ => result,
        }
    }

    /// A row could not be looked up, because of `stop`. If that is a miss and misses are gathered, it counts as absent.
    pub(crate) fn missed(&self, stop: Stop, key: &[u8]) -> Result<Flow, Stop> {
        let mut misses = self.misses.borrow_mut();
        let Some(misses) = misses.as_mut() else { return Err(stop) };
        let Stop::Fetch(task) = stop else { return Err(stop) };
        if misses.keys.len() == KEYS_MAX || misses.space().is_some_and(|space| space != task.space()) {
            return Err(Stop::Fetch(task));
        }
        misses.keys.push(key.to_vec());
        misses.first.get_or_insert(task);
        Ok(Flow::More)
    }

    /// A row behind an index entry is not in memory, because of `stop`. Those behind the next entries may not be either.
    pub(super) fn read_ahead(&self, stop: Stop, cursor: &mut TxnCursor<'_>, index: &IndexShape, first: &[u8]) -> Stop {
        let Stop::Fetch(task) = stop else { return stop };
        let mut keys = vec![first.to_vec()];
        while keys.len() < KEYS_MAX
            && let Ok(Some(entry)) = cursor.next()
            && let Ok(primary) = index.primary_of(entry.key, entry.value)
        {
            keys.push(primary.to_vec());
        }
        self.fetch_together(task, keys)
    }

    /// The fetch of these keys, the first of which `first` would fetch alone.
    fn fetch_together(&self, first: Box<ReadTask>, keys: Vec<Vec<u8>>) -> Stop {
        match self.shard.prefetch_keys(self.txn, first.space(), keys) {
            Ok(Some(together)) => Stop::Fetch(Box::new(together)),
            Ok(None) | Err(_) => Stop::Fetch(first),
        }
    }
}
