//! LMDB: a memory-mapped copy-on-write B-tree, not synced.

use std::ops::Bound;
use std::path::Path;

use cairn_bench_suite::engine::{RowKey, Store};
use cairn_engine_api::Direction;
use heed::types::Bytes;
use heed::{Database, Env, EnvFlags, EnvOpenOptions};

/// The most that the file may grow to.
const MAP_BYTES: usize = 8 << 30;

/// An environment with one database.
pub(crate) struct Lmdb {
    environment: Env,
    rows: Database<Bytes, Bytes>,
}

impl Lmdb {
    /// A new environment in a directory.
    pub(crate) fn open(directory: &Path) -> Self {
        let mut options = EnvOpenOptions::new();
        options.map_size(MAP_BYTES);
        #[expect(unsafe_code, reason = "heed marks flags and opening as unsafe")]
        // SAFETY: NO_SYNC can damage the file when the system crashes, and nobody reads it after that. The directory is
        // new and ours, so nobody else maps the file, and it is opened once in this process.
        let environment = unsafe {
            options.flags(EnvFlags::NO_SYNC);
            options.open(directory).expect("a new environment opens")
        };
        let mut transaction = environment.write_txn().expect("LMDB writes");
        let rows = environment.create_database(&mut transaction, None).expect("a new database opens");
        transaction.commit().expect("LMDB commits");
        Self { environment, rows }
    }
}

impl Store for Lmdb {
    fn put(&mut self, rows: &[(RowKey, [u8; 100])]) {
        let mut transaction = self.environment.write_txn().expect("LMDB writes");
        for (key, row) in rows {
            self.rows.put(&mut transaction, key, row).expect("LMDB writes");
        }
        transaction.commit().expect("LMDB commits");
    }

    fn delete(&mut self, keys: &[RowKey]) {
        let mut transaction = self.environment.write_txn().expect("LMDB writes");
        for key in keys {
            self.rows.delete(&mut transaction, key).expect("LMDB writes");
        }
        transaction.commit().expect("LMDB commits");
    }

    fn get(&self, key: &RowKey, out: &mut Vec<u8>) -> bool {
        let transaction = self.environment.read_txn().expect("LMDB reads");
        let row = self.rows.get(&transaction, key).expect("LMDB reads");
        row.is_some_and(|row| {
            out.extend_from_slice(row);
            true
        })
    }

    fn scan(&self, from: &RowKey, rows: usize, direction: Direction) -> (usize, usize) {
        let transaction = self.environment.read_txn().expect("LMDB reads");
        let add = |(seen, bytes): (usize, usize), row: heed::Result<(&[u8], &[u8])>| {
            (seen + 1, bytes + row.expect("LMDB reads").1.len())
        };
        let start: &[u8] = from;
        match direction {
            Direction::Forward => {
                let range = (Bound::Included(start), Bound::Unbounded);
                self.rows.range(&transaction, &range).expect("LMDB reads").take(rows).fold((0, 0), add)
            }
            Direction::Backward => {
                let range = (Bound::Unbounded, Bound::Included(start));
                self.rows.rev_range(&transaction, &range).expect("LMDB reads").take(rows).fold((0, 0), add)
            }
        }
    }

    fn settle(&mut self) {
        self.environment.force_sync().expect("LMDB syncs");
    }
}
