//! The race itself: one writer, readers of three tempers, and a thread that writes images all the time.
//!
//! ```text
//!   writer    apply 1, apply 2, ... apply n          never above the oldest announced timestamp: watermark = min(pins)
//!   readers   announce a timestamp, read at it for a while, announce the next
//!               brief   gets and short scans at the newest batch
//!               long    the same snapshot for many reads, while hundreds of batches pass
//!               slow    one cursor, a few rows at a time, while nodes under it are replaced
//!   images    checkpoint, checkpoint, ...
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cairn_base::seam::sim::SimRng;
use cairn_base::seam::{RealDisk, Rng};
use cairn_engine_api::{Direction, Engine, KeyRange, LogIndex, Op, Persisted, SpaceId, SpaceOptions, Stamp, Timestamp};
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};
use tempfile::TempDir;

use crate::history::{History, Row, key};

pub(crate) const SPACE: SpaceId = SpaceId::new(MEMTX_CODE, 1);
/// The writer waits for a read after so many batches at the latest.
const BATCHES_PER_READ: u64 = 16;
/// The writer collects after so many batches.
const BATCHES_PER_COLLECT: u64 = 16;
/// Reads of a long snapshot.
const LONG_READS: u64 = 60;

/// How a reader behaves.
#[derive(Clone, Copy)]
pub(crate) enum Temper {
    /// Newest snapshots, a few reads each.
    Brief,
    /// Old snapshots, many reads each.
    Long,
    /// One scan, in pieces.
    Slow,
}

/// The readers of every race.
pub(crate) const READERS: [Temper; 3] = [Temper::Brief, Temper::Long, Temper::Slow];

/// What all threads share.
pub(crate) struct Race<'a> {
    engine: Memtx,
    history: &'a History,
    directory: TempDir,
    /// The newest batch.
    applied: AtomicU64,
    /// Each reader announces the oldest timestamp that it may read; the writer keeps below all of them.
    pins: [AtomicU64; READERS.len()],
    reads: AtomicU64,
    over: AtomicBool,
}

/// Ends the race when its thread ends, also by a panic: nobody waits for reads that never come.
pub(crate) struct OnDrop<'a>(pub(crate) &'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl<'a> Race<'a> {
    /// An engine with one empty space.
    pub(crate) fn new(history: &'a History) -> Self {
        let directory = TempDir::new().expect("the system has a temporary directory");
        let engine = open(&directory);
        let create = Op::CreateSpace { space: SPACE, options: SpaceOptions::default() };
        engine.apply(&[create], stamp(0, Timestamp::ZERO)).expect("sound");
        Self {
            engine,
            history,
            directory,
            applied: AtomicU64::new(0),
            pins: Default::default(),
            reads: AtomicU64::new(0),
            over: AtomicBool::new(false),
        }
    }

    /// Runs all threads until the history has been applied. Returns the number of reads.
    pub(crate) fn run(&self, seed: u64) -> u64 {
        std::thread::scope(|scope| {
            let readers = READERS.iter().enumerate().map(|(number, temper)| {
                scope.spawn(move || self.read(number, *temper, SimRng::new(seed + number as u64 * 1000)))
            });
            let mut threads: Vec<_> = readers.collect();
            threads.push(scope.spawn(|| self.write_images()));
            let outcome = catch_unwind(AssertUnwindSafe(|| self.write()));
            self.over.store(true, Ordering::Release);
            let outcomes = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
            // The first to fail has the story.
            outcomes
                .collect::<Vec<_>>()
                .into_iter()
                .chain([outcome])
                .for_each(|end| end.unwrap_or_else(|p| resume_unwind(p)));
        });
        self.reads.load(Ordering::Relaxed)
    }

    /// Afterwards: the last image holds what it says, and when all is deleted nothing is left.
    pub(crate) fn check_the_end(&self) {
        let newest = self.engine.checkpoint(Persisted::default(), &|_| {}).expect("the directory takes an image");
        let again = open(&self.directory);
        assert_eq!(again.persisted(), newest);
        let expected = self.history.rows(KeyRange::ALL, newest.at.0, Direction::Forward);
        assert_rows(&again, KeyRange::ALL, newest.at.0, Direction::Forward, &expected, || {});

        let last: Vec<Op<'_>> = self.history.keys().map(|key| Op::Delete { space: SPACE, key }).collect();
        let end = self.history.batches.len() as u64 + 1;
        self.engine.apply(&last, stamp(end, Timestamp(end))).expect("sound");
        while self.engine.collect(Timestamp(end)).expect("memory does not fail") {}
        let stats = self.engine.stats(Some(SPACE));
        assert_eq!((stats.rows, stats.versions, stats.memory_bytes), (0, 0, 0), "all is deleted and collected");
    }

    fn write(&self) {
        for (n, batch) in (1..).zip(&self.history.batches) {
            let ops: Vec<_> = batch.iter().map(|(key, row)| operation(key, row)).collect();
            self.engine.apply(&ops, stamp(n, self.oldest(n - 1))).expect("sound");
            self.applied.store(n, Ordering::SeqCst);
            // The readers must get their turns, also on a busy machine.
            while self.reads.load(Ordering::Relaxed) < n / BATCHES_PER_READ && !self.over.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            if n.is_multiple_of(BATCHES_PER_COLLECT) {
                self.engine.collect(self.oldest(n)).expect("memory does not fail");
            }
        }
    }

    fn oldest(&self, now: u64) -> Timestamp {
        Timestamp(self.pins.iter().map(|pin| pin.load(Ordering::SeqCst)).fold(now, u64::min))
    }

    fn write_images(&self) {
        let _over = OnDrop(&self.over);
        while !self.over.load(Ordering::Acquire) {
            self.engine.checkpoint(Persisted::default(), &|_| {}).expect("the directory takes an image");
        }
    }

    fn read(&self, number: usize, temper: Temper, mut rng: SimRng) {
        let _over = OnDrop(&self.over);
        let pin = &self.pins[number];
        while !self.over.load(Ordering::Acquire) {
            // First announce something old enough, then look what is current, then hold that.
            pin.store(0, Ordering::SeqCst);
            let at = self.applied.load(Ordering::SeqCst);
            pin.store(at, Ordering::SeqCst);
            match temper {
                Temper::Brief => (0..1 + rng.below(5)).for_each(|_| self.read_once(at, &mut rng, || {})),
                Temper::Long => (0..LONG_READS).for_each(|_| self.read_once(at, &mut rng, || {})),
                Temper::Slow => {
                    let mut wait = SimRng::new(rng.below(u64::MAX));
                    self.read_once(at, &mut rng, || self.let_a_batch_pass(&mut wait));
                }
            }
        }
        pin.store(u64::MAX, Ordering::SeqCst);
    }

    /// A get and a scan, held against the history.
    fn read_once(&self, at: u64, rng: &mut SimRng, between_rows: impl FnMut()) {
        let (low, high) = (key(rng), key(rng));
        let mut row = Vec::new();
        let found = self.engine.get(SPACE, &low, Timestamp(at), &mut row).expect("the space exists");
        assert_eq!(found.then_some(row.as_slice()), self.history.row(&low, at), "get {low:?} at {at}");
        let range = match rng.below(3) {
            0 => KeyRange::ALL,
            1 => KeyRange::from(&low),
            _ => KeyRange { start: std::ops::Bound::Excluded(&low), end: std::ops::Bound::Included(&high) },
        };
        let direction = if rng.below(2) == 0 { Direction::Forward } else { Direction::Backward };
        let expected = self.history.rows(range, at, direction);
        assert_rows(&self.engine, range, at, direction, &expected, between_rows);
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    /// Now and then waits until the writer has gone on.
    fn let_a_batch_pass(&self, rng: &mut SimRng) {
        let before = self.applied.load(Ordering::Relaxed);
        // The writer may be waiting for this very read.
        self.reads.fetch_add(1, Ordering::Relaxed);
        let wait = rng.below(4) == 0;
        while wait && self.applied.load(Ordering::Relaxed) == before && !self.over.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
    }
}

fn assert_rows(
    engine: &Memtx,
    range: KeyRange<'_>,
    at: u64,
    direction: Direction,
    expected: &[(&[u8], &[u8])],
    mut between_rows: impl FnMut(),
) {
    let mut cursor = engine.scan(SPACE, range, Timestamp(at), direction).expect("the space exists");
    for (key, row) in expected {
        let entry = cursor.next().expect("memory does not fail");
        let entry = entry.unwrap_or_else(|| panic!("{key:?} is missing, {direction:?} at {at}"));
        assert_eq!((entry.key, entry.value), (*key, *row), "{direction:?} at {at}");
        between_rows();
    }
    assert_eq!(cursor.next().expect("memory does not fail"), None, "too many rows, {direction:?} at {at}");
}

fn open(directory: &TempDir) -> Memtx {
    let home = (Arc::new(RealDisk) as _, directory.path().join("memtx"));
    Memtx::open(MemtxConfig::default(), Some(home), &|_, _| {}).expect("the directory is sound")
}

fn operation<'a>(key: &'a [u8], row: &'a Row) -> Op<'a> {
    match row {
        Some(value) => Op::Put { space: SPACE, key, value },
        None => Op::Delete { space: SPACE, key },
    }
}

fn stamp(n: u64, watermark: Timestamp) -> Stamp {
    Stamp { at: Timestamp(n), index: LogIndex(n + 1), watermark }
}
