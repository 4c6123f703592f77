//! The bytes of one table row.
//!
//! ```text
//!  0       2            2 + b               2 + b + f           ... + v * w
//! +-------+------------+-------------------+-------------------+------------------------+
//! | head  | null bits  | fixed columns     | ends of variable  | variable columns' bytes|
//! +-------+------------+-------------------+-------------------+------------------------+
//! ```
//! Every fixed-width column has one place, computed once per table: a NULL leaves its place zeroed. Variable columns are
//! found through the table of their ends. So any ONE column is read without a look at the others, and an UPDATE of
//! some columns copies the rest as bytes. The whole grid, byte by byte, is in `docs/formats/row.md`.
//!
//! The head says how many columns the row was written with. ADD COLUMN does not rewrite rows: columns that a row does not
//! have read as the layout's *missing value*. Dropped columns keep their place in the layout and are written as NULL.
//!
//! Nothing here trusts its input: foreign bytes give a [`RowError`], never a panic.

mod field;
mod layout;
mod patch;

#[cfg(test)]
mod tests;

pub use layout::RowLayout;

use crate::error::{SqlError, SqlState};

/// What can be wrong with a row's bytes, or with a value that is to go into one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RowError {
    /// The bytes end before the column.
    #[error("row ends early: column {column} lies outside its {length} bytes")]
    Truncated {
        /// Column number from 0.
        column: usize,
        /// Bytes in the row.
        length: usize,
    },
    /// The row claims more columns than its table has.
    #[error("row has {found} columns, its table {known}")]
    ColumnCount {
        /// Columns that the row claims.
        found: usize,
        /// Columns that the layout knows.
        known: usize,
    },
    /// The column's bytes are no value of its type.
    #[error("column {column} holds malformed bytes")]
    Malformed {
        /// Column number from 0.
        column: usize,
    },
    /// A value of another type than the column's, or as many values as the table does not have.
    #[error("column {column} was given a value of another type")]
    WrongType {
        /// Column number from 0.
        column: usize,
    },
    /// The row would exceed 4 GiB.
    #[error("row is larger than 4 GiB")]
    TooLarge,
    /// The column's type cannot be stored in a table (record, pseudo-types).
    #[error("column {column} has a type that cannot be stored")]
    NotStorable {
        /// Column number from 0.
        column: usize,
    },
}

impl From<RowError> for SqlError {
    fn from(error: RowError) -> Self {
        let state = match error {
            RowError::Truncated { .. } | RowError::ColumnCount { .. } | RowError::Malformed { .. } => {
                SqlState::DATA_CORRUPTED
            }
            RowError::WrongType { .. } => SqlState::INTERNAL_ERROR,
            RowError::TooLarge => SqlState::PROGRAM_LIMIT_EXCEEDED,
            RowError::NotStorable { .. } => SqlState::FEATURE_NOT_SUPPORTED,
        };
        SqlError::new(state, error.to_string())
    }
}
