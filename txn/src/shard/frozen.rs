//! Snapshots for other threads.

use std::sync::Arc;

use cairn_base::{LogIndex, SpaceId};
use cairn_engine_api::{Direction, KeyRange};

use super::Shard;
use crate::error::TxnError;
use crate::txn::{State, Txn};
use crate::view::{Frozen, ReadLog, SnapshotView};
use crate::writeset::{SpaceChange, WriteSet};

impl Shard {
    /// The transaction's snapshot for reading `spaces` on other threads: with its own writes to them, waiting for nothing
    /// but [`Frozen::ready`]. The transaction stays open, unchanged, while the view is read.
    pub fn frozen(&self, txn: &Txn, spaces: &[SpaceId]) -> Result<Frozen, TxnError> {
        self.check_alive()?;
        let state = txn.state();
        assert!(state.statements > 0, "begin_statement comes before the first read");
        state.has_read.set(true);
        let ready = spaces.iter().map(|space| self.ready(*space, state)).max().unwrap_or(LogIndex::ZERO);
        if ready > LogIndex::ZERO {
            self.apply_wanted.set(self.apply_wanted.get().max(ready));
        }
        let view = SnapshotView {
            engines: self.engines.clone(),
            at: state.snapshot.at,
            own: Arc::new(own_writes(state, spaces)),
            reads: Arc::new(ReadLog::new(state.tracking, self.config.reads_bytes_max)),
        };
        Ok(Frozen { view, ready })
    }

    /// Takes over what was read through a view, so that it is validated with the transaction's other reads.
    pub fn absorb(&self, txn: &mut Txn, log: &ReadLog) {
        let state = txn.state_mut();
        if state.tracking {
            log.with(|reads| state.reads.get_mut().absorb(reads));
        }
    }

    /// The newest record in the snapshot that the engine of `space` has not applied; or the space's creation, even when
    /// the snapshot is older than it.
    fn ready(&self, space: SpaceId, state: &State) -> LogIndex {
        let Some(progress) = self.progress(space.engine()) else { return LogIndex::ZERO };
        let visible = progress.unapplied.partition_point(|record| record.at <= state.snapshot.at);
        let newest = visible.checked_sub(1).map_or(LogIndex::ZERO, |newest| progress.unapplied[newest].index);
        newest.max(self.overlay.creation(space).unwrap_or(LogIndex::ZERO))
    }
}

/// A copy of what the transaction wrote to `spaces`.
fn own_writes(state: &State, spaces: &[SpaceId]) -> WriteSet {
    let mut own = WriteSet::default();
    for change in state.writes.spaces() {
        if let SpaceChange::Created(space, _) = change {
            own.change_space(SpaceChange::Created(*space, Default::default()));
        }
    }
    for space in spaces {
        for (key, row) in state.writes.scan(*space, KeyRange::ALL, Direction::Forward) {
            own.write(*space, key, row);
        }
    }
    own
}
