//! The write-ahead log beside what the disk can do.
//!
//! Writers are closed loops: each appends its next record as soon as its last one is durable. The peer is a bare loop on
//! the same disk that writes the records of all writers in one `pwrite` and calls `fdatasync`: with one writer that is the
//! latency of a commit that cannot be beaten, with many it is the ceiling (group size times the rate of syncs). Where its
//! groups happen to fill whole blocks (64 records of 64 bytes, one of 4 KiB) it writes one block fewer than any log with
//! frames; the framed loop writes the log's bytes at the log's offsets.
//!
//! | metric | meaning |
//! |---|---|
//! | `commits/s` | records made durable per second |
//! | `p50 us`, `p99 us` | from append to durable |
//! | `CPU us` | the whole process's, the kernel's work for it included, per record |
//! | `syncs`, `writes` | per record |
//! | `written B` | bytes given to the disk per record: payload, frames, headers |

mod bare;
mod ours;

use std::path::Path;
use std::time::{Duration, Instant};

use cairn_wal::{DeviceKind, Durability};
use clap::Args;

use crate::error::BenchError;
use crate::hook::Hook;
use crate::interleave;
use crate::process;
use crate::progress::Progress;
use crate::run::{Metric, Run, Subject, case_text};
use crate::stats;

/// Size of log segments, and of the bare loop's file.
const FILE_BYTES: u64 = 64 << 20;

/// Options of the workload.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Numbers of writers.
    #[arg(long, value_delimiter = ',', default_value = "1,8,64,256")]
    pub writers: Vec<usize>,
    /// Bytes of a record's payload.
    #[arg(long, value_delimiter = ',', default_value = "64,300,4096,65536")]
    pub bytes: Vec<usize>,
    /// Rounds, one sample each.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Milliseconds per sample.
    #[arg(long, default_value_t = 1000)]
    pub millis: u64,
}

/// One closed loop.
#[derive(Clone, Copy, Debug)]
struct Load {
    writers: usize,
    bytes: usize,
    time: Duration,
}

/// Who writes.
#[derive(Clone, Copy, Debug)]
enum Writer {
    /// `pwrite` and `fdatasync` in a file that is filled with zeros already.
    Bare,
    /// The same with as many bytes as the log writes: a frame for each group, a head for each record.
    BareFramed,
    /// The same as the first in a file whose space is reserved but never written (fallocate): each sync also changes metadata.
    BareReserved,
    /// The log.
    Log(DeviceKind, Durability),
}

const WRITERS: [(&str, Writer); 6] = [
    ("wal io_uring", Writer::Log(DeviceKind::Uring, Durability::Sync)),
    ("wal portable", Writer::Log(DeviceKind::Portable, Durability::Sync)),
    ("wal, durability os", Writer::Log(DeviceKind::Auto, Durability::Os)),
    ("bare loop", Writer::Bare),
    ("bare loop, framed", Writer::BareFramed),
    ("bare loop, reserved", Writer::BareReserved),
];

/// Runs all writers over all cases.
///
/// # Errors
/// If the disk fails.
pub fn measure(options: &Options, hook: &Hook, run: &mut Run, directory: &Path) -> Result<(), BenchError> {
    run.subjects = WRITERS
        .iter()
        .map(|(name, writer)| Subject {
            name: (*name).to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            peer: !matches!(writer, Writer::Log(..)),
        })
        .collect();
    let cases = options.bytes.iter().flat_map(|&bytes| options.writers.iter().map(move |&writers| (writers, bytes)));
    let progress = Progress::new(options.bytes.len() * options.writers.len() * options.rounds * WRITERS.len());
    for (writers, bytes) in cases {
        let case = [("bytes", bytes.to_string()), ("writers", writers.to_string())];
        let case = case.map(|(key, value)| (key.to_owned(), value));
        let load = Load { writers, bytes, time: Duration::from_millis(options.millis) };
        hook.around(|| {
            for round in 0..options.rounds {
                for (name, writer) in interleave::order(WRITERS.len(), round).map(|place| WRITERS[place]) {
                    progress.begin(&format!("{}, {name}", case_text(&case)));
                    for (metric, sample) in one(writer, load, directory)?.figures() {
                        run.add(&case, name, &metric, sample);
                    }
                    progress.end();
                }
            }
            Ok(())
        })?;
    }
    progress.finish();
    Ok(())
}

fn one(writer: Writer, load: Load, directory: &Path) -> Result<Measured, BenchError> {
    let temporary = tempfile::tempdir_in(directory).map_err(BenchError::io("create a directory in", directory))?;
    match writer {
        Writer::Bare => bare::measure(temporary.path(), load, load.bytes * load.writers, false),
        Writer::BareFramed => bare::measure(temporary.path(), load, ours::group_bytes(load)?, false),
        Writer::BareReserved => bare::measure(temporary.path(), load, load.bytes * load.writers, true),
        Writer::Log(device, durability) => ours::measure(temporary.path(), load, device, durability),
    }
}

/// A stretch of commits being measured.
struct Stretch {
    begun: Instant,
    cpu: Duration,
    /// Microseconds per commit.
    latencies: Vec<f64>,
}

impl Stretch {
    fn begin() -> Self {
        Self { begun: Instant::now(), cpu: process::own_cpu(), latencies: Vec::with_capacity(1 << 20) }
    }

    fn end(self, counted: Counted) -> Measured {
        let seconds = self.begun.elapsed().as_secs_f64();
        Measured { seconds, cpu: process::own_cpu().saturating_sub(self.cpu), latencies: self.latencies, counted }
    }
}

/// What the writer itself counted.
#[derive(Clone, Copy)]
struct Counted {
    syncs: u64,
    writes: u64,
    written_bytes: u64,
}

struct Measured {
    seconds: f64,
    cpu: Duration,
    latencies: Vec<f64>,
    counted: Counted,
}

impl Measured {
    fn figures(mut self) -> Vec<(Metric, f64)> {
        let commits = self.latencies.len() as f64;
        vec![
            (Metric::higher("commits/s"), commits / self.seconds),
            (Metric::lower("p50 us"), stats::percentile(&mut self.latencies, 0.5)),
            (Metric::lower("p99 us"), stats::percentile(&mut self.latencies, 0.99)),
            (Metric::lower("CPU us"), self.cpu.as_secs_f64() * 1e6 / commits),
            (Metric::lower("syncs"), self.counted.syncs as f64 / commits),
            (Metric::lower("writes"), self.counted.writes as f64 / commits),
            (Metric::lower("written B"), self.counted.written_bytes as f64 / commits),
        ]
    }
}
