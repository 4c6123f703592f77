//! Snapshots that leave the core: what analytics reads on its own threads.

use std::sync::{Arc, Mutex};

use cairn_base::{LogIndex, SpaceId, Timestamp};
use cairn_engine_api::{Direction, EngineError, Entry, KeyRange};

use crate::cursor::{Merge, Pulled};
use crate::engines::Engines;
use crate::readset::ReadSet;
use crate::writeset::WriteSet;

/// A snapshot for other threads, and what it must wait for.
#[derive(Clone, Debug)]
pub struct Frozen {
    /// The data.
    pub view: SnapshotView,
    /// Read only when everything up to this index is durable and applied
    /// ([`Shard::is_applied`](crate::Shard::is_applied), [`Event::Applied`](crate::Event::Applied)).
    /// [`LogIndex::ZERO`]: at once.
    pub ready: LogIndex,
}

/// A transaction's snapshot and its own writes, readable on any thread with the engines' blocking reads.
///
/// The transaction must stay open as long as the view is read: it holds the snapshot's versions. What was read is
/// collected in the view's [`ReadLog`], shared by all clones; give it back with [`Shard::absorb`](crate::Shard::absorb).
#[derive(Clone, Debug)]
pub struct SnapshotView {
    pub(crate) engines: Engines,
    pub(crate) at: Timestamp,
    pub(crate) own: Arc<WriteSet>,
    pub(crate) reads: Arc<ReadLog>,
}

impl SnapshotView {
    /// Everything committed up to here is visible.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Where the reads are collected.
    pub fn read_log(&self) -> &Arc<ReadLog> {
        &self.reads
    }

    /// About how many rows a space has, for the choice among plans. What the transaction wrote itself, and what its snapshot
    /// does not see, is counted or is not, as the engine likes.
    pub fn rows_about(&self, space: SpaceId) -> u64 {
        self.engines.of(space).map_or(0, |entry| entry.engine.stats(Some(space)).rows)
    }

    /// Reads one row. On `Ok(true)` its bytes have been appended to `out`.
    pub fn get(&self, space: SpaceId, key: &[u8], out: &mut Vec<u8>) -> Result<bool, EngineError> {
        if let Some(written) = self.own.get(space, key) {
            out.extend_from_slice(written.unwrap_or_default());
            return Ok(written.is_some());
        }
        if self.own.created(space) {
            return Ok(false);
        }
        self.reads.with(|reads| reads.point(space, key, None));
        self.engines.of(space)?.engine.get(space, key, self.at, out)
    }

    /// Opens a cursor over a range, in key order or against it.
    pub fn scan<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'a>,
        direction: Direction,
    ) -> Result<ViewCursor<'a>, EngineError> {
        let own = self.own.scan(space, range, direction);
        let engine = match self.own.created(space) {
            true => None,
            false => Some(self.engines.of(space)?.engine.scan(space, range, self.at, direction)?),
        };
        let merge = Merge::new(direction, Some(own), None, engine);
        Ok(ViewCursor { merge, reads: &self.reads, space, range, direction, pulled: Pulled::default() })
    }
}

/// A scan of a [`SnapshotView`]. Lending: an entry is valid until the next call. Remembers what was pulled when dropped.
pub struct ViewCursor<'a> {
    merge: Merge<'a>,
    reads: &'a ReadLog,
    space: SpaceId,
    range: KeyRange<'a>,
    direction: Direction,
    pulled: Pulled,
}

impl ViewCursor<'_> {
    /// The next row in the cursor's direction, or `None` at the end. After an error the cursor is dead.
    #[expect(clippy::should_implement_trait, reason = "a lending cursor is no Iterator")]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>, EngineError> {
        let entry = self.merge.next()?;
        self.pulled.note(entry.as_ref(), self.reads.is_tracking());
        Ok(entry)
    }
}

impl Drop for ViewCursor<'_> {
    fn drop(&mut self) {
        if let Some(last) = self.pulled.upto() {
            self.reads.with(|reads| reads.pulled(self.space, self.range, self.direction, last));
        }
    }
}

/// Reads made on other threads. Costs nothing for transactions that need not remember theirs.
#[derive(Debug)]
pub struct ReadLog {
    reads: Option<Mutex<ReadSet>>,
}

impl ReadLog {
    pub(crate) fn new(tracking: bool, bytes_max: usize) -> Self {
        Self { reads: tracking.then(|| Mutex::new(ReadSet::new(bytes_max))) }
    }

    /// Are reads remembered at all?
    pub fn is_tracking(&self) -> bool {
        self.reads.is_some()
    }

    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut ReadSet) -> R) -> Option<R> {
        let reads = self.reads.as_ref()?;
        // A reader that panicked between two pushes left whole entries behind.
        Some(act(&mut reads.lock().unwrap_or_else(std::sync::PoisonError::into_inner)))
    }
}
