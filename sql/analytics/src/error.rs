//! Errors on their way through DataFusion: ours go in wrapped and come out unchanged; its own get a SQLSTATE.

use std::sync::Arc;

use cairn_sql_types::{SqlError, SqlState};
use cairn_txn::EngineError;
use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;

/// Wraps an error of ours.
pub(crate) fn wrap(error: SqlError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// The error for the client.
pub(crate) fn unwrap(error: DataFusionError) -> SqlError {
    match &error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => from_ref(inner),
        other => from_ref(other),
    }
}

fn from_ref(error: &DataFusionError) -> SqlError {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => from_ref(inner),
        DataFusionError::Shared(inner) => from_ref(&Arc::clone(inner)),
        DataFusionError::Collection(errors) => match errors.first() {
            Some(first) => from_ref(first),
            None => SqlError::internal("an error without description"),
        },
        DataFusionError::External(inner) => from_any(&**inner),
        DataFusionError::ArrowError(inner, _) => match &**inner {
            ArrowError::ExternalError(inner) => from_any(&**inner),
            other => SqlError::internal(other.to_string()),
        },
        DataFusionError::ResourcesExhausted(message) => {
            SqlError::new(SqlState::OUT_OF_MEMORY, "out of memory").detail(message.clone())
        }
        DataFusionError::NotImplemented(message) => SqlError::unsupported_message(message.clone()),
        other => SqlError::internal(other.to_string()),
    }
}

fn from_any(error: &(dyn std::error::Error + Send + Sync + 'static)) -> SqlError {
    if let Some(error) = error.downcast_ref::<SqlError>() {
        return error.clone();
    }
    match error.downcast_ref::<DataFusionError>() {
        Some(error) => from_ref(error),
        None => SqlError::internal(error.to_string()),
    }
}

/// A failed read: the SQLSTATE that its transaction would give it.
pub(crate) fn engine(error: EngineError) -> SqlError {
    let error = cairn_txn::TxnError::from(error);
    let state = SqlState(error.sqlstate().as_bytes().try_into().unwrap_or(*b"XX000"));
    SqlError::new(state, error.to_string())
}
