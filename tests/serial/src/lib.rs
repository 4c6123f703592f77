//! # cairn-serial: does a serial order explain what clients saw?
//!
//! Whoever drives transactions, in the simulator, over `txn` alone or through the real server, writes down what each
//! committed one did in a [`History`], and [`check()`] looks for an [`Anomaly`]: the search for cycles after Adya ("Weak
//! Consistency", 1999) and Elle (Kingsbury and Alvaro, VLDB 2020).
//!
//! ```text
//!   clients --> Observed: append 7 to list 1, saw [3, 5] in list 2, ...   history.rs   what each transaction did
//!                   |
//!                   v
//!               History -- and what the objects hold at the end
//!                   |
//!                   v
//!   versions and their writers --> edges (ww, wr, rw, rt) --> a cycle?    check.rs     its name and its transactions
//! ```
//!
//! **Promises.** No false alarm: an anomaly that is reported contradicts every serial order, and, where times were written
//! down, every order that agrees with real time. A history without a violation passes in time about
//! proportional to what its clients saw.
//!
//! **Assumes** that each number is written once in a history, so that a read says which version it saw.
//!
//! **Missing.** Predicates: a range is checked as the reads of its keys, also of those that were not there.

mod check;
mod history;

pub use check::{Anomaly, check};
pub use history::{History, Object, Observed, Operation, UNANSWERED};
