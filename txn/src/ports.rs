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
    /// A record that was refused with [`Fate::DidNotHappen`] will never take effect and the log stays usable; with any
    /// other fate the shard stops.
    fn submit(&mut self, record: &[u8]) -> Result<LogIndex, CommitLogError>;
}

/// The log did not take a record.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct CommitLogError {
    /// The log's words.
    pub reason: String,
    /// Can the record still take effect?
    pub fate: Fate,
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
