//! redb's errors in the contract's words.

use cairn_engine_api::EngineError;

/// Says what was being done: `map_err(failed("open table rows"))`.
pub(crate) fn failed<E: Into<redb::Error>>(context: &'static str) -> impl Fn(E) -> EngineError {
    move |error| match error.into() {
        redb::Error::Corrupted(message) => EngineError::Corrupt(message),
        redb::Error::Io(source) => EngineError::io(context, source),
        redb::Error::UpgradeRequired(version) => {
            EngineError::Format(format!("the redb file has format {version}, which this version does not read"))
        }
        other => EngineError::Library { context: context.to_owned(), message: other.to_string() },
    }
}
