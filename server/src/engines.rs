//! Registration: one line per engine. An engine's code is on disk in every space id, so it never changes.

use std::path::PathBuf;
use std::sync::Arc;

use cairn_base::EngineCode;
use cairn_base::seam::Disk;
use cairn_engine_api::{Engine, EngineError};
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};
use cairn_storage::{DataDir, Registered};
use cairn_vinyl::{VINYL_CODE, Vinyl, VinylConfig};

use crate::config::Config;

/// Opens an engine.
type Open = fn(&Config, &Home) -> Result<Arc<dyn Engine>, EngineError>;

/// Every engine that this server has.
const REGISTRY: &[(&str, EngineCode, Open)] = &[
    ("memtx", MEMTX_CODE, open_memtx),
    ("vinyl", VINYL_CODE, open_vinyl),
    #[cfg(feature = "redb-engine")]
    ("redb", cairn_redb::REDB_CODE, |_, home| {
        Ok(Arc::new(cairn_redb::Redb::open(&home.vinyl.with_file_name("redb"))?))
    }),
    #[cfg(feature = "example-engine")]
    ("example", EngineCode(3), |_, _| Ok(Arc::new(cairn_engine_testkit::ModelEngine::default()))),
];

/// Where engines keep their files.
pub(crate) struct Home {
    pub(crate) disk: Arc<dyn Disk>,
    /// `None`: nothing outlives the process.
    pub(crate) memtx: Option<PathBuf>,
    pub(crate) vinyl: PathBuf,
}

impl Home {
    pub(crate) fn of(dir: &DataDir) -> Self {
        Self { disk: dir.disk.clone(), memtx: Some(dir.memtx()), vinyl: dir.vinyl() }
    }
}

/// Opens all of them.
pub(crate) fn open_all(config: &Config, home: &Home) -> Result<Vec<Registered>, String> {
    let open = |(name, code, open): &(&'static str, EngineCode, Open)| {
        let engine = open(config, home).map_err(|error| format!("cannot open engine {name}: {error}"))?;
        Ok(Registered { name, code: *code, engine })
    };
    REGISTRY.iter().map(open).collect()
}

fn open_memtx(config: &Config, home: &Home) -> Result<Arc<dyn Engine>, EngineError> {
    let limit = match config.memtx_memory {
        0 => half_of_memory(),
        bytes => Some(bytes),
    };
    let place = home.memtx.clone().map(|dir| (home.disk.clone(), dir));
    let progress = crate::node::progress_bar("loading memtx image");
    let memtx = Memtx::open(MemtxConfig { memory_bytes_max: limit }, place, &|done, total| {
        progress.set_length(total);
        progress.set_position(done);
    })?;
    progress.finish_and_clear();
    Ok(Arc::new(memtx))
}

fn open_vinyl(config: &Config, home: &Home) -> Result<Arc<dyn Engine>, EngineError> {
    let settings = VinylConfig {
        block_cache_bytes: config.vinyl_cache as usize,
        write_buffer_bytes: config.vinyl_write_buffer as usize,
        ..VinylConfig::default()
    };
    Ok(Arc::new(Vinyl::open(settings, &home.vinyl)?))
}

/// Half of the machine's memory; `None` where the system does not tell.
fn half_of_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024 / 2)
}
