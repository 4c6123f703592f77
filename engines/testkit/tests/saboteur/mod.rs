//! Engines that are wrong in one way.

mod cursor;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use cairn_engine_api::{
    Capabilities, Cursor, Direction, Engine, EngineCode, EngineError, EngineStats, KeyRange, LogIndex, Op, Persisted,
    ResidentRead, SpaceId, SpaceOptions, Stamp, Timestamp,
};
use cairn_engine_testkit::EngineFactory;
use cairn_engine_testkit::model::ModelEngine;
use tempfile::TempDir;

use cursor::SpoiltCursor;

/// What is wrong with the engine.
macro_rules! faults {
    ($($fault:ident),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Fault {
            $($fault),*
        }

        impl Fault {
            pub(crate) const ALL: &[Fault] = &[$(Fault::$fault),*];
        }
    };
}

faults! {
    LosesTombstones,
    IgnoresAt,
    ReadsOneLate,
    AppliesTwice,
    ScansUnsorted,
    IgnoresDirection,
    IncludesExcludedStart,
    IgnoresEnd,
    CursorFollowsWrites,
    CursorDiesWithSpace,
    CursorHoldsLock,
    CollectsTooMuch,
    CollectsNothing,
    DropsTombstonesEarly,
    CollectNeverEnds,
    PromisesTooMuch,
    CheckpointIgnoresUpto,
    RestartForgetsASpace,
    KeepsDroppedSpaces,
    UnknownSpacesAreEmpty,
    AppliesHalfOfWrongBatch,
    CutsLongValues,
    CutsLongKeys,
    LosesTheEmptyKey,
    CutsSpaceNumbers,
    LeavesGarbage,
    AcceptsAnySetting,
    HasNoStats,
    BackdatesHalfABatch,
    ResidentReadIsStale,
    NeverResident,
}

/// Makes [`Saboteur`]s over a temporary directory.
pub(crate) struct SaboteurFactory {
    directory: TempDir,
    fault: Option<Fault>,
}

impl SaboteurFactory {
    pub(crate) fn new(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::sound() }
    }

    /// No fault: the wrapper must be as good as the model.
    pub(crate) fn sound() -> Self {
        Self { directory: TempDir::new().expect("the system has a temporary directory"), fault: None }
    }
}

impl EngineFactory for SaboteurFactory {
    fn open(&self) -> Result<Arc<dyn Engine>, EngineError> {
        Ok(Arc::new(Saboteur::open(self.directory.path(), self.fault)?))
    }

    fn crash(&self, engine: Arc<dyn Engine>) -> Result<(), EngineError> {
        drop(engine);
        Ok(())
    }
}

/// The model with one fault.
#[derive(Debug)]
struct Saboteur {
    inner: ModelEngine,
    fault: Option<Fault>,
    /// The last stamp delivered.
    applied: Mutex<Persisted>,
    /// Counts deliveries, for the fault that takes each for a new one.
    deliveries: AtomicU64,
    /// Tombstones delivered: key and time.
    tombstones: Mutex<BTreeMap<(SpaceId, Vec<u8>), Timestamp>>,
    /// Held by cursors where the fault says so.
    lock: RwLock<()>,
}

impl Saboteur {
    fn open(directory: &Path, fault: Option<Fault>) -> Result<Self, EngineError> {
        let inner = ModelEngine::open(directory)?;
        let kept = inner.persisted();
        if fault == Some(Fault::RestartForgetsASpace)
            && let Some(space) = any_space(&inner)
        {
            let stamp = Stamp { index: kept.index.next(), at: kept.at, watermark: Timestamp::ZERO };
            inner.apply(&[Op::DropSpace { space }], stamp)?;
        }
        Ok(Self {
            inner,
            fault,
            applied: Mutex::new(outside(kept)),
            deliveries: AtomicU64::new(kept.index.0),
            tombstones: Mutex::default(),
            lock: RwLock::new(()),
        })
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// The timestamp that a read really uses.
    fn time(&self, at: Timestamp) -> Timestamp {
        match self.fault {
            Some(Fault::IgnoresAt) => Timestamp::MAX,
            Some(Fault::ReadsOneLate) => Timestamp(at.0.saturating_sub(1)),
            _ => at,
        }
    }

    fn space(&self, space: SpaceId) -> SpaceId {
        if self.has(Fault::CutsSpaceNumbers) { SpaceId::new(space.engine(), space.number() & 0xffff) } else { space }
    }

    fn key<'k>(&self, key: &'k [u8]) -> &'k [u8] {
        if self.has(Fault::CutsLongKeys) { &key[..key.len().min(256)] } else { key }
    }

    /// The operation as this engine does it, or nothing.
    fn spoil<'o>(&self, op: &Op<'o>) -> Option<Op<'o>> {
        let space = self.space(op.space());
        match op {
            Op::Delete { .. } if self.has(Fault::LosesTombstones) => None,
            Op::DropSpace { .. } if self.has(Fault::KeepsDroppedSpaces) => None,
            Op::Put { key, .. } if key.is_empty() && self.has(Fault::LosesTheEmptyKey) => None,
            Op::Put { key, value, .. } if self.has(Fault::CutsLongValues) => {
                Some(Op::Put { space, key, value: &value[..value.len().min(1 << 20)] })
            }
            Op::Put { key, value, .. } => Some(Op::Put { space, key: self.key(key), value }),
            Op::Delete { key, .. } => Some(Op::Delete { space, key: self.key(key) }),
            Op::CreateSpace { options, .. } => Some(Op::CreateSpace { space, options: options.clone() }),
            Op::DropSpace { .. } => Some(Op::DropSpace { space }),
        }
    }

    /// The stamp as the model inside takes it: its indexes are doubled, which leaves room for batches of our own.
    fn stamp(&self, stamp: Stamp) -> Stamp {
        let mut applied = self.applied.lock().expect("no panic under this lock");
        let newest = applied.at.max(stamp.at);
        *applied = Persisted { index: applied.index.max(stamp.index), at: newest };
        if self.has(Fault::AppliesTwice) {
            let delivery = self.deliveries.fetch_add(1, Ordering::Relaxed) + 1;
            return Stamp { index: LogIndex(delivery), at: newest, ..stamp };
        }
        Stamp { index: LogIndex(stamp.index.0 * 2), ..stamp }
    }

    fn note_tombstones(&self, ops: &[Op<'_>], at: Timestamp) {
        let mut tombstones = self.tombstones.lock().expect("no panic under this lock");
        for op in ops {
            match op {
                Op::Delete { space, key } => drop(tombstones.insert((*space, key.to_vec()), at)),
                Op::Put { space, key, .. } => drop(tombstones.remove(&(*space, key.to_vec()))),
                _ => {}
            }
        }
    }

    /// Drops the tombstones below the watermark and nothing else: what they hid shows again.
    fn resurrect(&self, watermark: Timestamp) -> Result<bool, EngineError> {
        let mut tombstones = self.tombstones.lock().expect("no panic under this lock");
        let applied = *self.applied.lock().expect("no panic under this lock");
        let mut rows = Vec::new();
        for ((space, key), deleted) in tombstones.extract_if(.., |_, deleted| *deleted <= watermark) {
            let mut row = Vec::new();
            if self.inner.get(space, &key, Timestamp(deleted.0 - 1), &mut row)? {
                rows.push((space, key, row));
            }
        }
        if rows.is_empty() {
            return Ok(false);
        }
        let ops: Vec<_> = rows.iter().map(|(space, key, value)| Op::Put { space: *space, key, value }).collect();
        let index = LogIndex(applied.index.0 * 2 + 1);
        self.inner.apply(&ops, Stamp { index, at: applied.at, watermark })?;
        Ok(false)
    }
}

/// A space that the generator makes and that is there.
fn any_space(engine: &ModelEngine) -> Option<SpaceId> {
    let made = (0..1000).map(|number| SpaceId::new(EngineCode(9), number));
    let mut there = made.filter(|space| engine.get(*space, b"", Timestamp::MAX, &mut Vec::new()).is_ok());
    there.next()
}

/// An index and time of the model inside as the outside knows it.
fn outside(inside: Persisted) -> Persisted {
    Persisted { index: LogIndex(inside.index.0 / 2), at: inside.at }
}

/// The reverse of [`outside`].
fn inside(outside: Persisted) -> Persisted {
    Persisted { index: LogIndex(outside.index.0 * 2), at: outside.at }
}

impl Engine for Saboteur {
    fn validate(&self, options: &SpaceOptions) -> Result<(), EngineError> {
        if self.has(Fault::AcceptsAnySetting) { Ok(()) } else { self.inner.validate(options) }
    }

    fn apply(&self, ops: &[Op<'_>], stamp: Stamp) -> Result<(), EngineError> {
        let _writing = self.has(Fault::CursorHoldsLock).then(|| self.lock.write());
        let stamp = self.stamp(stamp);
        self.note_tombstones(ops, stamp.at);
        let ops: Vec<_> = ops.iter().filter_map(|op| self.spoil(op)).collect();
        if self.has(Fault::AppliesHalfOfWrongBatch) && self.inner.apply(&ops, stamp).is_err() {
            // All but the last operation, which is the wrong one.
            return self
                .inner
                .apply(&ops[..ops.len() - 1], stamp)
                .and(Err(EngineError::NoSuchSpace(ops[ops.len() - 1].space())));
        }
        if self.has(Fault::BackdatesHalfABatch) && ops.len() > 1 {
            let early =
                Stamp { at: Timestamp(stamp.at.0.saturating_sub(4)), index: LogIndex(stamp.index.0 - 1), ..stamp };
            self.inner.apply(&ops[..ops.len() / 2], early)?;
            return self.inner.apply(&ops[ops.len() / 2..], stamp);
        }
        self.inner.apply(&ops, stamp)
    }

    fn get(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError> {
        let answer = self.inner.get(self.space(space), self.key(key), self.time(at), out);
        match answer {
            Err(EngineError::NoSuchSpace(_)) if self.has(Fault::UnknownSpacesAreEmpty) => Ok(false),
            Ok(false) if self.has(Fault::LeavesGarbage) => {
                out.push(0);
                Ok(false)
            }
            answer => answer,
        }
    }

    fn scan<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        let mut range = range;
        match (self.fault, range.start) {
            (Some(Fault::IncludesExcludedStart), Bound::Excluded(start)) => range.start = Bound::Included(start),
            (Some(Fault::IgnoresEnd), _) => range.end = Bound::Unbounded,
            _ => {}
        }
        let direction = if self.has(Fault::IgnoresDirection) { Direction::Forward } else { direction };
        let inner = self.inner.scan(self.space(space), range, self.time(at), direction)?;
        Ok(Box::new(SpoiltCursor::new(self, inner, space, at)))
    }

    fn persisted(&self) -> Persisted {
        if self.has(Fault::PromisesTooMuch) {
            return *self.applied.lock().expect("no panic under this lock");
        }
        outside(self.inner.persisted())
    }

    fn checkpoint(&self, upto: Persisted, progress: &dyn Fn(u64)) -> Result<Persisted, EngineError> {
        let upto = if self.has(Fault::CheckpointIgnoresUpto) { Persisted::default() } else { upto };
        self.inner.checkpoint(inside(upto), progress).map(outside)
    }

    fn collect(&self, watermark: Timestamp) -> Result<bool, EngineError> {
        match self.fault {
            Some(Fault::CollectsNothing) => Ok(false),
            Some(Fault::CollectNeverEnds) => self.inner.collect(watermark).map(|_| true),
            Some(Fault::CollectsTooMuch) => self.inner.collect(Timestamp(watermark.0 + 20)),
            Some(Fault::DropsTombstonesEarly) => self.resurrect(watermark),
            _ => self.inner.collect(watermark),
        }
    }

    fn stats(&self, space: Option<SpaceId>) -> EngineStats {
        if self.has(Fault::HasNoStats) {
            EngineStats::default()
        } else {
            self.inner.stats(space.map(|s| self.space(s)))
        }
    }

    fn capabilities(&self) -> Capabilities<'_> {
        let resident = matches!(self.fault, Some(Fault::ResidentReadIsStale | Fault::NeverResident));
        Capabilities { resident: resident.then_some(self as &dyn ResidentRead), ..self.inner.capabilities() }
    }
}

impl ResidentRead for Saboteur {
    fn get_resident(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError> {
        if self.has(Fault::NeverResident) {
            return Err(EngineError::NotResident);
        }
        self.inner.get(space, key, Timestamp(at.0.saturating_sub(10)), out)
    }

    fn scan_resident<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        if self.has(Fault::NeverResident) {
            return Err(EngineError::NotResident);
        }
        self.inner.scan(space, range, at, direction)
    }
}
