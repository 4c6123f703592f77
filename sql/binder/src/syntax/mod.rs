//! Text to syntax: the lexer, the keywords and the syntax tree, as PostgreSQL's `scan.l`, `kwlist.h` and parse nodes have
//! them. Nothing here knows a catalog.

pub(crate) mod ast;
pub(crate) mod ddl;
pub(crate) mod keyword;
pub(crate) mod lexer;
mod literal;
pub(crate) mod tables;
pub(crate) mod token;
pub(crate) mod walk;

#[cfg(test)]
mod tests;
