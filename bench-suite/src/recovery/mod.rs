//! What a crash costs: a table is loaded, the server killed with SIGKILL, started again, and asked for a row.
//!
//! Two states: `image`, where everything is in the last checkpoint, and `log`, where everything was written after it and
//! has to be replayed. Rows are about 100 bytes, half of them random.
//!
//! | metric | meaning |
//! |---|---|
//! | `checkpoint MB/s` | rows' bytes written by `CHECKPOINT`, in state `image` |
//! | `first answer s` | from the start of the program to the answer of a query for one row |
//! | `in memory s` | until all rows can be read from memory: memtx holds them with its first answer; PostgreSQL after `pg_prewarm` of table and index; vinyl is not asked to |
//! | `rows/s` | rows by `in memory s`, or by `first answer s` where that is missing |
//! | `lost rows` | rows missing afterwards: has to be 0 |

mod subject;

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;
use clap::{Args, ValueEnum};

use crate::error::BenchError;
use crate::hook::Hook;
use crate::interleave;
use crate::progress::Progress;
use crate::run::{self, Metric, Run};
use crate::server::{SqlServer, copy, query};
use subject::Kind;

/// Bytes of a row: key, text, and the ends of both.
const ROW_BYTES: u64 = 100;
const ROWS_PER_CHUNK: u64 = 50_000;

/// Options of the workload.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Sizes of the table in millions of bytes.
    #[arg(long, value_delimiter = ',', default_value = "1000")]
    pub megabytes: Vec<u64>,
    /// What has to be read at the start.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "image,log")]
    pub states: Vec<State>,
    /// Who: `postgres` and engines of Cairn by name.
    #[arg(long, value_delimiter = ',', default_value = "memtx,vinyl,postgres")]
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
    let server = kind.create(home.path())?;
    query(server.as_ref(), "create table rows (id bigint primary key, body text not null)")?;
    if state == State::Log {
        query(server.as_ref(), "checkpoint")?;
    }
    load(server.as_ref(), rows, seed, home.path())?;
    if state == State::Image {
        let seconds = timed(|| query(server.as_ref(), "checkpoint"))?;
        figures.push((Metric::higher("checkpoint MB/s"), (rows * ROW_BYTES) as f64 / 1e6 / seconds));
    }
    subject::crash(server);
    let begun = Instant::now();
    let server = kind.open(home.path())?;
    query(server.as_ref(), &format!("select body from rows where id = {}", rows / 2))?;
    let first = begun.elapsed().as_secs_f64();
    figures.push((Metric::lower("first answer s"), first));
    let warm = match kind.warming() {
        Some(statements) => Some(first + timed(|| query(server.as_ref(), statements))?),
        None => kind.is_in_memory().then_some(first),
    };
    figures.extend(warm.map(|seconds| (Metric::lower("in memory s"), seconds)));
    figures.push((Metric::higher("rows/s"), rows as f64 / warm.unwrap_or(first)));
    let answer = query(server.as_ref(), "select count(*) from rows")?;
    let found: u64 = answer.parse().map_err(|_| BenchError::parse("a count", &answer))?;
    figures.push((Metric::lower("lost rows"), rows.abs_diff(found) as f64));
    Ok(figures)
}

fn timed(work: impl FnOnce() -> Result<String, BenchError>) -> Result<f64, BenchError> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed().as_secs_f64())
}

/// Fills the table, a chunk of rows at a time.
fn load(server: &dyn SqlServer, rows: u64, seed: u64, directory: &Path) -> Result<(), BenchError> {
    let file = directory.join("chunk");
    let mut rng = SimRng::new(seed);
    for first in (0..rows).step_by(ROWS_PER_CHUNK as usize) {
        let mut chunk = Vec::new();
        for id in first..rows.min(first + ROWS_PER_CHUNK) {
            let words: [u64; 5] = std::array::from_fn(|_| rng.next_u64());
            let [a, b, c, d, e] = words;
            writeln!(chunk, "{id}|{a:016x}{b:016x}{c:016x}{d:016x}{e:016x}").expect("memory takes it");
        }
        std::fs::write(&file, chunk).map_err(BenchError::io("write", &file))?;
        copy(server, "rows", &file)?;
    }
    Ok(())
}
