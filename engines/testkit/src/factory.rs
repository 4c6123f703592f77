//! How the kit brings an engine to life and takes its life again.

use std::sync::Arc;

use cairn_engine_api::{Engine, EngineError};
use tempfile::TempDir;

use crate::model::ModelEngine;

/// Makes engines over one directory of its own. Each case gets a new factory, so it starts with an empty engine.
pub trait EngineFactory: Sync {
    /// Opens the engine over what the last one left behind. Never called while one is open.
    fn open(&self) -> Result<Arc<dyn Engine>, EngineError>;

    /// Ends the engine as a shutdown does. The default drops it. `engine` is the last reference.
    fn close(&self, engine: Arc<dyn Engine>) -> Result<(), EngineError> {
        drop(engine);
        Ok(())
    }

    /// Ends the engine as a killed process does: nothing is saved on the way out. `engine` is the last reference.
    fn crash(&self, engine: Arc<dyn Engine>) -> Result<(), EngineError>;
}

/// Makes [`ModelEngine`]s over a temporary directory.
#[derive(Debug)]
pub struct ModelFactory {
    directory: TempDir,
}

impl ModelFactory {
    /// A factory with an empty directory.
    pub fn new() -> Self {
        Self { directory: TempDir::new().expect("the system has a temporary directory") }
    }
}

impl Default for ModelFactory {
    fn default() -> Self {
        Self::new()
    }
}

impl EngineFactory for ModelFactory {
    fn open(&self) -> Result<Arc<dyn Engine>, EngineError> {
        Ok(Arc::new(ModelEngine::open(self.directory.path())?))
    }

    fn crash(&self, engine: Arc<dyn Engine>) -> Result<(), EngineError> {
        // Dropping a model writes nothing.
        drop(engine);
        Ok(())
    }
}
