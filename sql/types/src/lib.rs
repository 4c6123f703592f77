//! # cairn-sql-types: PostgreSQL's types, values, kernels and errors (being written)
pub mod aggregates;
pub mod casts;
pub mod compare;
pub mod datetime;
pub mod datum;
pub mod error;
pub mod format;
pub mod functions;
pub mod info;
pub mod io;
pub mod kernel;
pub mod key;
pub mod numeric;
pub mod operators;
pub mod resolve;
pub mod row;
pub mod ty;
pub mod type_name;
pub mod zone;

pub use datum::{Array, Datum, Interval};
pub use error::{SqlError, SqlState};
pub use numeric::Numeric;
pub use ty::{Type, TypeId};
