//! What a reader sees of a row: often less than all of it.
//!
//! A transaction that read a row's tax rate does not depend on the sum of money that others add up in the same row. It says
//! what it looked at, and when the row has changed by its commit, the row of then and the row of now are shown to its
//! [`Sight`]: if they look the same, the answer would be the same now, and there is no conflict.

use std::fmt;

/// What a reader sees of the rows of one space.
pub trait Sight: fmt::Debug + Send + Sync {
    /// Does it see the same in both rows? `false` is always safe; `true` promises that whoever read one of them would have
    /// done the same on reading the other.
    fn same(&self, then: &[u8], now: &[u8]) -> bool;
}
