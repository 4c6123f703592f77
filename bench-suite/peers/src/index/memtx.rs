//! memtx: the tree alone, and the whole engine through its trait.

use cairn_bench_suite::index::Index;
use cairn_engine_api::{Direction, Engine as _, KeyRange, LogIndex, Op, SpaceId, SpaceOptions, Stamp, Timestamp};
use cairn_memtx::measure::TreeAlone;
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};

/// The radix tree without directory, snapshots and batches.
#[derive(Default)]
pub(crate) struct Tree(TreeAlone);

fn word(row: &[u8]) -> u64 {
    u64::from_le_bytes(row.try_into().expect("every row is a word"))
}

impl Index for Tree {
    fn insert(&mut self, key: &[u8], value: u64) {
        self.0.insert(key, &value.to_le_bytes());
    }

    fn get(&self, key: &[u8]) -> Option<u64> {
        self.0.get(key, word)
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        self.0.remove(key)
    }

    fn scan(&self, from: &[u8], rows: usize, direction: Direction) -> Option<(usize, u64)> {
        let mut sum = 0_u64;
        let seen = self.0.scan(from, rows, direction, |_, row| sum = sum.wrapping_add(word(row)));
        Some((seen, sum))
    }

    fn row_bytes(&self, key: &[u8]) -> usize {
        TreeAlone::row_bytes(key, &[0; size_of::<u64>()])
    }
}

const SPACE: SpaceId = SpaceId::new(MEMTX_CODE, 1);

/// The engine as transactions see it: a batch per change, reads at a snapshot, rows copied.
pub(crate) struct Engine {
    engine: Memtx,
    at: u64,
}

impl Default for Engine {
    fn default() -> Self {
        let engine = Memtx::open(MemtxConfig::default(), None, &|_, _| {}).expect("memory only opens");
        let mut made = Self { engine, at: 0 };
        made.apply(Op::CreateSpace { space: SPACE, options: SpaceOptions::default() });
        made
    }
}

impl Engine {
    fn apply(&mut self, op: Op<'_>) {
        self.at += 1;
        let stamp = Stamp { at: Timestamp(self.at), index: LogIndex(self.at), watermark: Timestamp(self.at) };
        self.engine.apply(&[op], stamp).expect("memory does not fail");
    }
}

impl Index for Engine {
    fn insert(&mut self, key: &[u8], value: u64) {
        self.apply(Op::Put { space: SPACE, key, value: &value.to_le_bytes() });
    }

    fn get(&self, key: &[u8]) -> Option<u64> {
        // The caller's buffer lives as long as its transaction.
        thread_local!(static ROW: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) });
        ROW.with_borrow_mut(|row| {
            row.clear();
            let found = self.engine.get(SPACE, key, Timestamp(self.at), row).expect("memory does not fail");
            found.then(|| word(row))
        })
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        self.apply(Op::Delete { space: SPACE, key });
        true
    }

    fn scan(&self, from: &[u8], rows: usize, direction: Direction) -> Option<(usize, u64)> {
        let range = match direction {
            Direction::Forward => KeyRange::from(from),
            Direction::Backward => KeyRange { end: std::ops::Bound::Included(from), ..KeyRange::ALL },
        };
        let mut cursor = self.engine.scan(SPACE, range, Timestamp(self.at), direction).expect("the space is there");
        let (mut seen, mut sum) = (0, 0_u64);
        while seen < rows
            && let Some(entry) = cursor.next().expect("memory does not fail")
        {
            sum = sum.wrapping_add(word(entry.value));
            seen += 1;
        }
        Some((seen, sum))
    }

    fn row_bytes(&self, key: &[u8]) -> usize {
        TreeAlone::row_bytes(key, &[0; size_of::<u64>()])
    }
}
