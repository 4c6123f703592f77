//! # cairn-memtx: rows in RAM
//!
//! memtx keeps every space as one adaptive radix tree in memory and survives a restart by images: one file per checkpoint
//! that holds all rows of one snapshot. What came after the image is in the shared log and is applied again.
//!
//! ```text
//!                          writer (one at a time)                   readers (any number, any thread)
//!                      apply, collect, checkpoint start             get, scan
//!                               |                                      |
//!   SpaceId --> directory (two loads) --> Space --> radix tree --> newest version --> older --> older
//!                                           |        edges carry     [ts|key|row]      [..]     [..]
//!                                        counters    the node kind
//! ```
//! **What it promises**, beyond the engine contract:
//! * `get` and each step of a cursor are *wait-free*: no lock, no retry, no waiting for anybody (but for every 128th pin of
//!   a thread, which helps the epoch on and is lock-free). Opening a cursor counts a reference on its space with one
//!   atomic addition. `apply`, `collect` and the start of a checkpoint share a mutex, so
//!   that two callers by mistake do no harm; the contract's single writer never waits for it longer than for a bounded
//!   step of `collect` or the listing of the spaces at a checkpoint's start.
//! * Memory is freed by epochs (crossbeam-epoch, Fraser 2004). No call stays pinned longer than a bounded piece of work, and
//!   an open cursor is not pinned at all between calls: it copies rows in rounds and seeks again. Only the writer frees.
//! * Each batch sweeps as much garbage as it may make; `collect` does the rest, in bounded steps.
//! * `stats` are exact for rows, versions and bytes asked of the allocator (its own overhead comes on top). The engine's
//!   total also counts what waits for readers; a space's figure counts what its tree can reach.
//! * After a start rows stay where the image's file has them, mapped and locked, until they change: a start takes no new memory
//!   for rows ([`docs/decisions/memtx-images-are-mapped.md`](../../../docs/decisions/memtx-images-are-mapped.md)).
//! * At the memory limit `Admission` refuses new writes; what was admitted and committed is always taken.
//!
//! **What a read above the last applied batch sees** is whatever has been applied of it so far, key by key.
//!
//! **What is missing**: versions in the middle of a chain that no snapshot sees (only the tail is trimmed; a long old
//! snapshot keeps all versions above it); defragmentation; compression in memory.

mod art;
mod checkpoint;
mod config;
mod cursor;
mod directory;
mod engine;
mod graves;
mod image;
mod ledger;
#[cfg(any(test, feature = "measure"))]
pub mod measure;
#[cfg(all(test, cairn_loom))]
mod model;
mod pace;
mod space;
mod sweep;
mod sync;
mod writer;

pub use config::MemtxConfig;
pub use engine::{MEMTX_CODE, Memtx};
