//! Expressions, compiled once per plan and evaluated row by row.
//!
//! ```text
//!   tree::Expr --compile--> Code      names resolved to (source, column), kernels to function pointers
//!   Code + Frame --eval--> Datum      a frame lends the rows; a column is decoded when (and only if) it is asked for
//! ```
//!
//! A *source* is one row among those in sight: a table's current row (its bytes), the proposed row of an INSERT, nothing
//! at all on the empty side of an outer join. Values of fixed width cost no allocation; a string costs one where it is
//! used as a value, none where it is only handed to the client (see [`crate::Cell`]).

mod code;
mod compile;
mod frame;
mod run;

pub(crate) use code::Code;
pub(crate) use compile::{Compiler, SubPlan, SubWants};
pub(crate) use frame::{Frame, Source, SubResult};
