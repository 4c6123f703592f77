//! Checkpoints: engines write down what they hold, so that the log behind it can go.
//!
//! ```text
//!   core          begin ----+         commits, turns of the log ...        +---- end: the log is truncated
//!   any thread              +---- write: engines' images ------------------+
//! ```
//! Engines hold only what the log has synced ([`Log::turn`]), so no image gets ahead of the log.

use std::sync::Arc;

use cairn_base::{LogIndex, fault};
use cairn_engine_api::{Engine, EngineError, Persisted};
use cairn_txn::Shard;
use cairn_wal::WalError;

use crate::engine::Registered;
use crate::log::Log;

/// A checkpoint that has begun: what to write, on any thread.
#[derive(Debug)]
#[must_use = "nothing is written until somebody calls write"]
pub struct Checkpoint {
    jobs: Vec<(Registered, Persisted)>,
    bytes: u64,
}

/// A checkpoint that was written, or not: the core must hear of it.
#[derive(Debug)]
#[must_use = "the log goes on growing until it learns of the outcome"]
pub struct Written {
    covered: Result<LogIndex, CheckpointError>,
    bytes: u64,
}

/// What a checkpoint achieved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Done {
    /// Every engine keeps everything up to here.
    pub covered: LogIndex,
    /// Segments of the log that could go.
    pub segments: usize,
}

/// A checkpoint failed. The log is kept.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The log has failed. That is final: the core must stop.
    #[error(transparent)]
    Log(#[from] WalError),
    /// An engine could not write.
    #[error("engine {engine} cannot write a checkpoint: {source}")]
    Engine {
        /// Its name.
        engine: &'static str,
        /// Its reason.
        #[source]
        source: EngineError,
    },
}

impl Checkpoint {
    /// Begins a checkpoint of every engine. Waits for nothing.
    pub fn begin(log: &Log, shard: &Shard, engines: &[Registered]) -> Self {
        let job = |registered: &Registered| (registered.clone(), shard.checkpoint_point(registered.code));
        Self { jobs: engines.iter().map(job).collect(), bytes: log.since_checkpoint() }
    }

    /// Writes what the engines hold. Waits for the disk, perhaps for long; the core goes on meanwhile. `progress` is told an
    /// engine's name and its rows so far.
    pub fn write(self, progress: &dyn Fn(&'static str, u64)) -> Written {
        Written { covered: write_all(&self.jobs, progress), bytes: self.bytes }
    }
}

impl Written {
    /// Lets the log go that nobody needs any more. An error of the log is final.
    pub fn end(self, log: &Log) -> Result<Done, CheckpointError> {
        let covered = self.covered?;
        let needless = if fault!(TruncateTooFar) { log.with(|wal| wal.durable()) } else { covered };
        let segments = log.with(|wal| wal.truncate_before(needless.next()))?;
        log.checkpointed(self.bytes);
        Ok(Done { covered, segments })
    }
}

/// What all engines cover together.
fn write_all(
    jobs: &[(Registered, Persisted)],
    progress: &dyn Fn(&'static str, u64),
) -> Result<LogIndex, CheckpointError> {
    let mut covered = LogIndex(u64::MAX - 1);
    for (Registered { name, engine, .. }, upto) in jobs {
        let engine: &Arc<dyn Engine> = engine;
        let persisted = engine
            .checkpoint(*upto, &|rows| progress(name, rows))
            .map_err(|source| CheckpointError::Engine { engine: name, source })?;
        covered = covered.min(persisted.index);
    }
    Ok(covered)
}
