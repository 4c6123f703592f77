//! The [`Engine`] contract over spaces, sweep and images.

use std::path::PathBuf;

use cairn_base::seam::Disk;
use cairn_engine_api::{
    Admission, Admit, Capabilities, Cursor, Direction, Engine, EngineCode, EngineError, EngineStats, KeyRange, Op,
    Persisted, SpaceId, SpaceOptions, Stamp, Timestamp,
};

use crate::art::VersionRef;
use crate::checkpoint::Checkpoints;
use crate::config::MemtxConfig;
use crate::cursor::SpaceCursor;
use crate::directory::Directory;
use crate::image::ImageStore;
use crate::ledger::Ledger;
use crate::space::Space;
use crate::sync::{Arc, Mutex, lock, pin};
use crate::writer::Writer;

/// The code of memtx in every [`SpaceId`].
pub const MEMTX_CODE: EngineCode = EngineCode(1);

/// The RAM engine. See the crate documentation.
pub struct Memtx {
    config: MemtxConfig,
    directory: Directory,
    ledger: Arc<Ledger>,
    /// The write side: `apply`, `collect` and the start and end of a checkpoint. Readers never come here.
    writer: Mutex<Writer>,
    /// `None`: memory only.
    checkpoints: Option<Checkpoints>,
}

impl Engine for Memtx {
    fn validate(&self, options: &SpaceOptions) -> Result<(), EngineError> {
        match options.settings.first() {
            None => Ok(()),
            Some((name, _)) => Err(EngineError::BadOption(format!("unrecognized parameter \"{name}\""))),
        }
    }

    fn apply(&self, ops: &[Op<'_>], stamp: Stamp) -> Result<(), EngineError> {
        lock(&self.writer).apply(ops, stamp, &self.directory)
    }

    #[inline]
    fn get(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError> {
        let guard = pin();
        let Some(found) = self.directory.find(space, &guard) else { return Err(EngineError::NoSuchSpace(space)) };
        let version = found.tree.find(key, &guard).and_then(|newest| newest.visible(at));
        let Some(row) = version.and_then(VersionRef::row) else { return Ok(false) };
        out.extend_from_slice(row);
        Ok(true)
    }

    fn scan<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        let shared = self.directory.share(space, &pin()).ok_or(EngineError::NoSuchSpace(space))?;
        Ok(Box::new(SpaceCursor::new(shared, range, at, direction)))
    }

    fn persisted(&self) -> Persisted {
        self.checkpoints.as_ref().map(Checkpoints::persisted).unwrap_or_default()
    }

    /// Memory only: nothing survives a crash, nothing is done, and the answer stays zero.
    fn checkpoint(&self, upto: Persisted, progress: &dyn Fn(u64)) -> Result<Persisted, EngineError> {
        match &self.checkpoints {
            Some(checkpoints) => checkpoints.run(upto, &self.writer, &self.directory, progress),
            None => Ok(Persisted::default()),
        }
    }

    fn collect(&self, watermark: Timestamp) -> Result<bool, EngineError> {
        Ok(lock(&self.writer).collect(watermark, &self.directory))
    }

    fn stats(&self, space: Option<SpaceId>) -> EngineStats {
        let guard = pin();
        match space {
            Some(id) => self.directory.find(id, &guard).map(space_stats).unwrap_or_default(),
            None => {
                let disk_bytes = self.checkpoints.as_ref().map_or(0, Checkpoints::disk_bytes);
                let sum = EngineStats { memory_bytes: self.ledger.used(), disk_bytes, ..EngineStats::default() };
                self.directory.share_all(&guard).iter().map(|space| space_stats(space)).fold(sum, |sum, one| {
                    EngineStats { rows: sum.rows + one.rows, versions: sum.versions + one.versions, ..sum }
                })
            }
        }
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities { admission: Some(self), ..Capabilities::default() }
    }
}

impl Admission for Memtx {
    fn admit(&self, bytes: u64) -> Admit {
        let used = self.ledger.used();
        match (self.config.refuse_above(), self.config.memory_bytes_max) {
            (Some(line), Some(limit)) if bytes > 0 && used.saturating_add(bytes) > line => Admit::Full { used, limit },
            _ => Admit::Yes,
        }
    }
}

impl Memtx {
    /// Opens the engine. With a disk and a directory of its own it loads the newest image there and writes images;
    /// without one it lives in memory alone and [`Engine::persisted`] stays zero. `progress` is called on this thread
    /// with rows loaded and rows to load.
    pub fn open(
        config: MemtxConfig,
        home: Option<(std::sync::Arc<dyn Disk>, PathBuf)>,
        progress: &dyn Fn(u64, u64),
    ) -> Result<Self, EngineError> {
        if let Some(limit) = config.memory_bytes_max.filter(|limit| *limit < MemtxConfig::MEMORY_BYTES_MIN) {
            let least = MemtxConfig::MEMORY_BYTES_MIN;
            return Err(EngineError::BadOption(format!(
                "memtx memory limit is {limit} bytes, at least {least} are needed"
            )));
        }
        let ledger = Arc::new(Ledger::default());
        let mut engine = Self {
            config,
            directory: Directory::new(),
            writer: Mutex::new(Writer::new(Arc::clone(&ledger))),
            ledger,
            checkpoints: None,
        };
        if let Some((disk, dir)) = home {
            let (images, loaded) = ImageStore::open(disk, dir, &engine.ledger, progress)?;
            lock(&engine.writer).start_from(loaded, &engine.directory);
            engine.checkpoints = Some(Checkpoints::new(images));
        }
        Ok(engine)
    }
}

impl std::fmt::Debug for Memtx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memtx").field("config", &self.config).field("used", &self.ledger.used()).finish_non_exhaustive()
    }
}

fn space_stats(space: &Space) -> EngineStats {
    EngineStats {
        rows: space.counts.rows.get(),
        versions: space.counts.versions.get(),
        memory_bytes: space.counts.bytes(),
        disk_bytes: 0,
    }
}
