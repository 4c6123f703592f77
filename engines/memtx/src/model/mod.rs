//! The publish and reclaim protocol under loom: every interleaving of a writer and a reader, up to a number of preemptions,
//! and for every load every value that the memory model allows.
//!
//! The code is the crate's own, with crossbeam-epoch's own loom support below it. What a reader may read without an atomic
//! (prefixes, keys, rows, timestamps) is watched by a `Witness` in each header: a read that races its writing or its
//! freeing panics, and so does a wrong answer.
//!
//! `make model` runs the scenes, and then again with planted bugs (`planted.rs`), each of which must be noticed.

mod chains;
mod cursors;
mod explore;
#[cfg(feature = "deliberate-bugs")]
mod planted;
mod stage;
mod tree;
