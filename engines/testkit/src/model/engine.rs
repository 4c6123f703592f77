//! The model as an engine.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use cairn_base::seam::{Disk, RealDisk};
use cairn_engine_api::{
    Capabilities, Cursor, Direction, Engine, EngineError, EngineStats, Entry, KeyRange, Op, Persisted, SpaceId,
    SpaceOptions, Stamp, Timestamp,
};

use super::image;
use super::store::Store;

/// A whole engine in a `BTreeMap` behind a reader-writer lock: the reference for tests, and an example of how little an
/// engine needs. A scan copies its rows when it is opened, so a cursor holds no lock.
///
/// With a directory, [`Engine::checkpoint`] writes everything to one image file there, and [`ModelEngine::open`] reads it
/// back. Without one nothing outlives the process, and a checkpoint has nothing to do.
pub struct ModelEngine {
    store: RwLock<Store>,
    /// What the image (or, without one, the process) keeps. Held for a moment only.
    persisted: Mutex<Persisted>,
    /// Held for the whole of a checkpoint.
    checkpoint: Mutex<()>,
    home: Option<Home>,
}

/// Where the image is.
#[derive(Debug)]
struct Home {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
}

impl ModelEngine {
    /// An empty engine that lives and dies with the process.
    pub fn in_memory() -> Self {
        Self::new(Store::default(), None)
    }

    /// The engine whose image is in `directory`, which is created when it is missing.
    pub fn open(directory: &Path) -> Result<Self, EngineError> {
        Self::open_on(Arc::new(RealDisk), directory)
    }

    /// [`Self::open`] on any disk.
    pub fn open_on(disk: Arc<dyn Disk>, directory: &Path) -> Result<Self, EngineError> {
        let store = image::load(disk.as_ref(), directory)?;
        Ok(Self::new(store, Some(Home { disk, directory: directory.to_owned() })))
    }

    fn new(store: Store, home: Option<Home>) -> Self {
        let persisted = Mutex::new(store.applied());
        Self { store: RwLock::new(store), persisted, checkpoint: Mutex::default(), home }
    }

    fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn persisted_mut(&self) -> MutexGuard<'_, Persisted> {
        self.persisted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ModelEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelEngine").field("home", &self.home).finish_non_exhaustive()
    }
}

impl Engine for ModelEngine {
    fn validate(&self, options: &SpaceOptions) -> Result<(), EngineError> {
        match options.settings.first() {
            None => Ok(()),
            Some((name, _)) => Err(EngineError::BadOption(format!("unrecognized parameter \"{name}\""))),
        }
    }

    fn apply(&self, ops: &[Op<'_>], stamp: Stamp) -> Result<(), EngineError> {
        self.write().apply(ops, stamp)
    }

    fn get(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError> {
        let store = self.read();
        let Some(value) = store.get(space, key, at)? else { return Ok(false) };
        out.extend_from_slice(value);
        Ok(true)
    }

    fn scan<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        let store = self.read();
        let rows = store.range(space, range, at)?.map(|(key, value)| (key.to_vec(), value.to_vec()));
        let rows: Vec<_> = match direction {
            Direction::Forward => rows.collect(),
            Direction::Backward => rows.rev().collect(),
        };
        Ok(Box::new(Rows { rest: rows.into_iter(), current: Default::default() }))
    }

    fn persisted(&self) -> Persisted {
        *self.persisted_mut()
    }

    fn checkpoint(&self, upto: Persisted, progress: &dyn Fn(u64)) -> Result<Persisted, EngineError> {
        let _one_at_a_time = self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner);
        let mut copy = self.read().clone();
        // What was promised once stays promised, though the caller may know of less now.
        for point in [upto, self.persisted()] {
            if copy.applied.index < point.index {
                copy.applied = point;
            }
        }
        if let Some(Home { disk, directory }) = &self.home {
            image::save(disk.as_ref(), directory, &copy)?;
        }
        progress(copy.spaces.values().map(|keys| keys.len() as u64).sum());
        *self.persisted_mut() = copy.applied;
        Ok(copy.applied)
    }

    fn collect(&self, watermark: Timestamp) -> Result<bool, EngineError> {
        self.write().collect(watermark);
        Ok(false)
    }

    fn stats(&self, space: Option<SpaceId>) -> EngineStats {
        let store = self.read();
        let mut stats = EngineStats::default();
        for id in store.spaces().filter(|id| space.is_none_or(|wanted| wanted == *id)) {
            let (rows, versions, bytes) = store.count(id);
            stats.rows += rows;
            stats.versions += versions;
            stats.memory_bytes += bytes;
        }
        stats
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::default()
    }
}

/// Rows copied when the scan was opened.
struct Rows {
    rest: std::vec::IntoIter<(Vec<u8>, Vec<u8>)>,
    current: (Vec<u8>, Vec<u8>),
}

impl Cursor for Rows {
    fn next(&mut self) -> Result<Option<Entry<'_>>, EngineError> {
        let Some(row) = self.rest.next() else { return Ok(None) };
        self.current = row;
        Ok(Some(Entry { key: &self.current.0, value: &self.current.1 }))
    }
}
