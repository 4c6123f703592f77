//! # cairn-tests: everything that spans crates, against the real binary
//!
//! Each file in `tests/` is one idea. All of them start the `cairn` binary that `CAIRN_BIN` names (the Makefile sets it), on a
//! free port and a temporary directory, and speak PostgreSQL's protocol to it. Nothing here links the server: what these tests
//! see is what a client sees.
//!
//! ```text
//!   test thread ---- Client (blocking, simple protocol) ----\
//!   test thread ---- Client --------------------------------- cairn run   (a process: kill -9, SIGTERM, restart)
//!   psql, pgbench, psycopg, SQLAlchemy, pgjdbc, ... --------/
//! ```
//!
//! | file | question |
//! |---|---|
//! | arrows, tidy | is the house as DESIGN.md draws it? |
//! | walk | does the thinnest walk work, and do the edges of the process? |
//! | isolation | one script per anomaly, level and engine |
//! | histories | are random list-append histories serializable? |
//! | crash | does what was acknowledged survive kill -9? |
//! | faults | does a disk that fails lead to a clear error, and to all that was acknowledged? |
//! | fixture | does a data directory of an older version open, with every row? |
//! | damage | are damaged, newer and foreign files refused, and nothing lost? |
//! | full_memory, full_disk | is there a clear error where there is no room, and life afterwards? |
//! | connections | who gets in, and what does a server refuse to start with? |
//! | long_work | do others go on beside statements over very many rows? |
//! | pgbench, psql, drivers, tokio_driver | do real clients and drivers work? |
//! | protocol | do messages come in the right order? |
//! | mutated_messages, mutated_sql, oversized | does the server survive wrong bytes, wrong texts, wrong clients? |
//! | sql | does it answer what PostgreSQL 15 answers? |
//!
//! **Promises.** A [`Server`] dies with its owner, even when a test panics. Every wait has an end. Random tests print their seed
//! and take it back from `CAIRN_SEED`; sizes grow by environment variables (see each file's head).
//!
//! Nothing is skipped: where a program is missing, its test fails and says what to run.
//!
//! **Missing.** Clusters, until replication is there.

#![allow(clippy::missing_panics_doc)]

pub mod bank;
pub mod client;
pub mod corpus;
pub mod faults;
pub mod files;
pub mod frames;
pub mod full_disk;
pub mod nasty;
pub mod server;
pub mod tools;
pub mod vitals;

pub use bank::Bank;
pub use client::{Answer, Client, Failure};
pub use server::Server;

/// The engines that every test runs on.
pub const ENGINES: [&str; 2] = ["memtx", "vinyl"];

/// The isolation levels, from the weakest.
pub const LEVELS: [&str; 3] = ["read committed", "repeatable read", "serializable"];

/// A number from the environment, or its default.
pub fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// The seed of a random test: `CAIRN_SEED`, else taken from the clock. It is printed, so that a failure can be repeated.
pub fn seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("the clock is after 1970");
    let seed = number("CAIRN_SEED", u64::from(now.subsec_nanos()));
    println!("CAIRN_SEED={seed}");
    seed
}
