//! Checkpoints: engines write down what they hold, so that the log behind it can go.
//!
//! ```text
//!   core          begin ----+          commits, turns of the log ...           +---- end: the log is truncated
//!   any thread              +---- sync: the log ---- write: engines' images ---+
//! ```

use std::sync::Arc;

use cairn_base::{LogIndex, fault};
use cairn_engine_api::{Engine, EngineError, Persisted};
use cairn_txn::Shard;
use cairn_wal::{SyncFailed, SyncJob, Synced, WalError};

use crate::engine::Registered;
use crate::log::Log;

/// A checkpoint that has begun: what to write, on any thread.
#[derive(Debug)]
#[must_use = "nothing is written until somebody calls sync and write"]
pub struct Checkpoint {
    jobs: Vec<(Registered, Persisted)>,
    sync: SyncJob,
    bytes: u64,
}

/// A checkpoint whose log is synced, or could not be.
#[derive(Debug)]
#[must_use = "nothing is written until somebody calls write"]
pub struct Prepared {
    jobs: Vec<(Registered, Persisted)>,
    synced: Result<Synced, SyncFailed>,
    bytes: u64,
}

/// A checkpoint that was written, or not: the core must hear of it.
#[derive(Debug)]
#[must_use = "the log must learn of the outcome"]
pub struct Written {
    synced: Result<Synced, SyncFailed>,
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
    /// The log could not be synced, so nothing was written.
    #[error("the log is not synced")]
    NotSynced,
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
    pub fn begin(log: &Log, shard: &Shard, engines: &[Registered]) -> Result<Self, WalError> {
        let job = |registered: &Registered| (registered.clone(), shard.checkpoint_point(registered.code));
        let jobs = engines.iter().map(job).collect();
        let sync = log.with(|wal| wal.begin_sync())?;
        Ok(Self { jobs, sync, bytes: log.since_checkpoint() })
    }

    /// Syncs the log. Waits for the disk; the core goes on meanwhile. The log may be behind where it does not sync itself:
    /// it should not lose what the engines keep.
    pub fn sync(self) -> Prepared {
        Prepared { synced: self.sync.run(), jobs: self.jobs, bytes: self.bytes }
    }
}

impl Prepared {
    /// Writes what the engines hold. Waits for the disk, perhaps for long; the core goes on meanwhile. `progress` is told an
    /// engine's name and its rows so far.
    pub fn write(self, progress: &dyn Fn(&'static str, u64)) -> Written {
        let synced = self.synced;
        let covered = if synced.is_ok() { write_all(&self.jobs, progress) } else { Err(CheckpointError::NotSynced) };
        Written { synced, covered, bytes: self.bytes }
    }
}

impl Written {
    /// Lets the log go that nobody needs any more. An error of the log is final.
    pub fn end(self, log: &Log) -> Result<Done, CheckpointError> {
        let before = log.with(|wal| wal.synced());
        let synced = log.with(|wal| wal.end_sync(self.synced));
        // The log's next turn gives the engines what was synced by the way, or sees the failure.
        if !matches!(synced, Ok(index) if index == before) {
            log.kick();
        }
        synced?;
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
