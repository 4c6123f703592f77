//! fjall: an LSM tree in Rust. Its journal is not synced.

use std::path::Path;

use cairn_bench_suite::engine::{RowKey, Store};
use cairn_engine_api::Direction;
use fjall::{Database, Keyspace, KeyspaceCreateOptions};

/// All rows fit.
const CACHE_BYTES: u64 = 512 << 20;

/// A database with one keyspace.
pub(crate) struct Fjall {
    database: Database,
    rows: Keyspace,
}

impl Fjall {
    /// A new database in a directory.
    pub(crate) fn open(directory: &Path) -> Self {
        let database = Database::builder(directory.join("fjall"))
            .cache_size(CACHE_BYTES)
            .manual_journal_persist(true)
            .open()
            .expect("a new database opens");
        let rows = database.keyspace("rows", KeyspaceCreateOptions::default).expect("a new keyspace opens");
        Self { database, rows }
    }
}

impl Store for Fjall {
    fn put(&mut self, rows: &[(RowKey, [u8; 100])]) {
        let mut batch = self.database.batch();
        for (key, row) in rows {
            batch.insert(&self.rows, key.as_slice(), row.as_slice());
        }
        batch.commit().expect("fjall writes");
    }

    fn delete(&mut self, keys: &[RowKey]) {
        let mut batch = self.database.batch();
        for key in keys {
            batch.remove(&self.rows, key.as_slice());
        }
        batch.commit().expect("fjall writes");
    }

    fn get(&self, key: &RowKey, out: &mut Vec<u8>) -> bool {
        let row = self.rows.get(key).expect("fjall reads");
        row.is_some_and(|row| {
            out.extend_from_slice(&row);
            true
        })
    }

    fn scan(&self, from: &RowKey, rows: usize, direction: Direction) -> (usize, usize) {
        let add = |(seen, bytes): (usize, usize), row: fjall::Guard| {
            (seen + 1, bytes + row.into_inner().expect("fjall reads").1.len())
        };
        match direction {
            Direction::Forward => self.rows.range(from.as_slice()..).take(rows).fold((0, 0), add),
            Direction::Backward => self.rows.range(..=from.as_slice()).rev().take(rows).fold((0, 0), add),
        }
    }

    fn settle(&mut self) {
        self.rows.major_compact().expect("fjall compacts");
    }
}
