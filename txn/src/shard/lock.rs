//! Locking rows, and meeting rows that are newer than the snapshot.

use cairn_base::{SpaceId, fault};

use super::Shard;
use crate::error::{Conflict, TxnError};
use crate::locks::{Acquired, Lock, LockMode, Request, Ticket, Wait};
use crate::mode::Isolation;
use crate::readset::Read;
use crate::txn::{State, Txn};
use crate::window::Change;

impl Shard {
    /// Locks a key until the transaction ends (or rolls back to a savepoint from before). The key need not hold a row.
    ///
    /// On [`Lock::Granted`] no version of the key is newer than the snapshot: where one was, the snapshot has moved to now,
    /// and a read that follows sees it. If the snapshot could not move, the answer is [`TxnError::Restart`] (only this
    /// statement is out of date) or [`TxnError::Serialization`]. Lock before you read where you can: then
    /// nothing that the statement read can be out of date.
    pub fn lock(
        &mut self,
        txn: &mut Txn,
        space: SpaceId,
        key: &[u8],
        mode: LockMode,
        wait: Wait,
    ) -> Result<Lock, TxnError> {
        let answer = self.lock_constraint(txn, space, key, mode, wait)?;
        if answer == Lock::Granted && !fault!(NoCatchUp) {
            self.catch_up(txn.state_mut(), space, key)?;
        }
        Ok(answer)
    }

    /// Like [`Self::lock`] without looking at what the key holds: for constraint checks, which read the newest version
    /// anyway ([`Self::constraint_get`]).
    pub fn lock_constraint(
        &mut self,
        txn: &mut Txn,
        space: SpaceId,
        key: &[u8],
        mode: LockMode,
        wait: Wait,
    ) -> Result<Lock, TxnError> {
        self.check_alive()?;
        let state = txn.state_mut();
        assert!(state.statements > 0, "begin_statement comes before the first lock");
        if state.writes.created(space) {
            return Ok(Lock::Granted);
        }
        let timeout = state.lock_timeout_nanos.filter(|_| wait == Wait::Wait);
        let deadline = timeout.map(|timeout| self.clock.monotonic_nanos().saturating_add(timeout));
        let request = Request { space, key, mode, wait, deadline };
        match self.locks.acquire(&mut state.locks, request, &mut self.events) {
            Acquired::Now | Acquired::Before => Ok(Lock::Granted),
            Acquired::Busy if wait == Wait::SkipLocked => Ok(Lock::Skipped),
            Acquired::Busy => Err(TxnError::LockNotAvailable),
            Acquired::Queued(ticket) => {
                self.stats.lock_waits += u64::from(!state.statement.waited);
                state.statement.waited = true;
                Ok(Lock::Queued(ticket))
            }
            Acquired::Deadlock(edges) => {
                self.stats.deadlocks += 1;
                Err(TxnError::Deadlock(edges))
            }
        }
    }

    /// Stops waiting (the client cancelled). `false` when the wait was already over. A lock that was granted in the
    /// meantime stays until the transaction ends.
    pub fn cancel_wait(&mut self, ticket: Ticket) -> bool {
        self.locks.cancel(ticket, &mut self.events)
    }

    /// What this transaction holds on a key.
    pub fn lock_held(&self, txn: &Txn, space: SpaceId, key: &[u8]) -> Option<LockMode> {
        self.locks.mode_of(txn.id(), space, key)
    }

    /// Makes sure that the newest version of a key is visible.
    fn catch_up(&mut self, state: &mut State, space: SpaceId, key: &[u8]) -> Result<(), TxnError> {
        match self.change_since_snapshot(state, space, key)? {
            Change::None => Ok(()),
            Change::Changed => self.overtaken(state, Conflict::ConcurrentUpdate),
            Change::Unknown => self.overtaken(state, Conflict::SnapshotTooOld),
        }
    }

    fn change_since_snapshot(&self, state: &State, space: SpaceId, key: &[u8]) -> Result<Change, TxnError> {
        let since = state.snapshot.at;
        if since == self.last.at {
            return Ok(Change::None);
        }
        match self.window.change(space, Read::Point(key), since) {
            Change::Unknown if state.durable_reads => self.compare_versions(state, space, key),
            known => Ok(known),
        }
    }

    /// The window need not reach back to the snapshots of READ ONLY transactions: look at the rows themselves.
    fn compare_versions(&self, state: &State, space: SpaceId, key: &[u8]) -> Result<Change, TxnError> {
        let (mut then, mut now) = (Vec::new(), Vec::new());
        let was = self.get_at(state, space, key, state.snapshot.at, &mut then)?;
        let is = self.get_at(state, space, key, self.last.at, &mut now)?;
        Ok(if was == is && then == now { Change::None } else { Change::Changed })
    }

    /// The key has a version newer than the snapshot.
    fn overtaken(&mut self, state: &mut State, conflict: Conflict) -> Result<(), TxnError> {
        if state.tracking {
            return self.overtaken_tracking(state, conflict);
        }
        let renewable = state.isolation == Isolation::ReadCommitted || state.statement.first;
        if !renewable {
            return Err(self.refuse(conflict));
        }
        // What was written without reading anything does not depend on the snapshot.
        if state.has_read.get() {
            state.statement.stale = true;
            return Err(TxnError::Restart);
        }
        state.after = self.last.index;
        self.take_snapshot(state);
        Ok(())
    }

    fn overtaken_tracking(&mut self, state: &mut State, conflict: Conflict) -> Result<(), TxnError> {
        if self.extend(state).is_ok() {
            return Ok(());
        }
        if !self.earlier_reads_hold(state) {
            return Err(self.refuse(conflict));
        }
        state.statement.stale = true;
        Err(TxnError::Restart)
    }
}
