//! # cairn-base: the words that every layer shares
//!
//! Base knows no layer. It holds what two layers must agree on to the bit, and the four seams through which everything
//! that is not a pure function leaves the process:
//!
//! ```text
//!    sql    txn    engines    wal    replication    server
//!     |      |        |        |          |           |
//!     +------+--------+--------+----------+-----------+
//!                             |
//!    ids     what a position, a place and a moment are       LogIndex, SpaceId, Timestamp
//!    fate    did it happen?                                  Fate
//!    key     bytes that compare as the values do             KeyWriter, KeyReader
//!    frame   bytes that know whether they are whole          frame::encode, frame::decode
//!    fault   is this deliberate bug on? (never where users are)       fault!(Name)
//!    limits  how large anything may be                       checked at compile time
//!    seam    the way out of the process                      Clock, Rng, Disk, Net
//!                             |
//!              real world  ---+---  simulated world
//! ```
//!
//! **What it promises**
//! - Encodings ([`key`], [`frame`]) are formats on disk: golden tests hold their bytes, and decoding is total. Foreign
//!   bytes give an error, never a panic.
//! - Code written against the [`seam`]s runs unchanged in a simulator: the same seed gives the same run, and
//!   [`seam::sim::SimDisk`] loses after a crash whatever was not synced, as real disks do.
//!
//! **What is deliberately missing**: anything that only one layer needs, any thread, any global state, and any error type
//! that wraps other crates' errors. A row's encoding belongs to `sql/types`, a log segment's to `wal`.

pub mod fate;
pub mod fault;
pub mod frame;
pub mod ids;
pub mod key;
pub mod limits;
pub mod seam;

pub use fate::Fate;
pub use ids::{EngineCode, LogIndex, SpaceId, Timestamp};
