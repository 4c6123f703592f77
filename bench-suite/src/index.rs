//! Ordered indexes in memory: points, scans and memory per key.
//!
//! A subject is anything behind [`Index`]. In each round each subject, in turns, is built from nothing with the keys in
//! random order, read, scanned, read by two threads, and emptied. Calls are bound statically: no subject pays for a virtual
//! call.
//!
//! | metric | meaning |
//! |---|---|
//! | `get ns`, `insert ns`, `delete ns` | CPU time of the working thread per key, keys in random order |
//! | `scan ns`, `scan back ns` | per row of scans of 100 from a random key on |
//! | `get ns, 2 threads` | wall time until two threads have read half of the keys each, per key |
//! | `bytes per key` | what the index asked of the allocator and has not given back |
//! | `nodes, bytes per key` | the same without rows, for a subject that keeps rows of its own beside the index's nodes: what others spend to lead to a word |
//! | `get instructions`, `get allocations`, ... | [`crate::counts`] |

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use cairn_base::seam::sim::SimRng;
use cairn_engine_api::Direction;
use cairn_engine_testkit::allocator;
use clap::Args;

use crate::counts::{self, Counted};
use crate::error::BenchError;
use crate::hook::Hook;
use crate::interleave;
use crate::keys::{KeyKind, shuffle};
use crate::meter::{Clock, Meter};
use crate::progress::Progress;
use crate::run::{Metric, Run, Subject};

/// Rows of one scan.
const SCAN_ROWS: usize = 100;

/// An ordered map from byte keys to one word, to be read while it is shared.
pub trait Index: Sync {
    /// Puts a value under a key that is not there.
    fn insert(&mut self, key: &[u8], value: u64);
    /// The value under a key.
    fn get(&self, key: &[u8]) -> Option<u64>;
    /// Takes a key out and says whether it was there.
    fn remove(&mut self, key: &[u8]) -> bool;
    /// Visits up to `rows` rows from `from` on in a direction. Returns how many there were and the sum of their values,
    /// wrapping; `None` if it cannot go that way.
    fn scan(&self, from: &[u8], rows: usize, direction: Direction) -> Option<(usize, u64)>;
    /// Bytes of its own row for this key: key, value, and whatever else belongs to a row and not to an index. 0 for an index
    /// that keeps the value in its nodes.
    fn row_bytes(&self, _key: &[u8]) -> usize {
        0
    }
}

/// Options of the workload.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Shapes of keys.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "dense,sparse,composite,url,email")]
    pub keys: Vec<KeyKind>,
    /// How many.
    #[arg(long, value_delimiter = ',', default_value = "1000000")]
    pub counts: Vec<usize>,
    /// Rounds, one sample each.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Seed of the keys.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Count instructions and allocations with so many keys; 0 for not at all.
    #[arg(long, default_value_t = 20_000)]
    pub counted_keys: usize,
    /// Only count, this subject: how the suite calls itself.
    #[arg(long, hide = true)]
    pub counted: Option<String>,
}

/// Somebody to measure: a name, and a function that measures one round.
pub struct Entry {
    /// Name and version.
    pub subject: Subject,
    /// Which keys it takes.
    pub takes: fn(KeyKind) -> bool,
    /// Measures one round.
    pub round: fn(&Work<'_>, &mut Meter),
}

/// What one round works on.
#[derive(Debug)]
pub struct Work<'a> {
    keys: &'a [Vec<u8>],
    probes: &'a [Vec<u8>],
}

impl Work<'_> {
    /// The width of all keys, if they have the same.
    pub fn key_width(&self) -> Option<usize> {
        let width = self.keys.first()?.len();
        self.keys.iter().all(|key| key.len() == width).then_some(width)
    }
}

/// Runs all subjects over all shapes and counts. The program's allocator has to be the testkit's counting one.
///
/// # Errors
/// If the hook fails.
pub fn measure(
    options: &Options,
    entries: &[Entry],
    hook: &Hook,
    run: &mut Run,
    directory: &Path,
) -> Result<(), BenchError> {
    run.subjects = entries.iter().map(|entry| entry.subject.clone()).collect();
    let progress = Progress::new(options.counts.len() * options.keys.len() * options.rounds * entries.len());
    for &count in &options.counts {
        for &kind in &options.keys {
            let (keys, probes) = keys_and_probes(kind, count, options.seed);
            hook.around(|| {
                for round in 0..options.rounds {
                    for entry in interleave::order(entries.len(), round).map(|place| &entries[place]) {
                        progress.begin(&format!("{} {count}, {}", kind.name(), entry.subject.name));
                        if (entry.takes)(kind) {
                            let mut meter = Meter::timing();
                            (entry.round)(&Work { keys: &keys, probes: &probes }, &mut meter);
                            meter.headline("get ns");
                            run.take(&case(kind, count), &entry.subject.name, meter);
                        }
                        progress.end();
                    }
                }
                Ok(())
            })?;
        }
    }
    progress.finish();
    counts::measure(options.counted_keys as u64, hook, run, directory)
}

/// Counts for the subject that `options` name, in a process of its own.
///
/// # Errors
/// If there is no such subject.
pub fn count(options: &Options, entries: &[Entry]) -> Result<Vec<Counted>, BenchError> {
    let entry = counts::named(entries, |entry| &entry.subject, options.counted.as_deref())?;
    let taken = options.keys.iter().filter(|kind| (entry.takes)(**kind));
    let one = |kind: &KeyKind| {
        let (keys, probes) = keys_and_probes(*kind, options.counted_keys, options.seed);
        let mut meter = Meter::counting();
        (entry.round)(&Work { keys: &keys, probes: &probes }, &mut meter);
        Counted::of(&case(*kind, options.counted_keys), meter)
    };
    Ok(taken.map(one).collect())
}

fn case(kind: KeyKind, count: usize) -> [(String, String); 2] {
    [("keys".to_owned(), kind.name().to_owned()), ("count".to_owned(), count.to_string())]
}

/// The keys in the order of their insertion, and in the order of looking them up.
fn keys_and_probes(kind: KeyKind, count: usize, seed: u64) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let keys = kind.keys(count, seed);
    let mut probes = keys.clone();
    shuffle(&mut probes, &mut SimRng::new(seed + 1));
    (keys, probes)
}

/// One round of one subject.
pub fn round<I: Index>(make: impl FnOnce() -> I, work: &Work<'_>, meter: &mut Meter) {
    let count = work.keys.len() as u64;
    let before = allocator::bytes_in_use();
    let mut index = make();
    meter.stretch("insert", Clock::Cpu, || {
        for (value, key) in work.keys.iter().enumerate() {
            index.insert(black_box(key), value as u64);
        }
        count
    });
    let bytes = allocator::bytes_in_use().saturating_sub(before);
    meter.add(Metric::lower("bytes per key"), bytes as f64 / count as f64);
    let rows: usize = work.keys.iter().map(|key| index.row_bytes(key)).sum();
    meter.add(Metric::lower("nodes, bytes per key"), bytes.saturating_sub(rows as u64) as f64 / count as f64);
    meter.stretch("get", Clock::Cpu, || {
        look_up(&index, work.probes);
        count
    });
    let starts = &work.probes[..work.probes.len() / SCAN_ROWS];
    for (name, direction) in [("scan", Direction::Forward), ("scan back", Direction::Backward)] {
        if can_scan(&index, starts, direction) {
            meter.stretch(name, Clock::Cpu, || scan(&index, starts, direction));
        }
    }
    if !meter.counts() {
        let nanos = look_up_by_two(&index, work.probes);
        meter.add(Metric::lower("get ns, 2 threads"), nanos / count as f64);
    }
    meter.stretch("delete", Clock::Cpu, || {
        for key in work.probes {
            assert!(index.remove(black_box(key)), "every key is there");
        }
        count
    });
}

fn look_up<I: Index>(index: &I, probes: &[Vec<u8>]) {
    for key in probes {
        assert!(black_box(index.get(black_box(key))).is_some(), "every key is there");
    }
}

/// Nanoseconds of wall time until two threads have looked up half of the keys each.
fn look_up_by_two<I: Index>(index: &I, probes: &[Vec<u8>]) -> f64 {
    let (first, second) = probes.split_at(probes.len() / 2);
    let begun = Instant::now();
    std::thread::scope(|threads| {
        threads.spawn(|| look_up(index, first));
        threads.spawn(|| look_up(index, second));
    });
    begun.elapsed().as_nanos() as f64
}

/// Whether scans from these keys find them: a subject that cannot go that way gets no figure for it.
fn can_scan<I: Index>(index: &I, starts: &[Vec<u8>], direction: Direction) -> bool {
    starts.iter().take(1).all(|key| index.scan(key, 1, direction).is_some_and(|(seen, _)| seen == 1))
}

/// Scans from these keys on; how many rows they saw.
fn scan<I: Index>(index: &I, starts: &[Vec<u8>], direction: Direction) -> u64 {
    let mut rows = 0;
    for key in starts {
        let (seen, sum) = index.scan(black_box(key), SCAN_ROWS, direction).expect("it went this way before");
        black_box(sum);
        rows += seen as u64;
    }
    rows
}
