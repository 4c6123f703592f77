//! The thread that tells RocksDB which versions may go, and rewrites all files when enough garbage has gathered
//! ([`Policy`] tells when).
//!
//! Between rewrites the watermark follows the callers of `collect` once in a while, so that the flushes and compactions that
//! happen anyway drop the old versions of hot rows on their way.
//!
//! One rewrite, in this order, so that a crash at any point loses nothing:
//! 1. flush: drops of spaces are durable before their rows go;
//! 2. let compactions erase the dropped spaces, raise RocksDB's watermark;
//! 3. compact everything, including the last level;
//! 4. forget the dropped spaces whose last row is gone.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cairn_engine_api::{EngineError, Timestamp};
use rocksdb::{BottommostLevelCompaction, CompactOptions};

use crate::error::library;
use crate::keys::Number;
use crate::policy::Policy;
use crate::store::Store;

/// How long one call of `collect` waits for a rewrite before it says "there is more to do".
const WAIT: Duration = Duration::from_millis(10);

/// How long RocksDB's watermark may lag behind: raising it writes to the manifest.
const LAG: Duration = Duration::from_secs(1);

/// Owns the thread.
pub(crate) struct Collector {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    store: Arc<Store>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    policy: Policy,
    watermark: Timestamp,
    /// What the thread has been asked for, or is doing.
    task: Option<Task>,
    /// RocksDB's watermark, and since when.
    raised: (Timestamp, Instant),
    failed: Option<EngineError>,
    stop: bool,
}

/// One thing for the thread to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    /// Raise the watermark.
    Raise,
    /// Raise the watermark and rewrite everything.
    Rewrite,
}

impl Collector {
    pub(crate) fn start(store: Arc<Store>, versions_min: u64) -> Result<Self, EngineError> {
        let watermark = store.watermark()?;
        let state = State {
            policy: Policy::new(versions_min, store.entries()),
            watermark,
            task: None,
            raised: (watermark, Instant::now()),
            failed: None,
            stop: false,
        };
        let shared = Arc::new(Shared { store, state: Mutex::new(state), changed: Condvar::new() });
        let worker = shared.clone();
        let thread = std::thread::Builder::new()
            .name("vinyl-collect".to_owned())
            .spawn(move || worker.work())
            .map_err(|error| EngineError::io("start vinyl's collector thread", error))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// A batch was applied that superseded so many versions.
    pub(crate) fn superseded(&self, at: Timestamp, versions: u64) {
        if versions > 0 {
            self.shared.lock().policy.superseded(at, versions);
        }
    }

    /// Starts a rewrite if one is worthwhile, and waits a moment for it. Returns whether one is under way.
    pub(crate) fn collect(&self, watermark: Timestamp) -> Result<bool, EngineError> {
        let mut state = self.shared.lock();
        state.watermark = state.watermark.max(watermark);
        if state.task.is_none() {
            state.task = self.shared.next_task(&state);
            self.shared.changed.notify_all();
        }
        let rewriting = |state: &mut State| state.task == Some(Task::Rewrite);
        let waited = self.shared.changed.wait_timeout_while(state, WAIT, rewriting);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match state.failed.take() {
            Some(error) => Err(error),
            None => Ok(rewriting(&mut state)),
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_all();
        // A rewrite under way is broken off: it leaves old files or new ones, never half of them.
        self.shared.store.db.cancel_all_background_work(false);
        if let Some(thread) = self.thread.take() {
            // A panic there was reported when it happened, and there is nothing left to save.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_task(&self, state: &State) -> Option<Task> {
        let erasable = |(_, at): (Number, Timestamp)| at < state.watermark;
        if state.policy.is_due(state.watermark, || self.store.entries()) || self.store.catalog().dropped().any(erasable)
        {
            return Some(Task::Rewrite);
        }
        let (raised, since) = state.raised;
        (raised < state.watermark && since.elapsed() >= LAG).then_some(Task::Raise)
    }

    fn work(&self) {
        loop {
            let state = self.lock();
            let waited = self.changed.wait_while(state, |state| state.task.is_none() && !state.stop);
            let mut state = waited.unwrap_or_else(PoisonError::into_inner);
            let Some(task) = state.task.filter(|_| !state.stop) else { return };
            let watermark = state.watermark;
            if task == Task::Rewrite {
                state.policy.begin(watermark);
            }
            drop(state);
            let done = match task {
                Task::Raise => self.store.raise_watermark(watermark).map(|()| None),
                Task::Rewrite => self.rewrite(watermark).map(Some),
            };
            let mut state = self.lock();
            state.raised = (watermark, Instant::now());
            match done {
                Ok(Some((before, after))) => state.policy.end(before, after),
                Ok(None) => {}
                Err(error) => state.failed = Some(error),
            }
            state.task = None;
            self.changed.notify_all();
        }
    }

    /// Returns the number of versions before and after.
    fn rewrite(&self, watermark: Timestamp) -> Result<(u64, u64), EngineError> {
        let dropped: Vec<_> = self.store.catalog().dropped().collect();
        self.store.flush()?;
        self.store.erased.set(dropped.iter().map(|(number, _)| *number).collect());
        self.store.raise_watermark(watermark)?;
        let before = self.store.entries();
        for (number, _) in &dropped {
            // Files that hold nothing else need no rewriting.
            let gone = self.store.db.delete_file_in_range_cf(self.store.family(), number.start(), number.end());
            gone.map_err(|error| library("delete files of a dropped space", error))?;
        }
        self.compact();
        if !self.lock().stop {
            self.forget(dropped, watermark)?;
        }
        Ok((before, self.store.entries()))
    }

    fn compact(&self) {
        let mut options = CompactOptions::default();
        // Other compactions go on meanwhile, so that writers are not stalled by this one.
        options.set_exclusive_manual_compaction(false);
        options.set_bottommost_level_compaction(BottommostLevelCompaction::ForceOptimized);
        self.store.db.compact_range_opt(None::<&[u8]>, None::<&[u8]>, &options);
    }

    /// A space dropped below the watermark has no row left that could need erasing: all its versions were below, too.
    fn forget(&self, dropped: Vec<(Number, Timestamp)>, watermark: Timestamp) -> Result<(), EngineError> {
        let gone: Vec<_> = dropped.into_iter().filter(|(_, at)| *at < watermark).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let mut writing = self.store.write();
        for (number, _) in gone {
            writing.change_catalog().forget(number);
        }
        let applied = writing.applied();
        writing.finish(applied)
    }
}
