//! pgbench's built-in scripts, connections, YCSB's workloads, contention and transactions across engines against whole
//! servers, all driven by pgbench.
//!
//! Each case is a script, a protocol and a number of clients. Every server is loaded once at the given scale; then each
//! case is run on every server in turns. Servers that wait cost nothing but their background work.
//!
//! | metric | from |
//! |---|---|
//! | `tps` | pgbench, without the time of connecting; transactions that failed do not count |
//! | `server CPU us` | `/proc/PID/stat` of the server's processes, per transaction |
//! | `client CPU us` | pgbench's own CPU, per transaction: with it, the ceiling of one client thread is known |
//! | `p50 us`, `p99 us` | pgbench's log of single transactions |
//! | `failed`, `retried` | pgbench: transactions that never succeeded, transactions that were tried again after 40001 or 40P01 |
//! | `flushes`, `written B` | flush requests and bytes written of the whole disk per transaction, from the system; other programs' are in it |
//! | `lost`, `money off`, `skews` | whether promises were kept: see `invariants` |
//! | `syncs`, `syscalls` | counted by `perf` in a short run of its own: entries to ext4's sync of a file, system calls, per transaction |

mod counting;
mod invariants;
mod latency;
mod options;
mod output;
mod tables;
mod ycsb;

pub use options::{Mode, Options, Script};

use std::path::Path;
use std::time::{Duration, Instant};

use crate::disk;
use crate::error::{BenchError, output as run_program};
use crate::hook::Hook;
use crate::interleave;
use crate::process::{self, Usage};
use crate::progress::Progress;
use crate::run::{Metric, Run, case_text};
use crate::server::{Subject, Way, subjects};
use invariants::Witness;

/// Log every transaction of slow scripts, and this share of fast ones, so that writing the log costs the client little.
const SAMPLED_SHARE: f64 = 0.1;
/// pgbench tries a transaction again on 40001 and 40P01, so that servers that abort finish the same work.
const TRIES_MAX: u32 = 1000;
/// Backends of a server end a moment after their client.
const BACKENDS_END: Duration = Duration::from_secs(2);

/// A script in a protocol with a number of clients, and how they connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    script: Script,
    mode: Mode,
    clients: u32,
    way: Way,
}

impl Case {
    fn key(self) -> Vec<(String, String)> {
        let clients = self.clients.to_string();
        let mut key = vec![("script", self.script.name()), ("mode", self.mode.name()), ("clients", &clients)];
        if self.way == Way::Unix {
            key.push(("through", "Unix socket"));
        }
        key.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    /// Arguments that pgbench needs for it.
    fn arguments(self, scale: u32, directory: &Path) -> Result<Vec<String>, BenchError> {
        let clients = self.clients.to_string();
        let mut arguments = self.script.arguments(scale, directory)?;
        arguments.extend(["-n", "-M", self.mode.name(), "-c", &clients, "-j", "1"].map(str::to_owned));
        Ok(arguments)
    }
}

/// Starts the servers, loads them, runs every case and fills `run`.
///
/// # Errors
/// If Cairn or pgbench is missing or fails. A missing peer is a note.
pub fn measure(options: &Options, hook: &Hook, run: &mut Run, directory: &Path) -> Result<(), BenchError> {
    let subjects = subjects::start(&options.subjects, run, directory)?;
    for subject in &subjects {
        tables::load(subject, options)?;
    }
    let cases = options.cases();
    let progress = Progress::new(cases.len() * options.rounds);
    for case in &cases {
        hook.around(|| {
            for round in 0..options.rounds {
                progress.begin(&case_text(&case.key()));
                for place in interleave::order(subjects.len(), round) {
                    let subject = &subjects[place];
                    if tables::runs(subject, *case) {
                        one(options, *case, subject, round, run, directory)?;
                    }
                }
                progress.end();
            }
            Ok(())
        })?;
    }
    progress.finish();
    if options.count {
        hook.around(|| counting::measure(options, &subjects, run, directory))?;
    }
    for subject in &subjects {
        tables::check(subject, options, run)?;
    }
    Ok(())
}

/// One round of one case on one subject.
fn one(
    options: &Options,
    case: Case,
    subject: &Subject,
    round: usize,
    run: &mut Run,
    directory: &Path,
) -> Result<(), BenchError> {
    let prefix = directory.join("latency");
    let share = if case.script.is_fast() { SAMPLED_SHARE } else { 1.0 };
    let mut command = subject.program("pgbench", case.way);
    command.args(case.arguments(options.scale, directory)?).args(["-T", &options.seconds.to_string()]);
    command.arg(format!("--random-seed={}", options.seed + round as u64));
    command.arg(format!("--max-tries={TRIES_MAX}"));
    command.args(["-l", "--log-prefix", &prefix.to_string_lossy(), &format!("--sampling-rate={share}")]);
    let promised = Witness::ask(case.script, subject)?;
    let before = Moment::now(subject, directory);
    let text = run_program(&mut command)?;
    let after = before.after(subject, directory);
    let told = output::parse(&text)?;
    let kept = Witness::ask(case.script, subject)?;
    let mut latencies = latency::take(&prefix)?;
    let transactions = told.transactions as f64;
    let mut add = |metric: Metric, value: f64| run.add(&case.key(), &subject.name, &metric, value);
    add(Metric::higher("tps"), told.tps);
    add(Metric::lower("server CPU us"), micros(after.usage.cpu.saturating_sub(before.usage.cpu)) / transactions);
    add(Metric::lower("client CPU us"), micros(after.client.saturating_sub(before.client)) / transactions);
    add(Metric::lower("p50 us"), crate::stats::percentile(&mut latencies, 0.5));
    add(Metric::lower("p99 us"), crate::stats::percentile(&mut latencies, 0.99));
    add(Metric::lower("failed"), told.failed as f64);
    add(Metric::lower("retried"), told.retried as f64);
    if let (Some(promised), Some(kept)) = (promised, kept) {
        let (metric, value) = promised.figure(kept, told.transactions);
        add(metric, value);
    }
    if let (Some(before), Some(after)) = (before.disk, after.disk) {
        add(Metric::lower("flushes"), after.flushes.saturating_sub(before.flushes) as f64 / transactions);
        let written = after.bytes_written.saturating_sub(before.bytes_written);
        add(Metric::lower("written B"), written as f64 / transactions);
    }
    Ok(())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// All counters at one moment.
struct Moment {
    usage: Usage,
    client: Duration,
    disk: Option<disk::Done>,
}

impl Moment {
    fn now(subject: &Subject, directory: &Path) -> Self {
        Self {
            usage: process::usage_of_tree(subject.server.process()),
            client: process::ended_children_cpu(),
            disk: disk::done(directory),
        }
    }

    /// The counters after a run, when the processes that the run made have ended and are accounted for.
    fn after(&self, subject: &Subject, directory: &Path) -> Self {
        let deadline = Instant::now() + BACKENDS_END;
        loop {
            let moment = Self::now(subject, directory);
            if moment.usage.processes <= self.usage.processes || Instant::now() > deadline {
                return moment;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
