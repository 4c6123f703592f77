//! An engine like vinyl: applies on a thread of its own, misses memory, pushes back. The data is the testkit's model.
//!
//! RocksDB starts threads and talks to the operating system, so it cannot run in the simulator. What matters to the
//! layers above is how such an engine behaves: batches wait for the applier while the overlay serves them, reads answer
//! `NotResident` until a reader pool has fetched the bytes, and writers are told to come later.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cairn_base::EngineCode;
use cairn_base::seam::sim::SimRng;
use cairn_base::seam::{Disk, Rng};
use cairn_engine_api::{
    Admission, Admit, Capabilities, Cursor, Direction, Engine, EngineError, EngineStats, KeyRange, Op, Persisted,
    ResidentRead, SpaceId, SpaceOptions, Stamp, Timestamp,
};
use cairn_engine_testkit::model::ModelEngine;

use crate::chance::Chance;

/// The code of the slow engine in every [`SpaceId`].
pub const SLOW_CODE: EngineCode = EngineCode(2);

/// Reads from memory that one blocking read pays for.
const WARM_READS: u32 = 4;

/// How the engine behaves.
#[derive(Clone, Copy, Debug)]
pub struct SlowHabits {
    /// Of a hundred reads of a cold space so many miss memory.
    pub misses_percent: u64,
    /// Of a hundred questions for admission so many are answered with "later".
    pub later_percent: u64,
}

/// The slow engine.
#[derive(Debug)]
pub struct Slow {
    data: ModelEngine,
    habits: SlowHabits,
    mood: Mutex<Mood>,
}

#[derive(Debug)]
struct Mood {
    rng: SimRng,
    /// Reads from memory that a space still answers.
    warm: BTreeMap<SpaceId, u32>,
}

impl Slow {
    /// Opens the engine in `directory`.
    pub fn open(disk: Arc<dyn Disk>, directory: &Path, habits: SlowHabits, seed: u64) -> Result<Self, EngineError> {
        let mood = Mood { rng: SimRng::new(seed), warm: BTreeMap::new() };
        Ok(Self { data: ModelEngine::open_on(disk, directory)?, habits, mood: Mutex::new(mood) })
    }

    fn mood(&self) -> MutexGuard<'_, Mood> {
        self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_resident(&self, space: SpaceId) -> Result<(), EngineError> {
        let mut mood = self.mood();
        let Mood { rng, warm } = &mut *mood;
        let left = warm.entry(space).or_default();
        if *left > 0 {
            *left -= 1;
            return Ok(());
        }
        if rng.percent(self.habits.misses_percent) { Err(EngineError::NotResident) } else { Ok(()) }
    }

    fn warm(&self, space: SpaceId) {
        self.mood().warm.insert(space, WARM_READS);
    }
}

impl Engine for Slow {
    fn validate(&self, options: &SpaceOptions) -> Result<(), EngineError> {
        self.data.validate(options)
    }

    fn apply(&self, ops: &[Op<'_>], stamp: Stamp) -> Result<(), EngineError> {
        self.data.apply(ops, stamp)
    }

    fn get(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError> {
        self.warm(space);
        self.data.get(space, key, at, out)
    }

    fn scan<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        self.warm(space);
        self.data.scan(space, range, at, direction)
    }

    fn persisted(&self) -> Persisted {
        self.data.persisted()
    }

    fn checkpoint(&self, upto: Persisted, progress: &dyn Fn(u64)) -> Result<Persisted, EngineError> {
        self.data.checkpoint(upto, progress)
    }

    fn collect(&self, watermark: Timestamp) -> Result<bool, EngineError> {
        self.data.collect(watermark)
    }

    fn stats(&self, space: Option<SpaceId>) -> EngineStats {
        self.data.stats(space)
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities { resident: Some(self), admission: Some(self), slow_apply: true, ..Capabilities::default() }
    }
}

impl ResidentRead for Slow {
    fn get_resident(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError> {
        self.check_resident(space)?;
        self.data.get(space, key, at, out)
    }

    fn scan_resident<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        self.check_resident(space)?;
        self.data.scan(space, range, at, direction)
    }
}

impl Admission for Slow {
    fn admit(&self, _bytes: u64) -> Admit {
        let mut mood = self.mood();
        if mood.rng.below(100) < self.habits.later_percent { Admit::Later } else { Admit::Yes }
    }
}
