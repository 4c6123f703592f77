//! Savepoints.

use cairn_base::fault;

use super::Shard;
use crate::error::TxnError;
use crate::locks::LockMode;
use crate::txn::{Savepoint, SavepointId, State, Txn};

impl Shard {
    /// Opens a savepoint. Names, and what happens when one is used twice, are the session's business.
    pub fn savepoint(&mut self, txn: &mut Txn) -> SavepointId {
        let state = txn.state_mut();
        self.locks.settle(&mut state.locks);
        state.last_savepoint += 1;
        let id = SavepointId(state.last_savepoint);
        let (writes, locks, guards) = (state.writes.mark(), state.locks.mark(), state.guards.get_mut().len());
        state.savepoints.push(Savepoint { id, writes, locks, guards });
        id
    }

    /// Undoes everything written since the savepoint, releases the locks taken since, and closes the savepoints opened
    /// since; the savepoint itself stays open. Reads stay remembered, because the client has seen them; so does what
    /// only a lock kept true ([`Shard::get_locked`]), which becomes a remembered read as the lock goes.
    pub fn rollback_to(&mut self, txn: &mut Txn, savepoint: SavepointId) -> Result<(), TxnError> {
        let state = txn.state_mut();
        let depth = find(state, savepoint)?;
        state.savepoints.truncate(depth + 1);
        let Savepoint { writes, locks, guards, .. } = state.savepoints[depth];
        if !fault!(RollbackKeepsWrites) {
            state.writes.rollback(writes);
        }
        state.guards.get_mut().truncate(guards);
        self.locks.settle(&mut state.locks);
        if state.tracking {
            let reads = state.reads.get_mut();
            let taken = self.locks.taken_since(&state.locks, locks);
            taken
                .filter(|(.., mode)| *mode == LockMode::Update)
                .for_each(|(space, key, _)| reads.point(space, key, None));
        }
        self.locks.release_to(&mut state.locks, locks, &mut self.events);
        // The statement that failed is over: a restart must not return to where it began.
        state.statement.start = state.marks();
        state.statement.kept = state.statement.start;
        Ok(())
    }

    /// Closes a savepoint and those opened since; what was done since becomes part of what is around it.
    pub fn release(&mut self, txn: &mut Txn, savepoint: SavepointId) -> Result<(), TxnError> {
        let state = txn.state_mut();
        let depth = find(state, savepoint)?;
        state.savepoints.truncate(depth);
        Ok(())
    }
}

fn find(state: &State, savepoint: SavepointId) -> Result<usize, TxnError> {
    // Identities rise, so the open ones are in order.
    state.savepoints.binary_search_by_key(&savepoint.0, |open| open.id.0).map_err(|_| TxnError::NoSuchSavepoint)
}
