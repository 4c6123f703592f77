//! Updates, deletes and inserts without end, with long snapshots coming and going.

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;
use cairn_engine_api::{Cursor, Direction, Engine, KeyRange, LogIndex, Op, SpaceId, SpaceOptions, Stamp, Timestamp};
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};

use crate::live::{Live, key, row};

/// A key with its new row, or none.
type Change = (Vec<u8>, Option<Vec<u8>>);

const SPACE: SpaceId = SpaceId::new(MEMTX_CODE, 1);
/// Operations of a batch.
pub(crate) const BATCH_OPS: usize = 64;
/// Rows that a snapshot reads after each batch.
const ROWS_PER_BATCH: usize = 20;
/// Snapshots open at a time at most.
const SNAPSHOTS_MAX: usize = 3;
/// One in so many updates goes to any row, the others to the hot ones.
const COLD_PART: u64 = 4;
/// One in so many rows is hot.
const HOT_PART: usize = 16;

/// An engine under churn.
pub(crate) struct Churn<'e> {
    engine: &'e Memtx,
    pub(crate) live: Live,
    rows: usize,
    rng: SimRng,
    /// The newest batch.
    n: u64,
    snapshots: Vec<Snapshot<'e>>,
}

/// A reader that stays for long, as a report or a backup does.
struct Snapshot<'e> {
    at: Timestamp,
    /// The batch after which it ends.
    until: u64,
    cursor: Box<dyn Cursor + 'e>,
}

/// An engine in memory with one empty space.
pub(crate) fn open() -> Memtx {
    let engine = Memtx::open(MemtxConfig::default(), None, &|_, _| {}).expect("memory only opens");
    let create = Op::CreateSpace { space: SPACE, options: SpaceOptions::default() };
    engine.apply(&[create], stamp(1, Timestamp::ZERO)).expect("sound");
    engine
}

/// Loads rows into a fresh engine, as a restore does; nothing else has ever been in it.
pub(crate) fn load(engine: &Memtx, live: &Live) {
    let mut n = 2;
    let mut rows = live.iter().map(|(number, length)| (key(number), Some(row(number, length))));
    loop {
        let batch: Vec<_> = rows.by_ref().take(BATCH_OPS).collect();
        if batch.is_empty() {
            break;
        }
        apply(engine, &batch, stamp(n, Timestamp(n - 1)));
        n += 1;
    }
    collect_all(engine, Timestamp(n));
}

impl<'e> Churn<'e> {
    /// Fills the engine with `rows` rows.
    pub(crate) fn new(engine: &'e Memtx, rows: usize, seed: u64) -> Self {
        let mut churn =
            Self { engine, live: Live::default(), rows, rng: SimRng::new(seed), n: 1, snapshots: Vec::new() };
        while churn.live.len() < rows {
            let inserts = (0..BATCH_OPS).map(|_| churn.live.insert(&mut churn.rng)).collect::<Vec<_>>();
            let batch: Vec<_> =
                inserts.into_iter().map(|(number, length)| (key(number), Some(row(number, length)))).collect();
            churn.apply(&batch);
        }
        churn
    }

    /// One batch, and what the snapshots read meanwhile. A new snapshot stays for up to `snapshot_batches_max` batches.
    pub(crate) fn step(&mut self, snapshot_batches_max: u64) {
        self.change();
        self.snapshots.retain(|snapshot| snapshot.until > self.n);
        if self.snapshots.len() < SNAPSHOTS_MAX && self.rng.below(snapshot_batches_max / 2) == 0 {
            let until = self.n + 1 + self.rng.below(snapshot_batches_max);
            let at = Timestamp(self.n);
            self.snapshots.push(Snapshot { at, until, cursor: scan(self.engine, at) });
        }
        let engine = self.engine;
        self.snapshots.iter_mut().for_each(|snapshot| snapshot.read(engine));
        self.engine.collect(self.watermark()).expect("memory does not fail");
    }

    /// One batch without a look at snapshots.
    pub(crate) fn change(&mut self) {
        let batch = self.draw();
        self.apply(&batch);
    }

    /// All snapshots end, and what can go goes.
    pub(crate) fn rest(&mut self) {
        self.snapshots.clear();
        collect_all(self.engine, Timestamp(self.n));
    }

    /// Snapshots that are open now.
    pub(crate) fn snapshots(&self) -> usize {
        self.snapshots.len()
    }

    /// Half updates, the rest deletes and inserts, which keep the number of rows about where it was.
    fn draw(&mut self) -> Vec<Change> {
        let mut touched = std::collections::BTreeSet::new();
        let mut batch = Vec::with_capacity(BATCH_OPS);
        while batch.len() < BATCH_OPS {
            let position = self.any_position();
            let number = self.live.number(position);
            match self.rng.below(4) {
                _ if touched.contains(&number) => continue,
                0 if self.live.len() < self.rows => {
                    let (number, length) = self.live.insert(&mut self.rng);
                    touched.insert(number);
                    batch.push((key(number), Some(row(number, length))));
                }
                0 | 1 if self.live.len() >= self.rows - BATCH_OPS => {
                    self.live.delete(position);
                    touched.insert(number);
                    batch.push((key(number), None));
                }
                _ => {
                    let (number, length) = self.live.update(position, &mut self.rng);
                    touched.insert(number);
                    batch.push((key(number), Some(row(number, length))));
                }
            }
        }
        batch
    }

    fn any_position(&mut self) -> usize {
        let among = if self.rng.below(COLD_PART) == 0 { self.live.len() } else { self.live.len() / HOT_PART };
        self.rng.below(among as u64) as usize
    }

    fn apply(&mut self, batch: &[Change]) {
        self.n += 1;
        apply(self.engine, batch, stamp(self.n, self.watermark().min(Timestamp(self.n - 1))));
    }

    fn watermark(&self) -> Timestamp {
        self.snapshots.iter().map(|snapshot| snapshot.at).fold(Timestamp(self.n), Timestamp::min)
    }
}

impl<'e> Snapshot<'e> {
    /// Reads on, from the start again at the end.
    fn read(&mut self, engine: &'e Memtx) {
        for _ in 0..ROWS_PER_BATCH {
            if self.cursor.next().expect("memory does not fail").is_none() {
                self.cursor = scan(engine, self.at);
            }
        }
    }
}

fn scan(engine: &Memtx, at: Timestamp) -> Box<dyn Cursor + '_> {
    engine.scan(SPACE, KeyRange::ALL, at, Direction::Forward).expect("the space exists")
}

fn apply(engine: &Memtx, batch: &[Change], stamp: Stamp) {
    let ops: Vec<_> = batch
        .iter()
        .map(|(key, row)| match row {
            Some(value) => Op::Put { space: SPACE, key, value },
            None => Op::Delete { space: SPACE, key },
        })
        .collect();
    engine.apply(&ops, stamp).expect("sound");
}

fn collect_all(engine: &Memtx, watermark: Timestamp) {
    while engine.collect(watermark).expect("memory does not fail") {}
}

fn stamp(n: u64, watermark: Timestamp) -> Stamp {
    Stamp { at: Timestamp(n), index: LogIndex(n), watermark }
}
