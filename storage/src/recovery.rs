//! From what a crash left to a shard that serves: the log's records go to the engines that lack them.

use cairn_base::seam::Rng;
use cairn_txn::Shard;
use cairn_wal::device::ChosenDevice;
use cairn_wal::{OpenError, Options, Place, Progress, Recovery, Resume, Wal};

use crate::engine::{Registered, kept_by_all, kept_by_any};
use crate::log::Log;

/// Where the log lives and how it is written.
#[derive(Debug)]
pub struct LogHome {
    /// Disk and directory.
    pub place: Place,
    /// Settings.
    pub options: Options,
    /// Who writes; `None`: whom the settings name.
    pub device: Option<ChosenDevice>,
}

/// A core could not be brought back.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The log could not be opened, or a record of it not be applied.
    #[error("cannot recover: {0}")]
    Log(#[from] OpenError),
    /// Log and engines do not fit together.
    #[error("cannot recover: {0}")]
    Replay(#[from] cairn_txn::ReplayError),
}

/// Replays what the engines lack, and opens the log for writing. Answers what was found. `rng` names a new log.
pub fn recover(
    home: LogHome,
    rng: &mut dyn Rng,
    engines: &[Registered],
    shard: &mut Shard,
    log: &Log,
    progress: &mut dyn FnMut(Progress),
) -> Result<Recovery, RecoverError> {
    let resume = Resume { from: kept_by_all(engines).index.next(), floor: kept_by_any(engines).index };
    let opened = Wal::open_on(
        home.place,
        home.options,
        home.device,
        rng,
        resume,
        &mut |record| shard.replay(record.payload, record.index).map_err(cairn_wal::ReplayError::from),
        progress,
    )?;
    shard.finish_recovery()?;
    log.set(opened.wal);
    Ok(opened.recovery)
}
