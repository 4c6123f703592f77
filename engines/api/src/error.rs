//! What can go wrong inside an engine.

use cairn_base::SpaceId;

/// An engine's failure. None of them leaves a batch half applied.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The space was never created or was dropped.
    #[error("{0:?} does not exist")]
    NoSuchSpace(SpaceId),
    /// The bytes are not in memory (only from `ResidentRead`).
    #[error("not in memory")]
    NotResident,
    /// A setting in `WITH (...)` is unknown or out of range. The text is for the user.
    #[error("{0}")]
    BadOption(String),
    /// Files do not hold what was written: the text names file and offset.
    #[error("corrupt data: {0}")]
    Corrupt(String),
    /// The files were written by another version of the format.
    #[error("{0}")]
    Format(String),
    /// The operating system refused.
    #[error("{context}: {source}")]
    Io {
        /// What was being done: verb and object.
        context: String,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// The disk is full. Nothing was changed, and the same call can succeed when there is space again.
    #[error("{context}: {message}")]
    NoSpace {
        /// What was being done: verb and object.
        context: String,
        /// The system's or the library's words.
        message: String,
    },
    /// The engine's library refused.
    #[error("{context}: {message}")]
    Library {
        /// What was being done: verb and object.
        context: String,
        /// The library's words.
        message: String,
    },
}

impl EngineError {
    /// An I/O error with what was being done.
    pub fn io(context: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io { context: context.into(), source }
    }
}
