//! What can go wrong in a transaction, and whether it happened.

use cairn_base::{EngineCode, Fate, SpaceId};
use cairn_engine_api::EngineError;

use crate::fetch::ReadTask;
use crate::locks::{LockMode, TxnId};

/// A transaction's failure. The comment of each variant names its SQLSTATE; [`TxnError::sqlstate`] gives it.
///
/// Unless said otherwise the statement failed, the transaction is still there, and the session decides what to do
/// with it (`rollback_to` a savepoint or `abort`).
#[derive(Debug, thiserror::Error)]
pub enum TxnError {
    /// 40001: the transaction cannot go on at its isolation level. Retry the whole transaction.
    #[error("{0}")]
    Serialization(Conflict),
    /// Not an error for the user: what the running statement read is out of date, but nothing older is. Call
    /// [`Shard::restart_statement`](crate::Shard::restart_statement) and run the statement again. A session that has
    /// already sent rows of this statement, or has restarted it too often, reports it as 40001.
    #[error("could not serialize access due to concurrent update")]
    Restart,
    /// 40P01: waiting would never end. The requester is the victim.
    #[error("deadlock detected")]
    Deadlock(Vec<WaitEdge>),
    /// 55P03: NOWAIT met a conflicting lock. The session adds the relation's name.
    #[error("could not obtain lock on row")]
    LockNotAvailable,
    /// 55P03: `lock_timeout` passed while waiting. Reported as an event, raised by the session.
    #[error("canceling statement due to lock timeout")]
    LockTimeout,
    /// 25006: a write in a READ ONLY transaction.
    #[error("cannot execute a write in a read-only transaction")]
    ReadOnly,
    /// 3B001: no savepoint with this identity is open.
    #[error("savepoint does not exist")]
    NoSuchSavepoint,
    /// 25001: isolation and access can be set only before the first statement.
    #[error("transaction mode must be set before any query")]
    ModeTooLate,
    /// 53200: the engine's memory limit is reached. Reads and deletes go on.
    #[error("out of memory: {used} of {limit} bytes in use")]
    EngineFull {
        /// The engine that refused.
        engine: EngineCode,
        /// Bytes in use.
        used: u64,
        /// The configured limit.
        limit: u64,
    },
    /// 53100: the engine's disk is full.
    #[error("could not extend the files of storage engine {}: No space left on device", engine.0)]
    EngineNoSpace {
        /// The engine that refused.
        engine: EngineCode,
    },
    /// Not an error for the user: the engine is behind with applying. Undo the statement with
    /// [`Shard::restart_statement`](crate::Shard::restart_statement), wait for [`Event::Applied`](crate::Event::Applied),
    /// run it again.
    #[error("engine is behind")]
    EngineBusy(EngineCode),
    /// 54000: the transaction's batch would not fit into one log record.
    #[error("transaction writes too much: more than {limit} bytes")]
    TooLarge {
        /// Longest batch in bytes ([`cairn_base::limits::BATCH_BYTES_MAX`]).
        limit: u64,
    },
    /// Not an error for the user: bytes are not in memory. Run the task on a reader pool, then
    /// [`Shard::restart_statement`](crate::Shard::restart_statement) and run the statement again.
    #[error("not in memory")]
    NotResident(Box<ReadTask>),
    /// XX000 / XX001 / 58030: the engine failed.
    #[error(transparent)]
    Engine(EngineError),
    /// 58000: the log refused the record. The transaction is over and did not happen; the shard goes on.
    #[error("could not write to the transaction log: {reason}")]
    LogRefused {
        /// The log's words.
        reason: String,
    },
    /// 53100: there is no space for the transaction's record. It is over and did not happen; the shard goes on.
    #[error("could not extend the transaction log: {reason}")]
    LogFull {
        /// The log's words.
        reason: String,
    },
    /// 57P01 (did not happen) / 40003 (unknown): the shard stopped. Every further call answers the same.
    #[error("the transaction log has failed: {reason}")]
    Poisoned {
        /// Why, for the log file and the client.
        reason: String,
        /// Did this transaction's commit happen?
        fate: Fate,
    },
}

impl TxnError {
    /// The five-letter code of the SQL standard or of PostgreSQL.
    pub fn sqlstate(&self) -> &'static str {
        match self {
            Self::Serialization(_) | Self::Restart => "40001",
            Self::Deadlock(_) => "40P01",
            Self::LockNotAvailable | Self::LockTimeout => "55P03",
            Self::ReadOnly => "25006",
            Self::NoSuchSavepoint => "3B001",
            Self::ModeTooLate => "25001",
            Self::EngineFull { .. } => "53200",
            Self::EngineNoSpace { .. } | Self::LogFull { .. } | Self::Engine(EngineError::NoSpace { .. }) => "53100",
            Self::EngineBusy(_) => "53400",
            Self::TooLarge { .. } => "54000",
            Self::Engine(EngineError::Corrupt(_)) => "XX001",
            Self::Engine(EngineError::Io { .. }) => "58030",
            Self::Engine(EngineError::NoSuchSpace(_)) => "42P01",
            Self::LogRefused { .. } => "58000",
            Self::NotResident(_) | Self::Engine(_) => "XX000",
            Self::Poisoned { fate: Fate::Unknown, .. } => "40003",
            Self::Poisoned { .. } => "57P01",
        }
    }

    /// Did the transaction's commit happen? Only a poisoned log leaves it unknown.
    pub fn fate(&self) -> Fate {
        match self {
            Self::Poisoned { fate, .. } => *fate,
            _ => Fate::DidNotHappen,
        }
    }

    /// Must the session call [`Shard::restart_statement`](crate::Shard::restart_statement) and run the statement again
    /// (for [`Self::NotResident`] and [`Self::EngineBusy`] after a wait) instead of reporting this?
    pub fn wants_restart(&self) -> bool {
        matches!(self, Self::Restart | Self::NotResident(_) | Self::EngineBusy(_))
    }
}

impl From<EngineError> for TxnError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// Why a transaction could not be serialized, in PostgreSQL's words.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Conflict {
    /// Somebody committed a new version of a row that this transaction wants to write.
    #[error("could not serialize access due to concurrent update")]
    ConcurrentUpdate,
    /// Somebody committed into what this transaction has read.
    #[error("could not serialize access due to read/write dependencies among transactions")]
    ReadWriteDependency,
    /// The transaction is so old that the record of commits since its snapshot was dropped to save memory.
    #[error("could not serialize access: the transaction's snapshot is too old to be validated")]
    SnapshotTooOld,
}

/// One arrow of a deadlock: `waiter` wants `mode` on a key and `holder` is in its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WaitEdge {
    /// Who waits.
    pub waiter: TxnId,
    /// What it wants.
    pub mode: LockMode,
    /// Where.
    pub space: SpaceId,
    /// On which key.
    pub key: Vec<u8>,
    /// Who holds or asked for a conflicting lock before.
    pub holder: TxnId,
}
