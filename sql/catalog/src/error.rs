//! What can go wrong while the catalog is read or changed.

use cairn_txn::{Ticket, TxnError};

/// A failure of the catalog itself; what is wrong with a statement is a `SqlError` of the binder.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The transaction cannot go on, or must wait.
    #[error(transparent)]
    Txn(#[from] TxnError),
    /// A row of the catalog is locked: wait for this ticket, then start the statement again.
    #[error("waiting for a lock on the catalog")]
    Queued(Ticket),
    /// A description cannot be read.
    #[error("the catalog is corrupt: {0}")]
    Corrupt(String),
    /// A description was written by a newer version.
    #[error("the catalog has format {found}; this version of cairn reads up to {known}")]
    NewerFormat {
        /// Version found.
        found: u32,
        /// Newest version known.
        known: u32,
    },
    /// A table names an engine that this server does not have.
    #[error("table \"{table}\" uses engine \"{engine}\", which this server does not have")]
    NoSuchEngine {
        /// The table.
        table: String,
        /// The engine.
        engine: String,
    },
    /// All numbers of a kind are used up.
    #[error("no more {0} can be created")]
    Exhausted(&'static str),
}
