//! # cairn-storage: one core's engines, transactions and log, put together
//!
//! The server runs this assembly on a core's thread between its sockets; the simulator (`tests/sim`) runs the very same
//! code on a simulated disk and crashes it. So nothing here waits, starts a thread, tells the time or knows an async
//! runtime. What has to run elsewhere is a value that the caller runs there.
//!
//! ```text
//!   sessions ---> Shard --- submit ---> LogAdapter ---> Wal ---> device
//!                   ^                                    |
//!                   |            Log::turn               |
//!                   +--- durable(index) <----------------+      called when kicked, and when the device is done
//!
//!   start       DataDir::open -> engines -> open_shard -> recover -> service
//!   checkpoint  begin (core) -> write (any thread) -> end (core)
//! ```
//! **What it promises**
//! - Every commit that `Shard` reports durable is in the log as the log's durability says; the log and the engines never
//!   disagree about what happened ([`recover`] refuses when they do).
//! - A core has one order of things: [`Log::turn`] reports what is durable before it submits what has gathered.
//!
//! **What is deliberately missing**: concrete engines (the caller registers them), threads, and anything that SQL needs.

mod checkpoint;
mod data_dir;
mod engine;
mod log;
mod recovery;

pub use checkpoint::{Checkpoint, CheckpointError, Done, Written};
pub use data_dir::{DataDir, DataDirError};
pub use engine::{Registered, open_shard};
pub use log::{Log, LogAdapter};
pub use recovery::{LogHome, RecoverError, recover};
