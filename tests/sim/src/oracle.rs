//! What must be true: every commit in order, as its client meant it, and the data that follows from them.
//!
//! The oracle hears of a commit from the client that made it, never from the log or the engines, so it is a second
//! opinion about everything below the client.

use std::collections::BTreeMap;
use std::ops::Bound;

use cairn_base::{LogIndex, SpaceId, Timestamp};
use cairn_engine_api::{KeyRange, Op, SpaceOptions, Stamp};
use cairn_engine_testkit::model::Store;

/// Rows in key order.
pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// One change of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// A space comes into being.
    Create(SpaceId),
    /// A space goes.
    Drop(SpaceId),
    /// A key gets this row, or none.
    Key(SpaceId, Vec<u8>, Option<Vec<u8>>),
}

/// A commit that was handed to the log.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Its place.
    pub index: LogIndex,
    /// Its time.
    pub at: Timestamp,
    /// Which transaction, in the run's own numbering.
    pub number: u64,
    /// What it changed: creations, keys in order, drops.
    pub writes: Vec<Write>,
}

/// The oracle.
#[derive(Debug, Default)]
pub struct Oracle {
    commits: Vec<Committed>,
    store: Store,
    /// When each space came into being.
    created: BTreeMap<SpaceId, Timestamp>,
    /// Everything up to here was reported durable.
    promised: LogIndex,
    /// Everything up to here survives the machine, too.
    synced: LogIndex,
    /// The log was told that nobody needs it up to here.
    truncated: LogIndex,
}

impl Oracle {
    /// A commit was handed to the log.
    pub fn commit(&mut self, commit: Committed) {
        self.apply(&commit);
        self.commits.push(commit);
    }

    /// Everything up to `index` is reported durable.
    pub fn promise(&mut self, index: LogIndex, survives_the_machine: bool) {
        self.promised = self.promised.max(index);
        if survives_the_machine {
            self.synced = self.synced.max(index);
        }
    }

    /// Everything up to `index` survives the machine, too.
    pub fn promise_synced(&mut self, index: LogIndex) {
        self.synced = self.synced.max(index);
    }

    /// Nobody needs the log up to `index` any more.
    pub fn truncated(&mut self, index: LogIndex) {
        self.truncated = self.truncated.max(index);
    }

    /// The first record that the log must still have.
    pub fn first_needed(&self) -> LogIndex {
        self.truncated.next()
    }

    /// What was reported durable.
    pub fn promised(&self) -> LogIndex {
        self.promised
    }

    /// What survives the machine.
    pub fn synced(&self) -> LogIndex {
        self.synced
    }

    /// The node came back with everything up to `last`: later commits never happened. They are returned.
    pub fn recovered(&mut self, last: LogIndex) -> Vec<Committed> {
        let kept = self.commits.partition_point(|commit| commit.index <= last);
        let lost = self.commits.split_off(kept);
        if !lost.is_empty() {
            self.store = Store::default();
            self.created.clear();
            let commits = std::mem::take(&mut self.commits);
            commits.iter().for_each(|commit| self.apply(commit));
            self.commits = commits;
        }
        (self.promised, self.synced) = (last, last);
        lost
    }

    /// All commits, in order.
    pub fn commits(&self) -> &[Committed] {
        &self.commits
    }

    /// The newest commit's place and time.
    pub fn newest(&self) -> (LogIndex, Timestamp) {
        self.commits.last().map_or((LogIndex::ZERO, Timestamp::ZERO), |commit| (commit.index, commit.at))
    }

    /// Time of the newest commit at or below `index`.
    pub fn time_of(&self, index: LogIndex) -> Timestamp {
        let place = self.commits.partition_point(|commit| commit.index <= index);
        place.checked_sub(1).map_or(Timestamp::ZERO, |place| self.commits[place].at)
    }

    /// Place of the newest commit at or before a moment.
    pub fn index_at(&self, at: Timestamp) -> LogIndex {
        let place = self.commits.partition_point(|commit| commit.at <= at);
        place.checked_sub(1).map_or(LogIndex::ZERO, |place| self.commits[place].index)
    }

    /// The row of a key at a moment.
    pub fn get(&self, space: SpaceId, key: &[u8], at: Timestamp) -> Option<&[u8]> {
        self.store.get(space, key, at).ok().flatten()
    }

    /// The rows of a range at a moment; `None` when the space does not exist now.
    pub fn rows(&self, space: SpaceId, range: KeyRange<'_>, at: Timestamp) -> Option<Rows> {
        let rows = self.store.range(space, range, at).ok()?;
        Some(rows.map(|(key, row)| (key.to_vec(), row.to_vec())).collect())
    }

    /// The spaces that exist now and existed at a moment.
    pub fn spaces(&self, at: Timestamp) -> Vec<SpaceId> {
        self.store.spaces().filter(|space| self.created.get(space).is_some_and(|created| *created <= at)).collect()
    }

    /// Does the space exist, after all commits so far?
    pub fn has_space(&self, space: SpaceId) -> bool {
        self.created.contains_key(&space)
    }

    fn apply(&mut self, commit: &Committed) {
        let ops: Vec<Op<'_>> = commit.writes.iter().map(op).collect();
        let stamp = Stamp { at: commit.at, index: commit.index, watermark: Timestamp::ZERO };
        self.store.apply(&ops, stamp).expect("a client writes to spaces that exist");
        for write in &commit.writes {
            match write {
                Write::Create(space) => drop(self.created.insert(*space, commit.at)),
                Write::Drop(space) => drop(self.created.remove(space)),
                Write::Key(..) => {}
            }
        }
    }
}

/// The write as an engine's operation.
pub fn op(write: &Write) -> Op<'_> {
    match write {
        Write::Create(space) => Op::CreateSpace { space: *space, options: SpaceOptions::default() },
        Write::Drop(space) => Op::DropSpace { space: *space },
        Write::Key(space, key, Some(value)) => Op::Put { space: *space, key, value },
        Write::Key(space, key, None) => Op::Delete { space: *space, key },
    }
}

/// A range of keys that owns its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Lower end.
    pub start: Bound<Vec<u8>>,
    /// Upper end.
    pub end: Bound<Vec<u8>>,
}

impl Range {
    /// Every key.
    pub const ALL: Self = Self { start: Bound::Unbounded, end: Bound::Unbounded };

    /// From `start` to `end`, both included.
    pub fn closed(start: &[u8], end: &[u8]) -> Self {
        Self { start: Bound::Included(start.to_vec()), end: Bound::Included(end.to_vec()) }
    }

    /// Borrowed.
    pub fn as_range(&self) -> KeyRange<'_> {
        KeyRange { start: self.start.as_ref().map(Vec::as_slice), end: self.end.as_ref().map(Vec::as_slice) }
    }
}
