//! Notices: what a statement tells its client without failing.

use cairn_sql_types::SqlState;

/// A NOTICE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// SQLSTATE; `00000` for most.
    pub state: SqlState,
    /// The message.
    pub message: String,
}

impl Notice {
    pub(crate) fn new(state: SqlState, message: impl Into<String>) -> Self {
        Self { state, message: message.into() }
    }
}
