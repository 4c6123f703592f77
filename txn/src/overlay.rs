//! Versions that are committed in order but not yet in their engine: unstable ones (the log has them in its queue) and
//! durable ones that a slow engine has not applied yet.
//!
//! ```text
//!   submit          durable(upto)        applied(engine, index)
//!     |   unstable        |   durable, not applied    |   only in the engine
//!     +-------------------+---------------------------+----------------------->  log order
//!           in the overlay; readers look here first
//! ```
//! Per engine, versions leave in log order. So the newest visible version in the overlay is always newer than anything
//! visible in the engine, and a version that stands in both for a moment is the same version.

use std::collections::{BTreeMap, btree_map};
use std::iter::Peekable;
use std::ops::Bound;
use std::rc::Rc;

use cairn_base::{EngineCode, LogIndex, SpaceId, Timestamp};
use cairn_engine_api::{Direction, KeyRange, Op};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::bounds::{KeyBuf, raw};
use crate::record::Record;
use crate::run::{Run, RunScan};

/// The overlay of a shard.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    spaces: FxHashMap<SpaceId, SpaceVersions>,
    /// Large records, oldest first, each with the engines that still have to apply it.
    runs: Vec<(Rc<Run>, SmallVec<[EngineCode; 2]>)>,
    /// Spaces whose creation no engine has applied yet, with the record that creates them.
    created: FxHashMap<SpaceId, LogIndex>,
    versions: usize,
}

#[derive(Debug, Default)]
struct SpaceVersions {
    keys: BTreeMap<KeyBuf, Chain>,
}

/// The versions of a key, oldest first.
type Chain = SmallVec<[Version; 1]>;

#[derive(Debug)]
struct Version {
    record: Rc<Record>,
    at: u32,
    len: u32,
}

/// Length of a tombstone.
const DELETED: u32 = u32::MAX;

/// A visible version: the commit's index, and the row or `None` where it was deleted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visible<'a> {
    pub(crate) index: LogIndex,
    pub(crate) row: Option<&'a [u8]>,
}

impl Overlay {
    /// Adds all operations of a record that was just submitted.
    pub(crate) fn add(&mut self, record: &Rc<Record>, op: &Op<'_>) {
        match op {
            Op::CreateSpace { space, .. } => {
                self.created.insert(*space, record.index);
            }
            Op::DropSpace { .. } => {}
            Op::Put { space, key, value } => {
                let at = offset(&record.bytes, value);
                self.push(*space, key, Version { record: Rc::clone(record), at, len: value.len() as u32 });
            }
            Op::Delete { space, key } => {
                self.push(*space, key, Version { record: Rc::clone(record), at: 0, len: DELETED });
            }
        }
    }

    /// Adds a large record that was just submitted and that `engines` have to apply.
    pub(crate) fn add_run(&mut self, run: Rc<Run>, engines: SmallVec<[EngineCode; 2]>) {
        for (_, op) in run.record.ops().take_while(|(_, op)| matches!(op, Op::CreateSpace { .. })) {
            self.created.insert(op.space(), run.record.index);
        }
        self.versions += run.len();
        self.runs.push((run, engines));
    }

    /// Drops the versions of one record in the spaces of one engine, which has applied it.
    pub(crate) fn applied(&mut self, record: &Record, engine: EngineCode) {
        if let Some(slot) = self.runs.iter().position(|(run, _)| run.record.index == record.index) {
            self.run_applied(slot, engine);
            return;
        }
        for (_, op) in record.ops() {
            if op.space().engine() != engine {
                continue;
            }
            match op {
                Op::CreateSpace { space, .. } => {
                    self.created.remove(&space);
                }
                Op::DropSpace { .. } => {}
                Op::Put { space, key, .. } | Op::Delete { space, key } => self.pop(space, key, record.index),
            }
        }
    }

    /// The record that creates `space`, if its engine has not applied it yet.
    pub(crate) fn creation(&self, space: SpaceId) -> Option<LogIndex> {
        if self.created.is_empty() { None } else { self.created.get(&space).copied() }
    }

    /// The version of `key` visible at `at`, if it stands here.
    pub(crate) fn get(&self, space: SpaceId, key: &[u8], at: Timestamp) -> Option<Visible<'_>> {
        let single = self.spaces.get(&space).and_then(|versions| visible(versions.keys.get(key)?, at));
        if self.runs.is_empty() {
            return single;
        }
        let large = self.visible_runs(space, at).filter_map(|run| run.get(space, key));
        large.chain(single).max_by_key(|version| version.index)
    }

    /// Walks the versions of a range visible at `at`.
    pub(crate) fn scan(
        &self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> OverlayScan<'_> {
        let keys = self.spaces.get(&space).filter(|_| self.versions > 0).map(|versions| &versions.keys);
        let tree = keys.and_then(|keys| Some(keys.range::<[u8], (Bound<&[u8]>, Bound<&[u8]>)>(raw(range)?)));
        let singles = Singles { range: tree, at, direction };
        match self.runs.is_empty() {
            true => OverlayScan::Singles(singles),
            false => {
                let runs = self.visible_runs(space, at).map(|run| run.scan(space, range, direction).peekable());
                OverlayScan::Merged { singles: singles.peekable(), runs: runs.collect(), direction }
            }
        }
    }

    /// The runs that a snapshot at `at` sees and the engine of `space` has not applied.
    fn visible_runs(&self, space: SpaceId, at: Timestamp) -> impl Iterator<Item = &Run> {
        let pending = self.runs.iter().filter(move |(_, engines)| engines.contains(&space.engine()));
        pending.map(|(run, _)| run.as_ref()).filter(move |run| run.record.at <= at)
    }

    fn run_applied(&mut self, slot: usize, engine: EngineCode) {
        let (run, engines) = &mut self.runs[slot];
        engines.retain(|left| *left != engine);
        self.created.retain(|space, index| *index != run.record.index || space.engine() != engine);
        if engines.is_empty() {
            self.versions -= run.len();
            self.runs.remove(slot);
        }
    }

    /// Versions held.
    pub(crate) fn len(&self) -> usize {
        self.versions
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn push(&mut self, space: SpaceId, key: &[u8], version: Version) {
        self.versions += 1;
        let keys = &mut self.spaces.entry(space).or_default().keys;
        match keys.get_mut(key) {
            Some(chain) => chain.push(version),
            None => {
                keys.insert(KeyBuf::from_slice(key), SmallVec::from_iter([version]));
            }
        }
    }

    fn pop(&mut self, space: SpaceId, key: &[u8], index: LogIndex) {
        let Some(versions) = self.spaces.get_mut(&space) else { return };
        let Some(chain) = versions.keys.get_mut(key) else { return };
        let before = chain.len();
        chain.retain(|version| version.record.index != index);
        self.versions -= before - chain.len();
        if chain.is_empty() {
            versions.keys.remove(key);
        }
    }
}

/// Where `part`, a slice of `whole`, begins.
fn offset(whole: &[u8], part: &[u8]) -> u32 {
    let at = part.as_ptr() as usize - whole.as_ptr() as usize;
    assert!(at + part.len() <= whole.len(), "a row lies inside its record");
    at as u32
}

fn visible(chain: &[Version], at: Timestamp) -> Option<Visible<'_>> {
    let version = chain.iter().rev().find(|version| version.record.at <= at)?;
    let start = version.at as usize;
    let row = (version.len != DELETED).then(|| &version.record.bytes[start..start + version.len as usize]);
    Some(Visible { index: version.record.index, row })
}

/// A walk over the overlay.
#[derive(Debug)]
pub(crate) enum OverlayScan<'a> {
    Singles(Singles<'a>),
    /// There are large records too: for a key that several have, the newest version counts.
    Merged {
        singles: Peekable<Singles<'a>>,
        runs: Vec<Peekable<RunScan<'a>>>,
        direction: Direction,
    },
}

impl<'a> Iterator for OverlayScan<'a> {
    type Item = (&'a [u8], Visible<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (singles, runs, direction) = match self {
            Self::Singles(singles) => return singles.next(),
            Self::Merged { singles, runs, direction } => (singles, runs, *direction),
        };
        let heads = runs.iter_mut().filter_map(|run| run.peek().map(|(key, _)| *key));
        let keys = heads.chain(singles.peek().map(|(key, _)| *key));
        let key = match direction {
            Direction::Forward => keys.min()?,
            Direction::Backward => keys.max()?,
        };
        let large = runs.iter_mut().filter_map(|run| run.next_if(|(head, _)| *head == key));
        let single = singles.next_if(|(head, _)| *head == key);
        large.chain(single).max_by_key(|(_, version)| version.index)
    }
}

/// A walk over the versions of small records.
#[derive(Debug)]
pub(crate) struct Singles<'a> {
    range: Option<btree_map::Range<'a, KeyBuf, Chain>>,
    at: Timestamp,
    direction: Direction,
}

impl<'a> Iterator for Singles<'a> {
    type Item = (&'a [u8], Visible<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let range = self.range.as_mut()?;
        let mut next = || match self.direction {
            Direction::Forward => range.next(),
            Direction::Backward => range.next_back(),
        };
        loop {
            let (key, chain) = next()?;
            if let Some(version) = visible(chain, self.at) {
                return Some((key, version));
            }
        }
    }
}
