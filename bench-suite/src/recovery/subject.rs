//! Servers that can be killed and started again on what they left.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::State;
use super::sql::Sql;
use crate::error::BenchError;
use crate::run::{self, Run};
use crate::server::{Cairn, Keeps, Postgres, Redis, SqlServer};
use crate::{machine, process};

const POSTGRES: &str = "postgres";
const REDIS: &str = "redis";
/// Large enough that no checkpoint begins by itself.
const NO_CHECKPOINTS: &str = "instance.checkpoint.log_bytes=1T";
/// How long a killed process may take to vanish.
const VANISH: Duration = Duration::from_secs(30);

/// A running server with one table of rows.
pub(super) trait Survivor {
    /// Its first process.
    fn process(&self) -> u32;
    /// Makes the table, so that in state `log` all rows come after the last checkpoint.
    fn prepare(&self, state: State) -> Result<(), BenchError>;
    /// Fills the table. `directory` takes temporary files.
    fn load(&self, rows: u64, seed: u64, directory: &Path) -> Result<(), BenchError>;
    /// Writes everything into an image.
    fn checkpoint(&self) -> Result<(), BenchError>;
    /// Reads a row that is there.
    fn ask(&self, id: u64) -> Result<(), BenchError>;
    /// Brings all rows into memory, if it can; whether they are there now.
    fn warm(&self) -> Result<bool, BenchError>;
    /// How many rows there are.
    fn count(&self) -> Result<u64, BenchError>;
}

/// How rows come into memory after a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Warming {
    /// They are there with the first answer.
    Resident,
    /// PostgreSQL is asked for it.
    Prewarm,
    /// Only as they are read.
    Never,
}

/// A way to make a server.
pub(super) enum Kind {
    /// Cairn with tables in this engine.
    Cairn(String),
    Postgres,
    Redis,
}

/// The subjects that are installed, noted in the run.
pub(super) fn installed(names: &[String], run: &mut Run) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for name in names {
        let kind = match name.as_str() {
            POSTGRES => Kind::Postgres,
            REDIS => Kind::Redis,
            engine => Kind::Cairn(engine.to_owned()),
        };
        match kind.version() {
            Ok(version) => {
                let peer = !matches!(kind, Kind::Cairn(_));
                run.subjects.push(run::Subject { name: kind.name(), version, peer });
                kinds.push(kind);
            }
            Err(error) => run.notes.push(format!("{name} is left out: {error}")),
        }
    }
    kinds
}

impl Kind {
    /// As it stands in tables.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Cairn(engine) => format!("cairn {engine}"),
            Self::Postgres => POSTGRES.to_owned(),
            Self::Redis => REDIS.to_owned(),
        }
    }

    fn version(&self) -> Result<String, BenchError> {
        match self {
            Self::Cairn(_) => Cairn::version_installed(),
            Self::Postgres => Postgres::version_installed(),
            Self::Redis => Redis::version(),
        }
    }

    /// Starts a new server in an empty directory.
    pub(super) fn create(&self, home: &Path, state: State) -> Result<Box<dyn Survivor>, BenchError> {
        if let Self::Postgres = self {
            Postgres::create(home)?;
        }
        self.open(home, state)
    }

    /// Starts the server that was created in a directory.
    pub(super) fn open(&self, home: &Path, state: State) -> Result<Box<dyn Survivor>, BenchError> {
        let (server, warming): (Box<dyn SqlServer>, _) = match self {
            Self::Redis => {
                let keeps = if state == State::Image { Keeps::Image } else { Keeps::Log };
                return Ok(Box::new(Redis::start(home, keeps)?));
            }
            Self::Cairn(engine) => {
                let warming = if engine == "memtx" { Warming::Resident } else { Warming::Never };
                // Half of the machine's memory, as it comes, does not hold 10 GB of rows in 24 GiB.
                let memory = format!("instance.memtx.memory={}", machine::memory_bytes() / 10 * 9);
                (Box::new(Cairn::start_with(home, engine, &[NO_CHECKPOINTS, &memory])?), warming)
            }
            Self::Postgres => (Box::new(Postgres::open(home)?), Warming::Prewarm),
        };
        Ok(Box::new(Sql { server, warming }))
    }
}

/// SIGKILL to all processes of a server, and waiting until they are gone.
pub(super) fn crash(server: Box<dyn Survivor>) {
    let ids = process::tree(server.process());
    let arguments: Vec<String> = ids.iter().map(u32::to_string).collect();
    // A process that has ended meanwhile is what was wanted; the first one is killed once more when dropped.
    let _ = Command::new("kill").arg("-KILL").args(arguments).stderr(Stdio::null()).status();
    drop(server);
    let deadline = Instant::now() + VANISH;
    while ids.iter().any(|id| Path::new(&format!("/proc/{id}")).exists()) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
}
