//! The radix tree alone, for measurements (feature `measure`): no directory, no snapshots, no batches.
//!
//! What the engine adds on top (finding the space, visibility, copying the row, the batch) is measured by comparing
//! [`TreeAlone`] with the engine itself. Production code does not use it.

use std::fmt;
use std::ops::Bound;

use cairn_engine_api::{Direction, SpaceId, SpaceOptions, Timestamp};
use smallvec::SmallVec;

use crate::MEMTX_CODE;
use crate::art::{Bin, Pen, VersionRef, version_bytes};
use crate::cursor::GROUP_KEYS_MAX;
use crate::ledger::Ledger;
use crate::space::Space;
use crate::sync::{Arc, Guard, Mutex, lock, pin};

/// Things freed after each change: more than a change retires.
const FREE_STEPS: usize = 4;

/// One tree with its garbage.
pub struct TreeAlone {
    space: Space,
    /// Behind a lock as in the engine, whose readers share what the writer owns.
    bin: Mutex<Bin>,
    at: Timestamp,
}

impl Default for TreeAlone {
    fn default() -> Self {
        let ledger = Arc::new(Ledger::default());
        let id = SpaceId::new(MEMTX_CODE, 1);
        let space = Space::new(id, SpaceOptions::default(), Arc::clone(&ledger));
        Self { space, bin: Mutex::new(Bin::new(ledger)), at: Timestamp::ZERO }
    }
}

impl TreeAlone {
    /// Puts a row under a key, in place of the one that is there.
    pub fn insert(&mut self, key: &[u8], row: &[u8]) {
        self.at = Timestamp(self.at.0 + 1);
        let guard = pin();
        let mut bin = lock(&self.bin);
        let mut pen = Pen { guard: &guard, counts: &self.space.counts, bin: &mut bin, history: None };
        self.space.tree.put(key, row, self.at, self.at, &mut pen);
        free(&mut bin, &guard);
    }

    /// Takes a key out at once: nobody looks at old versions. Says whether it was there.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        self.at = Timestamp(self.at.0 + 1);
        let before = self.space.counts.rows.get();
        let guard = pin();
        let mut bin = lock(&self.bin);
        let mut pen = Pen { guard: &guard, counts: &self.space.counts, bin: &mut bin, history: None };
        self.space.tree.delete(key, self.at, self.at, &mut pen);
        self.space.tree.sweep(key, self.at, &mut pen);
        free(&mut bin, &guard);
        self.space.counts.rows.get() < before
    }

    /// Bytes that a row takes beside the nodes of the tree: with its key, its timestamp, and the link to its older versions.
    pub fn row_bytes(key: &[u8], row: &[u8]) -> usize {
        version_bytes(key.len(), row.len())
    }

    /// Shows the newest row of a key to `see`.
    #[inline]
    pub fn get<T>(&self, key: &[u8], see: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let guard = pin();
        self.space.tree.find(key, &guard).and_then(VersionRef::row).map(see)
    }

    /// Shows up to `most` rows from `from` on to `see`; returns how many there were.
    pub fn scan(&self, from: &[u8], most: usize, direction: Direction, mut see: impl FnMut(&[u8], &[u8])) -> usize {
        let guard = pin();
        let mut walk = self.space.tree.walk(Bound::Included(from), direction, &guard);
        let mut seen = 0;
        while seen < most {
            let mut group = SmallVec::<[VersionRef<'_>; GROUP_KEYS_MAX]>::new();
            walk.next_group(GROUP_KEYS_MAX.min(most - seen), &mut group);
            if group.is_empty() {
                return seen;
            }
            group.iter().for_each(|version| version.prefetch());
            for (bytes, key_len) in group.iter().filter_map(|version| version.key_and_row()) {
                let (key, row) = bytes.split_at(key_len);
                see(key, row);
            }
            seen += group.len();
        }
        seen
    }
}

fn free(bin: &mut Bin, guard: &Guard) {
    bin.empty_when_full(guard);
    bin.free_some(FREE_STEPS);
}

impl fmt::Debug for TreeAlone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TreeAlone").field("space", &self.space).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_an_ordered_map() {
        let mut tree = TreeAlone::default();
        assert_eq!(TreeAlone::row_bytes(b"key", b"row"), TreeAlone::row_bytes(b"", b"") + 6);
        for key in ["b", "a", "c"] {
            tree.insert(key.as_bytes(), key.as_bytes());
        }
        tree.insert(b"b", b"new");
        assert_eq!(tree.get(b"b", <[u8]>::to_vec), Some(b"new".to_vec()));
        assert!(tree.remove(b"a") && !tree.remove(b"a"));
        let mut keys = Vec::new();
        assert_eq!(tree.scan(b"c", 5, Direction::Backward, |key, _| keys.push(key.to_vec())), 2);
        assert_eq!(keys, [b"c", b"b"]);
    }
}
