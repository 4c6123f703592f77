//! Registration: one line per engine. An engine's code is on disk in every space id, so it never changes.

use std::path::PathBuf;
use std::sync::Arc;

use cairn_base::EngineCode;
use cairn_base::seam::Disk;
use cairn_config::Config;
use cairn_engine_api::{Engine, EngineError};
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};
use cairn_storage::Registered;
use cairn_vinyl::{VINYL_CODE, Vinyl, VinylConfig};

/// An engine that a server has: what USING calls it, its code, and how to open it.
#[derive(Clone, Copy, Debug)]
pub struct Registration {
    /// Its name in SQL.
    pub name: &'static str,
    /// Its code in space ids; 1 and 2 are taken.
    pub code: EngineCode,
    /// Opens it. Called once, when the server starts.
    pub open: fn(&EnginePlace<'_>) -> Result<Arc<dyn Engine>, EngineError>,
}

/// The engines that every server has.
const BUILT_IN: &[Registration] = &[
    Registration { name: "memtx", code: MEMTX_CODE, open: open_memtx },
    Registration { name: "vinyl", code: VINYL_CODE, open: open_vinyl },
    #[cfg(feature = "redb-engine")]
    Registration {
        name: "redb",
        code: cairn_redb::REDB_CODE,
        open: |place| Ok(Arc::new(cairn_redb::Redb::open(&place.directory)?)),
    },
];

/// Where an engine lives.
#[derive(Debug)]
pub struct EnginePlace<'a> {
    /// On which disk.
    pub disk: Arc<dyn Disk>,
    /// Its own directory, which may not exist yet.
    pub directory: PathBuf,
    /// Does the directory outlive the process?
    pub persistent: bool,
    config: &'a Config,
}

/// Where all engines live.
pub(crate) struct Home {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) directory: PathBuf,
    pub(crate) persistent: bool,
}

/// Opens the built-in engines and those registered beside them.
pub(crate) fn open_all(config: &Config, home: &Home, more: &[Registration]) -> Result<Vec<Registered>, String> {
    let open = |registration: &Registration| {
        let Registration { name, code, open } = *registration;
        let place = EnginePlace {
            disk: home.disk.clone(),
            directory: home.directory.join(name),
            persistent: home.persistent,
            config,
        };
        let engine = open(&place).map_err(|error| format!("cannot open engine {name}: {error}"))?;
        Ok(Registered { name, code, engine })
    };
    BUILT_IN.iter().chain(more).map(open).collect()
}

fn open_memtx(place: &EnginePlace<'_>) -> Result<Arc<dyn Engine>, EngineError> {
    let limit = match place.config.memtx_memory {
        0 => half_of_memory(),
        bytes => Some(bytes),
    };
    let home = place.persistent.then(|| (place.disk.clone(), place.directory.clone()));
    let progress = crate::node::progress_bar("loading memtx image");
    let memtx = Memtx::open(MemtxConfig { memory_bytes_max: limit }, home, &|done, total| {
        progress.set_length(total);
        progress.set_position(done);
    })?;
    progress.finish_and_clear();
    Ok(Arc::new(memtx))
}

/// RocksDB needs a directory, persistent or not.
fn open_vinyl(place: &EnginePlace<'_>) -> Result<Arc<dyn Engine>, EngineError> {
    let settings = VinylConfig {
        block_cache_bytes: place.config.vinyl_cache as usize,
        write_buffer_bytes: place.config.vinyl_write_buffer as usize,
        ..VinylConfig::default()
    };
    Ok(Arc::new(Vinyl::open(settings, &place.directory)?))
}

/// Half of the machine's memory; `None` where the system does not tell.
fn half_of_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024 / 2)
}
