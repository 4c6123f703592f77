//! Do reads still hold? Asked at commit, and when a snapshot wants to move to now.

use cairn_base::{SpaceId, Timestamp};

use super::Shard;
use crate::error::{Conflict, TxnError};
use crate::readset::{Read, Remembered};
use crate::sight::Sight;
use crate::txn::State;

impl Shard {
    /// Would every read of a transaction give the same answer now?
    pub(super) fn reads_hold(&self, state: &State) -> Result<(), Conflict> {
        state.reads.borrow().iter().try_for_each(|read| self.holds(state, read))
    }

    /// Would those from before the running statement?
    pub(super) fn earlier_reads_hold(&self, state: &State) -> bool {
        let reads = state.reads.borrow();
        reads.before(state.statement.start.reads).all(|read| self.holds(state, read).is_ok())
    }

    fn holds(&self, state: &State, Remembered { space, read, sight }: Remembered<'_>) -> Result<(), Conflict> {
        let verdict = self.config.validator.holds(&self.window, space, read, state.snapshot.at);
        match (verdict, read, sight) {
            (Err(Conflict::ReadWriteDependency), Read::Point(key), Some(sight))
                if self.looks_the_same(state, space, key, sight.as_ref()) =>
            {
                Ok(())
            }
            (verdict, ..) => verdict,
        }
    }

    /// Does a row that was written since the snapshot look as it did? A row that cannot be read now does not.
    fn looks_the_same(&self, state: &State, space: SpaceId, key: &[u8], sight: &dyn Sight) -> bool {
        let versions = || -> Result<bool, TxnError> {
            let (then, now) =
                (self.row_at(state, space, key, state.snapshot.at)?, self.row_at(state, space, key, self.last.at)?);
            Ok(match (then, now) {
                (Some(then), Some(now)) => sight.same(&then, &now),
                (then, now) => then.is_none() && now.is_none(),
            })
        };
        versions().unwrap_or(false)
    }

    /// A committed row.
    fn row_at(&self, state: &State, space: SpaceId, key: &[u8], at: Timestamp) -> Result<Option<Vec<u8>>, TxnError> {
        let mut row = Vec::new();
        Ok(self.get_at(state, space, key, at, &mut row)?.then_some(row))
    }
}
