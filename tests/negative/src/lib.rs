//! # cairn-negative: tests that test the tests
//!
//! A check that never fails proves nothing. Production code carries deliberate bugs of one line each
//! (`cairn_base::fault!`), which are the literal `false` in every build but this one. `make negative` builds the core with
//! the feature `deliberate-bugs`, switches one bug on at a time, and runs the simulator until a check turns red.
//!
//! ```text
//!   for each bug:   seed 0, 1, 2 ...  -->  first violation  -->  | bug | check | seeds needed |
//! ```
//! Every bug must be caught within [`SEEDS_MAX`] seeds, and half of them within [`MEDIAN_MAX`]. The table is written to
//! `docs/deliberate-bugs.md`.
//!
//! Without the feature this crate is empty, so that `cargo test --workspace` builds nothing twice.
//!
//! The simulator's own unit tests show that the search for cycles finds planted ones; the engines' saboteurs
//! (`engines/testkit/tests`) do the same for the conformance kit.

/// Seeds within which each bug must be caught.
pub const SEEDS_MAX: u64 = 5_000;

/// Seeds within which half of the bugs must be caught.
pub const MEDIAN_MAX: u64 = 200;
