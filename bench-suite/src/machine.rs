//! Where a run was measured: without it no figure means anything.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::disk;
use crate::error::output;

/// The machine and the source tree, as they were when the run began.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// Processor model.
    pub cpu: String,
    /// Processors that the system shows.
    pub processors: usize,
    /// RAM, in bytes.
    pub memory_bytes: u64,
    /// Kernel name, release and architecture.
    pub kernel: String,
    /// File system and mount options of the directory that servers wrote to.
    pub disk: String,
    /// Write and `fdatasync` of 4 KiB in a loop on that disk, per second, before the run.
    pub syncs_per_second: f64,
    /// Load average over one minute when the run began: what else ran.
    pub load_before: f64,
    /// The same when it ended.
    pub load_after: f64,
    /// Commit of the source tree.
    pub commit: String,
    /// Whether tracked files differed from that commit.
    pub dirty: bool,
}

impl Machine {
    /// Looks at this machine. `directory` is where servers will write.
    pub fn look(directory: &Path) -> Self {
        let git = |arguments: &[&str]| output(Command::new("git").args(arguments)).unwrap_or_default();
        Self {
            cpu: processor(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: memory_bytes(),
            kernel: output(Command::new("uname").arg("-srm")).unwrap_or_default().trim().to_owned(),
            disk: disk::file_system(directory),
            syncs_per_second: disk::syncs_per_second(directory).unwrap_or(f64::NAN),
            load_before: load(),
            load_after: f64::NAN,
            commit: git(&["rev-parse", "HEAD"]).trim().to_owned(),
            dirty: !git(&["status", "--porcelain", "--untracked-files=no"]).trim().is_empty(),
        }
    }

    /// One line for tables.
    pub fn summary(&self) -> String {
        let gib = self.memory_bytes as f64 / f64::from(1 << 30);
        let dirty = if self.dirty { ", with changes" } else { "" };
        format!(
            "{} x {}, {gib:.0} GiB RAM, {}, {}, {:.0} syncs/s, load {:.1} to {:.1}, commit {}{dirty}",
            self.processors,
            self.cpu,
            self.kernel,
            self.disk,
            self.syncs_per_second,
            self.load_before,
            self.load_after,
            self.commit.get(..8).unwrap_or("unknown"),
        )
    }
}

/// Load average over one minute; 0 where the system does not tell.
pub fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name"));
    line.map_or_else(|| "unknown".to_owned(), |rest| rest.trim_start_matches([' ', '\t', ':']).to_owned())
}

/// The machine's memory in bytes; 0 where the system does not say.
pub(crate) fn memory_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
}
