//! # cairn-sql-catalog: the schema is data
//!
//! Schemas, tables, sequences and views are rows of three system spaces under the same transactions as every other row.
//! A statement does not read those rows: it works on a [`Catalog`], an immutable value built from them, shared by `Arc`.
//!
//! ```text
//!   system spaces (memtx)                        memory
//!   objects    kind, oid -> description  --load-->  Arc<Catalog> v7  <-- every session's next statement
//!   sequences  oid -> position                         |
//!   counters   name -> next number                     | Edit::begin (DDL lock), a private copy
//!                      ^                               v
//!                      +------ rows of the change -- Catalog v7' -- commit --> published as v8
//! ```
//!
//! **Promises.** DDL is a transaction like any other: its rows commit or vanish with it, and the private copy is published
//! only when they commit. One transaction at a time changes the catalog (it holds a row lock), so a private copy never has
//! to be merged. Name lookup is at the newest committed catalog, as in PostgreSQL, not at the transaction's snapshot; a table
//! whose rows were rewritten after a snapshot says so in `rewritten_at`, and the reader must move its snapshot or fail with
//! 40001.
//!
//! **Missing.** Roles and privileges, domains and user-defined types, expression and partial indexes, temporary objects.

pub mod check_text;
pub mod edit;
pub mod error;
pub mod functions;
pub mod load;
pub mod schema;
pub mod sequence;
mod snapshot;
pub mod spaces;
mod stored;
pub mod system;

pub use edit::Edit;
pub use error::CatalogError;
pub use schema::Oid;
pub use snapshot::Catalog;
