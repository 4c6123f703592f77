//! What can go wrong, and whether it happened.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use cairn_base::{Fate, LogIndex};

/// A log that is open refuses something.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WalError {
    /// A write or a sync failed earlier (or just now). The log takes nothing any more and never tries again: after a
    /// failed fsync the system may have dropped the bytes and call the next one a success (Rebello et al., "Can
    /// Applications Recover from fsync Failures?", USENIX ATC 2020). The way on is to stop and recover from what is on disk.
    #[error("the log is poisoned: {0}")]
    Poisoned(Arc<Failure>),
    /// The record needs another segment, and there is no space for one. The log goes on: it takes the record when there is
    /// space again.
    #[error("{0}")]
    Full(Arc<Failure>),
    /// The record's payload is longer than a record may be.
    #[error("a log record of {bytes} bytes exceeds the limit of {limit} bytes")]
    RecordTooLarge {
        /// Bytes of the payload.
        bytes: usize,
        /// Most bytes allowed.
        limit: usize,
    },
    /// The record's index does not follow the last one's.
    #[error("the next log index is {}, not {}", expected.0, found.0)]
    IndexGap {
        /// The index that would have been right.
        expected: LogIndex,
        /// The record's index.
        found: LogIndex,
    },
}

impl WalError {
    /// What is known about a record that was being appended or awaited when this error came: a refused one never
    /// happened, one under way in a poisoned log may be found by recovery.
    pub fn fate(&self) -> Fate {
        match self {
            Self::Poisoned(_) => Fate::Unknown,
            Self::Full(_) | Self::RecordTooLarge { .. } | Self::IndexGap { .. } => Fate::DidNotHappen,
        }
    }
}

/// The failure that poisoned a log.
#[derive(Debug, thiserror::Error)]
#[error("{context}: {source}")]
pub struct Failure {
    /// What was being done: verb and object.
    pub context: String,
    /// The system's answer.
    #[source]
    pub source: io::Error,
}

/// A log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Bytes that were durable are damaged or gone. Nothing was changed. A torn tail is never reported like this: see
    /// the recovery rules in `docs/formats/log.md`.
    #[error("the log is corrupt: {} at offset {offset}: {what}", file.display())]
    Corrupt {
        /// The damaged segment.
        file: PathBuf,
        /// Where the damage begins.
        offset: u64,
        /// What is wrong, and how it is known that it was durable.
        what: String,
    },
    /// The segment was written by a newer version of Cairn.
    #[error("{} has log format {found}, this version reads up to {known}", file.display())]
    NewerFormat {
        /// The segment.
        file: PathBuf,
        /// Its format version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// A segment of another log lies in the directory.
    #[error("{} belongs to another log", file.display())]
    Foreign {
        /// The segment.
        file: PathBuf,
    },
    /// Records are needed that the log does not have.
    #[error(
        "the log in {} lacks records {} to {}: some of what is kept beside it has them, some needs them. A system crash while the \
         log was not synced (durability none), or a file that was removed, leads to this; restore the whole data directory from \
         a copy, or rebuild this instance from another copy of its data",
        dir.display(), from.0, upto.0
    )]
    Missing {
        /// The log's directory.
        dir: PathBuf,
        /// First record that is needed and absent.
        from: LogIndex,
        /// Last record known to be absent.
        upto: LogIndex,
    },
    /// A setting is out of bounds. The text is for the user.
    #[error("{0}")]
    Options(String),
    /// Whoever took the replayed records refused one.
    #[error("{} at offset {offset}: {source}", file.display())]
    Replay {
        /// The segment that holds it.
        file: PathBuf,
        /// Where the record's batch begins.
        offset: u64,
        /// The taker's reason.
        #[source]
        source: ReplayError,
    },
    /// The operating system refused.
    #[error("{context}: {source}")]
    Io {
        /// What was being done: verb and object.
        context: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
}

/// Why a replayed record was refused: whatever error its taker has.
pub type ReplayError = Box<dyn std::error::Error + Send + Sync>;

impl OpenError {
    pub(crate) fn io(context: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let context = context.into();
        move |source| Self::Io { context, source }
    }
}
