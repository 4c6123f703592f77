//! Ordered indexes in memory: points, scans and memory per key.
//!
//! A subject is anything behind [`Index`]. In each round each subject, in turns, is built from nothing with the keys in
//! random order, read, scanned, read by two threads, and emptied. Times are CPU time of the working thread; with two threads
//! wall time. Calls are bound statically: no subject pays for a virtual call.

use std::hint::black_box;
use std::time::Instant;

use cairn_base::seam::sim::SimRng;
use cairn_engine_api::Direction;
use clap::Args;

use crate::cpu::ThreadClock;
use crate::error::BenchError;
use crate::hook::Hook;
use crate::interleave;
use crate::keys::{KeyKind, shuffle};
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
}

/// Somebody to measure: a name, and a function that measures one round.
pub struct Entry {
    /// Name and version.
    pub subject: Subject,
    /// Which keys it takes.
    pub takes: fn(KeyKind) -> bool,
    /// Measures one round.
    pub round: fn(&Work<'_>) -> Vec<(Metric, f64)>,
}

/// What one round works on.
#[derive(Debug)]
pub struct Work<'a> {
    keys: &'a [Vec<u8>],
    probes: &'a [Vec<u8>],
    allocated: fn() -> usize,
}

impl Work<'_> {
    /// The width of all keys, if they have the same.
    pub fn key_width(&self) -> Option<usize> {
        let width = self.keys.first()?.len();
        self.keys.iter().all(|key| key.len() == width).then_some(width)
    }
}

/// Runs all subjects over all shapes and counts. `allocated` tells how many bytes the program has asked of its allocator.
///
/// # Errors
/// If the hook fails.
pub fn measure(
    options: &Options,
    entries: &[Entry],
    allocated: fn() -> usize,
    hook: &Hook,
    run: &mut Run,
) -> Result<(), BenchError> {
    run.subjects = entries.iter().map(|entry| entry.subject.clone()).collect();
    let progress = Progress::new(options.counts.len() * options.keys.len() * options.rounds * entries.len());
    for &count in &options.counts {
        for &kind in &options.keys {
            let keys = kind.keys(count, options.seed);
            let mut probes = keys.clone();
            shuffle(&mut probes, &mut SimRng::new(options.seed + 1));
            let case = [("keys", kind.name().to_owned()), ("count", count.to_string())];
            let case = case.map(|(key, value)| (key.to_owned(), value));
            hook.around(|| {
                for round in 0..options.rounds {
                    for entry in interleave::order(entries.len(), round).map(|place| &entries[place]) {
                        progress.begin(&format!("{} {count}, {}", kind.name(), entry.subject.name));
                        if (entry.takes)(kind) {
                            let work = Work { keys: &keys, probes: &probes, allocated };
                            for (metric, sample) in (entry.round)(&work) {
                                run.add(&case, &entry.subject.name, &metric, sample);
                            }
                        }
                        progress.end();
                    }
                }
                Ok(())
            })?;
        }
    }
    progress.finish();
    Ok(())
}

/// One round of one subject.
pub fn round<I: Index>(make: impl FnOnce() -> I, work: &Work<'_>) -> Vec<(Metric, f64)> {
    let count = work.keys.len() as f64;
    let before = (work.allocated)();
    let mut index = make();
    let insert = timed(|| {
        for (value, key) in work.keys.iter().enumerate() {
            index.insert(black_box(key), value as u64);
        }
    });
    let bytes = (work.allocated)().saturating_sub(before);
    let get = timed(|| look_up(&index, work.probes));
    let mut found = vec![
        (Metric::lower("get ns"), get / count),
        (Metric::lower("insert ns"), insert / count),
        (Metric::lower("bytes per key"), bytes as f64 / count),
    ];
    for (name, direction) in [("scan ns", Direction::Forward), ("scan back ns", Direction::Backward)] {
        if let Some(nanos) = scan(&index, &work.probes[..work.probes.len() / SCAN_ROWS], direction) {
            found.push((Metric::lower(name), nanos));
        }
    }
    found.push((Metric::lower("get ns, 2 threads"), look_up_by_two(&index, work.probes) / count));
    let delete = timed(|| {
        for key in work.probes {
            assert!(index.remove(black_box(key)), "every key is there");
        }
    });
    found.push((Metric::lower("delete ns"), delete / count));
    found
}

fn timed(work: impl FnOnce()) -> f64 {
    let clock = ThreadClock::start();
    work();
    clock.nanos()
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

/// Nanoseconds per row of scans that start at the probes.
fn scan<I: Index>(index: &I, probes: &[Vec<u8>], direction: Direction) -> Option<f64> {
    let clock = ThreadClock::start();
    let mut rows = 0;
    for key in probes {
        let (seen, sum) = index.scan(black_box(key), SCAN_ROWS, direction)?;
        black_box(sum);
        if seen == 0 {
            // The key itself is there: who does not find it gets no figure for this.
            return None;
        }
        rows += seen;
    }
    Some(clock.nanos() / rows as f64)
}
