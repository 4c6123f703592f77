//! Reading: own writes, then the overlay, then the engine.

use std::ops::Bound;
use std::sync::Arc;

use cairn_base::{SpaceId, Timestamp, fault};
use cairn_engine_api::{Cursor, Direction, EngineError, KeyRange};

use super::Shard;
use crate::bounds::OwnedRange;
use crate::cursor::{Merge, Pulled, TxnCursor};
use crate::engines::Registered;
use crate::error::TxnError;
use crate::fetch::ReadTask;
use crate::sight::Sight;
use crate::txn::{Guard, State, Txn};

impl Shard {
    /// Reads one row at the transaction's snapshot. On `Ok(true)` its bytes have been appended to `out`; on `Ok(false)` and
    /// on an error `out` is as it was.
    pub fn get(&self, txn: &Txn, space: SpaceId, key: &[u8], out: &mut Vec<u8>) -> Result<bool, TxnError> {
        self.get_seen(txn, space, key, None, out)
    }

    /// The same for a reader that uses only what `sight` sees of the row: changes of the rest are no conflicts.
    pub fn get_seen(
        &self,
        txn: &Txn,
        space: SpaceId,
        key: &[u8],
        sight: Option<&Arc<dyn Sight>>,
        out: &mut Vec<u8>,
    ) -> Result<bool, TxnError> {
        let state = self.reading(txn)?;
        if let Some(found) = own_row(state, space, key, out) {
            return Ok(found);
        }
        if state.tracking {
            state.reads.borrow_mut().point(space, key, sight);
        }
        self.get_at(state, space, key, state.snapshot.at, out)
    }

    /// Opens a cursor over a range at the transaction's snapshot, in key order or against it.
    pub fn scan<'a>(
        &'a self,
        txn: &'a Txn,
        space: SpaceId,
        range: KeyRange<'a>,
        direction: Direction,
    ) -> Result<TxnCursor<'a>, TxnError> {
        let state = self.reading(txn)?;
        let tracking = state.tracking && !state.writes.created(space);
        self.scan_at(state, space, range, direction, state.snapshot.at, tracking)
    }

    /// Reads one row for a constraint (uniqueness, foreign key): under SERIALIZABLE like [`Self::get`]; below, the newest
    /// committed version whatever the snapshot, and the commit fails with 40001 if it has changed by then.
    pub fn constraint_get(&self, txn: &Txn, space: SpaceId, key: &[u8], out: &mut Vec<u8>) -> Result<bool, TxnError> {
        let state = self.reading(txn)?;
        if state.tracking {
            return self.get(txn, space, key, out);
        }
        if let Some(found) = own_row(state, space, key, out) {
            return Ok(found);
        }
        let range = KeyRange { start: Bound::Included(key), end: Bound::Included(key) };
        self.remember_guard(state, space, range, self.last.at);
        self.get_at(state, space, key, self.last.at, out)
    }

    /// Opens a cursor for a constraint: under SERIALIZABLE like [`Self::scan`]; below, over the newest committed versions,
    /// and the commit fails with 40001 if anything in the whole range has changed by then.
    pub fn constraint_scan<'a>(
        &'a self,
        txn: &'a Txn,
        space: SpaceId,
        range: KeyRange<'a>,
        direction: Direction,
    ) -> Result<TxnCursor<'a>, TxnError> {
        let state = self.reading(txn)?;
        if state.tracking {
            return self.scan(txn, space, range, direction);
        }
        self.remember_guard(state, space, range, self.last.at);
        self.scan_at(state, space, range, direction, self.last.at, false)
    }

    /// Reads the newest version of a key, own writes first, at any isolation level, and remembers nothing. For checks
    /// whose answer a lock of this transaction keeps true until it ends: uniqueness under `Update` on the key, existence of
    /// a referenced row under `KeyShare`. Such a check holds at commit by itself; remembering the read would only
    /// report changes of the row that do not matter.
    pub fn get_locked(&self, txn: &Txn, space: SpaceId, key: &[u8], out: &mut Vec<u8>) -> Result<bool, TxnError> {
        let state = self.reading(txn)?;
        match own_row(state, space, key, out) {
            Some(found) => Ok(found),
            None => self.get_at(state, space, key, self.last.at, out),
        }
    }

    /// At commit, at any isolation level, nothing in `range` may have changed since the snapshot; otherwise 40001.
    pub fn guard(&self, txn: &Txn, space: SpaceId, range: KeyRange<'_>) -> Result<(), TxnError> {
        let state = self.reading(txn)?;
        if state.tracking {
            state.reads.borrow_mut().range(space, range);
        } else {
            self.remember_guard(state, space, range, state.snapshot.at);
        }
        Ok(())
    }

    /// The task that reads a range of rows into memory on a reader pool, at the transaction's snapshot; for executors
    /// that know what they will need. `None` when the space's engine holds everything in memory,
    /// or does not know the space yet.
    pub fn prefetch(
        &self,
        txn: &Txn,
        space: SpaceId,
        range: KeyRange<'_>,
        direction: Direction,
    ) -> Result<Option<ReadTask>, TxnError> {
        let engine = self.engines.of(space)?;
        let in_engine = engine.resident && self.overlay.creation(space).is_none();
        let task = || {
            let engine = Arc::clone(&engine.engine);
            ReadTask::range(engine, space, OwnedRange::copy(range), direction, txn.snapshot())
        };
        Ok(in_engine.then(task))
    }

    /// The task that reads several rows into memory, as [`Self::prefetch`] does for a range: for executors that walk an
    /// index and know which rows come next.
    pub fn prefetch_keys(&self, txn: &Txn, space: SpaceId, keys: Vec<Vec<u8>>) -> Result<Option<ReadTask>, TxnError> {
        let engine = self.engines.of(space)?;
        let in_engine = engine.resident && self.overlay.creation(space).is_none();
        let task = || ReadTask::keys(Arc::clone(&engine.engine), space, keys, txn.snapshot());
        Ok(in_engine.then(task))
    }

    fn reading<'t>(&self, txn: &'t Txn) -> Result<&'t State, TxnError> {
        self.check_alive()?;
        let state = txn.state();
        assert!(state.statements > 0, "begin_statement comes before the first read");
        state.has_read.set(true);
        Ok(state)
    }

    fn remember_guard(&self, state: &State, space: SpaceId, range: KeyRange<'_>, since: Timestamp) {
        let range = OwnedRange::copy(range);
        state.guards.borrow_mut().push(Guard { since, space, range });
    }

    /// Reads below the own writes.
    pub(super) fn get_at(
        &self,
        state: &State,
        space: SpaceId,
        key: &[u8],
        at: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<bool, TxnError> {
        if let Some(oldest) = self.oldest_unapplied(space, at) {
            let maybe = self.window.maybe_since(space, key, Timestamp(oldest.0 - 1));
            if let Some(version) = maybe.then(|| self.overlay.get(space, key, at)).flatten() {
                state.depends_on(version.index);
                out.extend_from_slice(version.row.unwrap_or_default());
                return Ok(version.row.is_some());
            }
        }
        if let Some(index) = self.overlay.creation(space) {
            // The engine does not know the space yet, whether the snapshot is older than it or not.
            state.depends_on(index);
            return Ok(false);
        }
        let engine = self.engines.of(space)?;
        match engine_get(engine, space, key, at, out) {
            Err(EngineError::NotResident) => {
                let task = ReadTask::key(Arc::clone(&engine.engine), space, key, at);
                Err(TxnError::NotResident(Box::new(task)))
            }
            other => Ok(other?),
        }
    }

    fn scan_at<'a>(
        &'a self,
        state: &'a State,
        space: SpaceId,
        range: KeyRange<'a>,
        direction: Direction,
        at: Timestamp,
        tracking: bool,
    ) -> Result<TxnCursor<'a>, TxnError> {
        let registered = self.engines.of(space)?;
        let own = (!state.writes.is_empty()).then(|| state.writes.scan(space, range, direction));
        let unapplied = self.oldest_unapplied(space, at).is_some() && !fault!(ScanSkipsTheOverlay);
        let overlay = unapplied.then(|| self.overlay.scan(space, range, at, direction));
        let creation = self.overlay.creation(space);
        creation.into_iter().for_each(|index| state.depends_on(index));
        let engine = match state.writes.created(space) || creation.is_some() {
            true => None,
            false => Some(self.engine_scan(registered, space, range, at, direction)?),
        };
        let merge = Merge::new(direction, own, overlay, engine);
        let pulled = Pulled::default();
        Ok(TxnCursor { merge, state, engine: registered, space, at, range, direction, tracking, pulled })
    }

    fn engine_scan<'a>(
        &self,
        registered: &'a Registered,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, TxnError> {
        let result = match registered.resident {
            false => registered.engine.scan(space, range, at, direction),
            true => {
                let resident = registered.engine.capabilities().resident;
                resident.expect("powers do not change").scan_resident(space, range, at, direction)
            }
        };
        match result {
            Err(EngineError::NotResident) => {
                let engine = Arc::clone(&registered.engine);
                let task = ReadTask::range(engine, space, OwnedRange::copy(range), direction, at);
                Err(TxnError::NotResident(Box::new(task)))
            }
            other => Ok(other?),
        }
    }

    /// The oldest commit that a snapshot at `at` sees and the engine of `space` has not applied: only what was written
    /// since can stand in the overlay.
    fn oldest_unapplied(&self, space: SpaceId, at: Timestamp) -> Option<Timestamp> {
        let oldest = self.progress(space.engine())?.unapplied.front()?.at;
        (oldest <= at).then_some(oldest)
    }
}

/// What the transaction itself wrote to `key`; `None` when the committed state has to be asked.
fn own_row(state: &State, space: SpaceId, key: &[u8], out: &mut Vec<u8>) -> Option<bool> {
    if state.writes.is_empty() {
        return None;
    }
    match state.writes.get(space, key) {
        Some(written) => {
            out.extend_from_slice(written.unwrap_or_default());
            Some(written.is_some())
        }
        None => state.writes.created(space).then_some(false),
    }
}

fn engine_get(
    registered: &Registered,
    space: SpaceId,
    key: &[u8],
    at: Timestamp,
    out: &mut Vec<u8>,
) -> Result<bool, EngineError> {
    if !registered.resident {
        return registered.engine.get(space, key, at, out);
    }
    let resident = registered.engine.capabilities().resident.expect("powers do not change");
    resident.get_resident(space, key, at, out)
}
