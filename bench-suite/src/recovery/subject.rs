//! Servers that can be killed and started again on what they left.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::error::BenchError;
use crate::process;
use crate::run::{self, Run};
use crate::server::{Cairn, Postgres, SqlServer};

const POSTGRES: &str = "postgres";
/// Brings all rows into PostgreSQL's buffers.
const PREWARM: &str = "create extension if not exists pg_prewarm; select pg_prewarm('rows'), pg_prewarm('rows_pkey')";
/// Large enough that no checkpoint begins by itself.
const NO_CHECKPOINTS: &str = "instance.checkpoint.log_bytes=1T";
/// How long a killed process may take to vanish.
const VANISH: Duration = Duration::from_secs(30);

/// A way to make a server.
pub(super) enum Kind {
    /// Cairn with tables in this engine.
    Cairn(String),
    Postgres,
}

/// The subjects that are installed, noted in the run.
pub(super) fn installed(names: &[String], run: &mut Run) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for name in names {
        let kind = if name == POSTGRES { Kind::Postgres } else { Kind::Cairn(name.clone()) };
        match kind.version() {
            Ok(version) => {
                let peer = matches!(kind, Kind::Postgres);
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
        }
    }

    fn version(&self) -> Result<String, BenchError> {
        match self {
            Self::Cairn(_) => Cairn::version_installed(),
            Self::Postgres => Postgres::version_installed(),
        }
    }

    /// Starts a new server in an empty directory.
    pub(super) fn create(&self, home: &Path) -> Result<Box<dyn SqlServer>, BenchError> {
        if let Self::Postgres = self {
            Postgres::create(home)?;
        }
        self.open(home)
    }

    /// Starts the server that was created in a directory.
    pub(super) fn open(&self, home: &Path) -> Result<Box<dyn SqlServer>, BenchError> {
        Ok(match self {
            Self::Cairn(engine) => Box::new(Cairn::start_with(home, engine, &[NO_CHECKPOINTS])?),
            Self::Postgres => Box::new(Postgres::open(home)?),
        })
    }

    /// Statements that bring all rows into memory, where that is not so after the first answer and can be asked for.
    pub(super) fn warming(&self) -> Option<&'static str> {
        matches!(self, Self::Postgres).then_some(PREWARM)
    }

    /// Whether all rows are in memory when it answers.
    pub(super) fn is_in_memory(&self) -> bool {
        matches!(self, Self::Cairn(engine) if engine == "memtx")
    }
}

/// SIGKILL to all processes of a server, and waiting until they are gone.
pub(super) fn crash(server: Box<dyn SqlServer>) {
    let ids = process::tree(server.process());
    let arguments: Vec<String> = ids.iter().map(u32::to_string).collect();
    // A process that has ended meanwhile is what was wanted; the first one is killed once more when dropped.
    let _ = Command::new("kill").arg("-KILL").args(arguments).status();
    drop(server);
    let deadline = Instant::now() + VANISH;
    while ids.iter().any(|id| Path::new(&format!("/proc/{id}")).exists()) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
}
