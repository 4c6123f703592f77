//! What every command that measures has in common: where it works, where the result goes, what it prints.

use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::TempDir;

use crate::counts::{self, Counted};
use crate::error::BenchError;
use crate::hook::Hook;
use crate::machine::{self, Machine};
use crate::report;
use crate::run::Run;

/// Options of every command that measures.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Where the result goes.
    #[arg(long, default_value = "bench-suite/results")]
    results: PathBuf,
    /// Where subjects keep their data while they are measured; the system's temporary directory by default.
    #[arg(long)]
    directory: Option<PathBuf>,
    /// A program that is called with `begin` and `end` around each case.
    #[arg(long)]
    hook: Option<String>,
    /// Metrics to print, or `all`.
    #[arg(long, value_delimiter = ',')]
    metrics: Vec<String>,
}

/// Does `work` on a fresh run and in a directory that goes away at the end; keeps and shows what it measured.
///
/// # Errors
/// What `work` says, or if the result cannot be written.
pub fn measured(
    suite: &str,
    seed: u64,
    options: &str,
    common: &Common,
    work: impl FnOnce(&mut Run, &Hook, &Path) -> Result<(), BenchError>,
) -> Result<(), BenchError> {
    let directory = place(common)?;
    let mut run = Run::begin(suite, seed, options, Machine::look(directory.path()));
    work(&mut run, &Hook::new(common.hook.clone()), directory.path())?;
    run.machine.load_after = machine::load();
    let file = run.save(&common.results)?;
    print!("{}", report::table(&run, &common.metrics));
    println!("written: {}", file.display());
    Ok(())
}

/// What a process does that only counts: see [`counts`]. `work` gets a directory that goes away at the end.
///
/// # Errors
/// What `work` says.
pub fn counted(
    common: &Common,
    work: impl FnOnce(&Path) -> Result<Vec<Counted>, BenchError>,
) -> Result<(), BenchError> {
    let directory = place(common)?;
    counts::tell(&work(directory.path())?);
    Ok(())
}

/// A new directory in which subjects keep their data. Servers that run as another user can enter it.
fn place(common: &Common) -> Result<TempDir, BenchError> {
    let parent = common.directory.clone().unwrap_or_else(std::env::temp_dir);
    tempfile::Builder::new()
        .prefix("cairn-bench-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir_in(&parent)
        .map_err(BenchError::io("create a directory in", &parent))
}
