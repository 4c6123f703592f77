//! Erases the rows of dropped spaces while RocksDB rewrites its files.
//!
//! A number enters the set only after the drop itself was flushed: then no crash can bring the space back without its rows.
//! Numbers are never used twice, so whatever carries one of them is garbage for good.

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::sync::{Arc, Mutex, PoisonError};

use rocksdb::CompactionDecision;
use rocksdb::compaction_filter::CompactionFilter;
use rocksdb::compaction_filter_factory::{CompactionFilterContext, CompactionFilterFactory};

use crate::keys::Number;

const NAME: &CStr = c"cairn-vinyl-dropped-spaces";

/// The numbers of spaces whose drop will survive a crash.
#[derive(Debug, Default)]
pub(crate) struct Erased(Mutex<Arc<BTreeSet<Number>>>);

impl Erased {
    /// Replaces the set. Compactions that already run go on with the old one.
    pub(crate) fn set(&self, numbers: BTreeSet<Number>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(numbers);
    }

    fn get(&self) -> Arc<BTreeSet<Number>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Gives each compaction the set as it is when the compaction starts.
pub(crate) struct EraseFactory(pub(crate) Arc<Erased>);

impl CompactionFilterFactory for EraseFactory {
    type Filter = Eraser;

    fn create(&mut self, _context: CompactionFilterContext) -> Eraser {
        Eraser(self.0.get())
    }

    fn name(&self) -> &CStr {
        NAME
    }
}

/// The filter of one compaction.
pub(crate) struct Eraser(Arc<BTreeSet<Number>>);

impl CompactionFilter for Eraser {
    fn filter(&mut self, _level: u32, stored: &[u8], _value: &[u8]) -> CompactionDecision {
        // The engine's own records carry a timestamp of zeros here and read as number 0, which no space has.
        match Number::of(stored) {
            Some(number) if self.0.contains(&number) => CompactionDecision::Remove,
            _ => CompactionDecision::Keep,
        }
    }

    fn name(&self) -> &CStr {
        NAME
    }
}
