//! # cairn-wal: one log per core
//!
//! A log keeps opaque records in order. What it calls durable survives a crash; what it gives back after one is a prefix
//! of what was appended, complete at least up to the last durable record, and never altered.
//!
//! ```text
//!  core thread     append append   submit        append append append    poll      submit
//!                    |      |        |              |      |      |       |          |
//!  open group       [ 1      2 ]-----+             [ 3      4      5 ]----|----------+
//!  device                            write, fdatasync ===================>|          write, fdatasync ==>
//!  durable()         0                                                    2
//!
//!  directory     000000000001.log     000000000002.log     000000000003.log     000000000004.log
//!                full                 full                 active               prepared
//! ```
//!
//! **Group commit without a timer.** One write is under way at a time. Whatever is appended meanwhile is the next group:
//! one batch, one frame, one write, one sync. A lone writer waits for one sync; sixty-four writers share them.
//!
//! **Nothing waits but what says so.** [`Wal::append`] and [`Wal::submit`] do no blocking I/O: a [`device`] writes
//! (io_uring, or a thread where the kernel has none), and the next segment is prepared ahead by a helper thread. The core
//! learns of the end by [`Wal::wake_fd`] and [`Wal::poll_completion`], or by [`Wal::wait`].
//!
//! **Failure is final.** After a failed write or sync every call answers [`WalError::Poisoned`]. Nobody retries fsync:
//! the system may have dropped the bytes and call the next sync a success (Rebello et al., "Can Applications Recover from
//! fsync Failures?", USENIX ATC 2020). Recovery for its part writes once more what it is about to rely on.
//!
//! **Damage is not a torn tail.** Every batch carries the highest index that was synced when it was written. A bad spot
//! is cut silently only if nothing behind it says that it had been durable; otherwise [`Wal::open`] refuses with file and
//! offset ([`OpenError::Corrupt`]). The format, with byte grids, is in `docs/formats/log.md`.
//!
//! **What is deliberately missing**: meaning (kinds, groups and payloads are the caller's), reading records back while the
//! log is open, several writes in flight (the next group would only be smaller), compression and encryption, and a lock on
//! the directory (the server holds one for the whole data directory).
//!
//! Reading order: `record`, `durability`, `batch` and `log/groups` (what is written), `segment` (where), `device` (by whom),
//! `log` (when), `recovery` (and what is left of it).

mod batch;
pub mod device;
mod durability;
mod error;
mod log;
mod options;
mod record;
mod recovery;
mod segment;
mod stats;
#[cfg(test)]
mod testing;

pub use durability::{Durability, UnknownDurability};
pub use error::{Failure, OpenError, ReplayError, WalError};
pub use log::{Opened, Place, Progress, Recovery, Resume, SyncFailed, SyncJob, Synced, TornTail, Wal};
pub use options::{DeviceKind, Options, SEGMENT_BYTES_MIN};
pub use record::{RECORD_BYTES_MAX, Record};
pub use stats::Stats;
