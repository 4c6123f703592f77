//! RocksDB's errors in the engine contract's words.

use cairn_engine_api::EngineError;
use rocksdb::ErrorKind;

/// What RocksDB said while `context` (verb and object) was being done.
pub(crate) fn library(context: &str, error: rocksdb::Error) -> EngineError {
    match error.kind() {
        // RocksDB names the file and, for a block, its offset.
        ErrorKind::Corruption => EngineError::Corrupt(format!("{context}: {}", error.into_string())),
        ErrorKind::IOError if is_full(error.as_ref()) => {
            EngineError::NoSpace { context: context.to_owned(), message: error.into_string() }
        }
        ErrorKind::IOError => EngineError::io(context, std::io::Error::other(error.into_string())),
        _ => EngineError::Library { context: context.to_owned(), message: error.into_string() },
    }
}

/// RocksDB has a code for this, which its C interface does not pass on.
fn is_full(words: &str) -> bool {
    words.contains("No space left on device") || words.contains("Disk quota exceeded")
}

/// The same for a read that may only use memory.
pub(crate) fn resident(context: &str, error: rocksdb::Error) -> EngineError {
    match error.kind() {
        ErrorKind::Incomplete => EngineError::NotResident,
        _ => library(context, error),
    }
}
