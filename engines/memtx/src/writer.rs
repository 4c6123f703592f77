//! The write side: batches come in, garbage goes out.

use cairn_base::fault;
use cairn_engine_api::{EngineError, Op, Persisted, SpaceId, Stamp, Timestamp};

use crate::art::{Bin, Garbage, History, LENGTH_MAX, Pen};
use crate::directory::Directory;
use crate::graves::Graves;
use crate::image::{Loaded, Windows};
use crate::ledger::Ledger;
use crate::pace::Pace;
use crate::space::Space;
use crate::sweep::DirtyQueue;
use crate::sync::{Arc, Guard, pin};

/// Operations applied under one pin, so that a huge batch does not hold freed memory back.
const OPS_PER_PIN: usize = 256;
/// Keys that one call of [`Writer::collect`] sweeps at most.
const SWEEP_KEYS_MAX: usize = 2048;
/// Keys swept for each operation applied: more than one operation can make dirty, so that garbage is bounded by the work
/// done, however seldom `collect` is called. These keys were touched a moment ago and lie in the cache.
const SWEEP_KEYS_PER_OP: usize = 2;
/// Allocations of dropped spaces that one call of [`Writer::collect`] frees at most.
const DIG_STEPS_MAX: usize = 8192;
/// Allocations that no reader sees any more that one call of [`Writer::collect`] frees at most.
const FREE_STEPS_MAX: usize = 8192;
/// The same for one batch, beside two for each of its operations: so freeing keeps up without a collection.
const FREE_STEPS_PER_BATCH: usize = 64;

/// All that the one writer owns. It sits behind a mutex that only `apply`, `collect` and checkpoints take.
#[derive(Debug)]
pub(crate) struct Writer {
    /// The last batch applied.
    applied: Persisted,
    /// The snapshot of a running checkpoint: its versions stay.
    checkpoint_at: Option<Timestamp>,
    dirty: DirtyQueue,
    graves: Graves,
    bin: Bin,
    history: History,
    pace: Pace,
    /// The windows of the image that was loaded.
    windows: Option<Windows>,
    ledger: Arc<Ledger>,
}

/// What a checkpoint writes.
pub(crate) struct Snapshot {
    /// The last batch in it.
    pub(crate) applied: Persisted,
    /// By id.
    pub(crate) spaces: Vec<Arc<Space>>,
}

impl Writer {
    /// A writer that has applied nothing.
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        Self {
            applied: Persisted::default(),
            checkpoint_at: None,
            dirty: DirtyQueue::new(Arc::clone(&ledger)),
            graves: Graves::default(),
            bin: Bin::new(Arc::clone(&ledger)),
            history: History::new(Arc::clone(&ledger)),
            pace: Pace::default(),
            windows: None,
            ledger,
        }
    }

    /// Takes over what an image held. Called once, before anything else.
    pub(crate) fn start_from(&mut self, loaded: Loaded, directory: &Directory) {
        for space in loaded.spaces {
            self.publish(space, directory);
        }
        self.applied = loaded.covered;
        self.windows = loaded.windows;
    }

    /// Starts a checkpoint: all that is applied now, and whose versions stay until [`Self::end_checkpoint`].
    pub(crate) fn begin_checkpoint(&mut self, directory: &Directory) -> Snapshot {
        debug_assert!(self.checkpoint_at.is_none(), "checkpoints run one after the other");
        self.checkpoint_at = Some(self.applied.at);
        Snapshot { applied: self.applied, spaces: directory.share_all(&pin()) }
    }

    /// The checkpoint's snapshot is read no more.
    pub(crate) fn end_checkpoint(&mut self) {
        self.checkpoint_at = None;
    }

    /// Applies one batch whole, or refuses it whole; skips one that was applied before.
    pub(crate) fn apply(&mut self, ops: &[Op<'_>], stamp: Stamp, directory: &Directory) -> Result<(), EngineError> {
        if stamp.index <= self.applied.index {
            return Ok(());
        }
        let mut guard = pin();
        check(ops, directory, &guard)?;
        let watermark = self.watermark(stamp.watermark);
        for ops in ops.chunks(OPS_PER_PIN) {
            for op in ops {
                self.perform(op, stamp.at, watermark, directory, &guard);
            }
            self.sweep(SWEEP_KEYS_PER_OP * ops.len(), watermark, directory, &guard);
            self.bin.empty_when_full(&guard);
            guard.repin();
        }
        self.bin.free_some(FREE_STEPS_PER_BATCH + 2 * ops.len());
        self.applied = Persisted { index: stamp.index, at: stamp.at };
        self.pace.applied(stamp.at);
        Ok(())
    }

    /// Sweeps some keys, frees some of what was dropped. Returns whether there is more to do at this watermark.
    pub(crate) fn collect(&mut self, watermark: Timestamp, directory: &Directory) -> bool {
        let watermark = self.watermark(watermark);
        let guard = pin();
        self.sweep(SWEEP_KEYS_MAX, watermark, directory, &guard);
        let evacuated = self.evacuate(directory, &guard);
        self.bin.empty(&guard);
        drop(guard);
        let_epoch_pass();
        let freed = self.bin.free_some(FREE_STEPS_MAX);
        let dug = self.graves.dig(DIG_STEPS_MAX);
        freed || dug || evacuated || self.dirty.first_ready(watermark).is_some()
    }

    /// Cleans up to `keys_max` keys that are collectible at `watermark`.
    fn sweep(&mut self, keys_max: usize, watermark: Timestamp, directory: &Directory, guard: &Guard) {
        for _ in 0..keys_max {
            let Some(dirty) = self.dirty.first_ready(watermark) else { break };
            let left = directory.find(dirty.space, guard).and_then(|space| {
                let mut pen = Pen { guard, counts: &space.counts, bin: &mut self.bin, history: None };
                space.tree.sweep(dirty.key, watermark, &mut pen)
            });
            match left {
                Some(ready_at) => self.dirty.put_off(ready_at),
                None => self.dirty.pass(),
            }
        }
    }

    /// Moves the rows out of one window that is half empty. Returns whether there was one.
    fn evacuate(&mut self, directory: &Directory, guard: &Guard) -> bool {
        let Some(sparse) = self.windows.as_mut().and_then(Windows::next_sparse) else { return false };
        if let Some(space) = directory.find(sparse.space, guard) {
            let mut pen = Pen { guard, counts: &space.counts, bin: &mut self.bin, history: None };
            sparse.keys().for_each(|(key, place)| space.tree.relocate(key, place, &mut pen));
        }
        true
    }

    /// No version that the caller or a running checkpoint can see may go.
    fn watermark(&self, callers: Timestamp) -> Timestamp {
        if fault!(CollectTooMuch) {
            return self.applied.at;
        }
        self.checkpoint_at.map_or(callers, |checkpoint| checkpoint.min(callers))
    }

    /// Performs one operation that [`check`] has found possible.
    fn perform(&mut self, op: &Op<'_>, at: Timestamp, watermark: Timestamp, directory: &Directory, guard: &Guard) {
        match *op {
            Op::CreateSpace { space, ref options } => {
                if directory.find(space, guard).is_none() {
                    let fresh = Space::new(space, options.clone(), Arc::clone(&self.ledger));
                    self.publish(Arc::new(fresh), directory);
                }
            }
            Op::DropSpace { space } => {
                if let Some(shared) = directory.share(space, guard) {
                    directory.remove(space, guard);
                    self.graves.bury(shared);
                }
            }
            Op::Put { space, key, value } => self.write(space, key, Some(value), at, watermark, directory, guard),
            Op::Delete { space, key } => self.write(space, key, None, at, watermark, directory, guard),
        }
    }

    fn publish(&mut self, space: Arc<Space>, directory: &Directory) {
        if directory.insert(space) {
            self.ledger.take(Directory::PAGE_BYTES);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one operation spread out; a struct for one call site hides nothing")]
    fn write(
        &mut self,
        id: SpaceId,
        key: &[u8],
        row: Option<&[u8]>,
        at: Timestamp,
        watermark: Timestamp,
        directory: &Directory,
        guard: &Guard,
    ) {
        let space = directory.find(id, guard).expect("the batch was checked before its first operation");
        let history = self.pace.has_old_snapshot(watermark).then_some(&mut self.history);
        let mut pen = Pen { guard, counts: &space.counts, bin: &mut self.bin, history };
        let garbage = match row {
            Some(row) => space.tree.put(key, row, at, watermark, &mut pen),
            None => space.tree.delete(key, at, watermark, &mut pen),
        };
        if garbage == Garbage::New {
            self.dirty.push(at, id, key);
        }
    }
}

/// Can every operation of the batch be performed?
fn check(ops: &[Op<'_>], directory: &Directory, guard: &Guard) -> Result<(), EngineError> {
    // Spaces that this very batch creates (true) or drops (false), last one last.
    let mut changed: Vec<(SpaceId, bool)> = Vec::new();
    for op in ops {
        let (id, bytes) = match *op {
            Op::CreateSpace { space, .. } => {
                changed.push((space, true));
                continue;
            }
            Op::DropSpace { space } => {
                changed.push((space, false));
                continue;
            }
            Op::Put { space, key, value } => (space, key.len().max(value.len())),
            Op::Delete { space, key } => (space, key.len()),
        };
        let change = changed.iter().rev().find(|(space, _)| *space == id);
        if !change.map_or_else(|| directory.find(id, guard).is_some(), |(_, exists)| *exists) {
            return Err(EngineError::NoSuchSpace(id));
        }
        if bytes > LENGTH_MAX {
            let message = format!("a key or row of {bytes} bytes is above the limit of {LENGTH_MAX}");
            return Err(EngineError::Library { context: "apply batch".into(), message });
        }
    }
    Ok(())
}

/// Lets the epoch go on as far as readers allow, so that what was retired is known to be free now rather than at some
/// later pin.
fn let_epoch_pass() {
    // What is deferred runs two epochs later; one flush moves the epoch by one at most.
    for _ in 0..3 {
        pin().flush();
    }
}
