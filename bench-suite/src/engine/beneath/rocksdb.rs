//! RocksDB without versions, as an engine under a log of its own would use it: vinyl's settings, no log.

use std::path::Path;

use cairn_engine_api::Direction;
use cairn_vinyl::{VinylConfig, bare_options};
use rocksdb::{DB, Direction as Way, IteratorMode, WriteBatch, WriteOptions};

use crate::engine::{RowKey, Store};

/// A database.
pub(crate) struct BareRocksDb {
    db: DB,
    unlogged: WriteOptions,
}

impl BareRocksDb {
    /// A new database with these settings.
    pub(crate) fn open(directory: &Path, config: &VinylConfig) -> Self {
        let mut unlogged = WriteOptions::default();
        unlogged.disable_wal(true);
        Self { db: DB::open(&bare_options(config), directory).expect("a new database opens"), unlogged }
    }

    fn write(&self, batch: WriteBatch) {
        self.db.write_opt(batch, &self.unlogged).expect("RocksDB writes");
    }
}

impl Store for BareRocksDb {
    fn put(&mut self, rows: &[(RowKey, [u8; 100])]) {
        let mut batch = WriteBatch::default();
        rows.iter().for_each(|(key, row)| batch.put(key, row));
        self.write(batch);
    }

    fn delete(&mut self, keys: &[RowKey]) {
        let mut batch = WriteBatch::default();
        keys.iter().for_each(|key| batch.delete(key));
        self.write(batch);
    }

    fn get(&self, key: &RowKey, out: &mut Vec<u8>) -> bool {
        let row = self.db.get_pinned(key).expect("RocksDB reads");
        row.is_some_and(|row| {
            out.extend_from_slice(&row);
            true
        })
    }

    fn scan(&self, from: &RowKey, rows: usize, direction: Direction) -> (usize, usize) {
        let way = match direction {
            Direction::Forward => Way::Forward,
            Direction::Backward => Way::Reverse,
        };
        let found = self.db.iterator(IteratorMode::From(from, way)).take(rows);
        found.fold((0, 0), |(seen, bytes), row| (seen + 1, bytes + row.expect("RocksDB reads").1.len()))
    }

    fn settle(&mut self) {
        self.db.flush().expect("RocksDB flushes");
    }
}
