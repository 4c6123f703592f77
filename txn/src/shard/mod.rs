//! One core's transaction manager: its state here, one file per kind of operation beside it.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use cairn_base::limits::{BATCH_BYTES_MAX, MIB};
use cairn_base::seam::Clock;
use cairn_base::{EngineCode, Fate, LogIndex, SpaceId, Timestamp, fault};
use cairn_engine_api::Persisted;
use rustc_hash::FxHashSet;

use crate::engines::Engines;
use crate::error::TxnError;
use crate::event::Event;
use crate::locks::LockManager;
use crate::overlay::Overlay;
use crate::ports::{Applier, CommitLog};
use crate::record::Record;
use crate::snapshots::{ActiveSet, Snapshot};
use crate::txn::{Orphans, State};
use crate::validate::{BackwardValidator, Validator};
use crate::window::Window;

mod apply;
mod begin;
mod commit;
mod frozen;
mod hold;
mod lock;
mod read;
mod replay;
mod savepoint;
mod write;

pub use commit::Commit;
pub use replay::ReplayError;

/// What can be set about a shard.
#[derive(Clone, Debug)]
pub struct ShardConfig {
    /// Longest encoded batch of one transaction in bytes; default and maximum [`BATCH_BYTES_MAX`].
    pub batch_bytes_max: usize,
    /// Bytes of reads that a serializable transaction remembers one by one; beyond, it remembers one covering range per
    /// space. Default 64 MiB.
    pub reads_bytes_max: usize,
    /// Keys of recent commits kept for validation. Beyond, the oldest are forgotten and transactions from before fail
    /// with 40001. Default 16 million (about 1.5 GB when all of them are needed at once).
    pub window_keys_max: usize,
    /// Batches of at least this many operations are searched where they stand instead of being taken apart key by key.
    /// Default 4096; any value is correct.
    pub run_ops_min: usize,
    /// How validation decides.
    pub validator: Rc<dyn Validator>,
}

impl Default for ShardConfig {
    fn default() -> Self {
        Self {
            batch_bytes_max: BATCH_BYTES_MAX,
            reads_bytes_max: 64 * MIB,
            window_keys_max: 16_000_000,
            run_ops_min: 4_096,
            validator: Rc::new(BackwardValidator),
        }
    }
}

/// One core's transactions. Used by one thread; see the crate's documentation for the model.
pub struct Shard {
    config: ShardConfig,
    engines: Engines,
    log: Box<dyn CommitLog>,
    applier: Box<dyn Applier>,
    clock: Rc<dyn Clock>,
    /// Commits get timestamps above this: see [`Capabilities::floor`](cairn_engine_api::Capabilities::floor).
    floor: Timestamp,
    /// Newest commit.
    last: Snapshot,
    /// Newest commit whose client may be answered: durable, or as good as the log's durability promises.
    acknowledged: Snapshot,
    /// Newest durable commit: engines have it, or will be given it next.
    durable: Snapshot,
    /// Newest commit that created or dropped a space.
    spaces_changed: LogIndex,
    /// Spaces dropped since the start: nothing may be committed to them. Numbers of spaces are not used again.
    dropped: FxHashSet<SpaceId>,
    /// Submitted and not durable (acknowledged or not), in log order.
    unstable: VecDeque<Rc<Record>>,
    /// By engine code.
    progress: Vec<Progress>,
    overlay: Overlay,
    window: Window,
    locks: LockManager,
    tracked: ActiveSet,
    plain: ActiveSet,
    events: Vec<Event>,
    /// Somebody waits until everything up to here is applied.
    apply_wanted: Cell<LogIndex>,
    /// When to let those try again who met a busy engine, in monotonic nanoseconds.
    busy_retry: Cell<Option<u64>>,
    #[expect(clippy::vec_box, reason = "the boxes move into transactions and back")]
    idle: Vec<Box<State>>,
    orphans: Orphans,
    last_txn: u64,
    poisoned: Option<String>,
    stats: ShardStats,
}

/// Where one engine stands.
#[derive(Debug, Default)]
struct Progress {
    /// Submitted and not applied by this engine, in log order.
    unapplied: VecDeque<Rc<Record>>,
    /// Last record applied.
    applied: Persisted,
}

/// Counters since the shard was made, and sizes now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ShardStats {
    /// Transactions that committed writes.
    pub commits: u64,
    /// Transactions that committed without writes.
    pub reads: u64,
    /// Transactions that were rolled back or failed to commit.
    pub aborts: u64,
    /// 40001: commits refused by validation, and statements refused because a row was updated concurrently.
    pub serialization_failures: u64,
    /// 40P01.
    pub deadlocks: u64,
    /// Snapshots moved forward instead of a 40001.
    pub extensions: u64,
    /// Statements started again.
    pub restarts: u64,
    /// Lock requests that had to wait.
    pub lock_waits: u64,
    /// Open snapshots.
    pub snapshots: usize,
    /// Keys locked.
    pub locks: usize,
    /// Transactions waiting for a lock.
    pub waiting: usize,
    /// Versions in the overlay.
    pub overlay_versions: usize,
    /// Keys in the window of recent commits.
    pub window_keys: usize,
}

impl Shard {
    /// A shard over engines whose newest common state is `start` (nothing: `Persisted::default()`). Records after it are
    /// handed in with [`Self::replay`] before service starts, followed by [`Self::finish_recovery`]. Shards without slow engines take
    /// [`NoApplier`](crate::NoApplier).
    pub fn new(
        mut config: ShardConfig,
        engines: Engines,
        log: Box<dyn CommitLog>,
        applier: Box<dyn Applier>,
        clock: Rc<dyn Clock>,
        start: Persisted,
    ) -> Self {
        // Places in a record are 32 bits wide.
        config.batch_bytes_max = config.batch_bytes_max.min(BATCH_BYTES_MAX);
        let start_at = Snapshot { at: start.at, index: start.index };
        let codes = engines.slots().map(|(code, _)| usize::from(code.0) + 1).max().unwrap_or(0);
        let progress = (0..codes).map(|_| Progress { applied: start, ..Progress::default() }).collect();
        let window = Window::new(start.at, config.window_keys_max);
        Self {
            config,
            floor: engines.floor(),
            engines,
            log,
            applier,
            clock,
            last: start_at,
            acknowledged: start_at,
            durable: start_at,
            spaces_changed: LogIndex::ZERO,
            dropped: FxHashSet::default(),
            unstable: VecDeque::new(),
            progress,
            overlay: Overlay::default(),
            window,
            locks: LockManager::default(),
            tracked: ActiveSet::default(),
            plain: ActiveSet::default(),
            events: Vec::new(),
            apply_wanted: Cell::new(LogIndex::ZERO),
            busy_retry: Cell::new(None),
            idle: Vec::new(),
            orphans: Orphans::default(),
            last_txn: 0,
            poisoned: None,
            stats: ShardStats::default(),
        }
    }

    /// The engines, for readers on other threads.
    pub fn engines(&self) -> &Engines {
        &self.engines
    }

    /// What happened since the last call. No allocation and no work when nothing did.
    pub fn take_events(&mut self) -> std::vec::Drain<'_, Event> {
        self.events.drain(..)
    }

    /// Has nothing happened since [`Self::take_events`]?
    pub fn no_events(&self) -> bool {
        self.events.is_empty()
    }

    /// Lets time pass: ends lock waits whose timeout is over and cleans up after dropped transactions. Call it when
    /// [`Self::next_deadline`] has come, and now and then.
    pub fn tick(&mut self) {
        self.reap();
        let now = self.clock.monotonic_nanos();
        self.locks.expire(now, &mut self.events);
        if self.busy_retry.get().is_some_and(|retry| retry <= now) {
            self.busy_retry.set(None);
            self.events.push(Event::Applied(self.applied_through()));
        }
    }

    /// When [`Self::tick`] has something to do next, on the clock's monotonic time in nanoseconds.
    pub fn next_deadline(&self) -> Option<u64> {
        let retry = self.busy_retry.get();
        self.locks.next_deadline().into_iter().chain(retry).min()
    }

    /// Timestamp of the newest commit, durable or not.
    pub fn newest(&self) -> Timestamp {
        self.last.at
    }

    /// Everything up to here is durable.
    pub fn durable_point(&self) -> Persisted {
        Persisted { index: self.durable.index, at: self.durable.at }
    }

    /// No snapshot below this is open or will be opened: versions that only older snapshots see may be forgotten.
    pub fn watermark(&self) -> Timestamp {
        if fault!(WatermarkIgnoresSnapshots) {
            return self.durable.at;
        }
        let open = [self.tracked.oldest(), self.plain.oldest()];
        open.into_iter().flatten().fold(self.durable.at, Timestamp::min)
    }

    /// Counters and sizes.
    pub fn stats(&self) -> ShardStats {
        let (locks, waiting) = self.locks.counts();
        ShardStats {
            snapshots: self.tracked.len() + self.plain.len(),
            locks,
            waiting,
            overlay_versions: self.overlay.len(),
            window_keys: self.window.len(),
            ..self.stats
        }
    }

    /// Stops the shard after its log or an engine failed: the overlay is dropped, and every further call answers
    /// [`TxnError::Poisoned`]. Commits that wait for durability have an unknown fate; open transactions did not happen.
    pub fn poison(&mut self, reason: impl Into<String>) {
        if self.poisoned.is_some() {
            return;
        }
        self.poisoned = Some(reason.into());
        self.unstable.clear();
        self.overlay.clear();
        self.events.push(Event::Poisoned);
    }

    /// Why the shard stopped, if it did.
    pub fn poisoned(&self) -> Option<&str> {
        self.poisoned.as_deref()
    }

    fn check_alive(&self) -> Result<(), TxnError> {
        match &self.poisoned {
            None => Ok(()),
            Some(reason) => Err(TxnError::Poisoned { reason: reason.clone(), fate: Fate::DidNotHappen }),
        }
    }

    fn progress(&self, engine: EngineCode) -> Option<&Progress> {
        self.progress.get(usize::from(engine.0))
    }
}

impl std::fmt::Debug for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shard")
            .field("last", &self.last)
            .field("durable", &self.durable)
            .field("poisoned", &self.poisoned)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
