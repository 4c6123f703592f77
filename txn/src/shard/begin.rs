//! Beginning, snapshots, statements and their restart, aborting.

use cairn_base::{LogIndex, Timestamp, fault};

use super::Shard;
use crate::error::{Conflict, TxnError};
use crate::locks::TxnId;
use crate::mode::{Access, Isolation};
use crate::txn::{Registered, State, Statement, Txn};

/// Ended transactions kept for reuse.
const IDLE_MAX: usize = 1_024;

impl Shard {
    /// Begins a transaction. It takes its snapshot at its first statement, as in PostgreSQL.
    pub fn begin(&mut self, isolation: Isolation, access: Access) -> Result<Txn, TxnError> {
        self.begin_after(isolation, access, LogIndex::ZERO)
    }

    /// Begins a transaction that must see the commit at `after`, even when it is READ ONLY and that commit is not durable
    /// yet: for sessions that pipeline a read behind a commit they have not waited for.
    pub fn begin_after(&mut self, isolation: Isolation, access: Access, after: LogIndex) -> Result<Txn, TxnError> {
        self.check_alive()?;
        self.reap();
        self.last_txn += 1;
        let mut state = match self.idle.pop() {
            Some(state) => state,
            None => Box::new(State::new(self.config.reads_bytes_max, &self.orphans)),
        };
        state.reset(TxnId(self.last_txn), isolation, access, after);
        Ok(Txn::new(state))
    }

    /// Changes isolation and access of a transaction that has not run a statement yet (`SET TRANSACTION`).
    pub fn set_mode(&mut self, txn: &mut Txn, isolation: Isolation, access: Access) -> Result<(), TxnError> {
        let state = txn.state_mut();
        if state.statements > 0 {
            return Err(TxnError::ModeTooLate);
        }
        (state.isolation, state.access) = (isolation, access);
        Ok(())
    }

    /// Begins a statement; must come before its first read, lock or write. Under READ COMMITTED it takes a new snapshot.
    pub fn begin_statement(&mut self, txn: &mut Txn) -> Result<(), TxnError> {
        self.check_alive()?;
        let state = txn.state_mut();
        // The statement before may have been given up in a queue.
        self.locks.stop_waiting(&mut state.locks, &mut self.events);
        let first = state.statements == 0;
        if first {
            state.durable_reads = state.access == Access::ReadOnly;
            state.tracking = state.isolation == Isolation::Serializable && !state.durable_reads;
        }
        if first || state.isolation == Isolation::ReadCommitted {
            self.take_snapshot(state);
        }
        state.statements += 1;
        state.has_read.set(false);
        state.drop_credit();
        let start = state.marks();
        state.statement = Statement { start, kept: start, first, stale: false, waited: false };
        Ok(())
    }

    /// What the running statement has done so far need not be done again: [`Self::resume_statement`] returns here. For
    /// statements that work through very many rows.
    pub fn keep_progress(&mut self, txn: &mut Txn) {
        let state = txn.state_mut();
        self.locks.settle(&mut state.locks);
        state.statement.kept = state.marks();
    }

    /// Takes the running statement back to where it last kept its progress, so that it can go on from there: after the
    /// fetch that [`TxnError::NotResident`] asked for, and after [`TxnError::EngineBusy`]. Its snapshot stays. `false`: a
    /// lock has found that the snapshot is out of date, so only [`Self::restart_statement`] helps; nothing was done.
    pub fn resume_statement(&mut self, txn: &mut Txn) -> Result<bool, TxnError> {
        self.check_alive()?;
        let state = txn.state_mut();
        if state.statement.stale {
            return Ok(false);
        }
        self.locks.settle(&mut state.locks);
        state.take_back(state.statement.kept);
        state.drop_credit();
        Ok(true)
    }

    /// Takes the running statement back so that it can run again: undoes its writes, forgets its reads, keeps its locks
    /// and its place in the queue. Call it after [`TxnError::Restart`], after the wait that
    /// [`Lock::Queued`](crate::Lock::Queued) asked for, and after the fetch that [`TxnError::NotResident`] asked for.
    ///
    /// A statement that met newer rows gets a newer snapshot: always under READ COMMITTED; under SERIALIZABLE
    /// if earlier statements' reads still hold; under REPEATABLE READ if it was the first one. Otherwise 40001.
    pub fn restart_statement(&mut self, txn: &mut Txn) -> Result<(), TxnError> {
        self.check_alive()?;
        self.stats.restarts += 1;
        let state = txn.state_mut();
        self.locks.settle(&mut state.locks);
        if !fault!(RestartKeepsWrites) {
            state.take_back(state.statement.start);
        }
        state.statement.kept = state.statement.start;
        state.drop_credit();
        state.has_read.set(false);
        let result = self.refresh(state);
        state.statement.stale = false;
        state.statement.waited = false;
        result
    }

    /// Ends a transaction and everything it did.
    pub fn abort(&mut self, txn: Txn) {
        self.stats.aborts += 1;
        self.finish(txn.into_state());
    }

    fn refresh(&mut self, state: &mut State) -> Result<(), TxnError> {
        let Statement { stale, waited, first, .. } = state.statement;
        if !stale && !waited {
            return Ok(());
        }
        if state.isolation == Isolation::ReadCommitted || (first && !state.tracking) {
            // A READ ONLY transaction would take the durable snapshot again, and meet the same newer row again.
            if stale {
                state.after = self.last.index;
            }
            self.take_snapshot(state);
            return Ok(());
        }
        if state.tracking {
            return match self.extend(state) {
                Err(conflict) if stale => Err(self.refuse(conflict)),
                _ => Ok(()),
            };
        }
        if stale { Err(self.refuse(Conflict::ConcurrentUpdate)) } else { Ok(()) }
    }

    /// Moves a serializable transaction's snapshot to now if nothing that it read has changed.
    pub(super) fn extend(&mut self, state: &mut State) -> Result<(), Conflict> {
        if state.snapshot.at == self.last.at {
            return Ok(());
        }
        self.reads_hold(state)?;
        self.stats.extensions += 1;
        self.take_snapshot(state);
        Ok(())
    }

    /// Counts a 40001 and makes it.
    pub(super) fn refuse(&mut self, conflict: Conflict) -> TxnError {
        self.stats.serialization_failures += 1;
        TxnError::Serialization(conflict)
    }

    /// Opens the newest snapshot that suits the transaction, and closes the one it had.
    pub(super) fn take_snapshot(&mut self, state: &mut State) {
        // Whoever knows a new space's id (the catalog names it at commit) must find it, durable or not.
        let seen = state.after.max(state.snapshot.index).max(self.spaces_changed);
        let plain = state.durable_reads && seen <= self.acknowledged.index;
        let (snapshot, registered) =
            if plain { (self.acknowledged, Registered::Plain) } else { (self.last, Registered::Tracked) };
        if state.registered == registered && state.snapshot.at == snapshot.at {
            return;
        }
        debug_assert!(snapshot.at >= state.snapshot.at, "snapshots never go back");
        if state.registered == Registered::Tracked && state.guard_hold.is_none() && !state.guards.get_mut().is_empty() {
            // The window must reach back to the oldest guard until the transaction ends.
            state.guard_hold = Some(state.snapshot.at);
            state.registered = Registered::No;
        }
        self.close_snapshot(state);
        match registered {
            Registered::Plain => self.plain.add(snapshot.at),
            Registered::Tracked | Registered::No => self.tracked.add(snapshot.at),
        }
        (state.snapshot, state.registered) = (snapshot, registered);
    }

    pub(super) fn close_snapshot(&mut self, state: &mut State) {
        match state.registered {
            Registered::No => {}
            Registered::Plain => self.plain.remove(state.snapshot.at),
            Registered::Tracked => self.forget_tracked(state.snapshot.at),
        }
        state.registered = Registered::No;
    }

    fn forget_tracked(&mut self, at: Timestamp) {
        self.tracked.remove(at);
        self.window.prune(self.tracked.oldest().unwrap_or(self.last.at));
    }

    /// Gives back everything that a transaction holds and keeps its memory for the next one.
    pub(super) fn finish(&mut self, mut state: Box<State>) {
        self.locks.release_to(&mut state.locks, 0, &mut self.events);
        self.close_snapshot(&mut state);
        if let Some(at) = state.guard_hold.take() {
            self.forget_tracked(at);
        }
        state.clear();
        if self.idle.len() < IDLE_MAX {
            self.idle.push(state);
        }
    }

    /// Aborts transactions that were dropped without an end.
    pub(super) fn reap(&mut self) {
        if self.orphans.borrow().is_empty() || fault!(OrphansStay) {
            return;
        }
        let dropped = std::mem::take(&mut *self.orphans.borrow_mut());
        for state in dropped {
            self.stats.aborts += 1;
            self.finish(state);
        }
    }
}
