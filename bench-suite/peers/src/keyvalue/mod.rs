//! Adapters of stores that a program links and that have transactions.

mod sqlite;

use cairn_bench_suite::keyvalue::Linked;

/// Everybody.
pub(crate) fn linked() -> Vec<Linked> {
    vec![Linked { name: "sqlite", version: rusqlite::version().to_owned(), open: sqlite::open }]
}
