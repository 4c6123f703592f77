//! scc's TreeIndex: a B+ tree for reading, whose readers take no lock. Its range goes both ways.

use std::ops::Bound;

use cairn_bench_suite::index::Index;
use cairn_engine_api::Direction;
use scc::{Guard, TreeIndex};

use super::Key;

/// Keys of 8 bytes.
pub(crate) type Words = Map<[u8; 8]>;
/// Keys of 24 bytes.
pub(crate) type Composites = Map<[u8; 24]>;
/// Keys of any length.
pub(crate) type Texts = Map<Box<[u8]>>;

/// The map.
pub(crate) struct Map<K: Key>(TreeIndex<K, u64>);

impl<K: Key> Default for Map<K> {
    fn default() -> Self {
        Self(TreeIndex::new())
    }
}

impl<K: Key> Index for Map<K> {
    fn insert(&mut self, key: &[u8], value: u64) {
        assert!(self.0.insert_sync(K::of(key), value).is_ok(), "the key is new");
    }

    fn get(&self, key: &[u8]) -> Option<u64> {
        self.0.peek::<[u8]>(key, &Guard::new()).copied()
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        self.0.remove_sync::<[u8]>(key)
    }

    fn scan(&self, from: &[u8], rows: usize, direction: Direction) -> Option<(usize, u64)> {
        let guard = Guard::new();
        let add = |(seen, sum): (usize, u64), (_, value): (&K, &u64)| (seen + 1, sum.wrapping_add(*value));
        Some(match direction {
            Direction::Forward => {
                self.0.range::<[u8], _>((Bound::Included(from), Bound::Unbounded), &guard).take(rows).fold((0, 0), add)
            }
            Direction::Backward => self
                .0
                .range::<[u8], _>((Bound::Unbounded, Bound::Included(from)), &guard)
                .rev()
                .take(rows)
                .fold((0, 0), add),
        })
    }
}
