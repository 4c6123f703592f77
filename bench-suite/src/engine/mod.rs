//! Engines under the access patterns of tables, beside key-value stores that promise the same.
//!
//! A subject is anything behind [`Store`]: an engine of ours through [`through_trait::EngineStore`], or a library through
//! an adapter in `bench-suite/peers`. Nobody syncs: durability is the log's, and peers run with their own log off or
//! unsynced, as an engine under Cairn's log would. Rows are 100 bytes, keys 16 (a hash of the row's number, then the number),
//! batches ten rows. Times are CPU time of the working thread, except for writes, where they are wall time, because
//! stores write in the background too.
//!
//! | metric | meaning |
//! |---|---|
//! | `put ns` | loading all rows in random order, per row |
//! | `get ns` | rows that exist, uniformly chosen |
//! | `miss ns` | rows that do not exist |
//! | `scan ns`, `scan back ns` | per row of scans of 100 |
//! | `50/50 ns`, `95/5 ns` | reads and writes mixed, rows chosen with a Zipfian distribution (0.99, scrambled, as YCSB does) |
//! | `old get ns` | `get` of a hot row at an old snapshot, 1,000 versions later; engines of ours only |
//! | `collect ns` | dropping these versions when the snapshot has gone, per version; engines of ours only |
//! | `delete ns` | deleting a tenth of the rows, per row |
//! | `memory B`, `disk B` | per row after loading, as the store or the file system tells |

#[cfg(feature = "engines")]
mod beneath;
mod through_trait;
#[cfg(feature = "engines")]
pub mod using;
mod zipf;

pub use through_trait::EngineStore;
pub use zipf::Zipf;

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;
use cairn_engine_api::Direction;
use clap::Args;

use crate::cpu::ThreadClock;
use crate::error::BenchError;
use crate::hook::Hook;
use crate::interleave;
use crate::progress::Progress;
use crate::run::{Metric, Run, Subject};

const BATCH: usize = 10;
const SCAN_ROWS: usize = 100;
const ROW_BYTES: usize = 100;
/// Versions of hot rows written under an old snapshot.
const PILED_VERSIONS: u64 = 1_000;
const HOT_ROWS: u64 = 100;

/// A key of a row.
pub type RowKey = [u8; 16];

/// An ordered store of rows, one writer.
pub trait Store {
    /// Writes a batch of rows, new or not, atomically and unsynced.
    fn put(&mut self, rows: &[(RowKey, [u8; ROW_BYTES])]);
    /// Deletes a batch of rows.
    fn delete(&mut self, keys: &[RowKey]);
    /// Appends the newest version of a row and says whether it is there.
    fn get(&self, key: &RowKey, out: &mut Vec<u8>) -> bool;
    /// Visits up to `rows` rows from `from` on; how many there were, and the sum of their lengths.
    fn scan(&self, from: &RowKey, rows: usize, direction: Direction) -> (usize, usize);
    /// All that is written is where it will stay: memory tables flushed, garbage collected.
    fn settle(&mut self);
    /// Bytes of memory that rows take, if it knows.
    fn memory_bytes(&self) -> Option<u64> {
        None
    }
    /// Remembers now as a snapshot; `None` for a store that is not asked about old versions.
    fn keep_snapshot(&mut self) -> Option<()> {
        None
    }
    /// Gives the snapshot up and drops all versions that only it could see.
    fn release_snapshot(&mut self) {}
    /// [`Self::get`] at the snapshot kept.
    fn get_old(&self, _key: &RowKey, _out: &mut Vec<u8>) -> bool {
        false
    }
}

/// Options of the workload.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Rows.
    #[arg(long, value_delimiter = ',', default_value = "500000")]
    pub rows: Vec<u64>,
    /// Reads, and operations of the mixes, per sample.
    #[arg(long, default_value_t = 200_000)]
    pub operations: u64,
    /// Rounds, one sample each.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Seed.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
}

/// Measures one round of a subject.
pub type Round = Box<dyn Fn(&Work, &Path) -> Vec<(Metric, f64)>>;

/// Somebody to measure.
pub struct Entry {
    /// Name and version.
    pub subject: Subject,
    /// Measures one round in an empty directory.
    pub round: Round,
}

/// The size of one round.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    rows: u64,
    operations: u64,
    seed: u64,
}

/// Runs all entries.
///
/// # Errors
/// If the hook fails or a directory cannot be made.
pub fn measure(
    options: &Options,
    entries: &[Entry],
    hook: &Hook,
    run: &mut Run,
    directory: &Path,
) -> Result<(), BenchError> {
    run.subjects = entries.iter().map(|entry| entry.subject.clone()).collect();
    let progress = Progress::new(options.rows.len() * options.rounds * entries.len());
    for &rows in &options.rows {
        let case = [("rows".to_owned(), rows.to_string())];
        for round in 0..options.rounds {
            hook.around(|| {
                for entry in interleave::order(entries.len(), round).map(|place| &entries[place]) {
                    progress.begin(&format!("{rows} rows, {}", entry.subject.name));
                    let home =
                        tempfile::tempdir_in(directory).map_err(BenchError::io("create a directory in", directory))?;
                    let work = Work { rows, operations: options.operations, seed: options.seed + round as u64 };
                    for (metric, sample) in (entry.round)(&work, home.path()) {
                        run.add(&case, &entry.subject.name, &metric, sample);
                    }
                    progress.end();
                }
                Ok(())
            })?;
        }
    }
    progress.finish();
    Ok(())
}

/// The key of row `n`: scattered over the key space.
pub fn key(n: u64) -> RowKey {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    key[8..].copy_from_slice(&n.to_be_bytes());
    key
}

fn row(n: u64, rng: &mut SimRng) -> [u8; ROW_BYTES] {
    let mut row = [b'x'; ROW_BYTES];
    row[..8].copy_from_slice(&n.to_be_bytes());
    // Half of a row is random, so that compression has something to do and not everything.
    row[50..].chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&rng.next_u64().to_be_bytes()[..chunk.len()]));
    row
}

/// One round on a store.
pub fn round<S: Store>(mut store: S, work: &Work, home: &Path) -> Vec<(Metric, f64)> {
    let mut rng = SimRng::new(work.seed);
    let mut found = Vec::new();
    let mut add =
        |name: &str, nanos: f64, operations: u64| found.push((Metric::lower(name), nanos / operations as f64));

    add("put ns", wall(|| load(&mut store, work.rows, &mut rng)), work.rows);
    store.settle();
    if let Some(bytes) = store.memory_bytes() {
        add("memory B", bytes as f64, work.rows);
    }
    add("disk B", bytes_below(home) as f64, work.rows);
    // Twice, so that caches are as they are in service.
    read(&store, work, &mut rng);
    add("get ns", cpu(|| read(&store, work, &mut rng)), work.operations);
    add("miss ns", cpu(|| miss(&store, work, &mut rng)), work.operations);
    let scans = work.operations / SCAN_ROWS as u64;
    for (name, direction) in [("scan ns", Direction::Forward), ("scan back ns", Direction::Backward)] {
        let mut rows = 0;
        let nanos = cpu(|| rows = scan(&store, work.rows, scans, direction, &mut rng));
        add(name, nanos, rows as u64);
    }
    for (name, writes_percent) in [("95/5 ns", 5), ("50/50 ns", 50)] {
        add(name, wall(|| mix(&mut store, work, writes_percent, &mut rng)), work.operations);
    }
    if store.keep_snapshot().is_some() {
        pile_up(&mut store, &mut rng);
        add("old get ns", cpu(|| read_old(&store, &mut rng)), HOT_ROWS * PILED_VERSIONS);
        add("collect ns", wall(|| store.release_snapshot()), HOT_ROWS * PILED_VERSIONS);
    }
    let deleted = work.rows / 10;
    add("delete ns", wall(|| delete(&mut store, deleted)), deleted);
    found
}

fn cpu(work: impl FnOnce()) -> f64 {
    let clock = ThreadClock::start();
    work();
    clock.nanos()
}

fn wall(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_nanos() as f64
}

fn load<S: Store>(store: &mut S, rows: u64, rng: &mut SimRng) {
    let mut batch = Vec::with_capacity(BATCH);
    for n in 0..rows {
        batch.push((key(n), row(n, rng)));
        if batch.len() == BATCH || n + 1 == rows {
            store.put(&batch);
            batch.clear();
        }
    }
}

fn read<S: Store>(store: &S, work: &Work, rng: &mut SimRng) {
    let mut out = Vec::new();
    for _ in 0..work.operations {
        out.clear();
        assert!(store.get(black_box(&key(rng.below(work.rows))), &mut out), "every row is there");
    }
}

fn miss<S: Store>(store: &S, work: &Work, rng: &mut SimRng) {
    let mut out = Vec::new();
    for _ in 0..work.operations {
        assert!(!store.get(black_box(&key(work.rows + rng.below(work.rows))), &mut out), "no such row is there");
    }
}

fn scan<S: Store>(store: &S, rows: u64, scans: u64, direction: Direction, rng: &mut SimRng) -> usize {
    let mut seen = 0;
    for _ in 0..scans {
        let (rows, bytes) = store.scan(black_box(&key(rng.below(rows))), SCAN_ROWS, direction);
        assert_eq!(bytes, rows * ROW_BYTES, "every row has its length");
        seen += rows;
    }
    seen
}

fn mix<S: Store>(store: &mut S, work: &Work, writes_percent: u64, rng: &mut SimRng) {
    let zipf = Zipf::new(work.rows);
    let mut out = Vec::new();
    for _ in 0..work.operations {
        let n = zipf.scrambled(rng);
        if rng.below(100) < writes_percent {
            let row = row(n, rng);
            store.put(&[(key(n), row)]);
        } else {
            out.clear();
            assert!(store.get(&key(n), &mut out), "every row is there");
        }
    }
}

fn pile_up<S: Store>(store: &mut S, rng: &mut SimRng) {
    for _ in 0..PILED_VERSIONS {
        let batch: Vec<_> = (0..HOT_ROWS).map(|n| (key(n), row(n, rng))).collect();
        store.put(&batch);
    }
}

fn read_old<S: Store>(store: &S, rng: &mut SimRng) {
    let mut out = Vec::new();
    for _ in 0..HOT_ROWS * PILED_VERSIONS {
        out.clear();
        assert!(store.get_old(black_box(&key(rng.below(HOT_ROWS))), &mut out), "the snapshot keeps its version");
    }
}

fn delete<S: Store>(store: &mut S, rows: u64) {
    let keys: Vec<RowKey> = (0..rows).map(key).collect();
    keys.chunks(BATCH).for_each(|batch| store.delete(batch));
}

/// Bytes of all files below a directory, as far as they are allocated.
fn bytes_below(directory: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => bytes_below(&entry.path()),
            Ok(data) => data.blocks() * 512,
            // It went away meanwhile.
            Err(_) => 0,
        })
        .sum()
}
