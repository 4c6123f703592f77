//! What this crate asks of others: a log to submit records to, and a hand that applies batches to slow engines.

use std::sync::Arc;

use cairn_base::{EngineCode, Fate, LogIndex};
use cairn_engine_api::Stamp;

/// The commit log of one core. Today the write-ahead log, later a Raft group.
pub trait CommitLog {
    /// Takes one record, to be made durable after all earlier ones. Only buffers: never blocks, never waits for a disk.
    /// Answers the record's place; places rise but may have gaps. Durability is reported by whoever drives the log, through
    /// [`Shard::durable`](crate::Shard::durable).
    ///
    /// A record that was refused will never take effect and the log stays usable; when the log has failed, the shard stops.
    fn submit(&mut self, record: &[u8]) -> Result<LogIndex, CommitLogError>;
}

/// The log did not take a record. The texts are the log's words.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CommitLogError {
    /// There is no space for it now. It will never take effect; the log goes on.
    #[error("{0}")]
    Full(String),
    /// This record cannot be taken, and will never take effect; the log goes on.
    #[error("{0}")]
    Refused(String),
    /// The log has failed. It takes nothing any more.
    #[error("{reason}")]
    Failed {
        /// The log's words.
        reason: String,
        /// Can the record still take effect?
        fate: Fate,
    },
}

/// Applies durable records to engines whose `apply` may take long
/// ([`Capabilities::slow_apply`](cairn_engine_api::Capabilities::slow_apply)), one thread per engine, in the order given.
/// The thread calls [`record::apply`](crate::record::apply); when it is done the core calls
/// [`Shard::applied`](crate::Shard::applied).
pub trait Applier {
    /// Queues the part of `record` that belongs to `engine`. Never blocks.
    fn submit(&mut self, record: Arc<[u8]>, engine: EngineCode, stamp: Stamp);
}

/// For shards without slow engines. Panics when it is given work: a slow engine without an applier is a wiring error.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoApplier;

impl Applier for NoApplier {
    fn submit(&mut self, _: Arc<[u8]>, engine: EngineCode, _: Stamp) {
        panic!("engine {} applies slowly, but the shard was built without an applier", engine.0);
    }
}
