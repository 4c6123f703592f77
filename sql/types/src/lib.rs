//! # cairn-sql-types: PostgreSQL's types, values, kernels and errors
//!
//! Everything that SQL computes with, and nothing that executes it: what a type is, what a value is, how values are read,
//! shown, sent, stored, ordered and indexed, and every operator, cast, function and aggregate, each defined once. Both
//! executors call these definitions, so that the short path and DataFusion cannot drift apart.
//!
//! ```text
//!   text, binary            io ──────┐                 ┌────── row    bytes of a table row
//!   'Jan 8 1999', {1,2}              │                 │
//!                                    ▼                 ▼
//!   TypeId, Type  ── says what ──>  Datum  <── key ──> bytes that sort as the values do
//!        │                           │  ▲
//!        │ info, type_name           │  │  functions, casts, aggregates (kernels)
//!        │                           ▼  │
//!        └──── resolve ── which ──> Function(&[Datum]) -> Datum | SqlError
//! ```
//!
//! ## What it promises
//!
//! - **PostgreSQL 15 is the specification.** Results, their scales, text, binary formats, SQLSTATEs and messages are its
//!   own. `tests/golden` holds thousands of its answers; the few lines where Cairn differs on purpose are marked there.
//! - **Pure.** A kernel sees its arguments and an [`kernel::EvalContext`]: settings, and the [`kernel::Host`] for what only a session or
//!   the catalog knows (sequences, names behind OIDs, the clock). No globals, no IO, no locale.
//! - **Input is never trusted.** Text, messages, row bytes and keys from outside give errors, never panics; property tests
//!   feed all of them garbage.
//! - **Hot paths do not allocate**: integer output, reading a fixed column of a row, encoding an index key.
//!
//! ## The model
//!
//! A [`Datum`] is a value without its type: `text`, `varchar` and `json` share one representation, all oid aliases another. The
//! type comes with the column or expression as a [`Type`]: an OID (PostgreSQL's own, because drivers know them by heart) and a
//! modifier. Who needs to tell `char(5)` from `text` passes the [`TypeId`] along: [`compare::compare`], [`io::output`],
//! [`key::encode_key`].
//!
//! | module | holds |
//! |---|---|
//! | [`ty`], [`info`], [`type_name`] | type ids and modifiers; rows of `pg_type`; names in and out |
//! | [`datum`], [`numeric`], [`datetime`], [`zone`] | values; 38-digit decimals; calendar, zones, intervals |
//! | [`io`], [`mod@format`] | text and binary forms; `to_char` and its family |
//! | [`compare`], [`key`], [`row`] | order and hash; index keys; rows (`docs/formats/row.md`) |
//! | [`comparison`] | which kernels an ordered index can answer, and with which key values |
//! | [`kernel`], [`functions`], [`operators`], [`casts`], [`aggregates`] | what a kernel is; all of them |
//! | [`resolve`] | PostgreSQL's rules of overloads and coercions |
//! | [`error`] | SQLSTATE, message, detail, hint, position |
//!
//! ## What is deliberately missing
//!
//! - `numeric` holds 38 significant digits (PostgreSQL: 131072). Exact operations that need more answer 22003; division and
//!   the transcendental functions give up trailing fraction digits first.
//! - Text is ordered by its bytes: collation "C" only. Names of months and days are English.
//! - No `timetz`, `money`, ranges, network, geometric and text search types, no domains, enums or composite types.
//! - `json` nests at most 127 deep.

pub mod aggregates;
pub mod casts;
pub mod compare;
pub mod comparison;
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
