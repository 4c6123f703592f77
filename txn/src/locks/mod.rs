//! Row locks (and table locks, which are row locks on catalog keys).
//!
//! A lock belongs to a (space, key), whether or not a row stands there. Waiters queue first in, first out: a request is
//! granted when it conflicts with no holder and with no waiter before it. Whoever already holds a weaker lock on the key
//! asks only the other holders and waits in front (letting it queue behind those who wait for it would be a deadlock).
//!
//! ```text
//!   key "b1"   holders  T3 Update          queue   T7 Update   T9 KeyShare   T4 Update
//!                                                   waits for T3   for T3, T7   for T3, T7, T9
//! ```
//! A deadlock can only come into being when somebody starts to wait, so that is where it is looked for: the requester
//! walks the waits-for graph and gives up if it finds itself.

mod graph;
mod holders;
mod manager;
mod mode;
mod queue;
#[cfg(test)]
mod tests;

pub(crate) use manager::{Acquired, HeldLocks, LockManager, Request};
pub use mode::{Lock, LockMode, Ticket, TxnId, Wait};
