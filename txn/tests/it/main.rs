//! The shard as a whole, through its public API: scripts by one author, and random histories by many clients.

#![allow(unreachable_pub, reason = "a test binary has no outside")]

mod anomalies;
mod engines;
mod extension;
mod frozen;
mod histories;
mod locking;
mod model;
mod overlay;
mod recovery;
mod savepoints;
mod snapshots;
mod world;
