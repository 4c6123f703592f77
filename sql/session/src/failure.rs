//! Errors of a session, and errors of the layers below in SQL's terms.

use std::io;

use cairn_sql_catalog::CatalogError;
use cairn_sql_types::{SqlError, SqlState};
use cairn_txn::TxnError;

/// Why a statement did not end well.
#[derive(Debug)]
pub enum Failure {
    /// The client is told; the session goes on (unless the error is fatal).
    Sql(SqlError),
    /// The connection is gone.
    Io(io::Error),
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        Failure::Sql(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Io(error)
    }
}

impl From<TxnError> for Failure {
    fn from(error: TxnError) -> Self {
        Failure::Sql(txn_error(error))
    }
}

/// A transaction's failure as the client sees it. When the log has failed there is nothing left for the connection to do.
pub(crate) fn txn_error(error: TxnError) -> SqlError {
    let mut sql = cairn_sql_short::sql_error(&error);
    sql.fields_mut().fatal = matches!(error, TxnError::Poisoned { .. });
    sql
}

/// A catalog's failure as the client sees it.
pub(crate) fn catalog_error(error: CatalogError) -> SqlError {
    match error {
        CatalogError::Txn(error) => txn_error(error),
        CatalogError::Corrupt(_) | CatalogError::NewerFormat { .. } => {
            SqlError::new(SqlState::DATA_CORRUPTED, error.to_string())
        }
        CatalogError::NoSuchEngine { .. } => SqlError::new(SqlState::UNDEFINED_OBJECT, error.to_string()),
        CatalogError::Exhausted(_) => SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, error.to_string()),
        CatalogError::Queued(_) => SqlError::internal("a wait for the catalog was not carried out"),
    }
}
