//! The RocksDB database, the two records that the engine keeps in it, and the locks around them.
//!
//! Lock order: `writer`, then `catalog`. Reads take `catalog` alone, for one lookup.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use cairn_engine_api::{EngineError, LogIndex, Persisted, Timestamp};
use rocksdb::properties::ESTIMATE_NUM_KEYS;
use rocksdb::statistics::Ticker;
use rocksdb::{ColumnFamily, ColumnFamilyDescriptor, DB, Options, ReadOptions, WriteBatch, WriteOptions};

use crate::catalog::Catalog;
use crate::config::VinylConfig;
use crate::erase::Erased;
use crate::error::library;
use crate::full::Full;
use crate::keys::{APPLIED, CATALOG, NEWEST, OWN};
use crate::{format, tuning};

/// The engine's own records: the last batch and the catalog.
const OWN_RECORDS: u64 = 2;

/// An open database.
pub(crate) struct Store {
    pub(crate) db: DB,
    /// Kept for its statistics.
    options: Options,
    /// The numbers whose rows compactions erase.
    pub(crate) erased: Arc<Erased>,
    catalog: RwLock<Catalog>,
    /// The last batch applied. Whoever writes to the database holds this lock.
    writer: Mutex<Persisted>,
    /// What a flush has covered.
    persisted: Mutex<Persisted>,
    full: Full,
    /// RocksDB's watermark, and the timestamp of the last batch, when the database was opened.
    opened: (Timestamp, Timestamp),
}

/// What RocksDB counted while answering reads, since the engine was opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ReadCounters {
    /// Files that a bloom filter spared a read by key.
    pub filtered: u64,
    /// Files that a bloom filter let through.
    pub passed: u64,
    /// Blocks found in the block cache.
    pub cache_hits: u64,
    /// Blocks read from disk.
    pub cache_misses: u64,
}

impl Store {
    /// Opens or creates the database in `directory`.
    pub(crate) fn open(config: &VinylConfig, directory: &Path) -> Result<Self, EngineError> {
        config.check()?;
        format::claim(directory)?;
        let context = format!("open vinyl in {}", directory.display());
        let erased = Arc::new(Erased::default());
        let options = tuning::options(config, erased.clone()).map_err(|error| library(&context, error))?;
        let family = ColumnFamilyDescriptor::new(rocksdb::DEFAULT_COLUMN_FAMILY_NAME, options.clone());
        let db = DB::open_cf_descriptors(&options, directory, [family]).map_err(|error| library(&context, error))?;
        let catalog = read_catalog(&db, directory)?;
        let applied = read_applied(&db, directory)?;
        let store = Self {
            db,
            options,
            erased,
            catalog: RwLock::new(catalog),
            writer: Mutex::new(applied),
            persisted: Mutex::new(applied),
            full: Full::default(),
            opened: (Timestamp::ZERO, applied.at),
        };
        let watermark = store.watermark()?;
        Ok(Self { opened: (watermark, applied.at), ..store })
    }

    /// The timestamp to read at for a read at `at`. RocksDB keeps its watermark on disk at once, the log its records when it
    /// is synced: after a crash that lost the log's end, the newest commit can be older than the watermark. Nothing was
    /// written in between, so reading at the watermark answers the same, and RocksDB allows it.
    pub(crate) fn readable(&self, at: Timestamp) -> Timestamp {
        let (watermark, newest) = self.opened;
        if at < watermark && at >= newest { watermark } else { at }
    }

    /// New batches come above this timestamp: [`Self::readable`] holds only while nothing is written below the watermark.
    pub(crate) fn floor(&self) -> Timestamp {
        self.opened.0
    }

    /// The one column family: rows and records in one, so that they reach the disk in the order of the batches.
    pub(crate) fn family(&self) -> &ColumnFamily {
        self.db.cf_handle(rocksdb::DEFAULT_COLUMN_FAMILY_NAME).expect("it was named when the database was opened")
    }

    pub(crate) fn catalog(&self) -> RwLockReadGuard<'_, Catalog> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a write. There is one writer at a time.
    pub(crate) fn write(&self) -> Writing<'_> {
        let applied = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Writing { store: self, applied, batch: WriteBatch::default(), catalog: None }
    }

    pub(crate) fn persisted(&self) -> Persisted {
        *self.persisted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes everything written so far survive a crash.
    pub(crate) fn flush(&self) -> Result<Persisted, EngineError> {
        let covered = *self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.full.guard(|| self.db.flush().map_err(|error| library("flush vinyl", error)))?;
        let mut persisted = self.persisted.lock().unwrap_or_else(PoisonError::into_inner);
        if persisted.index < covered.index {
            *persisted = covered;
        }
        Ok(*persisted)
    }

    /// The timestamp below which superseded versions may be dropped.
    pub(crate) fn watermark(&self) -> Result<Timestamp, EngineError> {
        let context = "read vinyl's watermark";
        let bytes = self.db.get_full_history_ts_low(self.family()).map_err(|error| library(context, error))?;
        Ok(bytes.first_chunk().map_or(Timestamp::ZERO, |bytes| Timestamp(u64::from_le_bytes(*bytes))))
    }

    /// Lets superseded versions below `watermark` go from now on.
    pub(crate) fn raise_watermark(&self, watermark: Timestamp) -> Result<(), EngineError> {
        if watermark <= self.watermark()? {
            return Ok(());
        }
        let bytes = watermark.0.to_le_bytes();
        self.db
            .increase_full_history_ts_low(self.family(), bytes)
            .map_err(|error| library("raise vinyl's watermark", error))
    }

    /// About how many versions of rows there are.
    pub(crate) fn entries(&self) -> u64 {
        self.number(ESTIMATE_NUM_KEYS).saturating_sub(OWN_RECORDS)
    }

    /// A property of the database; 0 where RocksDB has no such number.
    pub(crate) fn number(&self, property: &rocksdb::properties::PropName) -> u64 {
        self.db.property_int_value(property).ok().flatten().unwrap_or(0)
    }

    pub(crate) fn read_counters(&self) -> ReadCounters {
        let count = |ticker| self.options.get_ticker_count(ticker);
        ReadCounters {
            filtered: count(Ticker::BloomFilterUseful),
            passed: count(Ticker::BloomFilterFullPositive),
            cache_hits: count(Ticker::BlockCacheHit),
            cache_misses: count(Ticker::BlockCacheMiss),
        }
    }
}

/// A write that is being put together. Dropped without [`Writing::finish`], it leaves nothing behind.
pub(crate) struct Writing<'s> {
    store: &'s Store,
    applied: MutexGuard<'s, Persisted>,
    batch: WriteBatch,
    /// The catalog after this write, when the write changes it.
    catalog: Option<Catalog>,
}

impl Writing<'_> {
    /// The last batch applied before this write.
    pub(crate) fn applied(&self) -> Persisted {
        *self.applied
    }

    /// Asks the catalog as this write leaves it.
    pub(crate) fn with_catalog<T>(&self, ask: impl FnOnce(&Catalog) -> T) -> T {
        match &self.catalog {
            Some(changed) => ask(changed),
            None => ask(&self.store.catalog()),
        }
    }

    /// The catalog for changing.
    pub(crate) fn change_catalog(&mut self) -> &mut Catalog {
        self.catalog.get_or_insert_with(|| self.store.catalog().clone())
    }

    pub(crate) fn put(&mut self, stored: &[u8], at: Timestamp, value: &[u8]) {
        self.batch.put_cf_with_ts(self.store.family(), stored, at.0.to_le_bytes(), value);
    }

    pub(crate) fn delete(&mut self, stored: &[u8], at: Timestamp) {
        self.batch.delete_cf_with_ts(self.store.family(), stored, at.0.to_le_bytes());
    }

    /// Writes everything at once, together with the records of `applied` and of a changed catalog.
    pub(crate) fn finish(mut self, applied: Persisted) -> Result<(), EngineError> {
        let family = self.store.family();
        let record = [applied.index.0.to_le_bytes(), applied.at.0.to_le_bytes()].concat();
        self.batch.put_cf_with_ts(family, APPLIED, OWN, record);
        if let Some(catalog) = &self.catalog {
            self.batch.put_cf_with_ts(family, CATALOG, OWN, catalog.encode());
        }
        let mut options = WriteOptions::default();
        options.disable_wal(true);
        let written = self.store.db.write_opt(self.batch, &options);
        written.map_err(|error| library(&format!("write batch {} to vinyl", applied.index.0), error))?;
        *self.applied = applied;
        if let Some(changed) = self.catalog {
            *self.store.catalog.write().unwrap_or_else(PoisonError::into_inner) = changed;
        }
        Ok(())
    }
}

fn read_own(db: &DB, key: &[u8], directory: &Path) -> Result<Option<Vec<u8>>, EngineError> {
    let mut options = ReadOptions::default();
    options.set_timestamp(NEWEST);
    db.get_opt(key, &options).map_err(|error| library(&format!("read vinyl's state in {}", directory.display()), error))
}

fn read_catalog(db: &DB, directory: &Path) -> Result<Catalog, EngineError> {
    let Some(bytes) = read_own(db, CATALOG, directory)? else { return Ok(Catalog::default()) };
    Catalog::decode(&bytes).ok_or_else(|| corrupt(directory, "list of spaces"))
}

fn read_applied(db: &DB, directory: &Path) -> Result<Persisted, EngineError> {
    let Some(bytes) = read_own(db, APPLIED, directory)? else { return Ok(Persisted::default()) };
    match bytes.as_chunks::<8>() {
        ([index, at], []) => {
            let [index, at] = [index, at].map(|word| u64::from_le_bytes(*word));
            Ok(Persisted { index: LogIndex(index), at: Timestamp(at) })
        }
        _ => Err(corrupt(directory, "index of the last batch")),
    }
}

fn corrupt(directory: &Path, what: &str) -> EngineError {
    EngineError::Corrupt(format!("the {what} in {} is damaged", PathBuf::from(directory).display()))
}
