//! What a commit costs: each device against a bare loop of `pwrite` and `fdatasync` on the same disk, in turns.
//!
//! `cargo run --release -p cairn-wal --example commit_bench -- [directory] [milliseconds per run] [payload bytes]`
//!
//! Writers are closed loops: each appends its next record as soon as its last one is durable. Every figure is the median
//! of the rounds; CPU is the whole process's, the kernel's work for it included, per commit.

use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cairn_base::seam::{Disk, OpenMode, OsRng, RealDisk};
use cairn_wal::{DeviceKind, Durability, Options, Place, Record, Resume, Stats, Wal};

const ROUNDS: usize = 5;
const SEGMENT_BYTES: u64 = 64 << 20;

/// One line of the table.
#[derive(Clone, Copy)]
enum Subject {
    /// `pwrite` and `fdatasync` in a file of zeros, or of reserved space.
    Bare { reserved: bool },
    /// A log with this many writers.
    Log { device: DeviceKind, durability: Durability, writers: u64 },
}

#[derive(Clone, Copy, Default)]
struct Measured {
    commits_per_second: f64,
    p50_micros: f64,
    p99_micros: f64,
    cpu_micros_per_commit: f64,
    syncs_per_commit: f64,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().unwrap_or_else(|| ".".to_owned()));
    let millis = arguments.next().map_or(1000, |text| text.parse().expect("milliseconds are a number"));
    let payload_bytes = arguments.next().map_or(300, |text| text.parse().expect("payload bytes are a number"));
    let subjects = subjects();
    let mut rounds = vec![Vec::new(); subjects.len()];
    for round in 1..=ROUNDS {
        for ((name, subject), results) in subjects.iter().zip(&mut rounds) {
            eprint!("\rround {round}/{ROUNDS}: {name:40}");
            std::io::stderr().flush().expect("standard error is open");
            results.push(measure(*subject, &dir, Duration::from_millis(millis), payload_bytes));
        }
    }
    eprintln!();
    println!("{payload_bytes}-byte payloads, {ROUNDS} rounds of {millis} ms each, medians");
    println!(
        "{:36} {:>10} {:>8} {:>8} {:>11} {:>13}",
        "", "commits/s", "p50 us", "p99 us", "CPU us/com.", "syncs/commit"
    );
    for ((name, _), results) in subjects.iter().zip(&rounds) {
        let median = |field: fn(&Measured) -> f64| {
            let mut values: Vec<f64> = results.iter().map(field).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        println!(
            "{name:36} {:>10.0} {:>8.0} {:>8.0} {:>11.2} {:>13.4}",
            median(|m| m.commits_per_second),
            median(|m| m.p50_micros),
            median(|m| m.p99_micros),
            median(|m| m.cpu_micros_per_commit),
            median(|m| m.syncs_per_commit),
        );
    }
}

fn subjects() -> Vec<(String, Subject)> {
    let mut subjects = vec![
        ("bare loop, zeroed file".to_owned(), Subject::Bare { reserved: false }),
        ("bare loop, reserved file (fallocate)".to_owned(), Subject::Bare { reserved: true }),
    ];
    for writers in [1, 8, 64] {
        for (name, device) in [("io_uring", DeviceKind::Uring), ("portable", DeviceKind::Portable)] {
            let subject = Subject::Log { device, durability: Durability::Sync, writers };
            subjects.push((format!("{name}, {writers} writers"), subject));
        }
    }
    let subject = Subject::Log { device: DeviceKind::Auto, durability: Durability::Os, writers: 64 };
    subjects.push(("durability os, 64 writers".to_owned(), subject));
    subjects
}

fn measure(subject: Subject, dir: &Path, time: Duration, payload_bytes: usize) -> Measured {
    let temporary = tempfile::tempdir_in(dir).expect("a temporary directory");
    match subject {
        Subject::Bare { reserved } => bare(temporary.path(), reserved, time, payload_bytes),
        Subject::Log { device, durability, writers } => {
            let options = Options { device, durability, segment_bytes: SEGMENT_BYTES, ..Options::default() };
            log(temporary.path(), options, writers, time, payload_bytes)
        }
    }
}

fn bare(dir: &Path, reserved: bool, time: Duration, payload_bytes: usize) -> Measured {
    let file = RealDisk.open(&dir.join("bare"), OpenMode::CreateNew).expect("create");
    if reserved {
        let fd = file.raw_fd().expect("a real file");
        // SAFETY: the descriptor is open and no memory of ours is involved.
        assert_eq!(unsafe { libc::posix_fallocate(fd, 0, SEGMENT_BYTES as i64) }, 0);
    } else {
        file.allocate(SEGMENT_BYTES).expect("allocate");
    }
    file.sync_data().expect("sync");
    let payload = vec![7; payload_bytes];
    let mut offset = 0;
    let mut run = Run::begin();
    while run.started.elapsed() < time && offset + payload.len() as u64 <= SEGMENT_BYTES {
        let begun = Instant::now();
        file.write_at(&payload, offset).expect("write");
        file.sync_data().expect("sync");
        run.latencies.push(begun.elapsed());
        offset += payload.len() as u64;
    }
    let syncs = run.latencies.len() as u64;
    run.end(syncs)
}

fn log(dir: &Path, options: Options, writers: u64, time: Duration, payload_bytes: usize) -> Measured {
    let place = Place { disk: Arc::new(RealDisk), dir: dir.to_owned() };
    let mut wal = Wal::open(place, options, &mut OsRng, Resume::EVERYTHING, &mut |_| Ok(()), &mut |_| {})
        .expect("open the log")
        .wal;
    let payload = vec![7; payload_bytes];
    let mut begun = VecDeque::new();
    let append = |wal: &mut Wal, begun: &mut VecDeque<Instant>, count: u64| {
        for _ in 0..count {
            let index = wal.next_index();
            wal.append(Record { kind: 1, group: 0, index, payload: &payload }).expect("append");
            begun.push_back(Instant::now());
        }
    };
    append(&mut wal, &mut begun, writers);
    wal.flush().expect("flush");
    begun.clear();
    let before = wal.stats();
    let mut run = Run::begin();
    append(&mut wal, &mut begun, writers);
    while run.started.elapsed() < time {
        wal.submit().expect("submit");
        let durable = wal.durable();
        let done = wal.wait().expect("wait").0 - durable.0;
        let now = Instant::now();
        run.latencies.extend(begun.drain(..done as usize).map(|begun| now - begun));
        append(&mut wal, &mut begun, done);
    }
    let Stats { syncs, .. } = wal.stats();
    run.end(syncs - before.syncs)
}

/// A run being measured.
struct Run {
    started: Instant,
    cpu: Duration,
    latencies: Vec<Duration>,
}

impl Run {
    fn begin() -> Self {
        Self { started: Instant::now(), cpu: cpu_time(), latencies: Vec::with_capacity(1 << 20) }
    }

    fn end(mut self, syncs: u64) -> Measured {
        let (elapsed, cpu) = (self.started.elapsed(), cpu_time() - self.cpu);
        let commits = self.latencies.len() as f64;
        self.latencies.sort();
        let at = |share: f64| self.latencies[(commits * share) as usize].as_secs_f64() * 1e6;
        Measured {
            commits_per_second: commits / elapsed.as_secs_f64(),
            p50_micros: at(0.5),
            p99_micros: at(0.99),
            cpu_micros_per_commit: cpu.as_secs_f64() * 1e6 / commits,
            syncs_per_commit: syncs as f64 / commits,
        }
    }
}

/// CPU time of this process, in user and kernel mode.
fn cpu_time() -> Duration {
    // SAFETY: rusage is plain data for which all zeros are valid, and getrusage fills the one that is passed.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_SELF, &raw mut usage), 0);
        usage
    };
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}
