//! Does RocksDB keep up with its writers? Asked before each write, so the answer is remembered for a moment.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use rocksdb::properties::{ACTUAL_DELAYED_WRITE_RATE, IS_WRITE_STOPPED, NUM_IMMUTABLE_MEM_TABLE};

use crate::store::Store;

/// Microseconds for which an answer holds.
const FRESH_MICROS: u64 = 1000;

/// The last answer and its age.
#[derive(Debug)]
pub(crate) struct Pressure {
    behind: AtomicBool,
    asked_micros: AtomicU64,
    start: Instant,
    /// With so many memtables waiting for their flush, the next one would stop the writers.
    waiting_max: u64,
}

impl Pressure {
    pub(crate) fn new(write_buffers_max: u32) -> Self {
        Self {
            behind: AtomicBool::new(false),
            asked_micros: AtomicU64::new(0),
            start: Instant::now(),
            waiting_max: u64::from(write_buffers_max).saturating_sub(1),
        }
    }

    /// Is the engine behind?
    pub(crate) fn is_behind(&self, store: &Store) -> bool {
        let now = self.start.elapsed().as_micros() as u64;
        let asked = self.asked_micros.load(Ordering::Relaxed);
        if now.saturating_sub(asked) >= FRESH_MICROS {
            self.asked_micros.store(now, Ordering::Relaxed);
            self.behind.store(self.ask(store), Ordering::Relaxed);
        }
        self.behind.load(Ordering::Relaxed)
    }

    fn ask(&self, store: &Store) -> bool {
        store.number(NUM_IMMUTABLE_MEM_TABLE) >= self.waiting_max
            || store.number(ACTUAL_DELAYED_WRITE_RATE) > 0
            || store.number(IS_WRITE_STOPPED) > 0
    }
}
