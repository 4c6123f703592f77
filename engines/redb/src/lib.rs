//! # cairn-redb: an engine over redb, to show what a third engine takes
//!
//! redb is a copy-on-write B-tree in one file, in Rust, with snapshots for readers. This crate puts Cairn's versions into
//! it and keeps [`cairn_engine_api::Engine`]'s contract; the conformance kit, the crash tests and the bench-suite apply to
//! it without a line written for it. The server has it behind the feature `redb-engine`: `CREATE TABLE ... USING redb`.
//!
//! ```text
//!   rows     (space, key, !timestamp) -> row, or nothing for a tombstone      newest version of a key first
//!   spaces    space                   -> rows, versions, bytes                counted with each batch
//!   garbage  (timestamp, space, key)  -> ()                                   from then on older versions may go
//!   state    "applied"                -> log index, timestamp
//! ```
//! **What it promises**, beyond the contract: every batch is one redb transaction without a sync, and carries its log index;
//! a checkpoint is one transaction with a sync, which makes all before it durable at once. After a crash redb is at its
//! last checkpoint, and the index in it says where the log has to be replayed from. `stats` are exact.
//!
//! **What it is not for.** redb cannot say whether a read will touch the disk, so reads are done where they are asked for,
//! on the core, and a core may wait. Two versions of a key are two entries of the tree. It is an example and a subject of
//! the bench-suite, not an engine to keep large tables in. `checkpoint` and `apply` take turns, since redb has one writer.

mod apply;
mod collect;
mod cursor;
mod engine;
mod error;
mod tables;

pub use engine::{REDB_CODE, Redb};
