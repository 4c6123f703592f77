//! # cairn: configuration, assembly of the layers, life and death of the process
//!
//! The only crate that knows concrete types. Everything else meets through ports: `txn` owns [`cairn_txn::Applier`],
//! `sql/session` owns [`cairn_sql_session::Services`]; their adapters stand here. What of the assembly needs neither
//! threads nor sockets stands in [`cairn_storage`], which the simulator runs too.
//!
//! ```text
//!   core thread (tokio, current thread)                    other threads
//!   ------------------------------------------            ----------------------------------------
//!   listener -> one task per connection                    log device (or the kernel's io_uring)
//!   log task: poll, durable, submit         <--eventfd---  applier per slow engine
//!   ticker: lock timeouts, collection       <--channel---  reader pool (blocks for the core)
//!   signal task: SIGTERM, SIGINT                           analytics pool
//!                                                          checkpoints
//! ```
//!
//! **Promises.** A second server on the same directory is refused. What was acknowledged is there after any crash (see
//! `docs/tour/7-server.md` for what each `durability` means). SIGTERM lets running statements end, writes a checkpoint and
//! leaves. After the log fails the process ends with an error: the next start recovers.
//!
//! **Engines.** [`main`] takes engines beside the built-in ones: a binary of five lines is a server with an engine of one's
//! own (`tests/example_engine.rs` is one).
//!
//! **Missing.** More than one core, replication, the web page.

mod applier;
mod busy_poll;
mod checkpoint;
mod cli;
mod engines;
mod listener;
mod log;
mod node;
mod process;
mod readers;
mod services;
mod shutdown;
mod trace;
mod validation;

pub use cli::main;
pub use engines::{EnginePlace, Registration};
