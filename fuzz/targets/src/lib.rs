//! # cairn-fuzz-targets: bytes from anywhere, and what must be true of the answer
//!
//! One module a target, one function each: [`Target::run`] takes bytes, does something with them that a hostile or broken
//! outside could do to us, and panics when the answer is wrong. Nothing here knows who made the bytes:
//!
//! ```text
//!   libFuzzer (fuzz/fuzz_targets, nightly)  ----+
//!                                               +--> run(bytes) --> production code, unchanged --> checks
//!   fuzz/corpus, fuzz/regressions (stable)  ----+
//! ```
//! **Promises.** A target is deterministic: no clock, no thread whose timing shows, no file, no random number that the bytes
//! do not decide. So a file that once failed fails again, on any machine, under `cargo test`, until its cause is mended.
//!
//! **How bytes become work.** Text targets take them as they are. The others read *choices* from them
//! ([`arbitrary::Unstructured`]): how many records, which damage, where. A change of a few bytes is then a small change
//! of the work, which is what a mutating fuzzer needs, and bytes that end early choose zeros.
//!
//! **What is missing.** DataFusion (its instrumented build takes longer than all campaigns; `make torture` sends
//! generated SQL through the whole server), RocksDB, sockets, and anything that needs two threads to go wrong.

pub mod config;
mod damage;
pub mod engine;
pub mod image;
pub mod keys;
pub mod log;
pub mod sql;
pub mod wire;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of its binary, its folder of seeds and its row in `docs/fuzzing.md`.
    pub name: &'static str,
    /// Does what the bytes say and checks the answers.
    ///
    /// # Panics
    /// When an answer is wrong.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "keys", run: keys::run },
    Target { name: "wire", run: wire::run },
    Target { name: "sql", run: sql::run },
    Target { name: "log", run: log::run },
    Target { name: "image", run: image::run },
    Target { name: "engine", run: engine::run },
    Target { name: "config", run: config::run },
];
