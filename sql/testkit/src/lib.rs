//! # cairn-sql-testkit: a core to run statements on
//!
//! A [`World`] is what a session stands on, without the session: a shard over one engine, a log that is durable at once, and
//! a catalog that is changed by hand. Statements come as typed trees or as text, and go through the binder and the short
//! executor.
//!
//! ```text
//!   text --binder--> typed tree --short--> plan --execute--> rows as text
//!                        ^                            |
//!   hand-made tree ------+                            v
//!                                      Shard (txn) over the model, or any engine
//! ```
//! **Promises.** Deterministic: the clock stands still and random numbers are always the same one. One statement is one
//! transaction unless a test opens one itself.
//!
//! **Missing.** DDL as text, settings, portals and cursors are the session's; whatever needs analytics is refused with the
//! planner's reason.

mod text;
mod world;

pub use world::{Answer, Collect, ENGINE, NewKey, NewTable, NoHost, World, settings};
