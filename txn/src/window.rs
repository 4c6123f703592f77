//! The window of recent commits: which keys changed, and when. Validation asks it; nothing else does.
//!
//! It reaches back to the oldest tracked snapshot. Entries are never removed one by one: they are collected in
//! generations, and a generation goes as a whole once every open snapshot is newer than all of it.
//!
//! ```text
//!   floor      generation          generation            generation (open)
//!     |   [ ts 10 ... ts 31 ]  [ ts 32 ... ts 90 ]  [ ts 91 ... ts 97 ]
//!     |                             ^ oldest tracked snapshot: 40, so the first generation may go
//! ```
//! Generations grow as their number does, so that one very long transaction costs the others only a few more look-ups.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use cairn_base::{SpaceId, Timestamp};
use cairn_engine_api::{KeyRange, Op};
use rustc_hash::FxHashMap;

use crate::bounds::{KeyBuf, raw};
use crate::readset::Read;
use crate::run::Run;
use crate::sieve::Sieve;

/// Keys in the first generation.
const GENERATION_KEYS: usize = 256;

/// Every so many generations the size of a generation doubles.
const GENERATIONS_PER_DOUBLING: u32 = 4;

/// Recent commits by key. See the module's documentation.
#[derive(Debug)]
pub struct Window {
    generations: VecDeque<Generation>,
    sieve: Sieve,
    /// Commits at or below this may be missing.
    floor: Timestamp,
    /// Newest commit seen.
    newest: Timestamp,
    keys: usize,
    keys_max: usize,
}

#[derive(Debug, Default)]
struct Generation {
    newest: Timestamp,
    keys: usize,
    spaces: FxHashMap<SpaceId, SpaceWindow>,
    /// Large records.
    runs: Vec<Rc<Run>>,
}

#[derive(Debug, Default)]
struct SpaceWindow {
    /// Newest commit of any key.
    newest: Timestamp,
    /// When the space itself was created or dropped: that changes every key.
    whole: Timestamp,
    keys: BTreeMap<KeyBuf, Timestamp>,
}

/// What the window knows about a key or range since a timestamp.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// No commit touched it.
    None,
    /// A commit touched it.
    Changed,
    /// The window does not reach back that far.
    Unknown,
}

impl Window {
    pub(crate) fn new(start: Timestamp, keys_max: usize) -> Self {
        Self { generations: VecDeque::new(), sieve: Sieve::new(), floor: start, newest: start, keys: 0, keys_max }
    }

    /// Has a commit after `since` touched what `read` names?
    pub fn change(&self, space: SpaceId, read: Read<'_>, since: Timestamp) -> Change {
        if self.newest <= since {
            return Change::None;
        }
        if since < self.floor {
            return Change::Unknown;
        }
        if let Read::Point(key) = read
            && !self.sieve.maybe_since(space, key, since)
        {
            return Change::None;
        }
        let mut recent = self.generations.iter().rev().take_while(|generation| generation.newest > since);
        if recent.any(|generation| generation.changed(space, read, since)) { Change::Changed } else { Change::None }
    }

    /// Keys remembered.
    pub fn len(&self) -> usize {
        self.keys
    }

    /// No key remembered?
    pub fn is_empty(&self) -> bool {
        self.keys == 0
    }

    /// `false`: the key was certainly not written after `since`.
    pub(crate) fn maybe_since(&self, space: SpaceId, key: &[u8], since: Timestamp) -> bool {
        self.sieve.maybe_since(space, key, since)
    }

    /// Begins the commit at `at`; its operations follow with [`Self::add`]. `observed`: a tracked snapshot is open that
    /// may ask for them one day.
    pub(crate) fn open(&mut self, at: Timestamp, observed: bool) {
        debug_assert!(at > self.newest);
        self.newest = at;
        if !observed {
            self.floor = at;
            self.keys = 0;
            self.generations.clear();
            return;
        }
        if self.generations.back().is_none_or(|last| last.keys >= self.generation_keys_max()) {
            self.generations.push_back(Generation::default());
        }
        let generation = self.generations.back_mut().expect("pushed above");
        generation.newest = at;
    }

    pub(crate) fn add(&mut self, op: &Op<'_>) {
        let at = self.newest;
        if let Op::Put { space, key, .. } | Op::Delete { space, key } = op {
            self.sieve.note(*space, key, at);
        } else {
            self.sieve.note_any(at);
        }
        // No generation is open when nobody observes.
        let Some(generation) = self.generations.back_mut() else { return };
        let space = generation.spaces.entry(op.space()).or_default();
        space.newest = at;
        match op {
            Op::CreateSpace { .. } | Op::DropSpace { .. } => space.whole = at,
            Op::Put { key, .. } | Op::Delete { key, .. } => {
                if let Some(last) = space.keys.get_mut(*key) {
                    *last = at;
                    return;
                }
                space.keys.insert(KeyBuf::from_slice(key), at);
                generation.keys += 1;
                self.keys += 1;
            }
        }
    }

    /// Notes a large record; stands for [`Self::open`] and [`Self::add`].
    pub(crate) fn add_run(&mut self, run: Rc<Run>, observed: bool) {
        self.open(run.record.at, observed);
        self.sieve.note_any(run.record.at);
        let Some(generation) = self.generations.back_mut() else { return };
        generation.keys += run.len();
        self.keys += run.len();
        generation.runs.push(run);
    }

    /// Forgets what no tracked snapshot at or after `oldest` can ask for, and what is beyond the limit.
    pub(crate) fn prune(&mut self, oldest: Timestamp) {
        while let Some(first) = self.generations.front() {
            let over_limit = self.keys > self.keys_max && self.generations.len() > 1;
            if first.newest > oldest && !over_limit {
                return;
            }
            self.keys -= first.keys;
            self.floor = self.floor.max(first.newest);
            self.generations.pop_front();
        }
    }

    fn generation_keys_max(&self) -> usize {
        let doublings = self.generations.len() as u32 / GENERATIONS_PER_DOUBLING;
        // Only whole generations are forgotten, so each is a small part of the limit.
        (GENERATION_KEYS << doublings.min(16)).min(self.keys_max / 4).max(1)
    }
}

impl Generation {
    fn changed(&self, space: SpaceId, read: Read<'_>, since: Timestamp) -> bool {
        self.spaces.get(&space).is_some_and(|window| window.changed(read, since))
            || self.runs.iter().any(|run| run.record.at > since && run.touches(space, read))
    }
}

impl SpaceWindow {
    fn changed(&self, read: Read<'_>, since: Timestamp) -> bool {
        if self.newest <= since {
            return false;
        }
        self.whole > since
            || match read {
                Read::Point(key) => self.keys.get(key).is_some_and(|at| *at > since),
                Read::Range(range) => self.range_changed(range, since),
            }
    }

    fn range_changed(&self, range: KeyRange<'_>, since: Timestamp) -> bool {
        let Some(range) = raw(range) else { return false };
        self.keys.range::<[u8], _>(range).any(|(_, at)| *at > since)
    }
}

#[cfg(test)]
mod tests {
    use cairn_base::LogIndex;

    use super::*;
    use crate::record::{Record, RecordWriter};

    const SPACE: SpaceId = SpaceId(1);

    fn commit(window: &mut Window, at: u64, key: &[u8]) {
        window.open(Timestamp(at), true);
        window.add(&Op::Put { space: SPACE, key, value: b"" });
    }

    #[test]
    fn points_and_ranges_see_later_commits_only() {
        let mut window = Window::new(Timestamp(1), usize::MAX);
        commit(&mut window, 5, b"k");
        let point = |since| window.change(SPACE, Read::Point(b"k"), Timestamp(since));
        assert_eq!((point(4), point(5)), (Change::Changed, Change::None));
        let range = |start: &'static [u8]| window.change(SPACE, Read::Range(KeyRange::from(start)), Timestamp(4));
        assert_eq!((range(b"a"), range(b"l")), (Change::Changed, Change::None));
        assert_eq!(window.change(SpaceId(2), Read::Point(b"k"), Timestamp(4)), Change::None);
    }

    #[test]
    fn dropping_a_space_changes_every_read_of_it() {
        let mut window = Window::new(Timestamp(1), usize::MAX);
        window.open(Timestamp(5), true);
        window.add(&Op::DropSpace { space: SPACE });
        assert_eq!(window.change(SPACE, Read::Point(b"x"), Timestamp(4)), Change::Changed);
    }

    #[test]
    fn large_records_count_from_their_own_timestamp() {
        let mut window = Window::new(Timestamp(1), usize::MAX);
        let mut record = RecordWriter::new(RecordWriter::put_len(1, 0));
        record.put(SPACE, b"k", b"");
        let (bytes, at, index) = (record.finish(Timestamp(5)), Timestamp(5), LogIndex(1));
        window.add_run(Rc::new(Run::new(Rc::new(Record { bytes, at, index }))), true);
        commit(&mut window, 6, b"a");
        let from = |since| window.change(SPACE, Read::Range(KeyRange::from(b"k")), Timestamp(since));
        assert_eq!((from(4), from(5)), (Change::Changed, Change::None));
    }

    #[test]
    fn pruning_raises_the_floor() {
        let mut window = Window::new(Timestamp(1), usize::MAX);
        commit(&mut window, 5, b"k");
        window.prune(Timestamp(4));
        assert_eq!(window.len(), 1);
        window.prune(Timestamp(5));
        assert!(window.is_empty());
        assert_eq!(window.change(SPACE, Read::Point(b"k"), Timestamp(5)), Change::None);
        commit(&mut window, 6, b"k");
        assert_eq!(window.change(SPACE, Read::Point(b"k"), Timestamp(4)), Change::Unknown);
    }

    #[test]
    fn older_generations_are_asked_too() {
        let mut window = Window::new(Timestamp(0), usize::MAX);
        for at in 1..=3 * GENERATION_KEYS as u64 {
            commit(&mut window, at, &at.to_be_bytes());
        }
        let old = 7u64.to_be_bytes();
        assert_eq!(window.change(SPACE, Read::Point(&old), Timestamp(6)), Change::Changed);
        assert_eq!(window.change(SPACE, Read::Point(&old), Timestamp(7)), Change::None);
    }

    #[test]
    fn the_limit_drops_the_oldest_generation() {
        let mut window = Window::new(Timestamp(0), GENERATION_KEYS);
        for at in 1..=2 * GENERATION_KEYS as u64 {
            commit(&mut window, at, &at.to_be_bytes());
            window.prune(Timestamp(0));
        }
        assert!(window.len() <= 2 * GENERATION_KEYS);
        assert_eq!(window.change(SPACE, Read::Point(b"k"), Timestamp(0)), Change::Unknown);
    }
}
