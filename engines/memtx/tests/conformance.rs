//! The suite that every engine passes, on a real directory.

use std::sync::Arc;

use cairn_base::seam::RealDisk;
use cairn_engine_api::{Engine, EngineError};
use cairn_engine_testkit::EngineFactory;
use cairn_memtx::{Memtx, MemtxConfig};
use tempfile::TempDir;

struct MemtxFactory {
    directory: TempDir,
}

impl MemtxFactory {
    fn new() -> Self {
        Self { directory: TempDir::new().expect("the system has a temporary directory") }
    }
}

impl EngineFactory for MemtxFactory {
    fn open(&self) -> Result<Arc<dyn Engine>, EngineError> {
        let home = (Arc::new(RealDisk) as _, self.directory.path().join("memtx"));
        Ok(Arc::new(Memtx::open(MemtxConfig::default(), Some(home), &|_, _| {})?))
    }

    fn crash(&self, engine: Arc<dyn Engine>) -> Result<(), EngineError> {
        // Dropping memtx saves nothing.
        drop(engine);
        Ok(())
    }
}

cairn_engine_testkit::conformance_tests!(MemtxFactory::new());
