//! # cairn-sql-catalog: schema as data (being written)
pub mod schema;
mod snapshot;

pub use schema::Oid;
pub use snapshot::Catalog;
