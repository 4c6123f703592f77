//! Committing: validate, stamp, submit, publish, release.

use std::rc::Rc;
use std::sync::Arc;

use cairn_base::{EngineCode, LogIndex, Timestamp, fault};
use cairn_engine_api::{EngineError, Op};
use smallvec::SmallVec;

use super::Shard;
use crate::error::{Conflict, TxnError};
use crate::ports::CommitLogError;
use crate::readset::Read;
use crate::record::{Record, RecordWriter};
use crate::run::Run;
use crate::snapshots::Snapshot;
use crate::txn::{State, Txn};
use crate::writeset::{SpaceChange, WriteSet};

/// A transaction has its place in the commit order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Commit {
    /// The commit's timestamp; of a transaction without writes, its snapshot.
    pub at: Timestamp,
    /// The client may be answered when this index is durable; `None`: at once.
    pub wait: Option<LogIndex>,
}

impl Shard {
    /// Commits. The transaction is over in either case: an error has aborted it.
    ///
    /// Its effects are visible to all transactions that begin from now on; answer the client when
    /// [`Commit::wait`] is durable. If the shard is poisoned before that, the commit's fate is unknown.
    pub fn commit(&mut self, txn: Txn) -> Result<Commit, TxnError> {
        self.reap();
        let mut state = txn.into_state();
        let result = self.try_commit(&mut state);
        self.stats.aborts += u64::from(result.is_err());
        self.finish(state);
        result
    }

    fn try_commit(&mut self, state: &mut State) -> Result<Commit, TxnError> {
        self.check_alive()?;
        let ops_bytes = encoded_len(&state.writes);
        if ops_bytes == 0 {
            self.stats.reads += 1;
            let newest = state.newest_read.get();
            let wait = (newest > self.acknowledged.index && !fault!(AnswerUnstableReads)).then_some(newest);
            return Ok(Commit { at: state.snapshot.at, wait });
        }
        if ops_bytes > self.config.batch_bytes_max {
            return Err(TxnError::TooLarge { limit: self.config.batch_bytes_max as u64 });
        }
        self.check_spaces(&state.writes)?;
        self.validate(state).map_err(|conflict| self.refuse(conflict))?;
        let next = self.last.at.max(self.floor).advance(self.clock.wall_micros());
        let at = if fault!(ReuseATimestamp) { self.last.at } else { next };
        let bytes = encode(&state.writes, ops_bytes, at);
        let index = self.submit(&bytes)?;
        // From here on the commit stands. Its own snapshot needs no window any more.
        self.close_snapshot(state);
        self.publish(bytes, at, index);
        self.stats.commits += 1;
        Ok(Commit { at, wait: Some(index) })
    }

    /// Does every space written to still exist? Locks above this layer see to it; but a record that no engine can apply must never
    /// reach the log, because no later start could get past it.
    fn check_spaces(&self, writes: &WriteSet) -> Result<(), TxnError> {
        if self.dropped.is_empty() {
            return Ok(());
        }
        let mut spaces: SmallVec<[_; 8]> = surviving(writes).map(|(space, ..)| space).collect();
        spaces.dedup();
        let gone = spaces.into_iter().find(|space| self.dropped.contains(space) && !writes.created(*space));
        gone.map_or(Ok(()), |space| Err(TxnError::Engine(EngineError::NoSuchSpace(space))))
    }

    /// Would every read give the same answer now?
    fn validate(&self, state: &mut State) -> Result<(), Conflict> {
        let validator = &self.config.validator;
        if state.tracking && state.snapshot.at != self.last.at {
            self.reads_hold(state)?;
        }
        if fault!(SkipGuards) {
            return Ok(());
        }
        let mut guards = state.guards.get_mut().iter();
        guards.try_for_each(|guard| {
            validator.holds(&self.window, guard.space, Read::Range(guard.range.as_range()), guard.since)
        })
    }

    fn submit(&mut self, bytes: &[u8]) -> Result<LogIndex, TxnError> {
        let error = match self.log.submit(bytes) {
            Ok(index) => {
                assert!(index > self.last.index, "log indexes rise");
                return Ok(index);
            }
            Err(error) => error,
        };
        Err(match error {
            CommitLogError::Full(reason) => TxnError::LogFull { reason },
            CommitLogError::Refused(reason) => TxnError::LogRefused { reason },
            CommitLogError::Failed { reason, fate } => {
                self.poison(reason.clone());
                TxnError::Poisoned { reason, fate }
            }
        })
    }

    /// Makes a submitted record visible: overlay, window, engines' queues.
    fn publish(&mut self, bytes: Arc<[u8]>, at: Timestamp, index: LogIndex) {
        let record = Rc::new(Record { bytes, at, index });
        let engines = self.enqueue(&record);
        let observed = self.tracked.oldest().is_some();
        if record.view().len() >= self.config.run_ops_min {
            let run = Rc::new(Run::new(Rc::clone(&record)));
            self.window.add_run(Rc::clone(&run), observed);
            self.overlay.add_run(run, engines);
        } else {
            self.window.open(at, observed);
            for (_, op) in record.ops() {
                self.overlay.add(&record, &op);
                self.window.add(&op);
            }
        }
        self.unstable.push_back(record);
        self.last = Snapshot { at, index };
    }

    /// Puts a record into the queues of the engines that have to apply it, and answers which these are.
    fn enqueue(&mut self, record: &Rc<Record>) -> SmallVec<[EngineCode; 2]> {
        let mut engines: SmallVec<[EngineCode; 2]> = SmallVec::new();
        for (_, op) in record.ops() {
            let engine = op.space().engine();
            if engines.last() != Some(&engine) && !engines.contains(&engine) {
                engines.push(engine);
                self.progress[usize::from(engine.0)].unapplied.push_back(Rc::clone(record));
            }
            match op {
                Op::CreateSpace { space, .. } => drop(self.dropped.remove(&space)),
                Op::DropSpace { space } => drop(self.dropped.insert(space)),
                Op::Put { .. } | Op::Delete { .. } => continue,
            }
            self.spaces_changed = record.index;
        }
        engines
    }
}

/// Writes that reach the record: those in spaces that exist after the commit.
fn surviving(writes: &WriteSet) -> impl Iterator<Item = (cairn_base::SpaceId, &[u8], Option<&[u8]>)> {
    let any_dropped = writes.spaces().iter().any(|change| matches!(change, SpaceChange::Dropped(_)));
    writes.iter().filter(move |(space, ..)| !(any_dropped && writes.dropped(*space)))
}

/// Space changes that reach the record: a space created and dropped by the same transaction never was.
fn space_changes(writes: &WriteSet) -> impl Iterator<Item = &SpaceChange> {
    writes.spaces().iter().filter(|change| match change {
        SpaceChange::Created(space, _) => !writes.dropped(*space),
        SpaceChange::Dropped(space) => !writes.created(*space),
    })
}

fn encoded_len(writes: &WriteSet) -> usize {
    let spaces = space_changes(writes).map(|change| match change {
        SpaceChange::Created(_, options) => RecordWriter::create_len(options),
        SpaceChange::Dropped(_) => RecordWriter::drop_len(),
    });
    let rows = surviving(writes).map(|(_, key, row)| match row {
        Some(row) => RecordWriter::put_len(key.len(), row.len()),
        None => RecordWriter::delete_len(key.len()),
    });
    spaces.sum::<usize>() + rows.sum::<usize>()
}

fn encode(writes: &WriteSet, ops_bytes: usize, at: Timestamp) -> Arc<[u8]> {
    let mut record = RecordWriter::new(ops_bytes);
    for change in space_changes(writes) {
        if let SpaceChange::Created(space, options) = change {
            record.create(*space, options);
        }
    }
    for (space, key, row) in surviving(writes) {
        match row {
            Some(row) => record.put(space, key, row),
            None => record.delete(space, key),
        }
    }
    for change in space_changes(writes) {
        if let SpaceChange::Dropped(space) = change {
            record.drop(*space);
        }
    }
    record.finish(at)
}
