//! One space and its writer, as the engine has them, without the directory and the lock around them.

use cairn_engine_api::{Cursor, Direction, KeyRange, SpaceId, SpaceOptions, Timestamp};

use crate::MEMTX_CODE;
use crate::art::{Bin, History, Pen, VersionRef};
use crate::cursor::SpaceCursor;
use crate::ledger::Ledger;
use crate::space::Space;
use crate::sync::{Arc, Guard, pin};

/// Collections after which everything that nobody sees is free.
const RECLAIMS: usize = 4;

/// The writer's side.
pub(super) struct Stage {
    pub(super) space: Arc<Space>,
    ledger: Arc<Ledger>,
    bin: Bin,
    history: History,
    /// Is an old snapshot open? Then superseded versions move to the history.
    pub(super) has_old_snapshot: bool,
}

impl Stage {
    /// A space with a row under each key, written at timestamp 1.
    pub(super) fn with(keys: &[&[u8]]) -> Self {
        let ledger = Arc::new(Ledger::default());
        let id = SpaceId::new(MEMTX_CODE, 1);
        let space = Arc::new(Space::new(id, SpaceOptions::default(), Arc::clone(&ledger)));
        let mut stage = Self {
            space,
            bin: Bin::new(Arc::clone(&ledger)),
            history: History::new(Arc::clone(&ledger)),
            has_old_snapshot: false,
            ledger,
        };
        keys.iter().for_each(|key| stage.put(key, 1, 0));
        stage.reclaim();
        stage
    }

    /// Puts the row that [`row`] names.
    pub(super) fn put(&mut self, key: &[u8], at: u64, watermark: u64) {
        let row = row(key, at);
        self.with_pen(|space, pen| space.tree.put(key, &row, Timestamp(at), Timestamp(watermark), pen));
    }

    /// Deletes a row and, the watermark having passed it, takes its key out of the tree.
    pub(super) fn remove(&mut self, key: &[u8], at: u64) {
        self.with_pen(|space, pen| {
            space.tree.delete(key, Timestamp(at), Timestamp(at), pen);
            space.tree.sweep(key, Timestamp(at), pen);
        });
    }

    /// Trims the versions of a key.
    pub(super) fn sweep(&mut self, key: &[u8], watermark: u64) {
        self.with_pen(|space, pen| space.tree.sweep(key, Timestamp(watermark), pen));
    }

    /// Frees what no reader sees any more, as `Engine::collect` does.
    pub(super) fn reclaim(&mut self) {
        self.bin.empty(&pin());
        for _ in 0..3 {
            pin().flush();
        }
        self.bin.free_some(usize::MAX);
    }

    /// Frees what is known to be free already.
    #[cfg(feature = "deliberate-bugs")]
    pub(super) fn free(&mut self) {
        self.bin.empty(&pin());
        self.bin.free_some(usize::MAX);
    }

    /// The scene is over, its readers are gone: everything that is not in the tree must come back.
    pub(super) fn end(mut self) {
        for _ in 0..RECLAIMS {
            // A joined thread may still have to leave the epoch collector.
            loom::thread::yield_now();
            self.reclaim();
        }
        // Its last chunk.
        self.history = History::new(Arc::clone(&self.ledger));
        assert_eq!(self.ledger.used(), self.space.counts.bytes(), "memory is lost, or counted wrong");
    }

    fn with_pen<T>(&mut self, change: impl FnOnce(&Space, &mut Pen<'_>) -> T) {
        let guard = pin();
        let history = self.has_old_snapshot.then_some(&mut self.history);
        let mut pen = Pen { guard: &guard, counts: &self.space.counts, bin: &mut self.bin, history };
        change(&self.space, &mut pen);
    }
}

/// The row that the writer puts under `key` at `at`.
pub(super) fn row(key: &[u8], at: u64) -> Vec<u8> {
    [key, &[at as u8]].concat()
}

/// A get, as the engine does it under a guard.
pub(super) fn get(space: &Space, key: &[u8], at: u64, guard: &Guard) -> Option<Vec<u8>> {
    let newest = space.tree.find(key, guard)?;
    newest.visible(Timestamp(at)).and_then(VersionRef::row).map(<[u8]>::to_vec)
}

/// A whole scan: the keys of the rows that it gives, each of which must be the one written at `at`.
pub(super) fn scan(space: &Arc<Space>, at: u64, direction: Direction) -> Vec<Vec<u8>> {
    let mut cursor = SpaceCursor::new(Arc::clone(space), KeyRange::ALL, Timestamp(at), direction);
    let mut keys = Vec::new();
    while let Some(entry) = cursor.next().expect("memory does not fail") {
        assert_eq!(entry.value, row(entry.key, at), "{direction:?}");
        keys.push(entry.key.to_vec());
    }
    keys
}
