//! # cairn-bench-suite: every claim a ratio measured in one run
//!
//! This crate will hold the workloads, the statistics and the reports that compare Cairn's engines, logs and whole servers
//! with the peers that engineers would name. It is empty so far: the harness is the work of the issue after the next one.
//!
//! ```text
//!   workload (seeded) ----> A B A B ... in one run ----> JSON ----> table, HTML report
//!                           ours, peer, ours, peer
//! ```
//!
//! **What it will promise.** Every figure is a ratio to a peer measured in the same run, with the median and the spread;
//! machine, kernel, disk and commit are recorded; rows where Cairn loses stay in. Counts that noise cannot touch
//! (instructions, allocations, system calls, syncs per commit) stand beside the times.
//!
//! **What measures today.** `cargo run --release -p cairn-wal --example commit_bench` compares the log's devices with a bare
//! loop of `pwrite` and `fdatasync`; `cargo run --release -p cairn-memtx --example index_speed` times the radix tree beside
//! `BTreeMap`; unmodified `pgbench` runs against the server.
//!
//! **What is missing.** All of the rest, see `bench-suite/README.md`.
