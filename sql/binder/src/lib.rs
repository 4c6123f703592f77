//! # cairn-sql-binder: from text to the typed tree (being written)
pub mod ddl;
pub mod notice;
mod parse;
mod stack;
mod syntax;
pub mod tree;
pub mod utility;
pub use notice::Notice;
