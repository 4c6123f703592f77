//! `--using memtx,vinyl,...`: engines by the name that SQL knows them by.
//!
//! A new engine needs one line in `ENGINES` and nothing else: every workload then runs on it.

use std::path::Path;
use std::sync::Arc;

use cairn_base::seam::{Disk, RealDisk};
use cairn_engine_api::{Engine, EngineCode};
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};
use cairn_redb::{REDB_CODE, Redb};
use cairn_vinyl::{VINYL_CODE, Vinyl, VinylConfig};

use super::beneath::{BareRedb, BareRocksDb};
use super::{EngineStore, Entry, round};
use crate::error::BenchError;
use crate::run::Subject;

/// For vinyl and for bare RocksDB: the defaults, and a block cache that all rows fit into.
fn vinyl_config() -> VinylConfig {
    VinylConfig { block_cache_bytes: 512 << 20, ..VinylConfig::default() }
}

/// Opens an engine on an empty directory.
type Open = fn(&Path) -> Arc<dyn Engine>;

/// Every engine of ours.
const ENGINES: &[(&str, EngineCode, Open)] = &[
    ("memtx", MEMTX_CODE, |home| {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let place = Some((disk, home.to_owned()));
        Arc::new(Memtx::open(MemtxConfig::default(), place, &|_, _| {}).expect("a new engine opens"))
    }),
    ("vinyl", VINYL_CODE, |home| Arc::new(Vinyl::open(vinyl_config(), home).expect("a new engine opens"))),
    ("redb", REDB_CODE, |home| Arc::new(Redb::open(home).expect("a new engine opens"))),
];

/// The engines that `names` name, and the bare stores beneath ours.
///
/// # Errors
/// If there is no such engine.
pub fn entries(names: &[String]) -> Result<Vec<Entry>, BenchError> {
    let mut entries = names.iter().map(|name| ours(name)).collect::<Result<Vec<_>, _>>()?;
    entries.push(Entry {
        subject: peer("bare RocksDB", "11 (rocksdb 0.25)"),
        round: Box::new(|work, home, meter| round(BareRocksDb::open(home, &vinyl_config()), work, home, meter)),
    });
    entries.push(Entry {
        subject: peer("bare redb", "4"),
        round: Box::new(|work, home, meter| round(BareRedb::open(home), work, home, meter)),
    });
    Ok(entries)
}

fn ours(name: &str) -> Result<Entry, BenchError> {
    let found = ENGINES.iter().find(|(engine, ..)| *engine == name);
    let (name, code, open) = *found.ok_or_else(|| {
        let names: Vec<&str> = ENGINES.iter().map(|(name, ..)| *name).collect();
        BenchError::Missing(format!("an engine {name:?} (there are {})", names.join(", ")))
    })?;
    Ok(Entry {
        subject: Subject { name: name.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), peer: false },
        round: Box::new(move |work, home, meter| round(EngineStore::new(open(home), code), work, home, meter)),
    })
}

fn peer(name: &str, version: &str) -> Subject {
    Subject { name: name.to_owned(), version: version.to_owned(), peer: true }
}
