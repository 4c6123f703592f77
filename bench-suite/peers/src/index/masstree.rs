//! masstree: a trie of B+ trees (Mao, Kohler, Morris 2012) in Rust, with inline values.

use cairn_bench_suite::index::Index;
use cairn_engine_api::Direction;
use masstree::{MassTree, RangeBound};

/// The tree.
pub(crate) struct Masstree(MassTree<u64>);

impl Default for Masstree {
    fn default() -> Self {
        Self(MassTree::new())
    }
}

impl Index for Masstree {
    fn insert(&mut self, key: &[u8], value: u64) {
        self.0.insert_with_guard(key, value, &self.0.guard());
    }

    fn get(&self, key: &[u8]) -> Option<u64> {
        self.0.get_with_guard(key, &self.0.guard())
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        self.0.remove_with_guard(key, &self.0.guard()).is_ok_and(|old| old.is_some())
    }

    fn scan(&self, from: &[u8], rows: usize, direction: Direction) -> Option<(usize, u64)> {
        let (mut seen, mut sum) = (0, 0_u64);
        let mut visit = |value: u64| {
            sum = sum.wrapping_add(value);
            seen += 1;
            seen < rows
        };
        let guard = self.0.guard();
        match direction {
            Direction::Forward => {
                self.0.scan(RangeBound::Included(from), RangeBound::Unbounded, |_, value| visit(value), &guard)
            }
            Direction::Backward => self.0.scan_rev_batch(
                RangeBound::Unbounded,
                RangeBound::Included(from),
                |_, value| visit(value),
                &guard,
            ),
        };
        Some((seen, sum))
    }
}
