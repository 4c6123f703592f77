//! Vinyl keeps the engine contract: with the default settings, and with settings so small that every history flushes,
//! compacts and collects all the time.

use std::sync::Arc;

use cairn_engine_api::{Engine, EngineError};
use cairn_engine_testkit::EngineFactory;
use cairn_vinyl::{Vinyl, VinylConfig};
use tempfile::TempDir;

struct Factory {
    directory: TempDir,
    config: VinylConfig,
}

impl Factory {
    fn new(config: VinylConfig) -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory"), config }
    }
}

impl EngineFactory for Factory {
    fn open(&self) -> Result<Arc<dyn Engine>, EngineError> {
        Ok(Arc::new(Vinyl::open(self.config.clone(), self.directory.path())?))
    }

    /// Closing saves nothing (`avoid_flush_during_shutdown`), so what is left is what a killed process leaves; the real
    /// SIGKILL is in `tests/crash.rs`.
    fn crash(&self, engine: Arc<dyn Engine>) -> Result<(), EngineError> {
        drop(engine);
        Ok(())
    }
}

/// Everything as small as it may be.
fn tiny() -> VinylConfig {
    VinylConfig {
        block_cache_bytes: 1 << 20,
        index_in_cache: true,
        write_buffer_bytes: 64 << 10,
        write_buffers_max: 2,
        block_bytes: 1 << 10,
        file_bytes: 64 << 10,
        collect_versions_min: 1,
        ..VinylConfig::default()
    }
}

mod small {
    use super::*;
    cairn_engine_testkit::conformance_tests!(Factory::new(tiny()));
}

mod defaults {
    use super::*;
    cairn_engine_testkit::conformance_tests!(Factory::new(VinylConfig {
        collect_versions_min: 100,
        ..VinylConfig::default()
    }));
}
