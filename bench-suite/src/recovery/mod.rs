//! What a crash costs: a table is loaded, the server killed with SIGKILL, started again, and asked for a row.
//!
//! Two states: `image`, where everything is in the last checkpoint, and `log`, where everything was written after it and
//! has to be replayed. Rows are about 100 bytes of random hexadecimal digits. Redis has one or the other: in state `image`
//! what `SAVE` writes (RDB), in state `log` the append-only file, synced before each answer.
//!
//! | metric | meaning |
//! |---|---|
//! | `checkpoint MB/s` | rows' bytes written by `CHECKPOINT`, in state `image` |
//! | `first answer s` | from the start of the program to the answer of a query for one row |
//! | `in memory s` | until all rows can be read from memory: memtx and Redis hold them with their first answer; PostgreSQL after `pg_prewarm` of table and index; vinyl is not asked to |
//! | `rows/s` | rows by `in memory s`, or by `first answer s` where that is missing |
//! | `lost rows` | rows missing afterwards: has to be 0 |

mod redis;
mod rows;
mod sql;
mod subject;

use std::path::Path;
use std::time::Instant;

use clap::{Args, ValueEnum};

use crate::error::BenchError;
use crate::hook::Hook;
use crate::interleave;
use crate::progress::Progress;
use crate::run::{self, Metric, Run};
use subject::Kind;

/// Bytes of a row: key, text, and the ends of both.
const ROW_BYTES: u64 = 100;

/// Options of the workload.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Sizes of the table in millions of bytes.
    #[arg(long, value_delimiter = ',', default_value = "1000")]
    pub megabytes: Vec<u64>,
    /// What has to be read at the start.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "image,log")]
    pub states: Vec<State>,
    /// Who: `postgres`, `redis` and engines of Cairn by name.
    #[arg(long, value_delimiter = ',', default_value = "memtx,vinyl,postgres,redis")]
    pub subjects: Vec<String>,
    /// Rounds, one sample each. Every round loads anew.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Seed of the rows.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
}

/// Where the rows are when the server is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// In the last checkpoint.
    Image,
    /// In the log alone.
    Log,
}

/// Crashes every subject in every state.
///
/// # Errors
/// If Cairn or psql is missing, or a server does not come back.
pub fn measure(options: &Options, hook: &Hook, run: &mut Run, directory: &Path) -> Result<(), BenchError> {
    let kinds = subject::installed(&options.subjects, run);
    let steps = options.megabytes.len() * options.states.len() * options.rounds * kinds.len();
    let progress = Progress::new(steps);
    for &megabytes in &options.megabytes {
        for &state in &options.states {
            let name = if state == State::Image { "image" } else { "log" };
            let case = [("state", name.to_owned()), ("MB", megabytes.to_string())];
            let case = case.map(|(key, value)| (key.to_owned(), value));
            hook.around(|| {
                for round in 0..options.rounds {
                    for kind in interleave::order(kinds.len(), round).map(|place| &kinds[place]) {
                        progress.begin(&format!("{}, {}", run::case_text(&case), kind.name()));
                        let rows = megabytes * 1_000_000 / ROW_BYTES;
                        for (metric, value) in one(kind, state, rows, options.seed, directory)? {
                            run.add(&case, &kind.name(), &metric, value);
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

/// One crash.
fn one(kind: &Kind, state: State, rows: u64, seed: u64, directory: &Path) -> Result<Vec<(Metric, f64)>, BenchError> {
    let home = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir_in(directory)
        .map_err(BenchError::io("create a directory in", directory))?;
    let mut figures = Vec::new();
    let server = kind.create(home.path(), state)?;
    server.prepare(state)?;
    server.load(rows, seed, home.path())?;
    if state == State::Image {
        let seconds = timed(|| server.checkpoint())?;
        figures.push((Metric::higher("checkpoint MB/s"), (rows * ROW_BYTES) as f64 / 1e6 / seconds));
    }
    subject::crash(server);
    let begun = Instant::now();
    let server = kind.open(home.path(), state)?;
    server.ask(rows / 2)?;
    let first = begun.elapsed().as_secs_f64();
    figures.push((Metric::lower("first answer s"), first));
    let warm = server.warm()?.then(|| begun.elapsed().as_secs_f64());
    figures.extend(warm.map(|seconds| (Metric::lower("in memory s"), seconds)));
    figures.push((Metric::higher("rows/s"), rows as f64 / warm.unwrap_or(first)));
    figures.push((Metric::lower("lost rows"), rows.abs_diff(server.count()?) as f64));
    Ok(figures)
}

fn timed(work: impl FnOnce() -> Result<(), BenchError>) -> Result<f64, BenchError> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed().as_secs_f64())
}
