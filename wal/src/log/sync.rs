//! Making written records survive a crash of the system without holding up whoever appends.
//!
//! ```text
//!   core thread   begin_sync() -> job     append, submit, poll ...           end_sync(outcome)
//!   any thread                    job.run(): fdatasync of each file -------->|
//! ```
//! Needed only where a record counts as durable before it is synced ([`Durability::Os`](crate::Durability::Os)).

use std::io;
use std::sync::Arc;

use cairn_base::LogIndex;
use cairn_base::seam::DiskFile;

use crate::segment::SegmentNumber;

/// Files to sync: see [`Wal::begin_sync`](crate::Wal::begin_sync).
#[derive(Debug)]
#[must_use = "nothing is synced until it runs, and the log must learn of the outcome"]
pub struct SyncJob {
    upto: LogIndex,
    /// The last one may still be written to.
    files: Vec<(SegmentNumber, Arc<dyn DiskFile>)>,
}

/// A sync that succeeded.
#[derive(Debug)]
pub struct Synced {
    pub(super) upto: LogIndex,
    /// The segment that was written to when the sync began; those before it were complete. `None`: nothing was to be done.
    pub(super) last_segment: Option<SegmentNumber>,
}

/// A sync that failed. Nobody may try again: the system may have dropped the bytes.
#[derive(Debug, thiserror::Error)]
#[error("cannot sync the log: {0}")]
pub struct SyncFailed(#[source] pub(super) io::Error);

impl SyncJob {
    pub(super) fn new(upto: LogIndex, files: Vec<(SegmentNumber, Arc<dyn DiskFile>)>) -> Self {
        Self { upto, files }
    }

    /// Everything up to `upto` is synced already, or there is nothing to sync.
    pub(super) fn nothing(upto: LogIndex) -> Self {
        Self { upto, files: Vec::new() }
    }

    /// Syncs, oldest segment first. Waits for the medium.
    pub fn run(self) -> Result<Synced, SyncFailed> {
        self.files.iter().try_for_each(|(_, file)| file.sync_data()).map_err(SyncFailed)?;
        Ok(Synced { upto: self.upto, last_segment: self.files.last().map(|(number, _)| *number) })
    }
}
