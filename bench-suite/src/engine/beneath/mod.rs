//! Stores that are beneath our own engines: what the engine adds is the difference.

mod redb;
mod rocksdb;

pub(super) use redb::BareRedb;
pub(super) use rocksdb::BareRocksDb;
