//! # cairn-sim: a seeded world that tries to break one core
//!
//! The storage core (memtx, a vinyl-like engine, txn, wal and their assembly in `storage`) runs whole and unchanged on a
//! simulated disk, under a simulated clock, driven by a scheduler that draws every decision from one seed: who runs next,
//! how long the disk takes, what fails, when the machine stops and what of the unsynced bytes survives. The same seed
//! gives the same run, to the byte of its trace.
//!
//! ```text
//!        workloads (futures)                 chaos (scheduler)
//!   bank  append  ...                crashes  faults  checkpoints  collection  clock
//!        \   |   /                        |      |        |           |         |
//!         session: every answer checked   |      |        |           |         |
//!            |                            |      |        |           |         |
//!   oracle --+-> Shard -> Log -> Wal -> device -> LifeDisk -> SimDisk (live and durable bytes)
//!                  |                                 |
//!                  +-> memtx, slow engine -----------+
//! ```
//!
//! **Reading order**: `swarm` (what varies), `scheduler` (what can happen), `session` (what a client does), `workload`
//! (what must stay true), `oracle` (what is true), `check` (how the two are compared), `life` (crash and recovery).
//!
//! **What it cannot see**: races inside memtx between threads (its own torture tests and sanitizers look for those),
//! io_uring and real file systems (`tests/tests/crash.rs`), and RocksDB, for which an engine stands in that behaves like
//! it towards the layers above.

pub mod campaign;
pub mod chance;
pub mod check;
pub mod engine;
pub mod oracle;
pub mod run;
pub mod session;
pub mod shrink;
pub mod swarm;
pub mod trace;
pub mod trim;
pub mod world;

pub mod baton;
pub mod checkpoint;
pub mod device;
pub mod disk;
pub mod faults;
pub mod life;
pub mod node;
pub mod scheduler;
pub mod workload;

pub use run::{Failure, Outcome, run};
