//! Functions: the kernels behind every call, operator and cast, declared family by family in tables that read like
//! `pg_proc`, with PostgreSQL's OIDs.
//!
//! ```text
//!   int.rs  float/  numeric.rs  text/ ...      one family a file: rules first, then its table `FUNCTIONS`
//!        \     |      /
//!         by_name("abs") -> [int2 abs, int4 abs, ...]      built once, looked up by the resolver
//!         by_oid(1251)
//! ```
//!
//! Which overload a call means is decided in [`crate::resolve`].

pub(crate) mod args;
pub mod array;
mod bool;
mod call;
mod comparison;
pub(crate) mod declare;
pub(crate) mod float;
mod host;
pub(crate) mod int;
pub(crate) mod interval;
pub(crate) mod json;
mod misc;
mod moment;
mod numeric;
pub(crate) mod output;
mod pattern;
pub mod record;
mod registry;
mod series;
mod template;
#[cfg(test)]
mod tests;
mod text;
pub(crate) mod types;
mod window;

pub use call::call;
pub use registry::{all, by_name, by_oid, is_unsupported};
pub use text::{quote_ident, quote_literal};
