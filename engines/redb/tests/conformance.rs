//! The engine over redb keeps the contract.

use std::sync::Arc;

use cairn_engine_api::{Engine, EngineError};
use cairn_engine_testkit::EngineFactory;
use cairn_redb::Redb;
use tempfile::TempDir;

struct Factory {
    directory: TempDir,
}

impl Factory {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }
}

impl EngineFactory for Factory {
    fn open(&self) -> Result<Arc<dyn Engine>, EngineError> {
        Ok(Arc::new(Redb::open(self.directory.path())?))
    }

    /// redb saves its own bookkeeping when it is closed, rows only at a checkpoint: what is left is what a crash leaves.
    fn crash(&self, engine: Arc<dyn Engine>) -> Result<(), EngineError> {
        drop(engine);
        Ok(())
    }
}

cairn_engine_testkit::conformance_tests!(Factory::new());
