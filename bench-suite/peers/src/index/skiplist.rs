//! crossbeam-skiplist: a lock-free skip list.

use std::ops::Bound;

use cairn_bench_suite::index::Index;
use cairn_engine_api::Direction;
use crossbeam_skiplist::SkipMap;

use super::Key;

/// Keys of 8 bytes.
pub(crate) type Words = Map<[u8; 8]>;
/// Keys of 24 bytes.
pub(crate) type Composites = Map<[u8; 24]>;
/// Keys of any length.
pub(crate) type Texts = Map<Box<[u8]>>;

/// The map.
pub(crate) struct Map<K>(SkipMap<K, u64>);

impl<K> Default for Map<K> {
    fn default() -> Self {
        Self(SkipMap::new())
    }
}

impl<K: Key> Index for Map<K> {
    fn insert(&mut self, key: &[u8], value: u64) {
        self.0.insert(K::of(key), value);
    }

    fn get(&self, key: &[u8]) -> Option<u64> {
        self.0.get(key).map(|entry| *entry.value())
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        self.0.remove(key).is_some()
    }

    fn scan(&self, from: &[u8], rows: usize, direction: Direction) -> Option<(usize, u64)> {
        let add = |(seen, sum): (usize, u64), value: u64| (seen + 1, sum.wrapping_add(value));
        Some(match direction {
            Direction::Forward => self
                .0
                .range::<[u8], _>((Bound::Included(from), Bound::Unbounded))
                .take(rows)
                .fold((0, 0), |seen, entry| add(seen, *entry.value())),
            Direction::Backward => self
                .0
                .range::<[u8], _>((Bound::Unbounded, Bound::Included(from)))
                .rev()
                .take(rows)
                .fold((0, 0), |seen, entry| add(seen, *entry.value())),
        })
    }
}
