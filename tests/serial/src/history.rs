//! What clients saw, for the search for cycles: lists to which numbers are appended, and registers that are read before
//! they are written. Every number is written once and none is 0, so what a read shows says which version it saw.

use std::collections::BTreeMap;

/// A list or a register: a key of its own table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// A list: every read shows all of its past.
    List(u8),
    /// A register: a read shows its last number only.
    Register(u8),
}

/// What one operation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Put a number at the end of a list.
    Append(u8, u64),
    /// Saw a list.
    Read(u8, Vec<u64>),
    /// Replaced a register's number (0: it was empty) by another.
    Replace(u8, u64, u64),
    /// Saw a register's number.
    Look(u8, u64),
}

/// When a transaction was answered, if it was not yet.
pub const UNANSWERED: u64 = u64::MAX;

/// A transaction that committed.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Its number in the run.
    pub number: u64,
    /// Index of the log record that its answer waits for: if that is lost, it did not happen.
    pub record: u64,
    /// Moment at which it began; moments are any numbers that grow.
    pub began: u64,
    /// Moment at which it was answered, or [`UNANSWERED`].
    pub answered: u64,
    /// What it did, in order.
    pub operations: Vec<Operation>,
}

impl Observed {
    /// A transaction of which nobody knows when it ran.
    pub fn untimed(number: u64, operations: Vec<Operation>) -> Self {
        Self { number, record: 0, began: 0, answered: UNANSWERED, operations }
    }
}

/// The history of a run.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Committed transactions.
    pub observed: Vec<Observed>,
    /// What the objects hold at the end.
    pub last: BTreeMap<Object, Vec<u64>>,
}

impl History {
    /// A transaction committed.
    pub fn commit(&mut self, observed: Observed) {
        self.observed.push(observed);
    }

    /// Its client was answered.
    pub fn answer(&mut self, number: u64, moment: u64) {
        if let Some(observed) = self.observed.iter_mut().rev().find(|observed| observed.number == number) {
            observed.answered = moment;
        }
    }

    /// A crash lost every record behind `last`.
    pub fn recovered(&mut self, last: u64) {
        self.observed.retain(|observed| observed.record <= last);
    }
}
