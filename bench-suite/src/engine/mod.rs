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
//! | `get instructions`, `get allocations`, ... | [`crate::counts`] |

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

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;
use cairn_engine_api::Direction;
use clap::Args;

use crate::counts::{self, Counted};
use crate::error::BenchError;
use crate::hook::Hook;
use crate::interleave;
use crate::meter::{Clock, Meter};
use crate::progress::Progress;
use crate::run::{Metric, Run, Subject};

const BATCH: usize = 10;
const SCAN_ROWS: usize = 100;
const ROW_BYTES: usize = 100;
/// Versions of each hot row written under an old snapshot.
const PILED_VERSIONS: u64 = 1_000;
/// The same when counting.
const PILED_VERSIONS_COUNTED: u64 = 20;
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
    /// Count instructions and allocations with so many rows, and as many operations; 0 for not at all.
    #[arg(long, default_value_t = 10_000)]
    pub counted_rows: u64,
    /// Only count, this subject: how the suite calls itself.
    #[arg(long, hide = true)]
    pub counted: Option<String>,
}

/// Measures one round of a subject.
pub type Round = Box<dyn Fn(&Work, &Path, &mut Meter)>;

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
    piled_versions: u64,
    seed: u64,
}

/// Runs all entries.
///
/// # Errors
/// If the hook fails, or a directory cannot be made.
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
        for round in 0..options.rounds {
            hook.around(|| {
                for entry in interleave::order(entries.len(), round).map(|place| &entries[place]) {
                    progress.begin(&format!("{rows} rows, {}", entry.subject.name));
                    let work = Work {
                        rows,
                        operations: options.operations,
                        piled_versions: PILED_VERSIONS,
                        seed: options.seed + round as u64,
                    };
                    let mut meter = Meter::timing();
                    in_new_home(entry, &work, directory, &mut meter)?;
                    run.take(&case(rows), &entry.subject.name, meter);
                    progress.end();
                }
                Ok(())
            })?;
        }
    }
    progress.finish();
    counts::measure(options.counted_rows, hook, run, directory)
}

/// Counts for the subject that `options` name, in a process of its own.
///
/// # Errors
/// If there is no such subject, or a directory cannot be made.
pub fn count(options: &Options, entries: &[Entry], directory: &Path) -> Result<Vec<Counted>, BenchError> {
    let entry = counts::named(entries, |entry| &entry.subject, options.counted.as_deref())?;
    let rows = options.counted_rows;
    let work = Work { rows, operations: rows, piled_versions: PILED_VERSIONS_COUNTED, seed: options.seed };
    let mut meter = Meter::counting();
    in_new_home(entry, &work, directory, &mut meter)?;
    Ok(vec![Counted::of(&case(rows), meter)])
}

fn case(rows: u64) -> [(String, String); 1] {
    [("rows".to_owned(), rows.to_string())]
}

fn in_new_home(entry: &Entry, work: &Work, directory: &Path, meter: &mut Meter) -> Result<(), BenchError> {
    let home = tempfile::tempdir_in(directory).map_err(BenchError::io("create a directory in", directory))?;
    (entry.round)(work, home.path(), meter);
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
pub fn round<S: Store>(mut store: S, work: &Work, home: &Path, meter: &mut Meter) {
    let mut rng = SimRng::new(work.seed);
    let per_row = |bytes: u64| bytes as f64 / work.rows as f64;
    meter.stretch("put", Clock::Wall, || load(&mut store, work.rows, &mut rng));
    store.settle();
    if let Some(bytes) = store.memory_bytes() {
        meter.add(Metric::lower("memory B"), per_row(bytes));
    }
    meter.add(Metric::lower("disk B"), per_row(bytes_below(home)));
    // Twice, so that caches are as they are in service.
    read(&store, work, &mut rng);
    meter.stretch("get", Clock::Cpu, || read(&store, work, &mut rng));
    meter.stretch("miss", Clock::Cpu, || miss(&store, work, &mut rng));
    let scans = work.operations / SCAN_ROWS as u64;
    for (name, direction) in [("scan", Direction::Forward), ("scan back", Direction::Backward)] {
        meter.stretch(name, Clock::Cpu, || scan(&store, work.rows, scans, direction, &mut rng));
    }
    for (name, writes_percent) in [("95/5", 5), ("50/50", 50)] {
        let zipf = Zipf::new(work.rows);
        meter.stretch(name, Clock::Wall, || mix(&mut store, &zipf, work.operations, writes_percent, &mut rng));
    }
    if store.keep_snapshot().is_some() {
        pile_up(&mut store, work.piled_versions, &mut rng);
        let versions = HOT_ROWS * work.piled_versions;
        meter.stretch("old get", Clock::Cpu, || read_old(&store, versions, &mut rng));
        meter.stretch("collect", Clock::Wall, || {
            store.release_snapshot();
            versions
        });
    }
    meter.stretch("delete", Clock::Wall, || delete(&mut store, work.rows / 10));
}

fn load<S: Store>(store: &mut S, rows: u64, rng: &mut SimRng) -> u64 {
    let mut batch = Vec::with_capacity(BATCH);
    for n in 0..rows {
        batch.push((key(n), row(n, rng)));
        if batch.len() == BATCH || n + 1 == rows {
            store.put(&batch);
            batch.clear();
        }
    }
    rows
}

fn read<S: Store>(store: &S, work: &Work, rng: &mut SimRng) -> u64 {
    let mut out = Vec::new();
    for _ in 0..work.operations {
        out.clear();
        assert!(store.get(black_box(&key(rng.below(work.rows))), &mut out), "every row is there");
    }
    work.operations
}

fn miss<S: Store>(store: &S, work: &Work, rng: &mut SimRng) -> u64 {
    let mut out = Vec::new();
    for _ in 0..work.operations {
        assert!(!store.get(black_box(&key(work.rows + rng.below(work.rows))), &mut out), "no such row is there");
    }
    work.operations
}

fn scan<S: Store>(store: &S, rows: u64, scans: u64, direction: Direction, rng: &mut SimRng) -> u64 {
    let mut seen = 0;
    for _ in 0..scans {
        let (rows, bytes) = store.scan(black_box(&key(rng.below(rows))), SCAN_ROWS, direction);
        assert_eq!(bytes, rows * ROW_BYTES, "every row has its length");
        seen += rows as u64;
    }
    seen
}

fn mix<S: Store>(store: &mut S, zipf: &Zipf, operations: u64, writes_percent: u64, rng: &mut SimRng) -> u64 {
    let mut out = Vec::new();
    for _ in 0..operations {
        let n = zipf.scrambled(rng);
        if rng.below(100) < writes_percent {
            let row = row(n, rng);
            store.put(&[(key(n), row)]);
        } else {
            out.clear();
            assert!(store.get(&key(n), &mut out), "every row is there");
        }
    }
    operations
}

fn pile_up<S: Store>(store: &mut S, versions: u64, rng: &mut SimRng) {
    for _ in 0..versions {
        let batch: Vec<_> = (0..HOT_ROWS).map(|n| (key(n), row(n, rng))).collect();
        store.put(&batch);
    }
}

fn read_old<S: Store>(store: &S, reads: u64, rng: &mut SimRng) -> u64 {
    let mut out = Vec::new();
    for _ in 0..reads {
        out.clear();
        assert!(store.get_old(black_box(&key(rng.below(HOT_ROWS))), &mut out), "the snapshot keeps its version");
    }
    reads
}

fn delete<S: Store>(store: &mut S, rows: u64) -> u64 {
    let keys: Vec<RowKey> = (0..rows).map(key).collect();
    keys.chunks(BATCH).for_each(|batch| store.delete(batch));
    rows
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
