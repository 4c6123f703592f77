//! Syncs and system calls per transaction, counted by `perf` in short runs of their own: counting costs time.

use std::path::Path;
use std::process::Command;

use super::{Case, Mode, Options, output, tables};
use crate::error::{BenchError, output as run_program};
use crate::process;
use crate::run::{Metric, Run};
use crate::server::Subject;

/// Transactions of a counting run, all clients together.
const TRANSACTIONS: u32 = 4000;
const SYSCALLS: &str = "raw_syscalls:sys_enter";
/// Where a sync of a file enters ext4, whether it came from `fdatasync` or from a write that asked for it.
const SYNCS: &str = "ext4:ext4_sync_file_enter";

/// Counts for every script and number of clients in the prepared protocol and the first of the ways. Where perf cannot count, a note says so.
pub(super) fn measure(
    options: &Options,
    subjects: &[Subject],
    run: &mut Run,
    directory: &Path,
) -> Result<(), BenchError> {
    for &script in &options.scripts {
        for &clients in &options.clients {
            let case = Case { script, mode: Mode::Prepared, clients, way: options.ways[0] };
            for subject in subjects.iter().filter(|subject| tables::runs(subject, case)) {
                match count(case, options.scale, subject, run, directory) {
                    Ok(()) => {}
                    Err(BenchError::Missing(_) | BenchError::Program { .. }) => {
                        run.notes.push("syncs and system calls are not counted: perf cannot count here".to_owned());
                        return Ok(());
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(())
}

fn count(case: Case, scale: u32, subject: &Subject, run: &mut Run, directory: &Path) -> Result<(), BenchError> {
    let ids: Vec<String> = process::tree(subject.server.process()).iter().map(u32::to_string).collect();
    let counts = tempfile::NamedTempFile::new()
        .map_err(|source| BenchError::Io { context: "create a temporary file".to_owned(), source })?;
    let pgbench = subject.program("pgbench", case.way);
    let mut command = Command::new("perf");
    command.args(["stat", "-x,", "-e", &format!("{SYSCALLS},{SYNCS}"), "-p", &ids.join(","), "-o"]).arg(counts.path());
    command.arg("--").arg(pgbench.get_program()).args(case.arguments(scale, directory)?);
    command.args(["--max-tries=1000", "-t", &(TRANSACTIONS / case.clients).to_string()]);
    command.envs(pgbench.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let told = output::parse(&run_program(&mut command)?)?;
    let text = std::fs::read_to_string(counts.path()).map_err(BenchError::io("read", counts.path()))?;
    for (event, metric) in [(SYNCS, "syncs"), (SYSCALLS, "syscalls")] {
        let counted = counter(&text, event)?;
        run.add(&case.key(), &subject.name, &Metric::lower(metric), counted / told.transactions as f64);
    }
    Ok(())
}

/// The count of an event in `perf stat -x,`: `count,unit,event,...`.
fn counter(text: &str, event: &str) -> Result<f64, BenchError> {
    let line = text.lines().find(|line| line.split(',').nth(2) == Some(event));
    let count = line.and_then(|line| line.split(',').next()?.parse().ok());
    count.ok_or_else(|| BenchError::parse(event, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_read() {
        let text =
            "# started on Sat\n\n4711,,raw_syscalls:sys_enter,1,100.00,,\n12,,ext4:ext4_sync_file_enter,1,100.00,,\n";
        assert_eq!(counter(text, SYSCALLS).expect("there"), 4711.0);
        assert_eq!(counter(text, SYNCS).expect("there"), 12.0);
        assert!(counter("<not counted>,,ext4:ext4_sync_file_enter,0", SYNCS).is_err());
    }
}
