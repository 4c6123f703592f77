//! Recovery: records from the log go to the engines before service starts.

use cairn_base::{EngineCode, LogIndex, Timestamp};
use cairn_engine_api::{Persisted, Stamp};

use super::Shard;
use crate::record::{self, ApplyError, RecordError, RecordView};
use crate::snapshots::Snapshot;
use crate::window::Window;

/// A record could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Not a record, or an engine failed.
    #[error("replay record {}: {source}", index.0)]
    Apply {
        /// The record's place.
        index: LogIndex,
        /// What went wrong.
        #[source]
        source: ApplyError,
    },
    /// Records must come in log order with rising timestamps.
    #[error("record {} at {} does not follow record {} at {}", index.0, at.0, last.index.0, last.at.0)]
    Order {
        /// The record's place.
        index: LogIndex,
        /// The record's timestamp.
        at: Timestamp,
        /// What was replayed before.
        last: Persisted,
    },
    /// An engine kept records that the log has lost. New records would get their places, and the engine would take
    /// them for what it already has.
    #[error(
        "engine {} has applied record {}, but the log ends at record {}: the log has lost its tail",
        engine.0, applied.index.0, last.index.0
    )]
    EngineAhead {
        /// The engine.
        engine: EngineCode,
        /// What it has.
        applied: Persisted,
        /// Where the log ends.
        last: Persisted,
    },
}

impl Shard {
    /// Applies one record of the log to the engines that lack it, slow ones too (this blocks), and moves the clock past
    /// it. Records come in log order, before the first transaction; those that an engine already has are skipped by
    /// that engine.
    pub fn replay(&mut self, record: &[u8], index: LogIndex) -> Result<(), ReplayError> {
        assert!(self.last_txn == 0, "recovery comes before the first transaction");
        let failed = |source| ReplayError::Apply { index, source };
        let at = RecordView::parse(record).map_err(|error: RecordError| failed(error.into()))?.at();
        if index <= self.last.index || at <= self.last.at {
            let last = self.durable_point();
            return Err(ReplayError::Order { index, at, last });
        }
        let stamp = Stamp { at, index, watermark: self.last.at };
        for (code, registered) in self.engines.slots() {
            if registered.engine.persisted().index < index {
                record::apply(registered.engine.as_ref(), code, record, stamp).map_err(failed)?;
            }
        }
        self.last = Snapshot { at, index };
        (self.acknowledged, self.durable) = (self.last, self.last);
        for progress in &mut self.progress {
            progress.applied = Persisted { index, at };
        }
        self.window = Window::new(at, self.config.window_keys_max);
        Ok(())
    }

    /// The log has no more records: checks that no engine is ahead of it. Call it before the first transaction.
    pub fn finish_recovery(&self) -> Result<(), ReplayError> {
        let last = self.durable_point();
        for (engine, registered) in self.engines.slots() {
            let applied = registered.engine.persisted();
            if applied.index > last.index || applied.at > last.at {
                return Err(ReplayError::EngineAhead { engine, applied, last });
            }
        }
        Ok(())
    }
}
