//! # cairn-bench-suite: every claim a ratio measured in one run
//!
//! Workloads, statistics and reports that compare Cairn's engines, log and whole server with the peers that engineers
//! would name. Every figure is a ratio to a peer of the same run, on the same disk, a moment before or after.
//!
//! ```text
//!   case (script, clients, ...)      round 1   A B C     round 2   B C A     round 3   C A B        A, B, C: subjects
//!                                        |                  |                  |
//!                                        +------ one sample per metric and round, ratios round by round ------+
//!                                                                                                             |
//!   Run: machine, commit, dirty state, seed, options, series of samples  ---> JSON ---> table, HTML, compare <-+
//! ```
//!
//! **What it promises**
//! - Subjects run in turns, and the order rotates, so that a slow minute of the machine hits all alike ([`interleave`]).
//! - A figure is the median of the rounds, with its spread beside it ([`stats`]). A ratio is the median of the rounds' own
//!   ratios. Nothing is dropped: no warm-up round is removed, no outlier, no row where Cairn loses.
//! - Counts that noise touches little (CPU, bytes written, disk flushes, system calls per operation) or not at all
//!   (instructions and allocations, [`counts`]) stand beside times.
//! - The result says where it was measured ([`machine`]) and is a plain JSON file ([`run`]).
//!
//! **Who is measured.** Programs (servers) are started by the suite itself on free ports and temporary directories
//! ([`server`]); a program that is not installed is left out with a note in the result. Libraries that compete with our
//! crates are linked by one other crate only, `bench-suite/peers`, which no ordinary build compiles.
//!
//! **What is missing**: see `bench-suite/README.md`.

pub mod compare;
pub mod counts;
pub mod cpu;
pub mod disk;
pub mod duty;
pub mod engine;
pub mod error;
pub mod hook;
pub mod index;
pub mod interleave;
pub mod keys;
pub mod keyvalue;
pub mod log;
pub mod machine;
pub mod meter;
pub mod pgbench;
pub mod process;
pub mod progress;
pub mod recovery;
pub mod report;
pub mod run;
pub mod server;
pub mod session;
pub mod stats;
pub mod tpcc;
#[cfg(feature = "clients")]
pub mod tpch;

pub use error::BenchError;
