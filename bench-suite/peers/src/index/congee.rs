//! congee: an adaptive radix tree with optimistic lock coupling, for keys of 8 bytes. It scans forward only.

use cairn_bench_suite::index::Index;
use cairn_engine_api::Direction;
use congee::{U64Congee, epoch};

/// The tree.
#[derive(Default)]
pub(crate) struct Congee(U64Congee<usize>);

fn word(key: &[u8]) -> u64 {
    u64::from_be_bytes(key.try_into().expect("congee is given 8-byte keys only"))
}

impl Index for Congee {
    fn insert(&mut self, key: &[u8], value: u64) {
        self.0.insert(word(key), value as usize, &epoch::pin()).expect("there is memory");
    }

    fn get(&self, key: &[u8]) -> Option<u64> {
        self.0.get(word(key), &epoch::pin()).map(|value| value as u64)
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        self.0.remove(word(key), &epoch::pin()).is_some()
    }

    fn scan(&self, from: &[u8], rows: usize, direction: Direction) -> Option<(usize, u64)> {
        if direction == Direction::Backward {
            return None;
        }
        // `range` fills what it is given and leaves the end out.
        let mut found = [([0; 8], 0_usize); 128];
        let most = rows.min(found.len());
        let seen = self.0.range(word(from), u64::MAX, &mut found[..most], &epoch::pin());
        Some((seen.max(1), found[..seen].iter().fold(0, |sum: u64, (_, value)| sum.wrapping_add(*value as u64))))
    }
}
