//! # cairn-engine-testkit: one proof for every engine
//!
//! Whoever writes an engine writes one [`EngineFactory`] (how to open it, close it, kill it) and one line:
//!
//! ```ignore
//! cairn_engine_testkit::conformance_tests!(MyFactory::new());
//! ```
//!
//! That line expands to one `#[test]` for each [`conformance::CASES`] entry, so an engine gets every case that is added
//! here later without a change of its own.
//!
//! ```text
//!   seed --> Generator --> Step, Step, Step ...          ops/          what happens
//!                            |
//!                            v
//!             +----------- World -----------+            world.rs      does it to both and compares
//!             |                             |
//!      the engine under test          model::Store       model/        what should have happened
//!             ^
//!             | open, close, crash
//!        EngineFactory                                   factory.rs    knows the engine's directory
//! ```
//!
//! * **The model** ([`model::Store`]) keeps every version in `BTreeMap`s and never collects, so it can tell what a read
//!   at any timestamp must answer. [`model::ModelEngine`] wraps it into a whole engine: the smallest example of one.
//! * **The generator** ([`ops::Generator`]) draws batches, reads and restarts from a seed, over key families that are hard
//!   on index structures ([`ops::Shape`]).
//! * **The cases** ([`conformance`]) are either random histories against the model or directed scenes: a cursor that
//!   outlives its space, readers racing the writer, a checkpoint in the middle of a load followed by a crash.
//! * **An engine on disk, played** ([`on_disk::OnDisk`]): the model with bytes that are not in memory and writers that must
//!   wait, for tests of the layers above.
//! * **An allocator that counts** ([`allocator`]), for tests of memory.
//! * **The kit is tested too**: `tests/saboteurs.rs` breaks the model in some twenty ways, and each break must be caught.
//!
//! Every failure prints its seed. `CAIRN_SEED=n` repeats exactly that run (of a race: the same history, not the same
//! interleaving), `CAIRN_ROUNDS=n` draws more seeds than usual.
//!
//! **Where the contract leaves room, the kit takes the weaker reading**, so that no engine is forced into more than
//! `cairn-engine-api` says: spaces are not versioned by timestamp; an id once dropped is not created again; after a
//! restart only timestamps from the last batch on are read, since no snapshot outlives a restart; `stats` may be an
//! estimate. What is missing: injected I/O errors and corrupt bytes (engines test their own formats), and measurements.

pub mod allocator;
pub mod conformance;
mod factory;
mod failure;
pub mod model;
pub mod on_disk;
pub mod ops;
mod world;

pub use factory::{EngineFactory, ModelFactory};
pub use failure::{Failure, Outcome};
pub use world::{World, collect_all, read_get, read_scan};
