//! # cairn-vinyl: tables larger than memory, on RocksDB
//!
//! Vinyl keeps what [`cairn_engine_api::Engine`] asks for in one RocksDB database. RocksDB is the map from bytes to bytes
//! on disk; versions, recovery and collection follow Cairn's contract.
//!
//! ```text
//!   applier thread                     any thread                           the core
//!        | apply(batch)                    | get, scan                          | get_resident, scan_resident
//!        v                                 v                                    v
//!   +-----------------------------------------------------+        +------------------------------+
//!   |  memtables (no RocksDB log)  ->  block cache  ->  SST files  |   memtables -> block cache -> NotResident
//!   +-----------------------------------------------------+        +------------------------------+
//!        ^  one WriteBatch: rows at the commit timestamp + "applied up to index n"
//! ```
//!
//! **Stored keys.** A space gets an internal number when it is created, never used again (`catalog`); a row's stored key is
//! that number (4 bytes, big-endian) and the user's key. The commit timestamp is RocksDB's *user-defined timestamp* with the
//! built-in 64-bit comparator, so versions, reads at a timestamp, both scan directions and the dropping of old versions in
//! compactions are RocksDB's own tested code. `docs/decisions/vinyl-versions.md` has the measurement behind that choice.
//!
//! **No log of its own.** The shared log has every batch already. What a crash leaves is a prefix of the batches: all of
//! them go through the memtables of one column family, those reach disk in order, and each batch carries the record of its
//! index. After a restart that record says from where to replay. [`Engine::checkpoint`] is a flush.
//!
//! **Bloom filters** are over stored keys without timestamps, so a point read at any timestamp is filtered.
//!
//! **A core never waits for this engine's disk.** Reads on the core use [`ResidentRead`]: memtables and block cache only.
//! `apply` may stall behind compactions, so it runs on the engine's applier thread, and [`Admission`] slows writers of this
//! engine alone.
//!
//! **Collection.** [`Engine::collect`] raises the timestamp below which RocksDB may drop superseded versions, and from time to
//! time has a background thread rewrite all files (`collector` tells when). Every other compaction drops old versions too.
//! A tombstone goes only when its compaction sees that nothing older lies below it: RocksDB's rule, not ours.
//!
//! **Estimates.** `stats` counts entries, so `rows` and `versions` are equal, include versions that wait for collection, and
//! one record per batch that was not flushed yet. A space's share is that of its files; below a thousand its rows are counted,
//! since a planner that takes a small table for an empty one joins large tables in the wrong order.
//!
//! What is missing: per-table settings (`WITH (...)` is refused, not ignored), bulk ingestion of sorted files, a row cache,
//! separate storage of large values. Garbage below a fifth of the data stays until more has gathered.
//!
//! [`Engine`]: cairn_engine_api::Engine
//! [`Engine::checkpoint`]: cairn_engine_api::Engine::checkpoint
//! [`Engine::collect`]: cairn_engine_api::Engine::collect
//! [`ResidentRead`]: cairn_engine_api::ResidentRead
//! [`Admission`]: cairn_engine_api::Admission

mod admission;
mod catalog;
mod collector;
mod config;
mod cursor;
mod engine;
mod erase;
mod error;
mod format;
mod full;
mod garbage;
mod keys;
mod policy;
mod reads;
mod store;
mod tuning;

use cairn_engine_api::EngineCode;

pub use config::{Compression, VinylConfig};
pub use engine::Vinyl;
pub use store::ReadCounters;
pub use tuning::bare_options;

/// The code of this engine in every space id. Written to disk: it never changes.
pub const VINYL_CODE: EngineCode = EngineCode(2);
