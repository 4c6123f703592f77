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
use cairn_engine_api::{Admit, EngineError, SpaceId};
use cairn_engine_testkit::model::ModelEngine;
use cairn_engine_testkit::on_disk::{Habits, OnDisk, Touched};

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
pub type Slow = OnDisk<Moody>;

/// Opens the engine in `directory`.
pub fn open(disk: Arc<dyn Disk>, directory: &Path, habits: SlowHabits, seed: u64) -> Result<Slow, EngineError> {
    let mood = Mood { rng: SimRng::new(seed), warm: BTreeMap::new() };
    Ok(OnDisk { data: ModelEngine::open_on(disk, directory)?, habits: Moody { habits, mood: Mutex::new(mood) } })
}

/// Answers by chance, within its habits.
#[derive(Debug)]
pub struct Moody {
    habits: SlowHabits,
    mood: Mutex<Mood>,
}

#[derive(Debug)]
struct Mood {
    rng: SimRng,
    /// Reads from memory that a space still answers.
    warm: BTreeMap<SpaceId, u32>,
}

impl Moody {
    fn mood(&self) -> MutexGuard<'_, Mood> {
        self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Habits for Moody {
    fn fetch(&self, space: SpaceId, touched: Touched<'_>) {
        if !matches!(touched, Touched::Row(_)) {
            self.mood().warm.insert(space, WARM_READS);
        }
    }

    fn is_resident(&self, space: SpaceId, touched: Touched<'_>) -> bool {
        if let Touched::Row(_) = touched {
            return true;
        }
        let mut mood = self.mood();
        let Mood { rng, warm } = &mut *mood;
        let left = warm.entry(space).or_default();
        if *left > 0 {
            *left -= 1;
            return true;
        }
        !rng.percent(self.habits.misses_percent)
    }

    fn admit(&self, _bytes: u64) -> Admit {
        let mut mood = self.mood();
        if mood.rng.below(100) < self.habits.later_percent { Admit::Later } else { Admit::Yes }
    }
}
