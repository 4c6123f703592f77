//! redb without versions, unsynced.

use std::path::Path;

use cairn_engine_api::Direction;
use redb::{Database, Durability, ReadableDatabase, TableDefinition};

use crate::engine::{RowKey, Store};

const ROWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("rows");

/// A database.
pub(crate) struct BareRedb(Database);

impl BareRedb {
    /// A new database in a directory.
    pub(crate) fn open(directory: &Path) -> Self {
        let mut store = Self(Database::create(directory.join("rows.redb")).expect("a new file opens"));
        // Makes the table.
        store.put(&[]);
        store
    }

    fn write(&self, durability: Durability, work: impl FnOnce(&mut redb::Table<'_, &'static [u8], &'static [u8]>)) {
        let mut transaction = self.0.begin_write().expect("redb writes");
        transaction.set_durability(durability).expect("a new transaction takes it");
        work(&mut transaction.open_table(ROWS).expect("the table opens"));
        transaction.commit().expect("redb commits");
    }
}

impl Store for BareRedb {
    fn put(&mut self, rows: &[(RowKey, [u8; 100])]) {
        self.write(Durability::None, |table| {
            for (key, row) in rows {
                table.insert(key.as_slice(), row.as_slice()).expect("redb writes");
            }
        });
    }

    fn delete(&mut self, keys: &[RowKey]) {
        self.write(Durability::None, |table| {
            for key in keys {
                table.remove(key.as_slice()).expect("redb writes");
            }
        });
    }

    fn get(&self, key: &RowKey, out: &mut Vec<u8>) -> bool {
        let snapshot = self.0.begin_read().expect("redb reads");
        let table = snapshot.open_table(ROWS).expect("the table opens");
        table.get(key.as_slice()).expect("redb reads").is_some_and(|row| {
            out.extend_from_slice(row.value());
            true
        })
    }

    fn scan(&self, from: &RowKey, rows: usize, direction: Direction) -> (usize, usize) {
        let snapshot = self.0.begin_read().expect("redb reads");
        let table = snapshot.open_table(ROWS).expect("the table opens");
        let add = |(seen, bytes): (usize, usize), row: &[u8]| (seen + 1, bytes + row.len());
        match direction {
            Direction::Forward => table
                .range(from.as_slice()..)
                .expect("redb reads")
                .take(rows)
                .fold((0, 0), |seen, row| add(seen, row.expect("redb reads").1.value())),
            Direction::Backward => table
                .range(..=from.as_slice())
                .expect("redb reads")
                .rev()
                .take(rows)
                .fold((0, 0), |seen, row| add(seen, row.expect("redb reads").1.value())),
        }
    }

    fn settle(&mut self) {
        self.write(Durability::Immediate, |_| {});
    }
}
