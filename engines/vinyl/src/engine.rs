//! The engine: RocksDB behind the contract.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cairn_engine_api::{
    Admission, Admit, Capabilities, Cursor, Direction, Engine, EngineError, EngineStats, KeyRange, Op, Persisted,
    ResidentRead, SpaceId, SpaceOptions, Stamp, Timestamp,
};
use rocksdb::properties::{CUR_SIZE_ALL_MEM_TABLES, ESTIMATE_TABLE_READERS_MEM, LIVE_SST_FILES_SIZE};

use crate::admission::Pressure;
use crate::collector::Collector;
use crate::config::VinylConfig;
use crate::cursor;
use crate::garbage::{self, Garbage};
use crate::keys::Number;
use crate::reads::{self, Depth};
use crate::store::{ReadCounters, Store, Writing};

/// A space of so few rows is counted, not estimated.
const COUNTED_ROWS: u64 = 1000;

/// The LSM engine. See the crate documentation for the model.
pub struct Vinyl {
    // Declared first, dropped first: its thread uses the store.
    collector: Collector,
    store: Arc<Store>,
    pressure: Pressure,
    /// The last batch found the disk full.
    disk_is_full: AtomicBool,
    /// Of so many operations one is looked at for the garbage it makes.
    look_one_in: u64,
    directory: PathBuf,
    statistics: bool,
}

impl Vinyl {
    /// Opens the engine in `directory`, which is created when it is missing. One process may have it open at a time.
    ///
    /// Fails with [`EngineError::BadOption`] for a setting below its minimum, [`EngineError::Format`] for a directory of a
    /// newer build or of somebody else, [`EngineError::Corrupt`] for damaged files.
    pub fn open(config: VinylConfig, directory: &Path) -> Result<Self, EngineError> {
        let store = Arc::new(Store::open(&config, directory)?);
        let collector = Collector::start(store.clone(), config.collect_versions_min)?;
        Ok(Self {
            collector,
            store,
            pressure: Pressure::new(config.write_buffers_max),
            disk_is_full: AtomicBool::new(false),
            look_one_in: garbage::one_in(config.collect_versions_min),
            directory: directory.to_owned(),
            statistics: config.statistics,
        })
    }

    /// How reads were served since the engine was opened; `None` unless [`VinylConfig::statistics`] is on.
    pub fn read_counters(&self) -> Option<ReadCounters> {
        self.statistics.then(|| self.store.read_counters())
    }

    /// The counters of one space, estimated from its share of the files.
    fn space_stats(&self, number: Number, all: EngineStats, spaces: usize) -> EngineStats {
        let (start, end) = (number.start(), number.end());
        let bytes = self.store.db.get_approximate_sizes(&[rocksdb::Range::new(&start, &end)])[0];
        // With nothing on disk yet, all spaces are taken for equal.
        let (part, whole) = if all.disk_bytes == 0 { (1, spaces as u64) } else { (bytes, all.disk_bytes.max(bytes)) };
        let share = |count: u64| (u128::from(count) * u128::from(part)).div_ceil(u128::from(whole.max(1))) as u64;
        // Files are measured in blocks, and know nothing of what is in memory only.
        let rows = match share(all.rows) {
            rows if rows < COUNTED_ROWS => cursor::count(&self.store, number, COUNTED_ROWS),
            rows => rows,
        };
        EngineStats {
            rows,
            versions: share(all.versions).max(rows),
            memory_bytes: share(all.memory_bytes),
            disk_bytes: bytes,
        }
    }

    fn all_stats(&self, spaces: usize) -> EngineStats {
        let versions = if spaces == 0 { 0 } else { self.store.entries() };
        EngineStats {
            rows: versions,
            versions,
            memory_bytes: self.store.number(CUR_SIZE_ALL_MEM_TABLES)
                + self.store.number(ESTIMATE_TABLE_READERS_MEM)
                + self.store.number(rocksdb::properties::BLOCK_CACHE_USAGE),
            disk_bytes: self.store.number(LIVE_SST_FILES_SIZE),
        }
    }
}

impl fmt::Debug for Vinyl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vinyl").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// A batch on its way into a write.
struct Applying<'s> {
    store: &'s Store,
    writing: Writing<'s>,
    garbage: Garbage,
    at: Timestamp,
    /// The stored key of the operation at hand.
    stored: Vec<u8>,
}

impl Applying<'_> {
    fn add(&mut self, op: &Op<'_>) -> Result<(), EngineError> {
        match op {
            Op::CreateSpace { space, .. } => self.writing.change_catalog().create(*space).map(drop),
            Op::DropSpace { space } => {
                self.writing.change_catalog().drop_space(*space, self.at);
                Ok(())
            }
            Op::Put { space, key, value } => {
                self.place(*space, key)?;
                self.garbage.put(|| reads::may_hold(self.store, &self.stored, self.at));
                self.writing.put(&self.stored, self.at, value);
                Ok(())
            }
            Op::Delete { space, key } => {
                self.place(*space, key)?;
                self.garbage.delete(|| reads::may_hold(self.store, &self.stored, self.at));
                self.writing.delete(&self.stored, self.at);
                Ok(())
            }
        }
    }

    fn place(&mut self, space: SpaceId, key: &[u8]) -> Result<(), EngineError> {
        self.writing.with_catalog(|catalog| catalog.find(space))?.store(key, &mut self.stored);
        Ok(())
    }
}

impl Engine for Vinyl {
    fn validate(&self, options: &SpaceOptions) -> Result<(), EngineError> {
        match options.settings.first() {
            None => Ok(()),
            Some((name, _)) => Err(EngineError::BadOption(format!(
                "unrecognized parameter \"{name}\": vinyl is configured for the whole engine, not per table"
            ))),
        }
    }

    fn apply(&self, ops: &[Op<'_>], stamp: Stamp) -> Result<(), EngineError> {
        let writing = self.store.write();
        if stamp.index <= writing.applied().index {
            return Ok(());
        }
        let garbage = Garbage::of(stamp.index, self.look_one_in);
        let mut batch = Applying { store: &self.store, writing, garbage, at: stamp.at, stored: Vec::new() };
        for op in ops {
            batch.add(op)?;
        }
        let Applying { writing, garbage, .. } = batch;
        let written = writing.finish(Persisted { index: stamp.index, at: stamp.at });
        self.disk_is_full.store(matches!(written, Err(EngineError::NoSpace { .. })), Ordering::Relaxed);
        written?;
        self.collector.superseded(stamp.at, garbage.versions());
        Ok(())
    }

    fn get(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError> {
        reads::get(&self.store, space, key, at, Depth::Disk, out)
    }

    fn scan<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        cursor::open(&self.store, space, range, at, direction, Depth::Disk)
    }

    fn persisted(&self) -> Persisted {
        self.store.persisted()
    }

    fn checkpoint(&self, upto: Persisted, progress: &dyn Fn(u64)) -> Result<Persisted, EngineError> {
        let writing = self.store.write();
        if writing.applied().index < upto.index {
            writing.finish(upto)?;
        } else {
            drop(writing);
        }
        let persisted = self.store.flush()?;
        progress(self.store.entries());
        Ok(persisted)
    }

    fn collect(&self, watermark: Timestamp) -> Result<bool, EngineError> {
        self.collector.collect(watermark)
    }

    fn stats(&self, space: Option<SpaceId>) -> EngineStats {
        let (spaces, number) = {
            let catalog = self.store.catalog();
            (catalog.live().len(), space.map(|space| catalog.find(space)))
        };
        let all = self.all_stats(spaces);
        match number {
            None => all,
            Some(Ok(number)) => self.space_stats(number, all, spaces),
            Some(Err(_)) => EngineStats::default(),
        }
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities { resident: Some(self), admission: Some(self), slow_apply: true, floor: self.store.floor() }
    }
}

impl ResidentRead for Vinyl {
    fn get_resident(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError> {
        reads::get(&self.store, space, key, at, Depth::Memory, out)
    }

    fn scan_resident<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        cursor::open(&self.store, space, range, at, direction, Depth::Memory)
    }
}

impl Admission for Vinyl {
    /// `Later` while RocksDB slows or stops its writers. Never `Full`: the limit is the disk.
    fn admit(&self, _bytes: u64) -> Admit {
        if self.disk_is_full.load(Ordering::Relaxed) {
            return Admit::NoSpace;
        }
        if self.pressure.is_behind(&self.store) { Admit::Later } else { Admit::Yes }
    }
}
