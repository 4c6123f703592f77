//! From durable to applied.

use std::rc::Rc;
use std::sync::Arc;

use cairn_base::{EngineCode, LogIndex, fault};
use cairn_engine_api::{Persisted, Stamp};

use super::{Progress, Shard};
use crate::event::Event;
use crate::record::{self, Record};
use crate::snapshots::Snapshot;

impl Shard {
    /// The log has everything up to `upto`, as far as clients were promised, but a crash of the system may still take it away:
    /// clients are answered, engines wait for [`Self::durable`]. So no engine ever keeps what the log can lose. Reports
    /// [`Event::Durable`].
    pub fn acknowledge(&mut self, upto: LogIndex) {
        if self.poisoned.is_some() || upto <= self.acknowledged.index {
            return;
        }
        let behind = self.unstable.partition_point(|record| record.index <= upto);
        let at = behind.checked_sub(1).map_or(self.acknowledged.at, |last| self.unstable[last].at);
        self.acknowledged = Snapshot { at, index: upto };
        self.events.push(Event::Durable(upto));
    }

    /// The log says that everything up to `upto` is durable. Applies what became durable to the engines of this core and
    /// hands it to the applier for the slow ones; reports [`Event::Durable`]. An engine that fails poisons the
    /// shard: what is committed cannot be refused any more.
    pub fn durable(&mut self, upto: LogIndex) {
        if self.poisoned.is_some() || upto <= self.durable.index {
            return;
        }
        let watermark = self.watermark();
        let mut at = self.durable.at;
        while let Some(record) = self.next_durable(upto) {
            at = record.at;
            let stamp = Stamp { at, index: record.index, watermark };
            if let Err(error) = self.deliver(&record, stamp) {
                return self.poison(format!("apply record {}: {error}", record.index.0));
            }
        }
        self.durable = Snapshot { at, index: upto };
        if self.acknowledged.index < upto {
            self.acknowledged = self.durable;
            self.events.push(Event::Durable(upto));
        }
        self.report_applied();
    }

    /// A slow engine has applied everything up to `index`.
    pub fn applied(&mut self, engine: EngineCode, index: LogIndex) {
        if self.poisoned.is_some() {
            return;
        }
        let Some(progress) = self.progress.get_mut(usize::from(engine.0)) else { return };
        while let Some(record) = progress.unapplied.pop_front_if(|record| record.index <= index) {
            progress.applied = Persisted { index: record.index, at: record.at };
            self.overlay.applied(&record, engine);
        }
        self.report_applied();
    }

    /// Is everything up to `index` durable and applied by all engines?
    pub fn is_applied(&self, index: LogIndex) -> bool {
        self.progress.iter().all(|progress| progress.unapplied.front().is_none_or(|oldest| oldest.index > index))
    }

    /// What `engine` may claim to hold after a checkpoint now: the newest durable record when it has applied all
    /// that concerns it, its own last one otherwise. This is the `upto` of
    /// [`Engine::checkpoint`](cairn_engine_api::Engine::checkpoint).
    pub fn checkpoint_point(&self, engine: EngineCode) -> Persisted {
        let durable = self.durable_point();
        match self.progress(engine) {
            Some(Progress { unapplied, applied }) => match unapplied.front() {
                Some(oldest) if oldest.index <= durable.index && !fault!(CheckpointClaimsTooMuch) => *applied,
                _ => durable,
            },
            None => durable,
        }
    }

    /// Everything up to here is applied by all engines.
    pub(super) fn applied_through(&self) -> LogIndex {
        let oldest = self.progress.iter().filter_map(|progress| progress.unapplied.front()).map(|record| record.index);
        oldest.min().map_or(self.last.index.max(self.durable.index), |oldest| LogIndex(oldest.0 - 1))
    }

    /// The next record to deliver, in log order.
    fn next_durable(&mut self, upto: LogIndex) -> Option<Rc<Record>> {
        let is_durable = |record: &mut Rc<Record>| record.index <= upto;
        if fault!(ApplyOutOfOrder) {
            return self.unstable.pop_back_if(is_durable);
        }
        self.unstable.pop_front_if(is_durable)
    }

    fn deliver(&mut self, record: &Rc<Record>, stamp: Stamp) -> Result<(), record::ApplyError> {
        for (code, registered) in self.engines.slots() {
            let progress = &mut self.progress[usize::from(code.0)];
            if registered.slow_apply {
                // Stays in the engine's queue until the applier reports it.
                if progress.concerns(record) {
                    self.applier.submit(Arc::clone(&record.bytes), code, stamp);
                    if fault!(OverlayForgetsEarly) {
                        self.overlay.applied(record, code);
                    }
                }
                continue;
            }
            if progress.unapplied.pop_front_if(|oldest| oldest.index == record.index).is_some() {
                record::apply(registered.engine.as_ref(), code, &record.bytes, stamp)?;
                progress.applied = Persisted { index: record.index, at: record.at };
                self.overlay.applied(record, code);
            }
        }
        Ok(())
    }

    fn report_applied(&mut self) {
        let wanted = self.apply_wanted.get();
        if wanted == LogIndex::ZERO {
            return;
        }
        let through = self.applied_through();
        if through >= wanted {
            self.apply_wanted.set(LogIndex::ZERO);
            self.busy_retry.set(None);
        }
        self.events.push(Event::Applied(through));
    }
}

impl Progress {
    /// Does this engine still have to apply `record`?
    fn concerns(&self, record: &Record) -> bool {
        self.unapplied.binary_search_by_key(&record.index, |queued| queued.index).is_ok()
    }
}
