//! # cairn-sql-binder: from text to the typed tree (being written)
pub mod ddl;
pub mod tree;
pub mod utility;
